"""The site: in Russian, complete in itself, outputs copied without the column of seconds."""

import html
import json
import re
import shutil
import time
import zipfile
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from furo.navigation import get_navigation_tree
from handbook.appendices import mutants, numbering
from handbook.site import navigation, repairs
from handbook.site.repairs.styles import squeezed
from proven.book import Book as Known
from proven.claims import VERBS
from proven.findings import OPERATORS, Mutation

from tests.handbook.conftest import ROOT, SNIPPET, Book


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


ASKED = "\n\n```{asked}\nПочему? => #hello-at-once\ntasks/hello\n```\n"


def test_what_follows_a_question_leads_to_claims_and_pages(book: Book) -> None:
    entry = "```{index} single: привет\n```\n```{first} index\n```\n\n"
    book.replace("source/tasks/hello.md", "```{short}", f"{entry}```{{short}}")
    book.write("source/end.md", f"# Конец\n{ASKED}\nСм. {{claim}}`hello-at-once`.\n")
    with (book.root / "source/tasks/hello.md").open("a", encoding="utf-8") as hello:
        hello.write("\nСм. {claim}`hello-at-once`.\n")
    book.replace("source/index.md", "ledger\n", "ledger\nend\n")
    for builder in ("html", "typst", "epub"):
        result = book.build(builder)
        assert result.returncode == 0, result.stdout
    page = (book.root / "build/html/end.html").read_text("utf-8")
    assert re.findall(r'<li><p><a class="reference internal" href="([^"]+)"', page) == [
        "tasks/hello.html#hello-at-once",
        "tasks/hello.html",
    ]
    assert 'href="tests/tasks/test_hello.html#line-' in page
    page = (book.root / "build/html/tasks/hello.html").read_text("utf-8")
    # On a question's page a claim that is quoted has the same mark as where it stands.
    assert page.count('class="claim-mark" href="../ledger/tasks.html#claim-hello-at-once"') == 2
    assert "test_hello.py:" not in page
    assert re.search(r'<p class="first"[^>]*>.*Сначала прочитайте: <a [^>]*href="\.\./index', page)
    # What leads elsewhere, and where it was checked, is no excerpt of the page.
    for name in ("end", "tasks/hello"):
        text = (book.root / f"build/html/_static/texts/{name}.js").read_text("utf-8")
        assert not re.search("роверено|Сначала|Почему|Книга", text), text


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("```{first} tasks/hello\n```", "tasks/hello → tasks/hello; leave one out"),
        ("```{first} index ledger tasks/hello\n```", "3 pages to be read first"),
        ("```{first} tasks/gone\n```", "tasks/gone"),
        ("```{asked}\nПочему? => #gone\n```", "there is no claim 'gone'"),
        ("```{asked}\n" + "index\n" * 4 + "```", "4 questions that follow"),
        ("{claim}`gone`", "there is no claim 'gone'"),
    ],
)
def test_what_leads_nowhere_is_told_with_its_line(book: Book, added: str, problem: str) -> None:
    book.replace("source/tasks/hello.md", "\n[Строка", f"\n{added}\n\n[Строка")
    result = book.build("html")
    assert result.returncode == 1
    assert re.search(rf"hello\.md:\d+: .*{re.escape(problem)}", result.stdout), result.stdout


def test_what_is_on_the_screen_leads_to_the_page_that_explains_it(book: Book) -> None:
    marks = "".join(
        f"```{{index}} single: {entry}\n```\n"
        for entry in ("сообщение; never; ever {", "признак; программа висит")
    )
    book.replace("source/tasks/hello.md", "```{short}", f"{marks}\n```{{short}}")
    for file in ("source/tasks/hello.md", "snippets/tasks/hello.py"):
        text = (book.root / file).read_text("utf-8")
        book.write(file, text.replace("goodbye", "OSError: goodbye"))
    book.replace("source/index.md", "ledger\n", "ledger\nmessages\n")
    book.write("source/messages.md", "# Сообщения\n\n```{messages}\n```\n")
    result = book.build("html")
    assert result.returncode == 0, result.stdout
    page = (book.root / "build/html/messages.html").read_text("utf-8")
    items = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page, re.S)
    told = {re.sub("<.*?>", "", term): places for term, places in items}
    assert told.keys() == {"Программа висит", "never; ever {", "OSError"}
    assert all('href="tasks/hello.html"' in places for places in told.values())


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for file in pages(site):
        outside = [url for url in Page(file).fetched if re.match(r"(\w+:)?//", url)]
        assert not outside, file
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", style.read_text(encoding="utf-8"))


