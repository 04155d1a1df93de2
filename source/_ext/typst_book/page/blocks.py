"""How print shows what stands apart from running text: code, pictures and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from docutils import nodes
from pygments.token import Token
from sphinx.highlighting import PygmentsBridge

from typst_book import PrintError
from typst_book.words import string

if TYPE_CHECKING:
    from sphinx.builders import Builder

LOOKS = {
    Token.Keyword: "bold",
    Token.Operator.Word: "bold",
    Token.Comment: "comment",
    Token.Generic.Prompt: "quiet",
}
"""How a token looks on paper, where there are no colours."""

_TOP = (nodes.section, nodes.document)
_MAY_BREAK = re.compile(r"(?<=[._/(,=-])(?=[\w.])|(?<=\w{30})(?=\w)")
_LENGTH = re.compile(r"[\d.]+(%|pt|mm|cm|in)")


class Blocks:
    """The part of the translator that knows code, pictures and tables.

    visible: writes what the font of code lacks as escapes.
    pictures: the images that the page needs.
    """

    builder: Builder
    docname: str
    inside: Callable[[nodes.Element], str]
    render: Callable[[nodes.Node], str]
    error: Callable[[nodes.Node, str], PrintError]
    anchors: Callable[[nodes.Element], str]

    def __init__(self) -> None:
        self.pictures: set[str] = set()
        self.visible: Callable[[str], str] = str

    # Code

    def on_literal(self, node: nodes.Element) -> str:
        """Return code within a line."""
        parts = _MAY_BREAK.split(self.visible(" ".join(node.astext().split("\n"))))
        return f"#code({', '.join(map(string, parts))})"

    def on_literal_block(self, node: nodes.Element) -> str:
        """Return a listing without a caption, or an output."""
        return self.code(node)

    on_doctest_block = on_literal_block

    def on_container(self, node: nodes.Element) -> str:
        """Return a listing with its caption, or whatever the container holds."""
        if not node.get("literal_block"):
            return self.inside(node)
        caption, block = node.children
        assert isinstance(caption, nodes.Element)
        assert isinstance(block, nodes.Element)
        return self.code(block, self.inside(caption), self._number(node, "code-block"))

    def code(self, node: nodes.Element, caption: str = "", number: str = "") -> str:
        """Return the listing or the output `node`."""
        if node.get("linenos"):
            raise self.error(node, "line numbers would be copied with the code")
        text = self.visible(node.astext().rstrip("\n"))
        options = [string(text)]
        if looks := tokens(text, node.get("language", "none")):
            options.append(f"tokens: {looks}")
        if marked := node.get("highlight_args", {}).get("hl_lines"):
            options.append(f"marked: ({', '.join(map(str, marked))},)")
        if not isinstance(node.parent.parent if caption else node.parent, _TOP):
            options.append("nested: true")
        if "output" in node["classes"]:
            return f"#output({', '.join(options)})\n\n"
        if caption:
            options.append(f"caption: [{caption}]")
        if number:
            options.append(f"number: {string(number)}")
        if verdict := {"wrong", "right"}.intersection(node.parent["classes"] if caption else ()):
            options.append(f"verdict: {string(*verdict)}")
        return f"#listing({', '.join(options)})\n\n"

    def _number(self, node: nodes.Element, kind: str) -> str:
        numbers = self.builder.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        return next((".".join(map(str, numbers[id])) for id in node["ids"] if id in numbers), "")

    # Pictures

    def on_image(self, node: nodes.Element) -> str:
        """Return a picture; PrintError if it can't be read aloud or isn't a file of the book."""
        name = node["uri"]
        if "://" in name or node.get("candidates", {}).get("?"):
            raise self.error(node, f"the image {name} is not a file of the book: keep a copy in it")
        if not node.get("alt"):
            raise self.error(node, f"the image {name} has no alternative text: give it an :alt:")
        self.pictures.add(name)
        width = node.get("width", "")
        width = f", width: {width}" if _LENGTH.fullmatch(width) else ""
        picture = f"image({string('/' + name)}, alt: {string(node['alt'])}{width})"
        if isinstance(node.parent, nodes.TextElement):
            return f"#box({picture})"
        return picture if isinstance(node.parent, nodes.figure) else f"#picture({picture})\n\n"

    def on_figure(self, node: nodes.Element) -> str:
        """Return a picture with its caption and number, and its legend below."""
        image, *rest = node.children
        if isinstance(image, nodes.reference):
            image = image.children[0]
        caption = "".join(self.inside(part) for part in rest if isinstance(part, nodes.caption))
        legend = "".join(self.render(part) for part in rest if isinstance(part, nodes.legend))
        number = self._number(node, "figure")
        options = f"caption: [{caption}]" + (f", number: {string(number)}" if number else "")
        return f"#picture({self.render(image)}, {options})\n\n{legend}"

    # Tables

    def on_table(self, node: nodes.Element) -> str:
        """Return a table."""
        title = "".join(self.inside(child) for child in node.findall(nodes.title))
        specs = list(node.findall(nodes.colspec))
        automatic = "colwidths-auto" in node["classes"]
        widths = ["auto" if automatic else f"{spec['colwidth']}fr" for spec in specs]
        body = "".join(self.render(child) for child in node.findall(nodes.tgroup))
        caption = f"[{title}]" if title else "none"
        return f"#sheet(caption: {caption}, columns: ({', '.join(widths)},),\n{body})\n\n"

    def on_row(self, node: nodes.Element) -> str:
        """Return the cells; a row has no place of its own, so its anchors stand in the first."""
        first, *rest = node.children
        assert isinstance(first, nodes.Element)
        return self._cell(first, self.anchors(node)) + "".join(map(self.render, rest))

    def on_entry(self, node: nodes.Element) -> str:
        """Return a cell."""
        return self._cell(node)

    def _cell(self, node: nodes.Element, anchors: str = "") -> str:
        spans = f"colspan: {node.get('morecols', 0) + 1}, rowspan: {node.get('morerows', 0) + 1}"
        for side, align in (("right", "end"), ("center", "center")):
            if f"text-{side}" in node["classes"]:
                spans += f", align: {align}"
        return f"table.cell({spans})[{anchors}{self.inside(node).strip()}],\n"


def tokens(text: str, language: str) -> str:
    """Return, as Typst code, the parts of each line that look different; "" if there are none."""
    lines: list[list[str]] = [[]]
    column = 0
    for look, part, new_line in _parts(text, language):
        if new_line:
            lines.append([])
            column = 0
        end = column + len(part.encode())
        if look and part:
            lines[-1].append(f'({column}, {end}, "{look}")')
        column = end
    while lines and not lines[-1]:
        lines.pop()
    marks = [f"({', '.join(line)},)" if line else "()" for line in lines]
    return f"({', '.join(marks)},)" if marks else ""


def _parts(text: str, language: str) -> Iterator[tuple[str | None, str, bool]]:
    """Yield look, text and whether a line begins here, of each token's part in a line."""
    for kind, value in PygmentsBridge().get_lexer(text, language).get_tokens(text):
        look = next((look for token, look in LOOKS.items() if kind in token), None)
        for number, part in enumerate(value.split("\n")):
            yield look, part, number > 0
