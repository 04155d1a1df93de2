"""Claims on the pages: the mark behind each, the ledger, and the pages that show the proofs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.book import Book
from proven.claims import PRACTICE, VERBS, Mark, disagreements
from proven.findings import Evidence, Finding
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx import addnodes
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from handbook.books import book_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

CLAIM_COLUMN, PROOF_COLUMN = 1, 3
"""Where the ledger has them; paper, which is narrower, has both in one."""

IN_RUSSIAN = {"always": "всегда", "sometimes": "бывает", "never": "никогда"}
_RANGES = {"since": "с {}", "before": "до {}", "gil on": "с GIL", "gil off": "без GIL"}
_SIGNS = {"passed": "✓", "failed": "✗", "skipped": "–", "unchecked": "?"}
_LEGEND = (
    "Столбцы справа — версии Python: ✓ доказательство прошло, – здесь не запускалось "
    "(утверждение не об этой версии, или причина стоит под таблицей), ✗ не прошло, "
    "? утверждение новое или изменилось и на этой версии ещё не проверено."
)


class claim_mark(nodes.Inline, nodes.TextElement):
    """The mark behind a claim, with its `claim` id and `verb`; leads to its row in the ledger."""


class ledger_table(nodes.General, nodes.Element):
    """The place of the ledger, filled in when all pages are read."""


class Marks(SphinxTransform):
    """Put a mark behind each claim of the page and remember the claim's sentence."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        sentences = _sentences(self.env).setdefault(self.env.docname, {})
        sentences.clear()
        for span in self.document.findall(nodes.inline):
            verb = next((verb for verb in VERBS if verb in span["classes"]), None)
            if verb and span["ids"]:
                sentences[span["ids"][0]] = _plain(span)
                span["classes"].append("claim")
                span += claim_mark("", "", claim=span["ids"][0], verb=verb)


class Ledger(SphinxDirective):
    """The table of all claims; its page depends on every test."""

    def run(self) -> list[nodes.Node]:
        book = book_of(self.config)
        for test in {proof.file for proof in book.all_proofs}:
            self.env.note_dependency(str(book.root / test))
        return [ledger_table()]


def _plain(span: nodes.inline) -> nodes.inline:
    """Return a copy of the sentence without its links: in the ledger it is itself a link."""
    copy = span.deepcopy()
    for link in list(copy.findall(addnodes.pending_xref)):
        link.replace_self(link.children)
    return copy


def _sentences(env: BuildEnvironment) -> dict[str, dict[str, nodes.inline]]:
    """Return the claims' sentences: page, id, span."""
    if not hasattr(env, "handbook_sentences"):
        env.handbook_sentences = {}  # type: ignore[attr-defined]
    return env.handbook_sentences  # type: ignore[attr-defined,no-any-return]


def numbers(env: BuildEnvironment) -> dict[str, int]:
    """Return each claim's number: its row in the ledger, in reading order."""
    ids = [id for page in reading_order(env) for id in _sentences(env).get(page, {})]
    return {id: number for number, id in enumerate(ids, 1)}


def reading_order(env: BuildEnvironment) -> Iterator[str]:
    """Yield the pages in the order of the toctrees."""
    seen: set[str] = set()
    waiting = [env.config.root_doc]
    while waiting:
        page = waiting.pop(0)
        if page not in seen:
            seen.add(page)
            yield page
            waiting = [*env.toctree_includes.get(page, []), *waiting]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop what a page claimed before it is read again or removed."""
    _sentences(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Take over the claims that a parallel reader found."""
    _sentences(env).update({name: _sentences(other).get(name, {}) for name in docnames})


