"""Claims: the mark behind each sentence, and the ledger that lists them with their proofs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.claims import PRACTICE, VERBS, Mark
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from handbook.appendices import screen
from handbook.appendices.rows import IN_RUSSIAN, Row, numbered, numbers, rows
from handbook.appendices.tables import row, table
from handbook.badges import badges, where
from handbook.domain import handbook, loose

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator


class claim_mark(nodes.Inline, nodes.TextElement):
    """The mark behind a claim; leads to its row in the ledger.

    It has its `claim` id, its `verb`, and whether it is `practice`: promised by nobody.  Behind a
    claim of another page it has that `page`, too.
    """


class proven(nodes.General, nodes.TextElement):
    """On paper, below a claim of the ledger: its name `claim`, on what it `rests`, its proof."""


class ledger_table(nodes.General, nodes.Element):
    """The place of the ledger, filled in when all pages are read."""


class Marks(SphinxTransform):
    """Put a mark behind each claim of the page and remember the claim's sentence."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        sentences = {}
        claims = handbook(self.env).book.claims
        for span in self.document.findall(nodes.inline):
            verb = next((verb for verb in VERBS if verb in span["classes"]), None)
            if verb and span["ids"]:
                id = span["ids"][0]
                sentences[id] = _plain(span)
                span["classes"].append("claim")
                claim = claims.get(id)
                for place, each in enumerate(badges(where(claim))):
                    span.insert(place, each)
                practice = not claim or claim.rests == PRACTICE
                span += claim_mark("", "", claim=id, verb=verb, practice=practice)
        if sentences:
            handbook(self.env).sentences[self.env.docname] = sentences


class Ledger(SphinxDirective):
    """The table of all claims."""

    def run(self) -> list[nodes.Node]:
        handbook(self.env).tables.setdefault(self.env.docname, []).append("ledger")
        return [ledger_table()]


def _plain(span: nodes.inline) -> nodes.inline:
    """Return a copy of the sentence without its links: in the ledger it is itself a link."""
    copy = loose(span)
    for link in list(copy.findall(addnodes.pending_xref)):
        link.replace_self(link.children)
    return copy


def state(env: BuildEnvironment) -> Any:
    """Return all that the ledger shows, to be compared with what it showed before."""
    store = handbook(env)
    book = store.book
    return [
        [(page, id) for _, page, id in numbered(env)],
        [
            (claim.id, claim.verb, claim.text, claim.rests, where(claim))
            for claim in book.claims.values()
        ],
        [(proof.id, proof.place) for proof in book.proofs.values()],
        # What was found is as it was while the files of evidence are.
        book.stamps.get(book.settings.evidence),
        [(each.version, list(book.current(each, "claims"))) for each in book.evidence],
    ]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the ledger's placeholder by the table."""
    for place in list(doctree.findall(ledger_table)):
        versions = [each.version for each in handbook(app.env).book.evidence]
        listed = rows(app.env)
        if app.builder.format == "html":
            show = screen.contents if app.builder.name == "html" else screen.html
            parts: list[nodes.Node] = [nodes.raw("", show(app, docname, listed), format="html")]
        else:
            own = (_on_paper(app, docname, each) for each in listed)
            heads, widths = ["№", "Утверждение", "Когда верно"], [7, 70, 23]
            parts = [table(heads, widths, own, "ledger", "colwidths-given")]
        if versions:
            parts.insert(0, nodes.paragraph("", _legend(versions)))
        place.replace_self(parts)


def _legend(versions: Iterable[str]) -> str:
    return (
        f"Доказательства прошли на CPython {', '.join(versions)}, если в строке утверждения не "
        "сказано иное. На версиях, о которых утверждение не говорит, доказательства не запускаются."
    )


def _on_paper(app: Sphinx, docname: str, each: Row) -> nodes.row:
    """Return a row for paper: it is narrower, and its reader can't follow a link to the name."""
    sentence = statement(app, docname, each.page, each.id)
    place = proof_link(app, docname, each.proof) if each.proof else nodes.Text("—")
    below = proven("", "", place, claim=each.id, rests=each.rests)
    when = [nodes.Text(text) for text in (each.when, *each.exceptions)]
    return row(str(each.number), [sentence, below], when, id=f"claim-{each.id}")


def statement(app: Sphinx, docname: str, page: str, id: str) -> nodes.reference:
    """Return the sentence of claim `id` on `page` as a link from `docname` to its place."""
    sentence = handbook(app.env).sentences[page][id]
    return make_refnode(app.builder, docname, page, id, [each.deepcopy() for each in sentence])


def proof_link(app: Sphinx, docname: str, proof: Mark) -> nodes.Node:
    """Return the place of `proof`, in HTML as a link from `docname` to the page that shows it."""
    text = nodes.literal(proof.place, proof.place)
    if app.builder.format != "html":
        return text
    if app.builder.name == "html":
        # A phone may break the line before the file.
        folder, slash, file = proof.place.rpartition("/")
        break_ = nodes.raw("", "<wbr>", format="html")
        text = nodes.literal("", "", nodes.Text(folder + slash), break_, nodes.Text(file))
    target = app.builder.get_relative_uri(docname, proof_page(proof.file))
    return nodes.reference("", "", text, refuri=f"{target}#line-{proof.line}", internal=True)


def proof_page(file: str) -> str:
    """Return the name of the page that shows a file of proofs."""
    return file.removesuffix(".py")


def _sign(mark: claim_mark) -> str:
    return "✓c" if mark["practice"] else "✓"


def visit_mark_html(self: HTML5Translator, node: claim_mark) -> None:
    """Write the mark as a link to its row."""
    env = self.builder.env
    ledger = handbook(env).book.settings.ledger
    if self.builder.name == "html":
        ledger = screen.ledger_of(ledger, node.get("page", self.builder.current_docname))
    target = self.builder.get_relative_uri(self.builder.current_docname, ledger)
    verb, rests = IN_RUSSIAN[node["verb"]], "так делает CPython"
    if not node["practice"]:
        rests = "обещает документация"
    # What is hidden doesn't name the link, so its title does.
    self.body.append(
        f'<a class="claim-mark" href="{target}#claim-{node["claim"]}" '
        f'title="Доказано: {verb}; {rests}"><span aria-hidden="true">{_sign(node)}</span></a>'
    )


def depart_mark_html(self: HTML5Translator, node: claim_mark) -> None:
    """Do nothing: the mark has no content."""


def visit_mark_typst(self: Any, node: claim_mark) -> None:
    """Write the mark with the number of its row."""
    store = handbook(self.builder.env)
    label = self.string(f"{store.book.settings.ledger}#claim-{node['claim']}")
    practice = ", practice: true" if node["practice"] else ""
    self.body.append(f"#claim({label}, {_numbers(self.builder.env)[node['claim']]}{practice})")
    raise nodes.SkipNode


@lru_cache(1)
def _numbers(env: BuildEnvironment) -> dict[str, int]:
    return numbers(env)


def visit_proven_typst(self: Any, node: proven) -> None:
    """Open what stands below a claim."""
    rests = f", rests: {self.string(node['rests'])}" if "rests" in node else ""
    self.body.append(f"#proven({self.string(node['claim'])}{rests})[")


def depart_proven_typst(self: Any, node: proven) -> None:
    """Close what stands below a claim."""
    self.body.append("]")
