"""The ledger and the mutants on screens: hundreds of rows, each in as little HTML as it needs.

The site has a page for each chapter, as all in one take a phone seconds; an EPUB has the whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from docutils import nodes

from handbook.appendices.rows import IN_RUSSIAN, Row

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_KEPT = {nodes.literal: "code", nodes.emphasis: "em", nodes.strong: "strong"}
"""What a sentence keeps of its markup: it is itself a link."""

ROWS = "rows.js"
"""The script that knows on which page each row of the ledger stands."""

_LEAD_ON = """
if (location.hash.startsWith("#claim-")) {
  window.leadOn = (pages) => {
    const id = location.hash.slice(1);
    if (pages[id]) location.replace(pages[id] + "#" + id);
  };
  const script = document.createElement("script");
  script.src = document.documentElement.dataset.content_root + "_static/%s";
  document.head.append(script);
}
"""

_SHOWN = {"all": "все", **IN_RUSSIAN, "partly": "не всюду", "practice": "практика CPython"}
"""Which rows of the ledger can be shown alone."""
_COLUMNS = {"№": 5, "Утверждение": 46, "Когда верно": 19, "На чём стоит": 30}


def ledger_of(ledger: str, page: str) -> str:
    """Return the page of the site that lists the claims of `page`, beside the page `ledger`."""
    return f"{ledger}/{page.partition('/')[0]}"


def by_chapter(listed: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each chapter: on the site it has a ledger of its own."""
    groups = groupby(listed, key=lambda each: each.page.partition("/")[0])
    return {chapter: list(group) for chapter, group in groups}


def title_of(app: Sphinx, chapter: str) -> str:
    """Return the title of a chapter, or of a page that stands in none."""
    titles = app.env.titles
    index = f"{chapter}/index"
    return titles[index].astext() if index in titles else chapter


def contents(app: Sphinx, docname: str, listed: Iterable[Row]) -> str:
    """Return the list of the chapters' ledgers, for the site.

    Once the ledger was one page, and the addresses of its rows are permanent: they lead on.
    """
    items, chapters = [], by_chapter(listed)
    pages = {
        f"claim-{row.id}": app.builder.get_relative_uri(docname, ledger_of(docname, chapter))
        for chapter, own in chapters.items()
        for row in own
    }
    # In a file of its own, which only those load who came by such an address.
    script = Path(app.outdir, "_static", ROWS)
    script.write_text(f"leadOn({json.dumps(pages, indent=0)});\n", encoding="utf-8")
    for chapter, own in chapters.items():
        uri = app.builder.get_relative_uri(docname, ledger_of(docname, chapter))
        partly = sum(each.is_partial for each in own)
        count = f"{len(own)}, из них не всюду верны {partly}" if partly else str(len(own))
        title = escape(title_of(app, chapter))
        items.append(f'<li><p><a href="{uri}">{title}</a>: {count}</p></li>')
    return f"<ul>{''.join(items)}</ul>\n<script>{_LEAD_ON % ROWS}</script>"


def html(app: Sphinx, docname: str, listed: Iterable[Row]) -> str:
    """Return the ledger's table of `listed` for the page `docname`."""
    return table(app, "ledger", _SHOWN, _COLUMNS, (_row(app, docname, row) for row in listed))


def table(
    app: Sphinx, kind: str, shown: dict[str, str], columns: dict[str, int], rows: Iterable[str]
) -> str:
    """Return the table of class `kind`; columns: heads and widths.

    On the site its rows can be filtered by what `shown` names; an EPUB has no script and no style
    for that.
    """
    widths = "".join(f'<col style="width: {width}%"/>' for width in columns.values())
    body = "\n".join(rows)
    if app.builder.name == "html":
        # HTML closes cells and rows and ends lines by itself, and a ledger has a thousand.
        body = body.replace("</td>", "").replace("</tr>", "").replace("<br/>", "<br>")
    return (
        f'{_filter(app, shown)}<table class="{kind} docutils"><colgroup>{widths}</colgroup>\n'
        f"<thead><tr>{''.join(f'<th>{head}</th>' for head in columns)}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _filter(app: Sphinx, shown: dict[str, str]) -> str:
    """Return the choice of rows: the style sheet hides the others, without any script."""
    if app.builder.name != "html":
        return ""
    choices = "".join(
        f'<label><input type="radio" name="show" id="show-{name}"'
        f"{' checked' if name == 'all' else ''}/>{label}</label>"
        for name, label in shown.items()
    )
    return f'<fieldset class="rows"><legend>Показать</legend>{choices}</fieldset>\n'


def _row(app: Sphinx, docname: str, row: Row) -> str:
    # «Всегда» is the rule, and most of a long page: only exceptions have a class.
    verbs = [row.verb] if row.verb != "always" else []
    kinds = [*verbs, *["partly"] * row.is_partial, *["practice"] * (row.promise is None)]
    looks = f' class="{" ".join(kinds)}"' if kinds else ""
    place = app.builder.get_relative_uri(docname, row.page)
    when = "<br/>".join(map(escape, [row.when, *row.exceptions]))
    return (
        f'<tr id="claim-{row.id}"{looks}><td>{row.number}</td>'
        f'<td><a href="{place}#{row.id}">{text(row.sentence)}</a></td><td>{when}</td>'
        f"<td>{'<br/>'.join(_grounds(app, docname, row))}</td></tr>"
    )


def _grounds(app: Sphinx, docname: str, row: Row) -> Iterator[str]:
    """Yield proof, promise, the row's address with a report's title, and where to send it."""
    if row.proof:
        on_site = app.builder.name == "html"
        file = row.proof.place.rpartition("/")[2] if on_site else row.proof.place
        page = app.builder.get_relative_uri(docname, row.proof.file.removesuffix(".py"))
        yield f'<a href="{page}#line-{row.proof.line}"><code>{file}</code></a>'
    if row.promise:
        name, uri = map(escape, row.promise)
        # A title of a chapter is no code.
        if name[0].islower() and " " not in name:
            # A long name is broken at its dots, not within its words.
            name = f"<code>{name.replace('.', '.<wbr/>')}</code>"
        yield f'обещает <a href="{uri}">{name}</a>'
    else:
        yield row.rests
    yield f'<a href="#claim-{row.id}"><code>{row.id}</code></a>'
    if url := app.config.report_url:
        title = quote(f"Утверждение {row.id}")
        yield f'<a href="{escape(url)}?title={title}">Сообщить об ошибке</a>'


def text(node: nodes.Node) -> str:
    """Return a sentence with no more of its markup than a link may hold."""
    if isinstance(node, nodes.Text):
        return escape(node.astext(), quote=False)
    inside = "".join(map(text, node.children))
    tag = _KEPT.get(type(node))
    return f"<{tag}>{inside}</{tag}>" if tag else inside
