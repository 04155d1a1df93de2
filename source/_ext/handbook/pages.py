"""A question's page: its included snippets, ``{short}``, ``{fragment}`` and the rules for all."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from handbook.domain import Fault, handbook, is_question, loose, warn
from handbook.output import VERDICTS, guess, pair, twin

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_PYTHON = frozenset({"python", "py", "python3", "pycon", "ipython", "pycon3"})


class Captions(SphinxTransform):
    """Wrap each included snippet in a captioned block with a link to the whole file."""

    default_priority = 210

    def apply(self, **kwargs: Any) -> None:
        book = handbook(self.env).book
        outputs = {node["output_of"] for node in self.document.findall(_is_output)}
        listings: dict[str, nodes.container] = {}
        for block in list(self.document.findall(nodes.literal_block)):
            name = snippet_of(self.env, block)
            if name is None:
                continue
            block["language"] = block.get("language", "python")
            # A part of a file comes with the blank lines around it.
            block.rawsource = block.astext().strip("\n")
            block[:] = [nodes.Text(block.rawsource)]
            self._check_width(name)
            if name not in outputs:
                file = book.settings.name_of(book.snippet(name))
                problem = f"{file} is included, but its output is not on this page"
                warn(Fault.OUTPUT, problem, block)
            if not isinstance(block.parent, nodes.container):
                captioned = self._captioned(block, name)
                block.replace_self(captioned)
                listings.setdefault(name, captioned)
        order = list(listings)
        for name in order:
            if (mistake := twin(name)) in listings:
                texts = (book.snippet(one).read_text("utf-8") for one in (mistake, name))
                later = max(mistake, name, key=order.index)
                last = self._last_shown(listings[later])
                both = pair("", **dict(zip(("wrong", "right"), texts, strict=True)))
                last.parent.insert(last.parent.index(last) + 1, both)

    def _captioned(self, block: nodes.literal_block, name: str) -> nodes.container:
        depth = self.env.docname.count("/") + 1
        book = handbook(self.env).book
        file = book.settings.name_of(book.snippet(name))
        # A narrow screen may break the line before the file's name, so that the name stays whole.
        folder, slash, own = file.rpartition("/")
        parts = [nodes.literal(each, each) for each in (folder + slash, own)]
        link = addnodes.download_reference(
            "", "", *parts, reftarget="../" * depth + file, reftype="download"
        )
        kind, verdict = next(
            (of_kind for ending, of_kind in VERDICTS.items() if name.endswith(ending)), ("", "")
        )
        caption = nodes.caption("", "", link)
        classes = ["literal-block-wrapper"]
        if verdict:
            mark = nodes.strong(verdict, verdict, classes=["verdict"])
            caption[:0] = [mark, nodes.Text(" ")]
            classes.append(kind)
        container = nodes.container(
            "", caption, block.deepcopy(), literal_block=True, classes=classes
        )
        container.source, container.line = caption.source, caption.line = block.source, block.line
        container["ids"] = [self._unused(nodes.make_id(f"example-{name}"))]
        self.document.note_implicit_target(container)
        return container

    def _last_shown(self, listing: nodes.container) -> nodes.Node:
        """Return the last of what is shown with `listing`: its output, the picture of its run."""
        last: nodes.Node = listing
        while (after := last.next_node(descend=False, siblings=True)) and _is_shown(after):
            last = after
        return last

    def _unused(self, id: str) -> str:
        """Return `id`, with a number if the page shows another part of the snippet before."""
        shown = (f"{id}-{number}" if number > 1 else id for number in count(1))
        return next(id for id in shown if id not in self.document.ids)

    def _check_width(self, name: str) -> None:
        book = handbook(self.env).book
        file, most = book.snippet(name), book.settings.width
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > most:
                problem = f"{len(line)} columns, at most {most} fit the page"
                warn(Fault.WIDTH, problem, f"{file}:{number}")


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


class Answer(SphinxDirective):
    """The answer to an exercise: snippet, output and words, folded away; its argument names it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        name = self.arguments[0]
        answer = guess(
            "",
            name=name,
            summary="Решение",
            question="Напишите сами, потом сравните с решением на с.\u00a0{}.",
        )
        self.set_source_info(answer)
        self.state.nested_parse(self.content, self.content_offset, answer)
        return [answer]


def snippet_of(env: BuildEnvironment, block: nodes.literal_block) -> str | None:
    """Return the name of the snippet that `block` includes, None if it isn't one."""
    source = Path(block.get("source", ""))
    snippets = handbook(env).book.settings.snippets
    if not source.is_relative_to(snippets):
        return None
    return source.relative_to(snippets).with_suffix("").as_posix()


def _is_proof(env: BuildEnvironment, block: nodes.literal_block) -> bool:
    """Tell whether `block` includes a part of the tests, which are run themselves."""
    return Path(block.get("source", "")).is_relative_to(handbook(env).book.settings.tests)


def check_page(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the short answer, and warn of whatever would reach the reader unchecked or cut off."""
    width = handbook(app.env).book.settings.width
    for block in doctree.findall(nodes.literal_block):
        included = snippet_of(app.env, block) is not None or _is_proof(app.env, block)
        is_run = included or "testnodetype" in block or "fragment" in block
        if block.get("language") in _PYTHON and not is_run:
            warn(
                Fault.UNCHECKED,
                "nobody checks this Python: include a snippet, use {doctest} or {testcode}, "
                "or mark it as {fragment} with the reason",
                block,
            )
        if not included and any(len(line) > width for line in _lines(block)):
            problem = f"a line of more than {width} columns doesn't fit the page"
            warn(Fault.WIDTH, problem, block)
    if is_question(app.env.docname):
        title = next(doctree.findall(nodes.title), doctree)
        after = title.next_node(descend=False, siblings=True)
        while isinstance(after, (nodes.comment, nodes.target)) or _is_before(after):
            after = after.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.admonition) and "short" in after["classes"]:
            answer = [loose(child) for child in after.children[1:]]
            handbook(app.env).shorts[app.env.docname] = answer
        else:
            warn(Fault.SHORT, "a question's page begins with its {short} answer", title)


def _is_shown(node: nodes.Node) -> bool:
    """Tell whether `node` is a part of what {output} makes."""
    return (
        isinstance(node, (guess, nodes.figure))
        or _is_output(node)
        or (isinstance(node, nodes.comment) and "testnodetype" in node)
        or (isinstance(node, nodes.paragraph) and node["classes"] in (["only"], ["any-order"]))
    )


def _lines(block: nodes.literal_block) -> list[str]:
    lines = block.astext().splitlines()
    # The column of seconds stands beside the text, not in it.
    return [line.partition("│ ")[2] or line for line in lines] if "output_of" in block else lines


def _is_before(node: nodes.Node | None) -> bool:
    """Tell whether `node` may stand between the title and the short answer."""
    return isinstance(node, addnodes.index) or (
        isinstance(node, nodes.paragraph) and "first" in node["classes"]
    )


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.literal_block) and "output_of" in node