def test_no_english_but_names(site: Path) -> None:
    names = {"Sphinx", "Furo", "pradyunsg", "s", "Python", "v", "JavaScript", "CC", "BY", "MIT"}
    # The small book's chapter has no page, so no title.
    names |= {"CPython", "tasks"}
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
    # Of the words of the link each may stand on a line of its own.
    assert re.findall(r'<span class="pre">(.*?)</span>', page[link.end() :])[:2] == [
        "snippets/tasks/",
        "hello.py",
    ]


def test_claim_ledger_and_proof_are_linked(site: Path) -> None:
    page = (site / "tasks/hello.html").read_text(encoding="utf-8")
    assert 'href="../ledger/tasks.html#claim-hello-at-once"' in page
    assert 'href="ledger/tasks.html"' in (site / "ledger.html").read_text(encoding="utf-8")
    ledger = (site / "ledger/tasks.html").read_text(encoding="utf-8")
    assert 'id="claim-hello-at-once"' in ledger
    assert 'href="../tasks/hello.html#hello-at-once"' in ledger
    assert 'href="../tests/tasks/test_hello.html#line-5"' in ledger
    assert 'id="line-5"' in (site / "tests/tasks/test_hello.html").read_text(encoding="utf-8")


def row_of(root: Path, id: str, name: str = "ledger/tasks.html") -> str:
    text = (root / name).read_text(encoding="utf-8")
    return text.partition(f'id="claim-{id}"')[2].partition("<tr")[0]


def test_a_promise_is_told_from_practice_at_the_claim_and_in_the_ledger(book: Any) -> None:
    book.replace("source/tasks/hello.md", "[Строка", '[Так]{rests="cpython" .always #so}. [Строка')
    book.replace("tests/tasks/test_hello.py", "@", '@pytest.mark.always("so")\n@')
    assert book.build("html").returncode == 0
    html = book.root / "build/html"
    page = (html / "tasks/hello.html").read_text(encoding="utf-8")
    marks = re.findall(r'<a class="claim-mark".*? title="(.*?)"><span.*?>(.*?)</span>', page)
    assert marks == [
        ("Доказано: всегда; так делает CPython", "✓c"),
        ("Доказано: всегда; обещает документация", "✓"),
    ]
    assert "так делает CPython" in row_of(html, "so")
    assert (
        'обещает <a href="https://docs.python.org/3/library/asyncio-runner.html#asyncio.run">'
        "<code>asyncio.<wbr/>run</code></a>" in row_of(html, "hello-at-once")
    )


def test_a_row_has_its_address_and_the_title_of_a_report(book: Any) -> None:
    assert book.build("html").returncode == 0
    html = book.root / "build/html"
    own = '<a href="#claim-hello-at-once"><code>hello-at-once</code></a>'
    assert own in row_of(html, "hello-at-once")
    assert "Сообщить" not in row_of(html, "hello-at-once")
    book.replace("conf.py", 'report_url = ""', 'report_url = "https://example.org/issues/new"')
    assert book.build("html").returncode == 0
    assert (
        '<a href="https://example.org/issues/new?title=%D0%A3%D1%82%D0%B2%D0%B5%D1%80%D0%B6%D0%B4'
        '%D0%B5%D0%BD%D0%B8%D0%B5%20hello-at-once">Сообщить об ошибке</a>'
        in row_of(html, "hello-at-once")
    )


