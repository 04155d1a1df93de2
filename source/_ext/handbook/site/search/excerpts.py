"""What the search and the search engines read."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from handbook.site.repairs import TOOLS, no_longer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_NOT_PROSE = re.compile(
    r'<pre.*?</pre>|<svg.*?</svg>|<div class="interleaving.*?</table>|'
    r'<h\d.*?</h\d>|<p class="(?:admonition-title|checked|first|rubric)"[^>]*>.*?</p>|'
    r'<ul class="asked.*?</ul>|'
    r'<div class="code-block-caption">.*?</div>|<span class="caption-number">.*?</span>|'
    r'<summary>.*?</summary>|<a class="(?:headerlink|claim-mark)".*?</a>',
    re.S,
)
# All other tags part words.
_WITHIN_WORDS = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|i|kbd|q|s|span|strong|sub|sup|wbr)\b[^>]*>"
)


def write_text(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Write the page's text for excerpts, as a script: a browser fetches no pages from disk."""
    if app.builder.name != "html" or doctree is None:
        return
    script = Path(app.outdir, f"_static/texts/{pagename}.js")
    script.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_prose(context["body"]), ensure_ascii=False)
    script.write_text(f"TEXTS[{json.dumps(pagename)}] = {text};\n", encoding="utf-8")


def _prose(body: str) -> str:
    """Return the text of `body` without code, links to itself and marks."""
    text = re.sub("<[^>]*>", " ", _WITHIN_WORDS.sub("", _NOT_PROSE.sub("", body)))
    return " ".join(html.unescape(text).split())


def finish(app: Sphinx, error: Exception | None) -> None:
    """Tell the search engines of all pages, and make sure that search.js fits Sphinx's tools."""
    if error or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    for name, parts in TOOLS.items():
        tool = (outdir / "_static" / name).read_text(encoding="utf-8")
        for part in parts:
            if part not in tool:
                no_longer(f"sphinx/themes/basic/static/{name}: {part!r}", "search.js")
    # Without it GitHub Pages drops folders like _static when it serves a branch.
    (outdir / ".nojekyll").touch()
    sitemap, robots = outdir / "sitemap.xml", outdir / "robots.txt"
    if base := app.config.html_baseurl.removesuffix("/"):
        addresses = map(app.builder.get_target_uri, sorted(app.env.found_docs))
        urls = "".join(f"<url><loc>{base}/{uri}</loc></url>\n" for uri in addresses)
        text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
        sitemap.write_text(text, encoding="utf-8")
        text = f"User-agent: *\nAllow: /\nSitemap: {base}/{sitemap.name}\n"
        robots.write_text(text, encoding="utf-8")
    else:
        # They would tell the address of an earlier build.
        sitemap.unlink(missing_ok=True)
        robots.unlink(missing_ok=True)
