"""What leads to a question and on from it: «Сначала прочитайте» and «Что спросят дальше».

```{first} threads/start``` under the title names what a page takes as known.  Below its end,
```{asked}``` has a line for each question that follows: its words, ``=>``, and a page or, after
``#``, the claim that answers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from proven.claims import PRACTICE
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from handbook.appendices.ledger import claim_mark, proof_link, statement
from handbook.domain import Fault, handbook, is_question, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

MOST_FIRST, MOST_ASKED = 2, 3
"""More than these nobody follows."""
_TO = "=>"


class claim_place(nodes.Inline, nodes.TextElement):
    """The place of a link to `claim`: its content, or else the claim's sentence with its proof."""


class First(SphinxDirective):
    """The pages that a reader should know before this one."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        pages = self.arguments[0].split()
        if len(pages) > MOST_FIRST:
            problem = f"{len(pages)} pages to be read first: name at most {MOST_FIRST}"
            warn(Fault.AROUND, problem, self.get_location())
        source, line = self.get_source_info()
        handbook(self.env).first[self.env.docname] = (pages, f"{source}:{line}")
        sentence = nodes.paragraph("", "Сначала прочитайте: ", classes=["first"])
        for page in pages:
            sentence += [nodes.Text("; " if len(sentence) > 1 else ""), _to_page(self, page)]
        self.set_source_info(sentence)
        return [sentence]


class Asked(SphinxDirective):
    """The questions that follow, as an interviewer would put them."""

    has_content = True
    option_spec: ClassVar[dict[str, object]] = {}

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        lines = [line for line in self.content if line.strip()]
        if len(lines) > MOST_ASKED:
            problem = f"{len(lines)} questions that follow: keep the best {MOST_ASKED}"
            warn(Fault.AROUND, problem, self.get_location())
        listed = nodes.bullet_list("", classes=["asked"])
        for line in lines:
            words, _, target = (part.strip() for part in line.rpartition(_TO))
            link: nodes.Node
            if target.startswith("#") and words:
                link = claim_place("", words, claim=target[1:])
            else:
                link = _to_page(self, target, words)
            self.set_source_info(link)
            listed += nodes.list_item("", nodes.paragraph("", "", link))
        return [nodes.rubric("", "Что спросят дальше"), listed]


class ClaimRole(SphinxRole):
    """The role {claim}: the sentence of a claim and the link to its proof."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        place = claim_place("", "", claim=self.text)
        self.set_source_info(place)
        return [place], []


def _to_page(directive: SphinxDirective, page: str, words: str = "") -> addnodes.pending_xref:
    """Return a link to `page`, whose title stands for missing `words`; the build checks it."""
    link = addnodes.pending_xref(
        *("", nodes.inline(words, words)),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{page}",
        refexplicit=bool(words),
        refdoc=directive.env.docname,
        refwarn=True,
    )
    directive.set_source_info(link)
    return link


def check_circles(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of pages each of which is to be read before the other."""
    first = handbook(env).first
    for page, (_, place) in sorted(first.items()):
        if circle := next(_circles(env, page, [page]), None):
            problem = f"each is to be read before the next: {' → '.join(circle)}; leave one out"
            warn(Fault.AROUND, problem, place)


def _circles(env: BuildEnvironment, start: str, way: list[str]) -> Iterator[list[str]]:
    for page in handbook(env).first.get(way[-1], ([], ""))[0]:
        if page == start:
            yield [*way, page]
        elif page not in way:
            yield from _circles(env, start, [*way, page])


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make links of the places of claims."""
    store = handbook(app.env)
    for place in list(doctree.findall(claim_place)):
        id = place["claim"]
        claim = store.book.claims.get(id)
        page = store.page_of(claim.file) if claim else ""
        if not claim or not is_question(page):
            problem = f"there is no claim {id!r}: name one by the id behind its sentence"
            warn(Fault.AROUND, problem, place)
            place.replace_self(place.children)
        elif place.children:
            text = nodes.Text(place.astext())
            place.replace_self(make_refnode(app.builder, docname, page, id, text))
        else:
            sentence = statement(app, docname, page, id)
            proof = store.book.proofs[id]
            if is_question(docname):
                # Amid a paragraph the place of the proof would be read as part of the sentence.
                practice = claim.rests == PRACTICE
                mark = claim_mark("", "", claim=id, verb=proof.verb, practice=practice, page=page)
                place.replace_self([sentence, mark])
            else:
                shown = proof_link(app, docname, proof)
                place.replace_self([sentence, nodes.Text(" ✓ "), shown])