def test_badges_tell_where_claims_and_outputs_hold(book: Any) -> None:
    book.replace("source/tasks/hello.md", "#hello", 'since="3.9" gil="on" #hello')
    book.replace("source/tasks/hello.md", "0.0 │ hello", ":since: 3.10\n\n0.0 │ hello")
    book.replace("tests/tasks/test_hello.py", 'once"', 'once", since="3.9", gil="on"')
    done = book.build("html")
    assert done.returncode == 0, done.stdout
    html = book.root / "build/html"
    page = (html / "tasks/hello.html").read_text(encoding="utf-8")
    badges = re.findall(r'<span class="badge" title="(.*?)">(.*?)</span>', page)
    assert badges == [
        ("Верно с Python 3.10", "3.10+"),
        ("Верно с Python 3.9", "3.9+"),
        ("Верно в сборке с GIL", "с GIL"),
    ]
    assert "всегда, 3.9+, с GIL" in row_of(html, "hello-at-once")
    assert ' class="partly"' in row_of(html, "hello-at-once")


def test_styles_of_what_no_page_has_are_left_out(book: Any, site: Path) -> None:
    style = (site / "_static/joined.css").read_text(encoding="utf-8")
    assert ".footnote" not in re.sub(r":not\(.*?\)", "", style)
    assert "code.literal{background" in style, "it stood in a list with a class that isn't used"
    read = set(re.findall(r"var\(\s*(--[\w-]+)", style))
    assert set(re.findall(r"[{;\s](--[\w-]+):", style)) <= read, "no rule asks for it"
    assert "--icon-search:url(" in style
    old = "[Строка печатается сразу]"
    book.replace("source/tasks/hello.md", old, f"Сноска[^one].\n\n[^one]: Да.\n\n{old}")
    done = book.build("html")
    assert done.returncode != 0
    assert "tasks/hello has the class 'footnote'" in done.stdout


def test_what_a_version_added_is_proven_everywhere_and_has_its_badge(book: Any) -> None:
    book.replace("source/tasks/hello.md", "#hello", 'added="3.99" #hello')
    done = book.build("html")
    assert done.returncode == 0, done.stdout
    html = book.root / "build/html"
    page = (html / "tasks/hello.html").read_text(encoding="utf-8")
    assert '<span class="badge" title="Верно с Python 3.99">3.99+</span> ' in page
    assert "всегда, 3.99+" in row_of(html, "hello-at-once")


def test_the_ledger_filters_by_what_its_rows_are(site: Path) -> None:
    text = (site / "ledger/tasks.html").read_text(encoding="utf-8")
    choices = set(re.findall(r'id="show-(\w+)"', text))
    style = (site / "_static/joined.css").read_text(encoding="utf-8")
    hidden = set(re.findall(r"#show-(\w+):checked\) table\.ledger tr\[id\]:not\(\.\1\)", style))
    hidden |= set(re.findall(r"#show-(always):\S+ \S+ tr\[id\]:is\(\.sometimes, ?\.never\)", style))
    assert choices == hidden | {"all"} == {*VERBS, "partly", "practice", "all"}


