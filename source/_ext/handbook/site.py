"""What the theme leaves open: Russian labels, descriptions, lean pages, search from disk."""

from __future__ import annotations

import hashlib
import html
import json
import re
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.builders.epub3 import Epub3Builder

from handbook.books import book_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

# furo writes these without gettext; overriding its page.html instead would break the EPUB builder.
# A page is repaired again at each build, so no repair may apply to its own result.
REPAIRS = {
    '"Toggle site navigation sidebar"': '"Показать или скрыть оглавление сайта"',
    '"Toggle table of contents sidebar"': '"Показать или скрыть содержание страницы"',
    '"Toggle Light / Dark / Auto color theme"': '"Сменить тему: светлая, тёмная, как в системе"',
    '"Toggle navigation of ': '"Показать или скрыть раздел: ',
    "<title>Contents</title>": "<title>Содержание страницы</title>",
    "<title>Menu</title>": "<title>Оглавление сайта</title>",
    "<title>Expand</title>": "<title>Раскрыть</title>",
    "<title>Light mode</title>": "<title>Светлая тема</title>",
    "<title>Dark mode</title>": "<title>Тёмная тема</title>",
    "<title>Auto light/dark, in light mode</title>": "<title>Тема как в системе: светлая</title>",
    "<title>Auto light/dark, in dark mode</title>": "<title>Тема как в системе: тёмная</title>",
    """<a class="muted-link" href="https://pradyunsg.me">@pradyunsg</a>'s""": "",
    '<aside class="sidebar-drawer': '<aside aria-label="Оглавление сайта" class="sidebar-drawer',
    '<aside class="toc-drawer': '<aside aria-label="Содержание страницы" class="toc-drawer',
    # Whatever scrolls must be reached by the keyboard.
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    # A switch must tell its state, which the theme doesn't keep; a checkbox tells it by itself.
    ' role="switch" type="checkbox"': ' type="checkbox"',
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    # docutils' twin of the theme's own.
    '<meta name="viewport" content="width=device-width, initial-scale=1" />': "",
    '<script src="searchindex.js"': '<script src="_static/search.js"></script>\n'
    '<script defer src="searchindex.js"',
    # Text is shown before what makes it move; the order of the scripts stays.
    '<script src="': '<script defer src="',
    # The page of the search is as public as the others.
    '<meta name="robots" content="noindex" />': "",
    '</noscript>\n\n<div id="search-results">': "</noscript>\n<h1>Поиск</h1>\n"
    '<form class="search" action="search.html"><input type="search" name="q" '
    'aria-label="Что искать"> <button>Найти</button></form>\n<div id="search-results">',
}

# Only the search asks for these, and it shows no code to copy.
_FOR_SEARCH = ("doctools.js", "sphinx_highlight.js", "translations.js")
_FOR_CODE = ("clipboard.min.js", "copybutton.js")

SEARCH = "search.html"

UNTITLED = {"search": "Поиск", "genindex": "Указатель"}
"""The pages to which Sphinx gives no title."""

PHONE = 40
"""Columns that fit the narrowest phone; wider code scrolls, so the keyboard must reach it."""

_DEFERRED = re.compile(r'<script defer src="([^"?]+)[^"]*"></script>\s*')
_STYLES = re.compile(
    r'(?:<link rel="stylesheet" type="text/css" href="(?:\.\./)*_static/[^"]+" />\s*)+'
)
_STYLE = re.compile(r'href="((?:\.\./)*)_static/([^"?]+)')
_CODE = re.compile("<pre>(.*?)</pre>", re.S)
_LINE = re.compile(r'<a id="(line-\d+)" name="\1"></a><a href="#\1">(.*?)</a>')
_NOT_PROSE = re.compile(
    r'<pre.*?</pre>|<svg.*?</svg>|<h1.*?</h1>|<p class="admonition-title">.*?</p>|'
    r'<div class="code-block-caption">.*?</div>|<span class="caption-number">.*?</span>|'
    r'<summary>.*?</summary>|<a class="(?:headerlink|claim-mark)".*?</a>',
    re.S,
)
_VERSION = re.compile(r'<th class="head"><p>([\d.]+t?)</p></th>')
_SIGN = re.compile(r"<td>(?=<p>[✓✗–?]</p></td>)")
_PROOF = re.compile(r"(>tests/\w+/)(?=\w+\.py:)")


