"""One page's doctree as Typst markup.

Every node kind has a method here or a line in `WRAPPED`, or was registered by
`app.add_node(node, typst=(visit, depart))`; any other node is an error.  What the
markup looks like on paper is the template's business: this only names things.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import admonitionlabels

from typst_book import PrintError
from typst_book.page.blocks import Blocks
from typst_book.page.nearby import after, is_contents, is_short, tight
from typst_book.page.references import References
from typst_book.words import markup, place_of, string

if TYPE_CHECKING:
    from sphinx.builders import Builder

WRAPPED = {
    "document": "{}",
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
    "glossary": "{}",
    "definition": "[{}]",
    "classifier": " : #emph[{}]",
    "tgroup": "{}",
    "thead": "table.header(repeat: true,\n{}),\n",
    "tbody": "{}",
    "legend": "{}",
    "versionmodified": "#aside[{}]\n\n",
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
ADMONITIONS = frozenset(admonitionlabels)

SHORT = 420
"""Letters of a paragraph or a list that may be kept on one page: about five lines."""

INTRODUCING = 200
"""Letters of a paragraph that stays with what it introduces though no colon says so."""

LIST = 700
"""Letters of a list that is kept whole: about ten lines."""
_BODY = (nodes.paragraph, nodes.bullet_list, nodes.literal_block, nodes.figure, nodes.table)
_SHOWN = (nodes.literal_block, nodes.doctest_block, nodes.figure, nodes.table, nodes.container)


class Translator(Blocks, References):
    """Translates the doctree of `docname`; `book` names the pages that are printed.

    answers: those to the page's questions, for the end of the chapter.
    body: where a visitor that was registered with `add_node` appends its markup.
    """

    def __init__(self, builder: Builder, docname: str, book: Set[str]) -> None:
        Blocks.__init__(self)
        References.__init__(self)
        self.builder = builder
        self.docname = docname
        self.book = book
        self.answers: list[str] = []
        self.body: list[str] = []
        self._depth = 0

    def translate(self, doctree: nodes.document) -> str:
        """Return the whole page."""
        self.note_footnotes(doctree)
        return f"{self.anchor(self.docname)}{self.render(doctree)}"

    def render(self, node: nodes.Node) -> str:
        """Return one node with all that it holds, its anchors first."""
        if isinstance(node, nodes.Text):
            return markup(node.astext())
        assert isinstance(node, nodes.Element)
        kind = node.tagname
        if kind in SKIPPED:
            return ""
        anchors = self.anchors(node) if kind not in ("row", "term") else ""
        if kind in WRAPPED:
            return WRAPPED[kind].format(anchors + self.inside(node))
        if kind in ADMONITIONS:
            title = markup(str(admonitionlabels[kind]))
            return f"{anchors}#admonition[{title}][{self.inside(node)}]\n\n"
        if hasattr(self, f"visit_{kind}"):
            return anchors + self._visited(node)
        method = getattr(self, f"on_{kind}", None)
        if method is None:
            problem = "print doesn't know it: register it by app.add_node(…, typst=(visit, depart))"
            raise self.error(node, f"<{kind}>: {problem}")
        return self._line(node) + anchors + str(method(node))

    def _visited(self, node: nodes.Element) -> str:
        """Return what the registered visitors append to the body."""
        around, self.body = self.body, []
        try:
            getattr(self, f"visit_{node.tagname}")(node)
            self.body.append(self.inside(node))
        except nodes.SkipNode:
            pass
        else:
            if depart := getattr(self, f"depart_{node.tagname}", None):
                depart(node)
        done, self.body = self.body, around
        return "".join(done)

    def inside(self, node: nodes.Element) -> str:
        """Return the children of `node`."""
        return "".join(map(self.render, node.children))

    def error(self, node: nodes.Node, problem: str) -> PrintError:
        """Return an error that names the page and the nearest known line."""
        page = str(self.builder.env.doc2path(self.docname))
        return PrintError(problem, place_of(node, page))

    string = staticmethod(string)  # for visitors

    def _line(self, node: nodes.Element) -> str:
        """Return a comment by which an error of Typst is led back to the page."""
        block = isinstance(node, (nodes.paragraph, nodes.title, nodes.literal_block, nodes.figure))
        return f"/*{node.line}*/" if block and node.line else ""

    # Structure

    def on_section(self, node: nodes.Element) -> str:
        if self._is_root() and all(is_contents(child) for child in node.children[1:]):
            return ""  # the book has its own contents
        self._depth += 1
        # A title and what leads to its short answer stand on one page with it.
        led = next((number for number, child in enumerate(node, 1) if is_short(child)), 0)
        first, rest = ("".join(map(self.render, part)) for part in (node[:led], node[led:]))
        self._depth -= 1
        return f"#opening[{first}]\n\n{rest}" if led else rest

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

    def on_raw(self, node: nodes.Element) -> str:
        # Raw HTML is for the site; what print needs in its place is raw Typst.
        end = "" if isinstance(node.parent, nodes.TextElement) else "\n\n"
        return node.astext() + end if "typst" in node["format"].split() else ""

    # Paragraphs, lists and notes

    def on_paragraph(self, node: nodes.Element) -> str:
        colon, shown = node.astext().rstrip().endswith(":"), after(node)
        # A figure floats, but for a colon.  A box may be high, a line is not.
        kept = isinstance(shown, _SHOWN) and (colon or not isinstance(shown, nodes.figure))
        asks = isinstance(shown, nodes.Admonition) and not isinstance(shown, nodes.admonition)
        short = len(node.astext()) <= (SHORT if colon or asks else INTRODUCING)
        leads = short and (kept or asks) and isinstance(node.parent, nodes.section)
        return f"#lead[{self.inside(node)}]\n\n" if leads else f"{self.inside(node)}\n\n"

    def on_bullet_list(self, node: nodes.Element) -> str:
        items = f"#list(tight: {tight(node)},\n{self.inside(node)})\n\n"
        if len(node.astext()) > LIST or not isinstance(node.parent, nodes.section):
            return items
        # What closes a section or a page in a few words isn't parted from it.
        last = after(node) or after(node.parent)
        followed = isinstance(last, nodes.paragraph) and not isinstance(after(last), _BODY)
        return f"#kept(sticky: {str(followed).lower()})[{items}]\n\n"

    def on_enumerated_list(self, node: nodes.Element) -> str:
        start = node.get("start", 1)
        return f"#enum(tight: {tight(node)}, start: {start},\n{self.inside(node)})\n\n"

    def on_definition_list_item(self, node: nodes.Element) -> str:
        terms = [child for child in node.findall(nodes.term)]
        anchors = "".join(self.anchors(term) for term in terms)
        names = ", ".join(
            self.inside(t) + "".join(map(self.render, node.findall(nodes.classifier)))
            for t in terms
        )
        return f"terms.item([{anchors}{names}], {self.render(node.children[-1])}),\n"

    def on_admonition(self, node: nodes.Element) -> str:
        title, *rest = node.children
        assert isinstance(title, nodes.Element)
        body = "".join(map(self.render, rest))
        kind = "short" if is_short(node) else "admonition"
        return f"#{kind}[{self.inside(title)}][{body}]\n\n"
