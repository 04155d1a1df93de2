"""One page's doctree as Typst markup.

Every node kind has a method here or a line in `WRAPPED`; any other node is an
error.  What the markup looks like on paper is the template's business: this
module only names things (`#listing`, `#short`, `#see` …).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from handbook.appendices.ledger import CLAIM_COLUMN, PROOF_COLUMN, claim_mark
from handbook.output import guess, timeline_picture
from pygments.token import Token
from sphinx.errors import SphinxError
from sphinx.highlighting import PygmentsBridge
from sphinx.locale import admonitionlabels
from sphinx.util import logging

if TYPE_CHECKING:
    from typst_book.builder import TypstBuilder

logger = logging.getLogger(__name__)

WRAPPED = {
    "document": "{}",
    "paragraph": "{}\n\n",
    "compact_paragraph": "{}\n\n",
    "inline": "{}",
    "compound": "{}",
    "generated": "{}",
    "emphasis": "#emph[{}]",
    "literal_emphasis": "#emph[{}]",
    "title_reference": "#emph[{}]",
    "strong": "#strong[{}]",
    "literal_strong": "#strong[{}]",
    "superscript": "#super[{}]",
    "subscript": "#sub[{}]",
    "rubric": "#rubric[{}]\n\n",
    "centered": "#align(center)[{}]\n\n",
    "block_quote": "#quote(block: true)[{}]\n\n",
    "attribution": "#align(right)[— {}]\n\n",
    "topic": "#aside[{}]\n\n",
    "sidebar": "#aside[{}]\n\n",
    "line_block": "#verse[{}]\n\n",
    "line": "{} \\\n",
    "list_item": "[{}],\n",
    "definition_list": "#terms(\n{})\n\n",
    "glossary": "#glossary[\n{}]\n\n",
    "definition": "[{}]",
    "classifier": " : #emph[{}]",
    "tgroup": "{}",
    "thead": "table.header(repeat: true,\n{}),\n",
    "tbody": "{}",
    "legend": "{}",
}
"""Node kinds that only put something around their children."""

SKIPPED = frozenset(
    {
        "comment",  # not for readers; the tested code behind an {output} is one too
        "substitution_definition",
        "index",  # the builder collects the entries; their targets are nodes of their own
        "footnote",  # printed where it is referred to
        "colspec",
        "meta",
        "highlightlang",
        "tabular_col_spec",
    }
)
LOOKS = {
    Token.Keyword: "bold",
    Token.Operator.Word: "bold",
    Token.Comment: "comment",
    Token.Generic.Prompt: "quiet",
}
"""How a token looks on paper, where there are no colours."""

ADMONITIONS = frozenset(admonitionlabels)
_TOP = (nodes.section, nodes.document)
_MAY_BREAK = re.compile(r"(?<=[._/(,=-])(?=[\w.])|(?<=\w{30})(?=\w)")


class PrintError(SphinxError):
    """The print edition can't be made; the text names the page, the line and why."""

    category = "The print edition could not be made"


