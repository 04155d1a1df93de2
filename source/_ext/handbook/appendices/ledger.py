"""Claims: the mark behind each sentence, and the ledger that lists them with their proofs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.claims import VERBS, Mark
from proven.findings import Finding
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from handbook.appendices.tables import row, table
from handbook.domain import handbook, reading_order

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

IN_RUSSIAN = {"always": "всегда", "sometimes": "бывает", "never": "никогда"}
_RANGES = {"since": "с {}", "before": "до {}", "gil on": "с GIL", "gil off": "без GIL"}
_OUTCOMES = {
    "unchecked": "ещё не проверено",
    "failed": "не прошло",
    "skipped": "не запускалось",
}
"""What a row says of versions on which its proof didn't pass."""


class claim_mark(nodes.Inline, nodes.TextElement):
    """The mark behind a claim, with its `claim` id and `verb`; leads to its row in the ledger."""


class proven(nodes.General, nodes.TextElement):
    """On paper, below a claim of the ledger: its name `claim`, and its proof as the content."""


class ledger_table(nodes.General, nodes.Element):
    """The place of the ledger, filled in when all pages are read."""


class Marks(SphinxTransform):
    """Put a mark behind each claim of the page and remember the claim's sentence."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        sentences = {}
        for span in self.document.findall(nodes.inline):
            verb = next((verb for verb in VERBS if verb in span["classes"]), None)
            if verb and span["ids"]:
                sentences[span["ids"][0]] = _plain(span)
                span["classes"].append("claim")
                span += claim_mark("", "", claim=span["ids"][0], verb=verb)
        if sentences:
            handbook(self.env).sentences[self.env.docname] = sentences


class Ledger(SphinxDirective):
    """The table of all claims."""

    def run(self) -> list[nodes.Node]:
        handbook(self.env).tables.setdefault(self.env.docname, []).append("ledger")
        return [ledger_table()]


def _plain(span: nodes.inline) -> nodes.inline:
    """Return a copy of the sentence without its links: in the ledger it is itself a link."""
    copy = span.deepcopy()
    for link in list(copy.findall(addnodes.pending_xref)):
        link.replace_self(link.children)
    return copy


def _numbered(env: BuildEnvironment) -> Iterator[tuple[int, str, str]]:
    """Yield each claim's number, page and id, in reading order."""
    sentences = handbook(env).sentences
    claims = ((page, id) for page in reading_order(env) for id in sentences.get(page, ()))
    for number, (page, id) in enumerate(claims, 1):
        yield number, page, id


def numbers(env: BuildEnvironment) -> dict[str, int]:
    """Return each claim's number: its row in the ledger, in reading order."""
    return {id: number for number, _page, id in _numbered(env)}


def state(env: BuildEnvironment) -> Any:
    """Return all that the ledger shows, to be compared with what it showed before."""
    store = handbook(env)
    return [
        [(id, store.sentences[page][id].astext()) for _, page, id in _numbered(env)],
        [(proof.id, proof.place) for proof in store.book.proofs.values()],
        [(each.version, store.book.current(each, "claims")) for each in store.book.evidence],
    ]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the ledger's placeholder by the table."""
    for place in list(doctree.findall(ledger_table)):
        book = handbook(app.env).book
        findings = {each.version: book.current(each, "claims") for each in book.evidence}
        heads, widths = ["№", "Утверждение", "Когда верно", "Доказательство"], [5, 46, 19, 30]
        if app.builder.format == "typst":
            heads, widths = heads[:3], [7, 70, 23]
        rows = list(_rows(app, docname, findings))
        parts: list[nodes.Node] = [table(heads, widths, rows, "ledger", "colwidths-given")]
        if findings:
            parts.insert(0, nodes.paragraph("", _legend(findings)))
        place.replace_self(parts)


def _legend(versions: Iterable[str]) -> str:
    return (
        f"Доказательства прошли на CPython {', '.join(versions)}, если в строке утверждения не "
        "сказано иное. На версиях, о которых утверждение не говорит, доказательства не запускаются."
    )


