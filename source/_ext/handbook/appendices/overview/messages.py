"""«Сообщения и признаки»: from what a reader sees on the screen to the page that explains it.

A page marks a message by ```{index} single: сообщение; no running event loop``` and a symptom by
```{index} single: признак; программа висит```.  Exceptions are found in the outputs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from handbook.domain import handbook, is_question, reading_order
from handbook.style.shape import MESSAGE, SYMPTOM

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

EXCEPTION = "исключение"
"""What an entry of the index is, before its semicolon; exceptions are marked by nobody."""
_HEADS = {
    SYMPTOM: "Что делается с программой",
    MESSAGE: "Что написано на экране",
    EXCEPTION: "Какие исключения показаны в выводах",
}
_NAME = re.compile(r"\b(?:[A-Z]\w*(?:Error|Warning|Exception|Interrupt|ExceptionGroup))\b")


class messages(nodes.General, nodes.Element):
    """The place of all messages and symptoms."""


class Messages(SphinxDirective):
    """All messages, symptoms and exceptions, each with the pages that explain it."""

    def run(self) -> list[nodes.Node]:
        handbook(self.env).tables.setdefault(self.env.docname, []).append("messages")
        return [messages()]


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Keep what the page that was read says of messages, symptoms and exceptions."""
    page = app.env.docname
    if is_question(page):
        messages = sorted(set(_marked(doctree)) | {(EXCEPTION, name) for name in _shown(doctree)})
        handbook(app.env).messages[page] = messages


def _marked(doctree: nodes.document) -> Iterator[tuple[str, str]]:
    for index in doctree.findall(addnodes.index):
        for _kind, entry, *_ in index["entries"]:
            kind, _, text = (part.strip() for part in entry.partition(";"))
            if kind in (MESSAGE, SYMPTOM):
                yield kind, text


def _shown(doctree: nodes.document) -> Iterator[str]:
    """Yield the exceptions that the page's programs print, or end with."""
    for node in doctree.findall():
        if isinstance(node, nodes.literal_block) and "output_of" in node:
            yield from _NAME.findall(node.astext())
        elif isinstance(node, nodes.comment) and "output_of" not in node:
            ends = re.search(r"raises='(\w+)'", node.get("test", ""))
            yield from [ends[1]] if ends else []


def state(env: BuildEnvironment) -> Any:
    """Return all that the page shows."""
    return [(page, env.titles[page].astext(), messages) for page, messages in _pages(env)]


def _pages(env: BuildEnvironment) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    kept = handbook(env).messages
    return ((page, kept[page]) for page in reading_order(env) if page in kept)


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the placeholder by a list for each kind."""
    for place in list(doctree.findall(messages)):
        place.replace_self(list(_lists(app, docname)))


def _lists(app: Sphinx, docname: str) -> Iterator[nodes.Node]:
    places: dict[str, defaultdict[str, list[str]]] = {kind: defaultdict(list) for kind in _HEADS}
    for page, messages in _pages(app.env):
        for kind, text in messages:
            places[kind][text].append(page)
    for kind, head in _HEADS.items():
        if places[kind]:
            yield nodes.rubric("", head)
            items = (_item(app, docname, kind, text, on) for text, on in _sorted(places[kind]))
            yield nodes.definition_list("", *items, classes=["messages"])


def _sorted(places: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    return sorted(places.items(), key=lambda item: item[0].casefold().replace("ё", "е"))


def _item(
    app: Sphinx, docname: str, kind: str, text: str, pages: list[str]
) -> nodes.definition_list_item:
    # A name of Python's stays as it is spelled.
    shown = nodes.Text(text if text[0].isascii() else text[0].upper() + text[1:])
    term = nodes.term("", "", shown if kind == SYMPTOM else nodes.literal(text, text))
    definition = nodes.definition()
    for page in pages:
        title = nodes.Text(app.env.titles[page].astext())
        link = make_refnode(app.builder, docname, page, "", title)
        definition += nodes.paragraph("", "", link)
    return nodes.definition_list_item("", term, definition)