def test_each_chapter_has_a_page_of_what_nobody_noticed(book: Any) -> None:
    book.replace("source/index.md", "tasks/hello\n", "tasks/index\nmutants\n")
    book.write("source/tasks/index.md", "# Задачи\n\n```{toctree}\nhello\n```\n")
    book.write("source/mutants.md", "# Мутанты\n\n```{mutants}\n```\n")
    prints = Known.at(book.root).fingerprints
    swap = Mutation("swap", ('print("hello")', 'print("and")'), "async def main() -> None:")
    drop = Mutation("drop", ("await",), "await asyncio.sleep(1)", 2)
    report = {
        "snippets": {
            "tasks/hello": {
                **{"hash": prints["examples"]["tasks/hello"], "mutants": 5, "equal": 1},
                **{"justified": [swap.entry() | {"why": "«a < b»"}], "survivors": [drop.entry()]},
            }
        },
        "claims": {
            "hello-at-once": {
                "hash": prints["proofs"]["hello-at-once"],
                "justified": "речь о Python",
            }
        },
    }
    book.write("source/_evidence/mutants.json", json.dumps(report))
    assert (done := book.build("html")).returncode == 0, done.stdout
    site = book.root / "build/html"
    overview = (site / "mutants.html").read_text(encoding="utf-8")
    assert 'href="mutants/tasks.html">Задачи</a>' in overview
    assert "Таких 1." in overview
    assert "речь о Python" not in overview
    text = (site / "mutants/tasks.html").read_text(encoding="utf-8")
    assert "<h1>Мутанты: Задачи</h1>" in text
    assert 'href="../mutants.html"' in text
    survivor, excused, proof = re.findall(r"<tr class=.*", text)
    link = '<a href="../tasks/hello.html#example-tasks-hello"><code>tasks/hello</code></a>'
    assert survivor == (
        f'<tr class="mutant"><td>{link}: убрано <code>await</code>: '
        "<code>await asyncio.sleep(1)</code> (2-е такое место)<td>не обосновано"
    )
    assert "переставлены" in excused
    assert "«a &lt; b»" in excused
    claim = '<a href="../tasks/hello.html#hello-at-once">Строка печатается сразу</a>'
    assert f'<tr class="proof"><td>{claim}<td>речь о Python' == proof
    style = (site / "_static/joined.css").read_text(encoding="utf-8")
    hidden = set(re.findall(r"#show-(\w+):checked\) table\.mutants", style))
    assert set(re.findall(r'id="show-(\w+)"', text)) == hidden | {"all"}
    assert {"mutant", "proof"} == hidden, "each choice hides the other"
    # What has no pages but the book's own shows all at once.
    assert book.build("epub").returncode == 0
    whole = (book.root / "build/epub/mutants.xhtml").read_text(encoding="utf-8")
    assert "речь о Python" in whole
    assert "Задачи</a>" not in whole.partition("<table")[2]
    # What is known by now is shown.
    report["snippets"]["tasks/hello"]["survivors"] = []
    book.write("source/_evidence/mutants.json", json.dumps(report))
    assert book.build("html").returncode == 0
    assert len(re.findall("<tr class=", (site / "mutants/tasks.html").read_text("utf-8"))) == 2


def test_every_operator_has_its_words() -> None:
    assert mutants._DONE.keys() == OPERATORS.keys() - {"not reached"}
    for operator, done in mutants._DONE.items():
        assert done.count("{}") == OPERATORS[operator].count("{}")


def test_the_lost_page_finds_its_way_from_any_folder(book: Any) -> None:
    assert book.build("html").returncode == 0
    lost = book.root / "build/html/404.html"
    assert '<base href="/">' in lost.read_text(encoding="utf-8")
    assert book.build("html", SITE_URL="https://example.org/book/").returncode == 0
    text = lost.read_text(encoding="utf-8")
    # All addresses come after it, and none of them begins at the server's root.
    first = re.search(r'<base href="(.*?)">|(?:href|src)="(?!https?:)', text)
    assert first
    assert first[1] == "https://example.org/book/"
    assert 'href="index.html">Все вопросы' in text
    assert "Страница не найдена" in text
    assert "404" not in (book.root / "build/html/sitemap.xml").read_text(encoding="utf-8")


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
    # Readers load neither comments nor the blanks around the ends of lines.
    colours = re.sub(r"/\*.*?\*/", "", colours, flags=re.S)
    assert squeezed(colours) in (site / "_static/joined.css").read_text(encoding="utf-8")


def test_the_search_reads_prose(site: Path) -> None:
    text = (site / "_static/texts/tasks/hello.js").read_text(encoding="utf-8")
    prose = re.fullmatch(r'TEXTS\["tasks/hello"\] = "(.*)";\n', text)
    assert prose
    assert "Она печатает три строки." in prose[1]
    assert not re.search("│|✓|#|import", prose[1])
    scripts = [url for url in Page(site / "search.html").fetched if ".js" in url]
    assert [re.sub(r".*/|\?.*", "", url) for url in scripts] == [
        *("documentation_options.js", "furo.js", "searching.js", "searchindex.js")
    ]
    # Ours stands after the tools, which it changes.
    joined = (site / "_static/searching.js").read_text(encoding="utf-8")
    ours = (site / "_static/search.js").read_text(encoding="utf-8")
    assert joined.endswith(ours)
    assert (
        0 < joined.index("window.Stemmer") < joined.index("_ready =") < joined.index("Search = {")
    )


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


def test_without_its_address_the_site_tells_no_earlier_one(book: Book) -> None:
    assert book.build("html", SITE_URL="https://example.org/").returncode == 0
    assert book.build("html").returncode == 0
    built = book.root / "build/html"
    assert not list(built.glob("sitemap.xml")) + list(built.glob("robots.txt"))
    for page in pages(built):
        assert "example.org" not in page.read_text(encoding="utf-8"), page


