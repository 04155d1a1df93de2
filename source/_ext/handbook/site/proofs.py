"""A page for each file of proofs, so that the reader can open every one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from handbook.appendices.ledger import proof_page
from handbook.domain import handbook
from handbook.site.outdated import written

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LINE = re.compile(r'<a id="(line-\d+)" name="\1"></a><a href="#\1">(.*?)</a>')


def proof_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the pages that don't show yet what they should."""
    if written(app).untouched:
        return
    book = handbook(app.env).book
    formatter = HtmlFormatter(lineanchors="line", anchorlinenos=True, linenos="inline")
    for file in sorted({proof.file for proof in book.all_proofs}):
        page, text = proof_page(file), book.text(book.root / file)
        if not written(app).outdated(page, text):
            continue
        # A hundred links to lines would stand in the way of the keyboard.
        code = _LINE.sub(r'<span id="\1">\2</span>', highlight(text, PythonLexer(), formatter))
        name = file.replace("/", "/<wbr/>")
        body = f'<h1>Доказательства: <code class="literal">{name}</code></h1>\n{code}'
        yield page, {"title": file, "body": body}, "page.html"