def string(text: str) -> str:
    """Return `text` as a Typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def markup(text: str) -> str:
    """Return prose as Typst markup, with the spaces that Russian typography keeps together."""
    text = re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", text)
    text = re.sub(r"[ \n]+(?=[—–])|(?<=№)[ \n]", "~", text)
    return re.sub(r"(?<![\w~])([аиоувксяАИОУВКСЯ])[ \n](?=\S)", r"\1~", text)


class Translator:
    """Translates the doctree of `docname`.

    pictures: the images that it needs; answers: those to its questions what is
    printed, for the end of the chapter.
    """

    def __init__(self, builder: TypstBuilder, docname: str) -> None:
        self.builder = builder
        self.docname = docname
        self.pictures: set[str] = set()
        self.answers: list[str] = []
        self._depth = 0
        self._footnotes: dict[str, nodes.footnote] = {}
        self._printed: set[str] = set()

    def translate(self, doctree: nodes.document) -> str:
        """Return the whole page."""
        self._footnotes = {id: n for n in doctree.findall(nodes.footnote) for id in n["ids"]}
        return f"{self._anchor(self.docname)}{self.render(doctree)}"

    def render(self, node: nodes.Node) -> str:
        """Return one node with all that it holds, its anchors first."""
        if isinstance(node, nodes.Text):
            return markup(node.astext())
        kind = node.tagname
        if kind in SKIPPED:
            return ""
        anchors = self._anchors(node) if kind not in ("row", "term") else ""
        if kind in WRAPPED:
            return WRAPPED[kind].format(anchors + self.inside(node))
        if kind in ADMONITIONS:
            return anchors + self._admonition(node, markup(str(admonitionlabels[kind])))
        method = getattr(self, f"on_{kind}", None)
        if method is None:
            raise self.error(node, f"the translator doesn't know the node <{kind}>")
        return anchors + method(node)

    def inside(self, node: nodes.Element) -> str:
        """Return the children of `node`."""
        return "".join(map(self.render, node.children))

    def error(self, node: nodes.Node, problem: str) -> PrintError:
        """Return an error that names the page and the nearest known line."""
        place: nodes.Node | None = node
        while place is not None and place.line is None:
            place = place.parent
        page = self.builder.env.doc2path(self.docname, base=False)
        return PrintError(f"{page}:{place.line if place else '?'}: {problem}")

    def _anchor(self, label: str) -> str:
        return f"#anchor({string(label)})"

    def _anchors(self, node: nodes.Element) -> str:
        return "".join(self._anchor(f"{self.docname}#{id}") for id in node.get("ids", ()))

    # Structure

    def on_section(self, node: nodes.Element) -> str:
        if self._is_root() and all(_is_contents(child) for child in node.children[1:]):
            return ""  # the book has its own contents
        self._depth += 1
        inside = self.inside(node)
        self._depth -= 1
        return inside

    def on_title(self, node: nodes.Element) -> str:
        if self._is_root() and self._depth == 1:
            return "#preface-heading\n\n"
        if isinstance(node.parent, nodes.section):
            return f"#heading(depth: {self._depth})[{self.inside(node)}]\n\n"
        return f"#rubric[{self.inside(node)}]\n\n"

    def on_toctree(self, node: nodes.Element) -> str:
        return "" if node["hidden"] or self._is_root() else "#questions\n\n"

    def _is_root(self) -> bool:
        return self.docname == self.builder.config.root_doc

    def on_transition(self, node: nodes.Element) -> str:
        # MyST rules off its footnotes, which stand at the foot of the page in print.
        return "" if "footnotes" in node["classes"] else "#separator\n\n"

    def on_only(self, node: nodes.Element) -> str:
        return self.inside(node) if self.builder.tags.eval_condition(node["expr"]) else ""

    def on_container(self, node: nodes.Element) -> str:
        if not node.get("literal_block"):
            return self.inside(node)
        caption, block = node.children
        return self._code(block, self.inside(caption), numbered="fragment" not in node["classes"])

    def on_target(self, node: nodes.Element) -> str:
        return self.inside(node)

    def on_raw(self, node: nodes.Element) -> str:
        # Raw HTML is for the site; what print needs in its place is raw Typst.
        if "typst" not in node["format"].split():
            return ""
        return node.astext() + ("" if isinstance(node.parent, nodes.TextElement) else "\n\n")

    # Lists

    def on_bullet_list(self, node: nodes.Element) -> str:
        return f"#list(tight: {self._tight(node)},\n{self.inside(node)})\n\n"

    def on_enumerated_list(self, node: nodes.Element) -> str:
        start = node.get("start", 1)
        return f"#enum(tight: {self._tight(node)}, start: {start},\n{self.inside(node)})\n\n"

    def _tight(self, node: nodes.Element) -> str:
        return str(all(len(item.children) <= 1 for item in node.children)).lower()

    def on_definition_list_item(self, node: nodes.Element) -> str:
        terms = [child for child in node.children if not isinstance(child, nodes.definition)]
        anchors = "".join(self._anchors(term) for term in terms)
        names = ", ".join(
            self.inside(t) + "".join(map(self.render, node.findall(nodes.classifier)))
            for t in terms
            if isinstance(t, nodes.term)
        )
        return f"terms.item([{anchors}{names}], {self.render(node.children[-1])}),\n"

    # Code

    def on_literal(self, node: nodes.Element) -> str:
        parts = _MAY_BREAK.split(" ".join(node.astext().split("\n")))
        return f"#code({', '.join(map(string, parts))})"

    def on_literal_block(self, node: nodes.Element) -> str:
        return self._code(node)

    on_doctest_block = on_literal_block

    def _code(self, node: nodes.Element, caption: str = "", *, numbered: bool = False) -> str:
        if node.get("linenos"):
            raise self.error(node, "line numbers would be copied with the code")
        text = node.astext().rstrip("\n")
        given = [string(text)]
        if tokens := _tokens(text, node.get("language", "none")):
            given.append(f"tokens: {tokens}")
        if marked := node.get("highlight_args", {}).get("hl_lines"):
            given.append(f"marked: ({', '.join(map(str, marked))},)")
        if not isinstance(node.parent if not caption else node.parent.parent, _TOP):
            given.append("nested: true")
        if "output" in node["classes"]:
            return f"#output({', '.join(given)})\n\n"
        if caption:
            given.append(f"caption: [{caption}], numbered: {str(numbered).lower()}")
        return f"#listing({', '.join(given)})\n\n"

    def on_download_reference(self, node: nodes.Element) -> str:
        return self.inside(node)

    # Answers and notes

    def on_admonition(self, node: nodes.Element) -> str:
        title, *rest = node.children
        body = "".join(map(self.render, rest))
        if "short" in node["classes"]:
            return f"#short[{self.inside(title)}][{body}]\n\n"
        return f"#admonition[{self.inside(title)}][{body}]\n\n"

    def _admonition(self, node: nodes.Element, title: str) -> str:
        return f"#admonition[{title}][{self.inside(node)}]\n\n"

    def on_versionmodified(self, node: nodes.Element) -> str:
        return f"#aside[{self.inside(node)}]\n\n"

    def on_footnote_reference(self, node: nodes.Element) -> str:
        id = node["refid"]
        label = f"label({string(f'{self.docname}#note-{id}')})"
        if id in self._printed:
            return f"#footnote({label})"
        self._printed.add(id)
        text = "".join(
            self.render(child)
            for child in self._footnotes[id].children
            if not isinstance(child, nodes.label)
        )
        return f"#labelled({label})[#note[{text.strip()}]]"

    # References

    def on_reference(self, node: nodes.Element) -> str:
        body, address = self.inside(node), node.get("refuri", "")
        if "refid" in node:
            address = f"{self.builder.get_target_uri(self.docname)}#{node['refid']}"
        if address.startswith("%"):
            page = address[1:].partition("#")[0]
            if page not in self.builder.book and page != "genindex":
                logger.warning("%s isn't in the book", page, location=node, type="handbook")
                return body
            # The glossary is in alphabetical order: its terms need no page number.
            term = len(node) == 1 and "std-term" in getattr(node[0], "attributes", {}).get(
                "classes", ()
            )
            return f"#{'term' if term else 'see'}({string(address[1:].rstrip('#'))})[{body}]"
        # One document is told once a page, however many of its names are linked.
        document = address.partition("#")[0] if node.get("internal") is False else address
        shown = address if document in node.astext() else document
        known = shown in self._printed or shown in node.astext() or self._within(node, nodes.title)
        self._printed.add(shown)
        return f"#web({string(address)}, {'none' if known else string(shown)})[{body}]"

    def _within(self, node: nodes.Node, kind: type[nodes.Node]) -> bool:
        return node.parent is not None and (
            isinstance(node.parent, kind) or self._within(node.parent, kind)
        )

    def on_claim_mark(self, node: claim_mark) -> str:
        return f"#claim({string(node['claim'])})"

    def on_abbreviation(self, node: nodes.Element) -> str:
        meaning = node.get("explanation")
        return self.inside(node) + (f" \\({markup(meaning)}\\)" if meaning else "")

    # Pictures

    def on_image(self, node: nodes.Element) -> str:
        if not node.get("alt"):
            raise self.error(node, f"the image {node['uri']} has no alternative text")
        self.pictures.add(node["uri"])
        width = node.get("width", "")
        width = f", width: {width}" if re.fullmatch(r"[\d.]+(%|pt|mm|cm|in)", width) else ""
        picture = f"image({string('/' + node['uri'])}, alt: {string(node['alt'])}{width})"
        if isinstance(node.parent, nodes.TextElement):
            return f"#box({picture})"
        return picture if isinstance(node.parent, nodes.figure) else f"#picture({picture})\n\n"

    def on_figure(self, node: nodes.Element) -> str:
        image, *rest = node.children
        if isinstance(image, nodes.reference):
            image = image.children[0]
        caption = "".join(self.inside(part) for part in rest if isinstance(part, nodes.caption))
        legend = "".join(self.render(part) for part in rest if isinstance(part, nodes.legend))
        known = self.builder.env.toc_fignumbers.get(self.docname, {}).get("figure", {})
        number = next((".".join(map(str, known[id])) for id in node["ids"] if id in known), "")
        given = f"caption: [{caption}]" + (f", number: {string(number)}" if number else "")
        return f"#picture({self.render(image)}, {given})\n\n{legend}"

    def on_timeline_picture(self, node: timeline_picture) -> str:
        return f"timeline({string(node['print'])}, alt: {string(node['alt'])})"

    def on_guess(self, node: guess) -> str:
        name = string(node["name"])
        self.answers.append(f"#answer({name})[\n{self.inside(node)}]\n\n")
        return f"#asked({name})\n\n"

    # Tables

    def on_table(self, node: nodes.Element) -> str:
        title = "".join(self.inside(child) for child in node.findall(nodes.title))
        specs = list(node.findall(nodes.colspec))
        automatic = "colwidths-auto" in node["classes"] or "ledger" in node["classes"]
        widths = ["auto" if automatic else f"{spec['colwidth']}fr" for spec in specs]
        body = "".join(self.render(child) for child in node.findall(nodes.tgroup))
        kind = "ledger" if "ledger" in node["classes"] else "sheet"
        caption = f"[{title}]" if title else "none"
        return f"#{kind}(caption: {caption}, columns: ({', '.join(widths)},),\n{body})\n\n"

    def on_row(self, node: nodes.Element) -> str:
        cells = [self.render(cell) for cell in node.children]
        if "ledger" in node.parent.parent.parent["classes"]:
            names = ", ".join(string(id.removeprefix("claim-")) for id in node["ids"])
            proof = cells.pop(PROOF_COLUMN).removesuffix("],\n").partition("[")[2]
            claim = cells[CLAIM_COLUMN].removesuffix("],\n")
            cells[CLAIM_COLUMN] = f"{claim}#proven({names})[{proof}]],\n"
        # A row has no place of its own in Typst: its anchors stand in its first cell.
        head, bracket, rest = cells[0].partition("[")
        return "".join([head, bracket, self._anchors(node), rest, *cells[1:]])

    def on_entry(self, node: nodes.Element) -> str:
        spans = f"colspan: {node.get('morecols', 0) + 1}, rowspan: {node.get('morerows', 0) + 1}"
        for side, align in (("right", "end"), ("center", "center")):
            if f"text-{side}" in node["classes"]:
                spans += f", align: {align}"
        return f"table.cell({spans})[{self.inside(node).strip()}],\n"


def _is_contents(node: nodes.Node) -> bool:
    return isinstance(node, nodes.compound) and "toctree-wrapper" in node["classes"]


def _tokens(text: str, language: str) -> str:
    """Return, as Typst code, the parts of each line that look different; "" if there are none."""
    lexer = PygmentsBridge().get_lexer(text, language)
    lines: list[list[str]] = [[]]
    column = 0
    for kind, value in lexer.get_tokens(text):
        look = next((look for token, look in LOOKS.items() if kind in token), None)
        for number, part in enumerate(value.split("\n")):
            if number:
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