def test_addresses_of_the_undivided_ledger_lead_on(site: Path) -> None:
    text = (site / "ledger.html").read_text(encoding="utf-8")
    assert 'location.hash.startsWith("#claim-")' in text
    script = (site / "_static/rows.js").read_text(encoding="utf-8")
    rows = json.loads(script.removeprefix("leadOn(").removesuffix(");\n"))
    assert rows == {"claim-hello-at-once": "ledger/tasks.html"}


def test_hosts_serve_all_folders(site: Path) -> None:
    # GitHub Pages leaves out _static without it.
    assert (site / ".nojekyll").exists()


def nested(book: Book) -> None:
    """Give the book chapters, one of them with a listing, a figure and a table, and a key."""
    table = "```{table} Таблица\n| а | б |\n|---|---|\n| 1 | 2 |\n```\n\n"
    toctree = "```{toctree}\n:caption: Главы\ntasks/index\nraces/index\nledger\n```\n"
    book.write("source/index.md", f"# Книга\n\n{table}{toctree}")
    book.write("source/tasks/index.md", "# Задачи\n\n```{toctree}\nhello\nsecond\n```\n")
    book.write("source/races/index.md", f"# Гонки\n\n{table}```{{toctree}}\nfirst\n```\n")
    for page in ("tasks/second", "races/first"):
        text = f"# Что такое {page}?\n\n```{{short}}\nДа. Нет.\n```\n\n`--key`\n\n{table}"
        book.write(f"source/{page}.md", text)
    output = "{output} tasks/hello\n"
    book.replace("source/tasks/hello.md", output, f"{output}:timeline: Привет\n")


def test_the_contents_are_as_sphinx_and_furo_make_them(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, tuple[str, str]] = {}
    leave_out, put_in = navigation.leave_out, navigation.put_in

    def ask_sphinx(app: Any, pagename: str, template: str, context: Any, doctree: Any) -> None:
        options = {"collapse": True, "titles_only": True, "maxdepth": -1, "includehidden": True}
        contents = get_navigation_tree(context["toctree"](**options))
        made[pagename] = repairs.mend(repairs.NAVIGATION, contents, pagename), ""
        leave_out(app, pagename, template, context, doctree)

    def compare(app: Any, pagename: str, template: str, context: Any, doctree: Any) -> None:
        put_in(app, pagename, template, context, doctree)
        made[pagename] = made[pagename][0], context["furo_navigation_tree"]

    monkeypatch.setattr(navigation, "leave_out", ask_sphinx)
    monkeypatch.setattr(navigation, "put_in", compare)
    nested(book)
    result = book.build("html")
    assert result.returncode == 0, result.stdout
    assert {"index", "tasks/index", "tasks/second", "tests/tasks/test_hello"} <= made.keys()
    for page, (by_sphinx, ours) in made.items():
        number = re.compile(r"(?<=toctree-checkbox-)\d+")  # furo counts the chapters that are open
        assert number.sub("", by_sphinx) == number.sub("", ours), page
        assert ("current-page" in ours) == (page in {"ledger"} or page[:6] in ("tasks/", "races/"))


