"""The contents at the side: resolved once a build, and for each page only marked.

Sphinx and furo make them anew for every page, which takes longer than all the rest and grows with
the square of the pages.  A page has only the questions of its own chapter: those of all weigh more
than its text.  Marking is what sphinx.environment.adapters.toctree does to the doctree
(class ``current``) and furo.navigation to the HTML (``current-page``, ``checked``).
"""

from __future__ import annotations

import json
import posixpath
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import furo
import sphinx
from furo.navigation import get_navigation_tree
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import global_toctree_for_doc
from sphinx.util.osutil import relative_uri

from handbook.site.repairs import NAVIGATION, mend

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_TAG = re.compile(
    r'(<li class="[^"]*">|</li>|<ul>|</ul>|<a class="[^"]*" href="[^"]*">|<input [^>]*>)'
)
_HREF = re.compile(r'(?<=href=")[^"]*')


class Navigation:
    """The contents of the site as HTML, cut at the tags in which one page differs from another."""

    def __init__(self, builder: StandaloneHTMLBuilder) -> None:
        html = _kept(builder, Path(builder.doctreedir, "navigation.json"))
        self._parts = _TAG.split(mend(NAVIGATION, html, "the contents at the side"))
        self._around: dict[str, list[int]] = {}
        self._switches: dict[int, int] = {}
        self._folds: dict[int, slice] = {}
        self._in_folder = lru_cache(None)(self._relative)
        open_tags: list[int] = []
        for place, part in enumerate(self._parts):
            if part.startswith(("<ul", "<li")):
                open_tags.append(place)
            elif part in ("</ul>", "</li>"):
                open_tags.pop()
                if part == "</ul>" and open_tags and (switch := self._switches.get(open_tags[-1])):
                    self._folds[open_tags[-1]] = slice(switch, place + 2)
            elif part.startswith("<input"):
                self._switches[open_tags[-1]] = place
            elif place % 2:
                self._around[_HREF.findall(part)[0]] = [*open_tags, place]

    def at(self, uri: str) -> str:
        """Return the contents as the page at `uri` shows them."""
        parts = self._in_folder(posixpath.dirname(uri)).copy()
        around = self._around.get(uri, [])
        for item in self._folds.keys() - set(around):
            fold = self._folds[item]
            parts[fold] = [""] * (fold.stop - fold.start)
            parts[item] = parts[item].replace(" has-children", "")
        if around:
            *outer, link = around
            parts[link] = '<a class="current reference internal" href="#">'
            for place in outer:
                parts[place] = _current(parts[place])
                if switch := self._switches.get(place):
                    parts[switch] = parts[switch].replace(" class=", ' checked="" class=', 1)
            parts[outer[-1]] = parts[outer[-1]].replace('">', ' current-page">')
        return "".join(parts)

    def _relative(self, folder: str) -> list[str]:
        """Return the parts with the addresses as a page in `folder` has them."""
        page = posixpath.join(folder, "-")
        return [
            _HREF.sub(lambda href: relative_uri(page, href[0]), part) if place % 2 else part
            for place, part in enumerate(self._parts)
        ]


def _kept(builder: StandaloneHTMLBuilder, file: Path) -> str:
    """Return the contents; `file` spares the same work if they are as an earlier build had them.

    They are if the titles are, and if no page with a toctree was read anew.
    """
    env = builder.env
    key = [
        *(sphinx.__version__, furo.__version__, builder.get_target_uri(env.config.root_doc)),
        {page: str(title) for page, title in env.titles.items()},
        {page: env.all_docs[page] for page in env.toctree_includes},
    ]
    with suppress(OSError, ValueError):
        *before, html = json.loads(file.read_text(encoding="utf-8"))
        if before == key:
            return str(html)
    html = _by_furo(builder)
    file.write_text(json.dumps([*key, html]), encoding="utf-8")
    return html


def _by_furo(builder: StandaloneHTMLBuilder) -> str:
    tree = global_toctree_for_doc(
        *(builder.env, builder.config.root_doc, builder),
        tags=builder.tags,
        collapse=False,
        titles_only=True,
        maxdepth=-1,
        includehidden=True,
    )
    return get_navigation_tree(builder.render_partial(tree)["fragment"] if tree else "")


def _current(tag: str) -> str:
    if tag == "<ul>":
        return '<ul class="current">'
    return re.sub(r'(?= has-children|">)', " current", tag, count=1)


def leave_out(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Keep furo from making the contents of this page; connected before it."""
    context.pop("toctree", None)


def put_in(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Give the page its contents; connected after furo."""
    if isinstance(app.builder, StandaloneHTMLBuilder) and app.builder.name == "html":
        context["furo_navigation_tree"] = _of(app.builder).at(app.builder.get_target_uri(pagename))


@lru_cache(1)
def _of(builder: StandaloneHTMLBuilder) -> Navigation:
    return Navigation(builder)
