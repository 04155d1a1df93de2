"""Which pages a build must write, though nobody touched them.

Sphinx writes a page when it has read it or when its source is newer than its file.  That misses
what another builder has read before (site, EPUB and print share the doctrees), what every page
shows (contents, titles, style) and what a page shows of others (ledger, foot, overviews).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import furo
import proven
import pygments
import sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from handbook import domain
from handbook.appendices import ledger, mutants, reports
from handbook.appendices.overview import answers, messages
from handbook.domain import handbook

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

STATES: dict[str, Callable[[BuildEnvironment], Any]] = {
    "ledger": ledger.state,
    "figures": reports.figures,
    "mutants": lambda env: mutants.mutants_of(handbook(env)),
    "short-answers": answers.state_of_answers,
    "corrections": answers.state_of_corrections,
    "messages": messages.state,
}
"""What each kind of table shows."""


_FILES, _INPUT = "(files)", "(input)"


class Written:
    """What the files of a builder show: kept beside the doctrees as a hash for each page."""

    def __init__(self, app: Sphinx) -> None:
        self._app = app
        # Not among the files: the EPUB packs all that lies there.
        self._file = Path(app.doctreedir, f"shown-{digest(str(app.outdir))}.json")
        try:
            self._before: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._before = {}
        self._now: dict[str, str] = {}

    @cached_property
    def frame(self) -> str:
        """The hash of what every page shows: contents, titles, labels, settings, style, code."""
        env = self._app.env
        documentation = self._app.config.documentation
        static = [Path(self._app.confdir, folder) for folder in self._app.config.html_static_path]
        return digest(
            {page: title.astext() for page, title in env.titles.items()},
            env.toctree_includes,
            [(value.name, value.value) for value in self._app.config.filter(frozenset({"html"}))],
            sorted(env.domains.standard_domain.labels.items()),
            [file.read_text("utf-8") for folder in static for file in sorted(folder.glob("*.css"))],
            _hash_of(documentation and Path(self._app.confdir, documentation[2])),
            [module.__version__ for module in (sphinx, furo, pygments)],
            machinery(),
        )

    @cached_property
    def files(self) -> str:
        """The hash of when each file was changed that the book is made of."""
        return digest(list(handbook(self._app.env).book.stamps.values()), machinery())

    @property
    def read_before(self) -> bool:
        """Tell whether a build that ended well has read these very files."""
        self._now[_FILES] = self.files
        return self._before.get(_FILES) == self.files

    @cached_property
    def untouched(self) -> bool:
        """Tell whether no page, test, snippet or finding changed since the files were written."""
        self._now[_INPUT] = digest(self.frame, sorted(self._app.env.all_docs.items()), self.files)
        if self._before.get(_INPUT) != self._now[_INPUT]:
            return False
        self._now = self._before
        if self._app.builder.format != "html":
            return True
        return all(self._path(page).exists() for page in self._before if page[0] != "(")

    def outdated(self, page: str, *shown: Any) -> bool:
        """Tell whether the file of `page` shows something else than `shown` in this frame."""
        self._now[page] = digest(self.frame, *shown)
        return self._before.get(page) != self._now[page] or not self._path(page).exists()

    def unchanged(self, folder: str, *shown: Any) -> bool:
        """Tell whether all pages in `folder` show `shown` already; then they stay as they are."""
        pages = [page for page in self._before if page.startswith(folder)]
        key = f"({folder})"
        self._now[key] = digest(self.frame, *shown)
        if self._before.get(key) != self._now[key]:
            return False
        if not all(self._path(page).exists() for page in pages):
            return False
        self._now |= {page: self._before[page] for page in pages}
        return True

    def _path(self, page: str) -> Path:
        assert isinstance(self._app.builder, StandaloneHTMLBuilder)
        return self._app.builder.get_output_path(page)

    def save(self) -> None:
        """Remember what the files show now."""
        if not self.untouched:
            text = json.dumps(self._now, indent=0, sort_keys=True)
            self._file.write_text(text, encoding="utf-8")


def _hash_of(file: Path | None) -> str:
    """Return the hash of what `file` holds, "" if there is none."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file else ""


@lru_cache(1)
def written(app: Sphinx) -> Written:
    """Return what the files of this build's builder show."""
    return Written(app)


@lru_cache(1)
def machinery() -> str:
    """Return the hash of the code that makes the pages."""
    packages = [Path(__file__).parents[1], *map(Path, proven.__path__)]
    files = [file for package in packages for file in sorted(package.rglob("*.py"))]
    used = [file for file in files if not {"checks", "authors", "style"}.intersection(file.parts)]
    return digest([file.read_text(encoding="utf-8") for file in used])


def digest(*shown: Any) -> str:
    """Return a hash of `shown`."""
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_all(app: Sphinx) -> None:
    """Read tests, evidence and reasons before all else, unless they are as they were."""
    if not written(app).read_before:
        domain.read_all(app)


def pages(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Return the pages to be written beside those that Sphinx knows of."""
    if written(app).untouched:
        return []
    if app.builder.format != "html":
        # Something is updated, so Sphinx asks whether claims and proofs still agree.
        return [page for page, tables in handbook(env).tables.items() if "ledger" in tables]
    states = {name: state(env) for name, state in STATES.items() if _has(env, name)}
    feet = reports.feet(handbook(env))
    shown = {
        page: [feet.get(page), *(states[name] for name in handbook(env).tables.get(page, ()))]
        for page in env.found_docs
    }
    return [
        page
        for page, parts in shown.items()
        if written(app).outdated(page, env.all_docs[page], *parts)
    ]


def _has(env: BuildEnvironment, table: str) -> bool:
    return any(table in tables for tables in handbook(env).tables.values())


def save(app: Sphinx, error: Exception | None) -> None:
    """Remember what was found in the book, and what the files show if they were written."""
    handbook(app.env).book.memo.save()
    if not error:
        written(app).save()