def complete(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Describe the page to whoever links to it, and drop the scripts that it doesn't use."""
    if pagename == book_of(app.config).settings.ledger and "body" in context:
        context["body"] = stackable(context["body"])
    if app.builder.name != "html":
        return
    context["metatags"] = "\n".join(
        [context.get("metatags", ""), *_described(app, context, doctree)]
    )
    unused = _FOR_CODE if pagename == "search" else _FOR_SEARCH
    context["script_files"] = [
        script for script in context["script_files"] if not str(script.filename).endswith(unused)
    ]


def stackable(ledger: str) -> str:
    """Name the version in each cell that has a sign: a narrow screen shows no table head."""
    versions = cycle(_VERSION.findall(ledger))
    return _SIGN.sub(lambda _: f'<td data-version="{next(versions)}">', ledger)


def _described(
    app: Sphinx, context: dict[str, Any], doctree: nodes.document | None
) -> Iterator[str]:
    title = context.get("title") or UNTITLED.get(context["pagename"], app.config.project)
    title = html.unescape(re.sub("<.*?>", "", title))
    text = _summary(doctree) or f"{title} — {app.config.project}: ответы, которые проверены."
    about = {
        "og:title": title,
        "og:description": text,
        "og:type": "website" if context["pagename"] == app.config.root_doc else "article",
        "og:site_name": app.config.project,
        "og:locale": "ru_RU",
        "og:url": context.get("pageurl"),
    }
    yield f'<meta name="description" content="{html.escape(text)}">'
    for name, value in about.items():
        if value:
            yield f'<meta property="{name}" content="{html.escape(value)}">'


def _summary(doctree: nodes.document | None) -> str:
    """Return the short answer or else the first paragraph of the page, as plain text."""
    if doctree is None:
        return ""
    short = next(
        (node for node in doctree.findall(nodes.admonition) if "short" in node["classes"]), None
    )
    paragraphs = list((short or doctree).findall(nodes.paragraph))
    chosen = paragraphs if short else paragraphs[:1]
    return " ".join(" ".join(paragraph.astext() for paragraph in chosen).split())


def finish_epub(app: Sphinx, error: Exception | None) -> None:
    """Declare the figures, which Sphinx doesn't, and colour them for devices without variables."""
    if error or not isinstance(app.builder, Epub3Builder):
        return
    outdir = Path(app.outdir)
    content = outdir / "content.opf"
    items = re.sub(
        r'(<item id="[^"]*" href="([^"]*\.xhtml)")(?! properties)',
        lambda item: f'{item[1]} properties="svg"' if _has_figure(outdir / item[2]) else item[0],
        content.read_text(encoding="utf-8"),
    )
    content.write_text(items, encoding="utf-8")
    style = (outdir / "_static/handbook.css").read_text(encoding="utf-8")
    colours: dict[str, str] = {}
    for name, colour in re.findall(r"(--timeline-\w+): (#\w+);", style):
        colours.setdefault(name, colour)  # the light ones come first
    figures = "\n".join(re.findall(r"^svg\.timeline.*\}$", style, re.M))
    for name, colour in colours.items():
        figures = figures.replace(f"var({name})", colour)
    figures = figures.replace("var(--font-stack--monospace)", "monospace")
    book = outdir / "_static/book.css"
    own = book.read_text(encoding="utf-8").partition("/* Figures */")[0]
    book.write_text(f"{own}/* Figures */\n{figures}\n", encoding="utf-8")
    app.builder.build_epub()


def _has_figure(page: Path) -> bool:
    return "<svg" in page.read_text(encoding="utf-8")


def finish(app: Sphinx, error: Exception | None) -> None:
    """Repair every page written, and write what the search and the search engines read."""
    if error or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    repairs = {
        **REPAIRS,
        f" - {app.config.html_title}</title>": f" — {app.config.html_title}</title>",
    }
    style = join_styles(outdir)
    for page in outdir.rglob("*.html"):
        before = after = page.read_text(encoding="utf-8")
        for old, new in repairs.items():
            after = after.replace(old, new)
        after = _STYLES.sub(
            lambda links: (
                f'<link rel="stylesheet" type="text/css" href="{_root(links)}{style}" />\n'
            ),
            after,
        )
        # A hundred links to lines would stand in the way of the keyboard.
        after = _LINE.sub(r'<span id="\1">\2</span>', after)
        after = _CODE.sub(_reachable, after)
        after = _PROOF.sub(r"\1<wbr>", after)
        if after != before:
            page.write_text(after, encoding="utf-8")
    join_scripts(outdir)
    pages = {name: app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)}
    for name, uri in pages.items():
        text = _prose((outdir / uri).read_text(encoding="utf-8"))
        script = outdir / f"_static/texts/{name}.js"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(
            f"TEXTS[{json.dumps(name)}] = {json.dumps(text, ensure_ascii=False)};\n", "utf-8"
        )
    # Without it GitHub Pages drops folders like _static when it serves a branch.
    (outdir / ".nojekyll").touch()
    if base := app.config.html_baseurl.removesuffix("/"):
        urls = "".join(f"<url><loc>{base}/{uri}</loc></url>\n" for uri in pages.values())
        sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
        (outdir / "sitemap.xml").write_text(sitemap, encoding="utf-8")
        robots = f"User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n"
        (outdir / "robots.txt").write_text(robots, encoding="utf-8")


