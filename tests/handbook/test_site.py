"""The site: in Russian, complete in itself, outputs copied without the column of seconds."""

import html
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from handbook.site import REPAIRS, stackable

from tests.handbook.conftest import SNIPPET, Book

pytestmark = pytest.mark.xdist_group("site")


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


def test_a_page_asks_for_one_style_sheet_that_has_the_dark_colours_of_code(site: Path) -> None:
    for file in pages(site):
        styles = [url for url in Page(file).fetched if ".css" in url]
        assert [re.sub(r".*/|\?.*", "", url) for url in styles] == ["joined.css"], file
    colours = (site / "_static/pygments.css").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in colours
    assert colours in (site / "_static/joined.css").read_text(encoding="utf-8")


def test_the_search_reads_prose(site: Path) -> None:
    text = (site / "_static/texts/tasks/hello.js").read_text(encoding="utf-8")
    prose = re.fullmatch(r'TEXTS\["tasks/hello"\] = "(.*)";\n', text)
    assert prose
    assert "Она печатает три строки." in prose[1]
    assert not re.search("│|✓|#|import", prose[1])
    scripts = [url for url in Page(site / "search.html").fetched if ".js" in url]
    assert scripts == ["_static/joined-frame.js", "_static/joined-search.js"]
    assert "const TEXTS" in (site / scripts[1]).read_text(encoding="utf-8")


def test_only_the_search_loads_the_scripts_of_the_search(site: Path) -> None:
    scripts = [url for url in Page(site / "tasks/hello.html").fetched if ".js" in url]
    assert [re.sub(r".*/|\?.*", "", url) for url in scripts] == [
        *("documentation_options.js", "furo.js", "clipboard.min.js", "copybutton.js")
    ]


def test_the_short_answer_describes_the_page(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    answer = "Программа. Она печатает три строки."
    assert f'<meta name="description" content="{answer}">' in page
    assert f'<meta property="og:description" content="{answer}">' in page
    assert '<meta property="og:title" content="Кто здоровается?">' in page
    for file in pages(site):
        assert '<meta name="description" content="' in file.read_text(encoding="utf-8"), file


def test_addresses_are_permanent(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    for id in ("tasks-hello", "example-tasks-hello", "hello-at-once"):
        assert f'id="{id}"' in page


def test_parts_of_one_snippet_have_addresses_of_their_own(book: Book) -> None:
    part = "```{literalinclude} ../../snippets/tasks/hello.py\n:pyobject: main\n```\n\n"
    book.replace("source/tasks/hello.md", "```{output}", part + "```{output}")
    assert book.build("html").returncode == 0
    page = (book.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
    assert re.findall(r'id="(example-.*?)"', page) == [
        "example-tasks-hello",
        "example-tasks-hello-2",
    ]


def test_a_part_is_shown_without_the_blank_lines_around_it(book: Book) -> None:
    include = "```{literalinclude} ../../snippets/tasks/hello.py\n"
    part = f"{include}:start-after: import asyncio\n:end-before: if __name__\n"
    book.replace("source/tasks/hello.md", include, part)
    assert book.build("html").returncode == 0
    page = (book.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
    shown = re.sub("<.*?>", "", re.findall("<pre.*?>(.*?)</pre>", page, re.S)[0])
    own = SNIPPET[SNIPPET.index("async def") : SNIPPET.index("if __name__")]
    assert html.unescape(shown) == own.rstrip() + "\n"


def test_without_a_base_address_there_is_no_sitemap(site: Path) -> None:
    assert not (site / "sitemap.xml").exists()
    assert not (site / "robots.txt").exists()
    assert 'rel="canonical"' not in (site / "index.html").read_text(encoding="utf-8")


def test_with_a_base_address_search_engines_are_told(book: Book) -> None:
    base = "https://example.org/book"
    result = book.build("html", SITE_URL=f"{base}/")
    assert result.returncode == 0, result.stdout
    built = book.root / "build/html"
    sitemap = (built / "sitemap.xml").read_text(encoding="utf-8")
    assert f"<loc>{base}/tasks/hello.html</loc>" in sitemap
    assert f"Sitemap: {base}/sitemap.xml" in (built / "robots.txt").read_text(encoding="utf-8")
    page = (built / "tasks/hello.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{base}/tasks/hello.html">' in page
    assert f'<meta property="og:url" content="{base}/tasks/hello.html">' in page


def test_signs_name_their_version() -> None:
    # A narrow screen shows no table head.
    head = "".join(f'<th class="head"><p>{text}</p></th>' for text in ("№", "3.13", "3.13t"))
    row = "<td><p>1</p></td><td><p>✓</p></td><td><p>–</p></td>"
    assert re.findall(r'data-version="(.*?)"><p>(.)', stackable(head + row + row)) == [
        *(("3.13", "✓"), ("3.13t", "–"), ("3.13", "✓"), ("3.13t", "–"))
    ]


def test_hosts_serve_all_folders(site: Path) -> None:
    # GitHub Pages leaves out _static without it.
    assert (site / ".nojekyll").exists()


def test_repairs_bear_being_made_twice(site: Path) -> None:
    for file in pages(site):
        page = file.read_text(encoding="utf-8")
        again = page
        for old, new in REPAIRS.items():
            again = again.replace(old, new)
        assert again == page


def test_the_book_for_readers_devices(book: Book) -> None:
    result = book.build("epub")
    assert result.returncode == 0, result.stdout
    with zipfile.ZipFile(book.root / "build/epub/handbook.epub") as epub:
        assert "Кто здоровается?" in epub.read("tasks/hello.xhtml").decode()
        assert "svg.timeline" in (style := epub.read("_static/book.css").decode())
        assert "var(" not in style
