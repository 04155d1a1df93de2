"""Examples: each ``literalinclude``d snippet gets its path as caption and a download link."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from handbook.books import book_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


def snippet_of(block: nodes.literal_block, snippets: Path) -> str | None:
    """Return the name of the snippet, in the folder `snippets`, that `block` includes, or None."""
    source = Path(block.get("source", ""))
    if not source.is_relative_to(snippets):
        return None
    return source.relative_to(snippets).with_suffix("").as_posix()


class Captions(SphinxTransform):
    """Wrap each included snippet in a captioned block with a link to the whole file."""

    default_priority = 210

    def apply(self, **kwargs: Any) -> None:
        snippets = book_of(self.config).settings.snippets
        outputs = {node["output_of"] for node in self.document.findall(_is_output)}
        for block in list(self.document.findall(nodes.literal_block)):
            name = snippet_of(block, snippets)
            if name is None:
                continue
            block["language"] = block.get("language", "python")
            # A part of a file comes with the blank lines around it.
            block.rawsource = block.astext().strip("\n")
            block[:] = [nodes.Text(block.rawsource)]
            self._check_width(block, name)
            if name not in outputs:
                logger.warning(
                    "snippets/%s.py is included, but its output is not on this page",
                    name,
                    location=block,
                    type="handbook",
                )
            if not isinstance(block.parent, nodes.container):
                block.replace_self(self._captioned(block, name))

    def _captioned(self, block: nodes.literal_block, name: str) -> nodes.container:
        depth = self.env.docname.count("/") + 1
        file = f"snippets/{name}.py"
        link = addnodes.download_reference(
            "", "", nodes.literal(file, file), reftarget="../" * depth + file, reftype="download"
        )
        caption = nodes.caption("", "", link)
        container = nodes.container(
            "", caption, block.deepcopy(), literal_block=True, classes=["literal-block-wrapper"]
        )
        container.source, container.line = caption.source, caption.line = block.source, block.line
        container["ids"] = [self._unused(nodes.make_id(f"example-{name}"))]
        self.document.note_implicit_target(container)
        return container

    def _unused(self, id: str) -> str:
        """Return `id`, with a number if the page shows another part of the snippet before."""
        shown = (f"{id}-{number}" if number > 1 else id for number in count(1))
        return next(id for id in shown if id not in self.document.ids)

    def _check_width(self, block: nodes.literal_block, name: str) -> None:
        book = book_of(self.config)
        for number, line in enumerate(book.code(name).splitlines(), 1):
            if len(line) > book.settings.width:
                logger.warning(
                    "%d columns, at most %d fit the page",
                    len(line),
                    book.settings.width,
                    location=f"{book.snippet(name)}:{number}",
                    type="handbook",
                )


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.literal_block) and "output_of" in node


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_transform(Captions)
    return {"version": "1", "parallel_read_safe": True}
