"""What no source has: proofs, each chapter's ledger and mutants, the lost page, what to print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.util.parallel import ParallelTasks, make_chunks, parallel_available

from handbook.appendices import mutants, screen
from handbook.appendices.ledger import proof_page, state
from handbook.appendices.rows import rows
from handbook.domain import handbook
from handbook.site.outdated import written

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LOST = "404"
"""The page that servers show for addresses that lead nowhere, in whatever folder."""

_MANY = 6
"""Files for which it pays to start processes, as it does for Sphinx's pages."""
_LINE = re.compile(r'<a id="(line-\d+)" name="\1"></a><a href="#\1">(.*?)</a>')
_REPORT = (
    "<p>Нашли ошибку? Ссылка с именем утверждения — адрес строки, а её текст — готовый "
    "заголовок сообщения.</p>"
)


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the pages that don't show yet what they should."""
    if app.builder.name != "html" or written(app).untouched:
        return
    for page, title, body in (_lost(app), *_ledgers(app), *_mutants(app)):
        if written(app).outdated(page, body):
            body = f"<h1>{title}</h1>\n{body}"
            yield page, {"title": title, "body": body}, "page.html"


def _ledgers(app: Sphinx) -> Iterator[tuple[str, str, str]]:
    ledger = handbook(app.env).book.settings.ledger
    if written(app).unchanged(f"{ledger}/", state(app.env)):
        return
    for chapter, listed in screen.by_chapter(rows(app.env)).items():
        page = screen.ledger_of(ledger, f"{chapter}/")
        whole = app.builder.get_relative_uri(page, ledger)
        links = f'<p><a href="{whole}">Все главы реестра</a></p>'
        title = f"Реестр утверждений: {escape(screen.title_of(app, chapter))}"
        yield page, title, f"{links}\n{_REPORT}\n{screen.html(app, page, listed)}"


def _mutants(app: Sphinx) -> Iterator[tuple[str, str, str]]:
    if written(app).unchanged(f"{mutants.FOLDER}/", mutants.state(app.env)):
        return
    for page, title, table in mutants.by_chapter(app):
        whole = app.builder.get_relative_uri(page, mutants.FOLDER)
        yield page, title, f'<p><a href="{whole}">Все главы и что такое мутант</a></p>\n{table}'


def _lost(app: Sphinx) -> tuple[str, str, str]:
    root = app.builder.get_relative_uri(LOST, app.config.root_doc)
    search = app.builder.get_relative_uri(LOST, "search")
    body = (
        "<p>По этому адресу ничего нет. Возможно, вопрос переехал или в адресе опечатка.</p>\n"
        f'<ul><li><p><a href="{root}">Все вопросы</a></p></li>'
        f'<li><p><a href="{search}">Поиск</a></p></li></ul>'
    )
    return LOST, "Страница не найдена", body


def based(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Let the links of the lost page begin at the site's root.

    The server shows that page under the address that was asked for, in any folder.  Where no
    address is set, the site is taken to be all of its host, as no page can know better.
    """
    if pagename == LOST:
        base = f'<base href="{escape(app.config.html_baseurl.removesuffix("/"))}/">'
        context["metatags"] = base + context.get("metatags", "")


def printable(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Let each page of a chapter lead to what `make` prints of the chapter."""
    chapter, _, page = pagename.partition("/")
    if app.builder.name == "html" and page and doctree:
        book, answers = (
            context["pathto"](f"print/{chapter}{kind}.pdf", 1) for kind in ("", "-answers")
        )
        context["body"] += (
            f'<p class="checked">Напечатать: <a href="{book}">глава</a>, '
            f'<a href="{answers}">её краткие ответы</a>.</p>\n'
        )


def proof_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each file of proofs, if it doesn't show yet what it should."""
    if written(app).untouched:
        return
    book = handbook(app.env).book
    files = sorted({proof.file for proof in book.all_proofs})
    texts = {file: book.text(book.root / file) for file in files}
    outdated = {
        file: text for file, text in texts.items() if written(app).outdated(proof_page(file), text)
    }
    for file, code in _highlighted(outdated, app.parallel):
        name = file.replace("/", "/<wbr/>")
        body = f'<h1>Доказательства: <code class="literal">{name}</code></h1>\n{code}'
        yield proof_page(file), {"title": file, "body": body}, "page.html"


def _highlighted(texts: dict[str, str], processes: int) -> list[tuple[str, str]]:
    """Return these files with their code as HTML; many take seconds, and share them out."""

    def some(files: Sequence[str]) -> list[tuple[str, str]]:
        formatter = HtmlFormatter(lineanchors="line", anchorlinenos=True, linenos="inline")
        pages = [(file, highlight(texts[file], PythonLexer(), formatter)) for file in files]
        # A hundred links to lines would stand in the way of the keyboard.
        return [(file, _LINE.sub(r'<span id="\1">\2</span>', page)) for file, page in pages]

    if not parallel_available or processes == 1 or len(texts) < _MANY:
        return some(list(texts))
    done: list[tuple[str, str]] = []
    tasks = ParallelTasks(processes)
    for chunk in make_chunks(list(texts), processes):
        tasks.add_task(some, chunk, lambda _, pages: done.extend(pages))
    tasks.join()
    return done