def _rows(app: Sphinx, ledger: str, findings: dict[str, dict[str, Finding]]) -> Iterator[nodes.row]:
    store = handbook(app.env)
    for number, page, id in _numbered(app.env):
        classes = store.sentences[page][id]["classes"]
        verb = next(verb for verb in VERBS if verb in classes)
        claim, proof = store.book.claims.get(id), store.book.proofs.get(id)
        own = {version: claims.get(id) for version, claims in findings.items()}
        sentence = statement(app, ledger, page, id)
        place = proof_link(app, ledger, proof) if proof else nodes.Text("—")
        when = [nodes.Text(text) for text in (_when(verb, claim, own), *_exceptions(own))]
        if app.builder.format == "typst":
            # Paper is narrower, and its reader can't follow a link to the name.
            yield row(
                str(number),
                [sentence, proven("", "", place, claim=id)],
                when,
                id=f"claim-{id}",
            )
        else:
            yield row(str(number), sentence, when, place, id=f"claim-{id}")


def _when(verb: str, claim: Mark | None, findings: dict[str, Finding | None]) -> str:
    """Return verb and versions in Russian, and how much was explored."""
    parts = [IN_RUSSIAN[verb]]
    for key, value in claim.only if claim else ():
        parts.append((_RANGES.get(key) or _RANGES[f"{key} {value}"]).format(value))
    said = ", ".join(parts)
    known = [finding for finding in findings.values() if finding]
    if most := max(known, key=lambda finding: finding.explored, default=None):
        said += f"; перебрано {most.explored}{_how(most.how)}" if most.explored else ""
    programs = max((finding.programs for finding in known), default=0)
    # «В 500 случайных программах» is right for any number that doesn't end in one.
    return said + (f"; верно и в {programs} случайных программах" if programs else "")


def _how(how: str) -> str:
    """Return in Russian how a proof explored: all orders or which part, and at which grain."""
    if not how:
        return ""
    (kind, *bound), grain = (part.split() for part in how.split(", "))
    kinds = {
        "exhaustive": "все порядки",
        "bounded": f"все порядки, где вытеснений не больше {''.join(bound)}",
        "random": "случайные порядки",
    }
    grains = {"bytecode": "на каждом шаге байт-кода", "wait": "на каждом ожидании"}
    return f": {kinds[kind]}, переключение возможно {grains[grain[-1]]}"


def _exceptions(findings: dict[str, Finding | None]) -> Iterator[str]:
    """Yield on which versions the proof did not pass, and why if it was kept from running."""
    versions: dict[tuple[str, str], list[str]] = {}
    for version, finding in findings.items():
        outcome, why = (finding.outcome, finding.why) if finding else ("unchecked", "")
        if outcome == "passed" or why.startswith("holds only"):
            continue
        versions.setdefault((outcome, why if outcome == "skipped" else ""), []).append(version)
    for (outcome, why), where in versions.items():
        on = "" if len(where) == len(findings) else f" на {', '.join(where)}"
        yield f"{_OUTCOMES[outcome]}{on}" + (f": {why}" if why else "")


def statement(app: Sphinx, docname: str, page: str, id: str) -> nodes.reference:
    """Return the sentence of claim `id` on `page` as a link from `docname` to its place."""
    children = handbook(app.env).sentences[page][id].children
    text = nodes.inline("", "", *(child.deepcopy() for child in children))
    return make_refnode(app.builder, docname, page, id, text)


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


def visit_mark_html(self: HTML5Translator, node: claim_mark) -> None:
    """Write the mark as a link to its row."""
    ledger = handbook(self.builder.env).book.settings.ledger
    target = self.builder.get_relative_uri(self.builder.current_docname, ledger)
    verb = IN_RUSSIAN[node["verb"]]
    self.body.append(
        f'<a class="claim-mark" href="{target}#claim-{node["claim"]}" '
        f'title="Доказано ({verb}): строка реестра">✓</a>'
    )


def depart_mark_html(self: HTML5Translator, node: claim_mark) -> None:
    """Do nothing: the mark has no content."""


def visit_mark_typst(self: Any, node: claim_mark) -> None:
    """Write the mark with the number of its row."""
    store = handbook(self.builder.env)
    label = self.string(f"{store.book.settings.ledger}#claim-{node['claim']}")
    self.body.append(f"#claim({label}, {_numbers(self.builder.env)[node['claim']]})")
    raise nodes.SkipNode


@lru_cache(1)
def _numbers(env: BuildEnvironment) -> dict[str, int]:
    return numbers(env)


def visit_proven_typst(self: Any, node: proven) -> None:
    """Open what stands below a claim."""
    self.body.append(f"#proven({self.string(node['claim'])})[")


def depart_proven_typst(self: Any, node: proven) -> None:
    """Close what stands below a claim."""
    self.body.append("]")
