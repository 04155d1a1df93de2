"""The site: in Russian, complete in itself, outputs copied without the column of seconds."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest


class Page(HTMLParser):
    """What a browser would fetch, and what a reader or a screen reader is told."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.told: list[str] = []
        self._silent = 0
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "object", "embed"):
            self.fetched.append(given.get("src") or given.get("data") or "")
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.fetched.append(given.get("href") or "")
        self.told += [
            given.get(name) or "" for name in ("aria-label", "title", "placeholder", "alt")
        ]
        self._silent += tag in ("script", "style", "pre", "code", "title")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "pre", "code", "title")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.told.append(data)


def pages(site: Path) -> list[Path]:
    """Return all pages of the site; a site without pages proves nothing."""
    found = sorted(site.rglob("*.html"))
    assert len(found) >= 6
    return found


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for file in pages(site):
        outside = [url for url in Page(file).fetched if re.match(r"(\w+:)?//", url)]
        assert not outside, file
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", style.read_text(encoding="utf-8"))


def test_no_english_but_names(site: Path) -> None:
    names = {"Sphinx", "Furo", "pradyunsg", "s", "Python", "v", "JavaScript", "CC", "BY", "MIT"}
    for file in pages(site):
        words = set(re.findall(r"[A-Za-z]+", " ".join(Page(file).told))) - names
        assert not words, (file.name, words)


def test_the_language_is_told(site: Path) -> None:
    for file in pages(site):
        assert '<html class="no-js" lang="ru"' in file.read_text(encoding="utf-8")


def test_seconds_are_a_prompt_that_copying_leaves_out(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    assert '<span class="gp">0.0 │ </span><span class="go">hello</span>' in page
    assert "'.linenos, .gp'" in (site / "_static/copybutton.js").read_text(encoding="utf-8")


def test_the_snippet_can_be_downloaded(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    link = re.search(r'<a class="reference download internal" download="" href="\.\./(.*?)">', page)
    assert link
    assert "asyncio.run(main())" in (site / link[1]).read_text(encoding="utf-8")
    assert "snippets/tasks/hello.py" in page


def test_claim_ledger_and_proof_are_linked(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    assert 'href="../ledger.html#claim-hello-at-once"' in page
    ledger = (site / "ledger.html").read_text(encoding="utf-8")
    assert 'id="claim-hello-at-once"' in ledger
    assert 'href="tasks/hello.html#hello-at-once"' in ledger
    assert 'href="tests/tasks/test_hello.html#line-5"' in ledger
    assert 'id="line-5"' in (site / "tests/tasks/test_hello.html").read_text(encoding="utf-8")


def test_the_documentation_is_linked_without_a_network(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    assert 'href="https://docs.python.org/3/library/asyncio-runner.html#asyncio.run"' in page


@pytest.mark.parametrize("name", ["genindex.html", "search.html", "searchindex.js"])
def test_index_and_search_are_there(site: Path, name: str) -> None:
    assert (site / name).stat().st_size > 0
