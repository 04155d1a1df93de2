"""A recorded run as a table in Russian: a column for each actor, a row for each step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from proven.stage.trace import BAR
from sphinx import addnodes

DEADLOCK = f"deadlock{BAR}"
"""Begins a line of an output that tells who waits for what."""

_IN_RUSSIAN = {
    "deletes": "удаляет",
    "takes": "берёт",
    "gives": "отпускает",
    "waits": "ждёт",
    "fails": "не получает",
    "sets": "поднимает",
    "clears": "опускает",
    "opens": "открывает",
    "notifies": "будит ждущего на",
    "wakes": "проснулся на",
    "puts": "кладёт в",
    "gets": "достаёт из",
    "done": "отмечает сделанное в",
    "cancels": "отменяет",
    "raises": "падает с",
    "prints": "печатает",
}
_WAITED = {
    "notify of ": "сигнала ",
    "the end of ": "конца ",
    "an item in ": "элемента в ",
    "room in ": "места в ",
    "task_done of ": "отметки о сделанном в ",
}
_SWITCH = "⇄ здесь очередь переходит к другому: отсюда и ошибка"


def table(does: dict[str, str], lines: list[str], source: list[str]) -> nodes.table:
    """Return the table of a recorded run: a column for each actor, a row for each step.

    does: the expression of each actor, told where it waits outside of the snippet.
    """
    actors = list(does)
    if not lines or not lines[-1].startswith("= "):
        raise ValueError("the recorded run is missing")
    group = nodes.tgroup("", cols=len(actors) + 1)
    group += nodes.colspec("", colwidth=4)
    group += [nodes.colspec("", colwidth=90 // len(actors)) for _ in actors]
    heads = [nodes.entry("", nodes.paragraph("", text)) for text in ("№", *actors)]
    group += nodes.thead("", nodes.row("", *heads))
    body = nodes.tbody()
    for number, line in enumerate(lines[:-1], 1):
        actor, place, effects, *mark = line.split(" │ ")
        row = nodes.row("", nodes.entry("", nodes.paragraph("", str(number))))
        row["classes"] = [f"line-{place}", *["hurts"] * len(mark)]
        for other in actors:
            cell = nodes.entry()
            if other == actor:
                code = source[int(place) - 1].strip() if place != "0" else does[actor]
                cell += _step(actor, code, effects, bool(mark))
            row += cell
        body += row
    group += body
    return nodes.table("", group)


def _step(actor: str, code: str, effects: str, hurts: bool) -> Iterator[nodes.Node]:
    who = addnodes.only("", nodes.inline("", f"{actor} ", classes=["who"]), expr="builder_html")
    yield nodes.paragraph("", "", who, nodes.literal(code, code))
    lines, together = addnodes.only("", expr="not builder_typst"), nodes.paragraph()
    for effect in effects.split("; "):
        lines += nodes.paragraph("", "", *effect_in_russian(effect))
        # On paper a table of many lines is cut by the end of a page.
        together += [nodes.Text("; " if together.children else ""), *effect_in_russian(effect)]
    yield lines
    yield addnodes.only("", together, expr="builder_typst")
    if hurts:
        yield nodes.paragraph("", "", nodes.strong("", _SWITCH), classes=["switch"])


def effect_in_russian(effect: str) -> Iterator[nodes.Node]:
    """Yield an effect in Russian: «читает `x`: 0»."""
    for sign, word in ((" → ", "читает"), (" ← ", "пишет")):
        name, separator, value = effect.partition(sign)
        if separator:
            yield nodes.Text(f"{word} ")
            yield nodes.literal(name, name)
            yield nodes.Text(": ")
            yield nodes.literal(value, value)
            return
    what, _, rest = effect.partition(" ")
    thing, held, holder = rest.partition(", held by ")
    thing, _, value = thing.partition(": ")
    words, thing = _waited(thing)
    yield nodes.Text(f"{_IN_RUSSIAN[what]} {words}")
    yield nodes.literal(thing, thing)
    if value:
        yield nodes.Text(": ")
        yield nodes.literal(value, value)
    if held:
        yield nodes.Text(f" (держит {holder})")


def _waited(thing: str) -> tuple[str, str]:
    for english, russian in _WAITED.items():
        if thing.startswith(english):
            return russian, thing.removeprefix(english)
    return "", thing


def result(text: str) -> nodes.paragraph:
    """Return the last line of a recorded run in Russian."""
    shown = nodes.paragraph("", "", nodes.strong("", "Итог."), classes=["result"])
    kind, _, rest = text.partition(": ")
    if kind == "deadlock":
        shown += nodes.Text(" Программа стоит")
        for place, wait in enumerate(rest.split("; ")):
            shown += nodes.Text("; " if place else ": ")
            shown += _stuck(wait)
        shown += nodes.Text(".")
    elif kind == "error":
        shown += nodes.Text(" Исключение: ")
        shown += nodes.literal(rest, rest)
        shown += nodes.Text(".")
    else:
        what, _, rest = text.partition(" is ")
        value, _, right = rest.partition(", not ")
        for word, russian in (("at least ", "не меньше "), ("at most ", "не больше ")):
            right = right.replace(word, russian)
        shown += nodes.Text(" ")
        shown += nodes.literal(what, what)
        shown += nodes.Text(" — это ")
        shown += nodes.literal(value, value)
        words = re.match(r"(не \w+ )?(.*)", right)
        assert words
        shown += nodes.Text(f", а должно быть {words[1] or ''}")
        shown += nodes.literal(words[2], words[2])
        shown += nodes.Text(".")
    return shown


def _stuck(wait: str) -> Iterator[nodes.Node]:
    who, _, what = wait.partition(" waits for ")
    thing, held, holder = what.partition(", held by ")
    words, thing = _waited(thing)
    yield nodes.Text(f"{who} ждёт {words}")
    yield nodes.literal(thing, thing)
    yield nodes.Text(f" (держит {holder})" if held else "")


def deadlock_table(waits: list[str]) -> nodes.table:
    """Return who waits for what in a deadlock as a table."""
    rows = [["Кто", "Чего ждёт", "Кто это держит"]]
    for line in waits:
        who, _, rest = line.removeprefix(DEADLOCK).partition(" waits for ")
        what, _, holder = rest.partition(", held by ")
        what = re.sub("^the end of ", "конца ", what)
        rows.append([who, re.sub("^room in ", "места в ", what), holder])
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in rows[0]), cols=3)
    head, *body = (
        nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))
        for cells in ([nodes.Text(text) for text in row] for row in rows)
    )
    group += [nodes.thead("", head), nodes.tbody("", *body)]
    return nodes.table("", group, classes=["deadlock"])