def join_styles(outdir: Path) -> str:
    """Write one style sheet for five and return its address.

    Each request costs a phone a round trip.  The page of the search, which every build
    writes, tells which they are.
    """
    page = (outdir / SEARCH).read_text(encoding="utf-8")
    names = [name for links in _STYLES.findall(page) for _, name in _STYLE.findall(links)]
    file = outdir / "_static/joined.css"
    if names != [file.name]:
        texts = ((outdir / "_static" / name).read_text(encoding="utf-8") for name in names)
        file.write_text("\n".join(texts), encoding="utf-8")
    version = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    return f"_static/{file.name}?v={version}"


def _root(links: re.Match[str]) -> str:
    found = _STYLE.search(links[0])
    assert found
    return found[1]


def join_scripts(outdir: Path) -> None:
    """Give the page of the search two scripts for nine."""
    page = outdir / SEARCH
    text = page.read_text(encoding="utf-8")
    scripts = _DEFERRED.findall(text)
    if "_static/searchtools.js" not in scripts:
        return
    # In one script sphinx_highlight.js couldn't ask whether searchtools.js is there.
    tools = scripts.index("_static/searchtools.js")
    tags = ""
    for name, parts in (("frame", scripts[:tools]), ("search", scripts[tools:])):
        # It doesn't begin with "use strict", which not all parts bear.
        joined = "".join(f";\n{(outdir / part).read_text(encoding='utf-8')}\n" for part in parts)
        (outdir / f"_static/joined-{name}.js").write_text(joined, encoding="utf-8")
        tags += f'<script defer src="_static/joined-{name}.js"></script>\n'
    text = _DEFERRED.sub("", text).replace("</body>", f"{tags}</body>")
    page.write_text(text, encoding="utf-8")


def _reachable(block: re.Match[str]) -> str:
    lines = html.unescape(re.sub("<.*?>", "", block[1])).splitlines()
    return (
        f'<pre tabindex="0">{block[1]}</pre>'
        if max(map(len, lines), default=0) > PHONE
        else block[0]
    )


def _prose(page: str) -> str:
    """Return the text of `page` without code, links to itself and marks."""
    article = re.search(r"<article[^>]*>(.*)</article>", page, re.S)
    text = re.sub("<[^>]*>", "", _NOT_PROSE.sub("", article[1] if article else ""))
    return " ".join(html.unescape(text).split())


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hooks."""
    app.connect("html-page-context", complete)
    # After furo, which writes the dark colours of code then.
    app.connect("build-finished", finish, priority=900)
    app.connect("build-finished", finish_epub)
    return {"version": "1", "parallel_read_safe": True}
