"""What the pages leave for one another, and what the whole build knows: the book and its evidence.

A page leaves its claims' sentences, its short answer and which tables it shows; Sphinx forgets
them when the page is read again or removed, and takes over what parallel readers found.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from docutils import nodes
from proven.book import Book, Memo
from proven.book.laws import lawless
from proven.claims import PRACTICE, disagreements, nowhere, nowhere_checked
from proven.findings import COVERAGE, MUTANTS, STRESS, loaded
from sphinx.domains import Domain
from sphinx.ext.intersphinx import InventoryAdapter

from handbook.domain.faults import Fault, fail, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_Node = TypeVar("_Node", bound=nodes.Node)


class Handbook(Domain):
    """The store: each entry of `data` is a dictionary whose keys are page names."""

    name = "handbook"
    label = "Справочник"
    data_version = 1
    initial_data: ClassVar[dict[str, Any]] = {
        "sentences": {},
        "shorts": {},
        "tables": {},
        "numbered": {},
        "words": {},
        "messages": {},
        "first": {},
    }

    @property
    def sentences(self) -> dict[str, dict[str, nodes.inline]]:
        """The claims' sentences: page, id, span."""
        return cast("dict[str, dict[str, nodes.inline]]", self.data["sentences"])

    @property
    def shorts(self) -> dict[str, list[nodes.Node]]:
        """The short answers: page and the nodes of its answer."""
        return cast("dict[str, list[nodes.Node]]", self.data["shorts"])

    @property
    def tables(self) -> dict[str, list[str]]:
        """Which pages hold tables that are filled in when all pages are read: page and names."""
        return cast("dict[str, list[str]]", self.data["tables"])

    @property
    def numbered(self) -> dict[str, list[tuple[str, str]]]:
        """What bears a number: page, kinds (figure, code-block, table) and ids in order."""
        return cast("dict[str, list[tuple[str, str]]]", self.data["numbered"])

    @property
    def words(self) -> dict[str, dict[str, float]]:
        """What the search knows of the pages: page, stem, weight."""
        return cast("dict[str, dict[str, float]]", self.data["words"])

    @property
    def messages(self) -> dict[str, list[tuple[str, str]]]:
        """What a reader may see on the screen that a page explains: page, kinds and texts."""
        return cast("dict[str, list[tuple[str, str]]]", self.data["messages"])

    @property
    def first(self) -> dict[str, tuple[list[str], str]]:
        """What is to be read before a page: page, the pages and the place that says so."""
        return cast("dict[str, tuple[list[str], str]]", self.data["first"])

    @cached_property
    def book(self) -> Book:
        """The book as it is when this build first asks for it."""
        app = self.env._app
        version = app.extensions["handbook"].metadata["env_version"]
        return Book.at(app.confdir, Memo(Path(app.doctreedir, "book.pickle"), str(version)))

    def finding(self, name: str) -> dict[str, Any]:
        """Return what a check left in file `name` of the evidence; {} if it wasn't run."""
        return loaded(self.book.settings.evidence / name)

    def promise(self, rests: str) -> tuple[str, str] | None:
        """Return name and address of what promises a claim; None if it is CPython's practice."""
        kinds = InventoryAdapter(self.env).main_inventory
        for kind, entries in sorted(kinds.items()):
            if rests in entries:
                item = entries[rests]
                named = kind.startswith("std:label") and item.display_name not in ("", "-")
                return item.display_name if named else rests, item.uri
        return None

    def page_of(self, file: str) -> str:
        """Return the page whose source is `file`, relative to the root; "" if it is none."""
        return self.env.path2doc(self.book.root / file) or ""

    def clear_doc(self, docname: str) -> None:
        """Forget what a page left, before it is read again or when it was removed."""
        for name in self.initial_data:
            self.data[name].pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel reader found on `docnames`."""
        for name in self.initial_data:
            theirs = otherdata[name]
            self.data[name].update({page: theirs[page] for page in docnames if page in theirs})

    def check_consistency(self) -> None:
        """Warn of claims and proofs without counterpart, and of spans that only look so."""
        claims, root = self.book.all_claims, self.book.root
        for mark, problem in disagreements(claims, self.book.all_proofs):
            if f"already used at {mark.file}" in problem and mark in claims:
                continue  # docutils has told of twins on one page
            warn(Fault.CLAIM, problem, str(root / mark.place))
        for mark, problem in lawless(claims, self.book.all_laws):
            warn(Fault.CLAIM, problem, str(root / mark.place))
        for mark, problem in nowhere_checked(claims, self.book.settings.pythons):
            warn(Fault.CLAIM, f"claim {mark.id!r}: {problem}", str(root / mark.place))
        pythons = self.book.settings.pythons
        for shown in self.book.outputs.values():
            if nowhere(dict(shown.only), pythons):
                problem = (
                    f"the output of {shown.name} is checked on no interpreter: widen its range"
                )
                warn(Fault.OUTPUT, problem, f"{root / shown.page}:{shown.line}")
        marked = {id for page in self.sentences.values() for id in page}
        promised = {PRACTICE}.union(*InventoryAdapter(self.env).main_inventory.values())
        for claim in claims:
            if claim.rests not in promised and not claim.unknown:
                problem = (
                    f"claim {claim.id!r} rests on {claim.rests or 'nothing'}: name a target of the "
                    'documentation\'s inventory, or rests="cpython"'
                )
                warn(Fault.CLAIM, problem, str(root / claim.place))
            if claim.id and claim.id not in marked and not claim.unknown:
                problem = f"claim {claim.id!r} is not a span of the rendered page"
                warn(Fault.CLAIM, problem, str(root / claim.place))


def loose(node: _Node) -> _Node:
    """Return a copy of `node` that doesn't hold its page: all of that would be kept with it."""
    copy = node.deepcopy()
    for each in copy.findall():
        each._document = None
    return copy


def read_all(app: Sphinx) -> None:
    """Read tests, evidence and reasons before all else, and end the build if one can't be read."""
    store = handbook(app.env)
    book = store.book
    try:
        _ = book.all_proofs, book.evidence, book.excuses
        _ = [store.finding(name) for name in (MUTANTS, COVERAGE, STRESS)]
    except SyntaxError as error:
        place = f"{error.filename}:{error.lineno}"
        fail(Fault.UNREADABLE, f"{error.msg}: mend the test", place)
    except ValueError as error:
        fail(Fault.UNREADABLE, str(error))


def handbook(env: BuildEnvironment) -> Handbook:
    """Return the store of the build."""
    return cast("Handbook", env.domains["handbook"])


def is_question(docname: str) -> bool:
    """Tell whether the page answers a question: it is neither index nor exercises of a chapter."""
    _chapter, _, page = docname.partition("/")
    return bool(page) and page not in ("index", "exercises")


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