def test_numbers_are_as_sphinx_gives_them(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = []
    assign = numbering.assign

    def both(collector: Any, env: Any) -> list[str]:
        changed = assign(collector, env)
        numbers.append(env.toc_fignumbers)
        env.toc_fignumbers = {}
        assert sorted(numbering.by_sphinx(collector, env)) == sorted(changed)
        numbers.append(env.toc_fignumbers)
        return changed

    monkeypatch.setattr(numbering, "assign", both)
    nested(book)
    result = book.build("html")
    assert result.returncode == 0, result.stdout
    ours, by_sphinx = numbers
    assert ours == by_sphinx
    assert ours["tasks/hello"].keys() == {"code-block", "figure"}
    assert [next(iter(ours[page]["table"].values())) for page in ("index", "races/first")] == [
        *((1,), (4,))
    ]


def test_every_repair_is_made(book: Book) -> None:
    nested(book)
    shutil.copytree(ROOT / "source/locales", book.root / "source/locales")
    result = book.build("html")
    assert result.returncode == 0, result.stdout
    files = pages(book.root / "build/html")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    for repair in (*repairs.NAVIGATION, *repairs.BODY, *repairs.HEAD, *repairs.TEMPLATES):
        new = repair.new.replace("{{ docstitle|striptags|e }}", "Конкурентность в Python")
        old = repair.old.replace("{{ docstitle|striptags|e }}", "Конкурентность в Python")
        assert new in text, repair
        assert old not in text.replace(new, ""), repair
    style = (book.root / "build/html/_static/joined.css").read_text(encoding="utf-8")
    for repair in repairs.STYLES:
        assert repair.new in style
        assert repair.old not in style


@pytest.mark.parametrize("table", ["TEMPLATES", "NAVIGATION", "BODY", "HEAD", "STYLES", "TOOLS"])
def test_a_repair_that_no_longer_applies_is_one_error(book: Book, table: str) -> None:
    nested(book)
    repair = getattr(repairs, table)
    key = "doctools.js" if table == "TOOLS" else -1
    before = repair[key]
    repair[key] = ("GONE",) if table == "TOOLS" else replace(before, old="GONE")
    try:
        result = book.build("html")
    finally:
        repair[key] = before
    assert result.returncode == 1
    assert result.stdout.count("WARNING") == 1, result.stdout
    assert re.search(
        r"WARNING: a repair no longer applies in \S.*: .*/.*: 'GONE' isn't there; "
        r"see MAINTAINING.md \[handbook.repair\]",
        result.stdout,
    ), result.stdout


def test_an_id_that_furo_does_not_put_on_a_table_s_box_is_one_error(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "(numbers)=\n| A | B |\n|---|---|\n| 1 | 2 |\n\n[Строка"
    book.replace("source/tasks/hello.md", "[Строка", table)
    mend = repairs.OneId.run

    def run(self: repairs.OneId) -> None:
        boxes = [each.parent for each in self.document.findall(nodes.table) if each["ids"]]
        for box in boxes:
            box["ids"] = []
        mend(self)

    assert book.build("html").returncode == 0
    page = (book.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
    assert page.count('id="numbers"') == 1
    shutil.rmtree(book.root / "build")
    monkeypatch.setattr(repairs.OneId, "run", run)
    result = book.build("html")
    assert result.returncode == 1
    told = re.findall(r"WARNING: a repair no longer applies in (.*)", result.stdout)
    assert told == [
        "tasks/hello: furo/__init__.py: a table's id on its box isn't there; "
        "see MAINTAINING.md [handbook.repair]"
    ]


def test_two_builders_at_once_write_the_same_and_tell_errors(book: Book) -> None:
    more = {f"source/tasks/more{n}.md": f"# Ещё {n}?\n\n```{{short}}\nДа.\n```\n" for n in range(4)}
    for file, text in more.items():
        book.write(file, text)
    book.replace("source/index.md", "ledger\n", "ledger\ntasks/more0\ntasks/more1\n")
    book.replace("source/index.md", "more1\n", "more1\ntasks/more2\ntasks/more3\n")
    assert book.build_alone("html").returncode == 0
    (book.root / "build").rename(book.root / "one")
    result = book.build_alone("html", "-j", "2")
    assert result.returncode == 0, result.stdout
    assert result.stdout == ""
    assert contents(book.root / "one/html") == contents(book.root / "build/html")
    shutil.rmtree(book.root / "build")
    book.replace("source/tasks/more2.md", "Да.", "{ref}`tasks-absent`")
    result = book.build_alone("html", "-j", "2")
    assert result.returncode == 1
    assert re.findall(r"(\S+): WARNING: undefined label", result.stdout) == [
        f"{book.root}/source/tasks/more2.md:4"
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Return what readers of a build get."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


CHANGES = {
    # Each is seen on other pages than its own, and none changes what all pages show.
    "details": [
        ("source/tasks/hello.md", "печатается сразу]", "печатается тотчас]"),
        ("source/tasks/hello.md", "Она печатает", "Она выводит"),
        ("tests/tasks/test_hello.py", "import pytest", "\nimport pytest  # !"),
        ("snippets/tasks/hello.py", "import asyncio", "import asyncio  # !"),
    ],
    "title": [("source/tasks/hello.md", "Кто здоровается?", "Кто прощается?")],
    "style": [("source/_static/handbook.css", "/* What furo", "/* !What furo")],
    "setting": [("conf.py", "2026, авторы", "2027, авторы")],
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES.keys())
def test_what_changed_is_shown_everywhere(book: Book, changes: list[tuple[str, str, str]]) -> None:
    book.write("source/short.md", "# Кратко\n\n```{short-answers}\n```\n")
    book.write("source/tasks/index.md", "# Задачи\n\n```{toctree}\nhello\n```\n")
    book.replace("source/index.md", "tasks/hello\n", "tasks/index\nshort\n")
    (book.root / "source/_static").unlink()  # the real one, which must stay as it is
    shutil.copytree(ROOT / "source/_static", book.root / "source/_static")
    # The site reads what changed; the EPUB, which doesn't, must notice, too.
    for builder in ("html", "epub"):
        assert book.build(builder).returncode == 0
    for file, old, new in changes:
        book.replace(file, old, new)
    built = {}
    for builder in ("html", "epub"):
        result = book.build(builder)
        assert result.returncode == 0, result.stdout
        built[builder] = contents(book.root / "build" / builder)
    shutil.rmtree(book.root / "build")
    for builder, before in built.items():
        assert book.build(builder).returncode == 0
        after = contents(book.root / "build" / builder)
        # They hold the time of their making.
        for name in ("handbook.epub", "content.opf", ".buildinfo.bak"):
            before.pop(name, None)
            after.pop(name, None)
        assert before.keys() == after.keys()
        assert [name for name in before if before[name] != after[name]] == []


def test_another_inventory_is_shown_on_pages_that_nobody_touched(book: Book) -> None:
    book.replace("source/tasks/hello.md", "[Строка", "См. {py:func}`asyncio.run`. [Строка")
    shared = book.root / "source/_inventories"
    shared.unlink()  # the real one, which must stay as it is
    shutil.copytree(ROOT / "source/_inventories", shared)
    page = book.root / "build/html/tasks/hello.html"
    assert book.build("html").returncode == 0
    assert "library/asyncio-runner.html" in page.read_text(encoding="utf-8")
    file = shared / "python-3.14.inv"
    head, body = file.read_bytes().split(b"zlib.\n", 1)
    text = zlib.decompress(body).replace(b"asyncio-runner.html", b"asyncio-moved.html")
    file.write_bytes(head + b"zlib.\n" + zlib.compress(text))
    assert book.build("html").returncode == 0
    assert "library/asyncio-moved.html" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("builder", ["epub", "typst", "doctest"])
def test_other_builders_read_what_the_site_has_read(book: Book, builder: str) -> None:
    assert book.build("html").returncode == 0
    read = list((book.root / "build/doctrees").rglob("*.doctree"))
    before = {file: file.stat().st_mtime_ns for file in read}
    result = book.build(builder)
    assert result.returncode == 0, result.stdout
    assert len(before) == 3
    assert {file: file.stat().st_mtime_ns for file in read} == before


_WITHOUT_HISTORY = time.localtime(1_767_225_600)[:6]


def test_the_same_sources_give_the_same_book_for_devices(book: Book) -> None:
    file = book.root / "build/epub/handbook.epub"
    assert book.build("epub").returncode == 0
    first = file.read_bytes()
    shutil.rmtree(book.root / "build")
    assert book.build("epub").returncode == 0
    assert file.read_bytes() == first
    # Two builds within two seconds would agree by chance.
    with zipfile.ZipFile(file) as epub:
        assert {entry.date_time for entry in epub.infolist()} == {_WITHOUT_HISTORY}
        assert "2026-01-01T00:00:00Z" in epub.read("content.opf").decode()


def test_the_book_for_readers_devices(book: Book) -> None:
    result = book.build("epub")
    assert result.returncode == 0, result.stdout
    with zipfile.ZipFile(book.root / "build/epub/handbook.epub") as epub:
        assert "Кто здоровается?" in epub.read("tasks/hello.xhtml").decode()
        assert "svg.timeline" in (style := epub.read("_static/book.css").decode())
        assert "var(" not in style
