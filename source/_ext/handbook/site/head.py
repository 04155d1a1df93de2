"""The head of a page: what it says to whoever links to it, one style sheet, only its scripts."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from furo import get_pygments_stylesheet

from handbook.site.repairs import HEAD, STYLES, mend
from handbook.site.repairs.styles import check_classes, leaner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

STYLE = "joined.css"
"""All style sheets in one: each request costs a phone a round trip before it shows anything."""

# Only the search asks for these, and it shows no code to copy.
_FOR_SEARCH = ("doctools.js", "sphinx_highlight.js", "translations.js")
_FOR_CODE = ("clipboard.min.js", "copybutton.js")

SEARCHING = "searching.js"
"""All scripts of the search but its index in one, like the style sheets."""

# The stemmer isn't strict, so no strict script may begin; sphinx_highlight.js asks whether there is
# a Search; the last one changes the tools.
_SEARCHING = (
    *("language_data.js", "doctools.js", "translations.js"),
    *("searchtools.js", "sphinx_highlight.js", "search.js"),
)

UNTITLED = {"search": "Поиск", "genindex": "Указатель"}
"""The pages to which Sphinx gives no title."""

PHONE = 40
"""Columns that fit the narrowest phone; wider code scrolls, so the keyboard must reach it."""

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_CODE = re.compile("<pre>(.*?)</pre>", re.S)


def complete(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> str | None:
    """Give the page its description, style sheet and scripts; return its template if it is ours."""
    if app.builder.name != "html":
        styles = context.get("css_files", [])
        context["css_files"] = [style for style in styles if Path(style.filename).name != STYLE]
        return None
    head = mend(HEAD, context.get("metatags", ""), pagename)
    context["metatags"] = "\n".join([head, *_described(app, context, doctree)])
    unused: tuple[str, ...] = _FOR_SEARCH
    if pagename == "search":
        unused += _FOR_CODE
        parts = [Path(app.outdir, "_static", name) for name in _SEARCHING]
        texts = "\n".join(part.read_text(encoding="utf-8") for part in parts)
        Path(app.outdir, "_static", SEARCHING).write_text(texts, encoding="utf-8")
    context["script_files"] = [
        script for script in context["script_files"] if not str(script.filename).endswith(unused)
    ]
    # Text is shown before what makes it move; the order of the scripts stays.
    tag = context["js_tag"]
    context["js_tag"] = lambda script: tag(script).replace("<script ", "<script defer ", 1)
    styles = sorted(context["css_files"], key=lambda style: style.priority)
    own = [style for style in styles if Path(style.filename).name == STYLE]
    _join(app, tuple(str(style.filename) for style in styles if style not in own))
    context["css_files"] = own
    if "body" in context:
        check_classes(context["body"], pagename)
        context["body"] = _CODE.sub(_reachable, context["body"])
    return "handbook-search.html" if pagename == "search" else None


@lru_cache(1)
def _join(app: Sphinx, names: tuple[str, ...]) -> None:
    """Write the joined style sheet, before the first page of the build asks for its hash."""
    outdir = Path(app.outdir)
    # furo writes the dark colours of code at the end of the build.
    texts = [
        get_pygments_stylesheet()
        if name.endswith("pygments.css")
        else (outdir / name).read_text(encoding="utf-8")
        for name in names
    ]
    # What explains a rule to its author is an eighth of what every reader would load.
    text = leaner(mend(STYLES, _COMMENT.sub("", "\n".join(texts)), STYLE))
    (outdir / "_static" / STYLE).write_text(text, encoding="utf-8")


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


def _reachable(block: re.Match[str]) -> str:
    lines = html.unescape(re.sub("<.*?>", "", block[1])).splitlines()
    return (
        f'<pre tabindex="0">{block[1]}</pre>'
        if max(map(len, lines), default=0) > PHONE
        else block[0]
    )
