"""The book that is being built: where Sphinx's side gets claims, proofs, settings and evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from proven.book import Book

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

_books: WeakKeyDictionary[Config, Book] = WeakKeyDictionary()


def book_of(config: Config) -> Book:
    """Return the book that is built with `config`: app.config, env.config or a directive's.

    Its texts are read once in a build, so all who ask in one build are told the same.
    """
    if config not in _books:
        _books[config] = Book.at(config.proven_root)
    return _books[config]


def _find(app: Sphinx, config: Config) -> None:
    config["proven_root"] = str(app.confdir)


def _begin(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    _books.pop(app.config, None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Find the book beside conf.py and read it anew at each build."""
    app.add_config_value("proven_root", "", "", types=(str,))
    app.connect("config-inited", _find)
    app.connect("env-before-read-docs", _begin)
    return {"version": "1", "parallel_read_safe": True}
