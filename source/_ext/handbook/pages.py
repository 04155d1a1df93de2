"""The shape of a question's page: ``{short}``, ``{fragment}`` and the rules that hold for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from handbook.books import book_of
from handbook.examples import snippet_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

_PYTHON = frozenset({"python", "py", "python3", "pycon", "ipython", "pycon3"})


class Short(SphinxDirective):
    """The short answer: two to four sentences right under the title."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        title = nodes.title("", "Короткий ответ")
        short = nodes.admonition("", title, classes=["short"])
        self.set_source_info(short)
        self.state.nested_parse(self.content, self.content_offset, short)
        return [short]


class Fragment(SphinxDirective):
    """Python that nobody runs; its argument is the reason, which the reader sees."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        text = "\n".join(self.content)
        block = nodes.literal_block(text, text, language="python", fragment=True)
        caption = nodes.caption("", f"Фрагмент, не проверяется: {self.arguments[0]}")
        container = nodes.container(
            "", caption, block, literal_block=True, classes=["literal-block-wrapper", "fragment"]
        )
        for node in (block, caption, container):
            self.set_source_info(node)
        return [container]


def is_question(docname: str) -> bool:
    """Tell whether the page answers a question: it stands in a chapter and isn't its index."""
    _chapter, _, page = docname.partition("/")
    return bool(page) and page != "index"


def check_page(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of whatever on this page would reach the reader unchecked or cut off."""
    settings = book_of(app.config).settings
    for block in doctree.findall(nodes.literal_block):
        name = snippet_of(block, settings.snippets)
        checked = name or "testnodetype" in block or "fragment" in block
        if block.get("language") in _PYTHON and not checked:
            _warn(
                block,
                "nobody checks this Python: include a snippet, use {doctest} or {testcode}, "
                "or mark it as {fragment} with the reason",
            )
        if name is None and any(len(line) > settings.width for line in _lines(block)):
            _warn(block, f"a line of more than {settings.width} columns doesn't fit the page")
    shorts(app.env).pop(app.env.docname, None)
    if is_question(app.env.docname):
        title = next(doctree.findall(nodes.title), doctree)
        after = title.next_node(descend=False, siblings=True)
        while isinstance(after, (nodes.comment, nodes.target)) or _is_index(after):
            after = after.next_node(descend=False, siblings=True)
        if not (isinstance(after, nodes.admonition) and "short" in after["classes"]):
            _warn(title, "a question's page begins with its {short} answer")
            return
        shorts(app.env)[app.env.docname] = [child.deepcopy() for child in after.children[1:]]


def shorts(env: BuildEnvironment) -> dict[str, list[nodes.Node]]:
    """Return the short answers: page and the nodes of its answer."""
    if not hasattr(env, "handbook_shorts"):
        env.handbook_shorts = {}  # type: ignore[attr-defined]
    return env.handbook_shorts  # type: ignore[attr-defined,no-any-return]


def _lines(block: nodes.literal_block) -> list[str]:
    lines = block.astext().splitlines()
    # The column of seconds stands beside the text, not in it.
    return [line.partition("│ ")[2] or line for line in lines] if "output_of" in block else lines


def _is_index(node: nodes.Node | None) -> bool:
    return node is not None and node.tagname == "index"


def _warn(node: nodes.Node, message: str) -> None:
    logger.warning(message, location=node, type="handbook")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives and the check."""
    app.add_directive("short", Short)
    app.add_directive("fragment", Fragment)
    app.connect("doctree-read", check_page)
    return {"version": "1", "parallel_read_safe": True}