def refresh(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the ledger anew when a claim or a proof changed since the last build."""
    book = book_of(app.config)
    ledger = book.settings.ledger
    state = [
        [(id, span.astext()) for page in _sentences(env).values() for id, span in page.items()],
        book.all_proofs,
        [(found.version, book.current(found, "claims")) for found in book.evidence],
    ]
    if state == getattr(env, "handbook_ledger_state", None) or ledger not in env.all_docs:
        return []
    env.handbook_ledger_state = state  # type: ignore[attr-defined]
    return [ledger]


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of claims and proofs without counterpart, and of spans that only look like claims."""
    book = book_of(app.config)
    claims, proofs = book.all_claims, book.all_proofs
    for mark, problem in disagreements(claims, proofs):
        if f"already used at {mark.file}" in problem and mark in claims:
            continue  # docutils has told of twins on one page
        logger.warning(problem, location=str(book.root / mark.place), type="handbook")
    marked = {id for page in _sentences(env).values() for id in page}
    promised = {PRACTICE, ""}.union(*InventoryAdapter(env).main_inventory.values())
    for claim in claims:
        if claim.rests not in promised:
            logger.warning(
                "claim %r rests on %r, which is no target of the documentation: name one from the "
                'inventory, or rests="cpython"',
                *(claim.id, claim.rests),
                location=str(book.root / claim.place),
                type="handbook",
            )
        if claim.id and claim.id not in marked:
            logger.warning(
                "claim %r is not a span of the rendered page",
                claim.id,
                location=str(book.root / claim.place),
                type="handbook",
            )


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the ledger's placeholder by the table."""
    for place in list(doctree.findall(ledger_table)):
        book = book_of(app.config)
        evidence = book.evidence
        known = {found.version: book.current(found, "claims") for found in evidence}
        rows, skipped = [], []
        for page, (number, id) in _numbered(app.env):
            findings = {version: claims.get(id) for version, claims in known.items()}
            rows.append(_row(app, docname, page, (number, id), book, findings))
            skipped += _skipped(number, book.claims.get(id), findings)
        parts: list[nodes.Node] = [_table(rows, evidence)]
        if evidence:
            parts.insert(0, nodes.paragraph("", _LEGEND))
        if skipped:
            parts += [nodes.paragraph("", "Не запускалось:"), nodes.bullet_list("", *skipped)]
        place.replace_self(parts)


def _skipped(
    number: int, claim: Mark | None, findings: dict[str, Finding | None]
) -> Iterator[nodes.list_item]:
    """Yield a line for each reason that kept a proof from running where its claim should hold."""
    reasons: dict[str, list[str]] = {}
    for version, finding in findings.items():
        if finding and finding.outcome == "skipped" and not finding.why.startswith("holds only"):
            reasons.setdefault(finding.why, []).append(version)
    for why, versions in reasons.items():
        text = f"№ {number} на {', '.join(versions)}: {why}."
        yield nodes.list_item("", nodes.paragraph("", text))


def _numbered(env: BuildEnvironment) -> Iterator[tuple[str, tuple[int, str]]]:
    page_of = {id: page for page, claims in _sentences(env).items() for id in claims}
    for id, number in numbers(env).items():
        yield page_of[id], (number, id)


def _row(
    app: Sphinx,
    ledger: str,
    page: str,
    number_id: tuple[int, str],
    book: Book,
    findings: dict[str, Finding | None],
) -> nodes.row:
    number, id = number_id
    verb = next(verb for verb in VERBS if verb in _sentences(app.env)[page][id]["classes"])
    claim, proof = book.claims.get(id), book.proofs.get(id)
    cells = [
        nodes.paragraph("", str(number)),
        nodes.paragraph("", "", statement(app, ledger, page, id)),
        nodes.paragraph("", _when(verb, claim, findings)),
        nodes.paragraph("", "", proof_link(app, ledger, proof) if proof else nodes.Text("—")),
        *(
            nodes.paragraph("", _SIGNS[finding.outcome if finding else "unchecked"])
            for finding in findings.values()
        ),
    ]
    row = nodes.row("", *(nodes.entry("", cell) for cell in cells))
    row["ids"] = [f"claim-{id}"]
    return row


def _when(verb: str, claim: Mark | None, findings: dict[str, Finding | None]) -> str:
    """Return verb and versions in Russian, and how much was explored."""
    parts = [IN_RUSSIAN[verb]]
    for key, value in claim.only if claim else ():
        parts.append((_RANGES.get(key) or _RANGES[f"{key} {value}"]).format(value))
    explored = max((finding.explored for finding in findings.values() if finding), default=0)
    return ", ".join(parts) + (f"; перебрано {explored}" if explored else "")


def statement(app: Sphinx, docname: str, page: str, id: str) -> nodes.reference:
    """Return the sentence of claim `id` on `page` as a link from `docname` to its place."""
    children = _sentences(app.env)[page][id].children
    text = nodes.inline("", "", *(child.deepcopy() for child in children))
    return make_refnode(app.builder, docname, page, id, text)


def proof_link(app: Sphinx, docname: str, proof: Mark) -> nodes.Node:
    """Return the place of `proof`, in HTML as a link from `docname` to the page that shows it."""
    text = nodes.literal(proof.place, proof.place)
    if app.builder.format != "html":
        return text
    target = app.builder.get_relative_uri(docname, _proof_page(proof.file))
    return nodes.reference("", "", text, refuri=f"{target}#line-{proof.line}", internal=True)


def _proof_page(file: str) -> str:
    return file.removesuffix(".py")


def _table(rows: list[nodes.row], evidence: list[Evidence]) -> nodes.table:
    versions = [found.version for found in evidence]
    heads = ("№", "Утверждение", "Когда верно", "Доказательство", *versions)
    group = nodes.tgroup("", cols=len(heads))
    widths = (5, 42, 14, 27, *[5] * len(versions))
    group += [nodes.colspec("", colwidth=width) for width in widths]
    head = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in heads))
    group += nodes.thead("", head)
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["ledger", "colwidths-given"])


def proof_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each test file, so that the reader can open every proof."""
    formatter = HtmlFormatter(lineanchors="line", anchorlinenos=True, linenos="inline")
    book = book_of(app.config)
    for file in sorted({proof.file for proof in book.all_proofs}):
        code = highlight(book.text(book.root / file), PythonLexer(), formatter)
        body = f'<h1>Доказательства: <code class="literal">{file}</code></h1>\n{code}'
        yield _proof_page(file), {"title": file, "body": body}, "page.html"


def _visit_mark_html(self: HTML5Translator, node: claim_mark) -> None:
    ledger = book_of(self.config).settings.ledger
    target = self.builder.get_relative_uri(self.builder.current_docname, ledger)
    verb = IN_RUSSIAN[node["verb"]]
    self.body.append(
        f'<a class="claim-mark" href="{target}#claim-{node["claim"]}" '
        f'title="Доказано ({verb}): строка реестра">✓</a>'
    )


def _skip(self: Any, node: nodes.Node) -> None:
    pass


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the mark, the ledger and the two-way check."""
    app.add_node(claim_mark, html=(_visit_mark_html, _skip))
    app.add_node(ledger_table)
    app.add_directive("ledger", Ledger)
    app.add_transform(Marks)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", refresh)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", fill)
    app.connect("html-collect-pages", proof_pages)
    return {"version": "1", "parallel_read_safe": True, "env_version": 1}
