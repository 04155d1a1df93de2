"""The ``{interleaving}`` directive: the run that breaks, as a table of who did what in turn.

The explorer finds the run; its body here is what it found, recorded by
`python -m handbook.interleaving` (make accept), and `make doctest` finds the run
again and compares.  Options, in the words of the snippet:

``:make:`` statements that make what the actors share; ``:actors:`` name and
expression of each, as in ``A: x.add() | B: x.add()``; ``:holds:`` what should be
true in the end, left out where a deadlock or an error breaks the run;
``:caption:`` the table's title.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from proven.checks import parse, parser
from proven.stage import SnippetError
from proven.stage.explore import CannotExplore
from proven.stage.explore.scene import Scene, parse_actors
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from handbook.domain import Fault, handbook, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_BLOCK = re.compile(
    r"^(?P<fence>`{3,})\{interleaving\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)\n?(?P<body>(?:.*\n)*?)(?P=fence)[ ]*$",
    re.M,
)
_IN_RUSSIAN = {
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
_SWITCH = "⇄ здесь очередь переходит к другому, и это всё портит"


class Interleaving(SphinxDirective):
    """```{interleaving} races/lost_update_steps`` with the recorded run as its body."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = dict.fromkeys(
        ("make", "actors", "holds", "caption"), directives.unchanged_required
    )

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        file = handbook(self.env).book.snippet(name)
        self.env.note_dependency(str(file))
        self.env.note_dependency(__file__)
        try:
            scene = scene_of(name, self.options)
            source = file.read_text(encoding="utf-8").splitlines()
            shown = _table(dict(scene.actors), list(self.content), source)
        except (OSError, ValueError, IndexError) as error:
            problem = f"the interleaving of {name}: {error}; mend its options or run make accept"
            warn(Fault.OUTPUT, problem, self.get_location())
            return []
        slug = nodes.make_id(name)
        ids = (f"interleaving-{slug}{number or ''}" for number in count())
        id = next(id for id in ids if id not in self.state.document.nameids)
        box = nodes.container("", shown, classes=["interleaving", f"of-example-{slug}"])
        if "caption" in self.options:
            inline, messages = self.parse_inline(self.options["caption"])
            shown.insert(0, nodes.title("", "", *inline, *messages))
        box += _result(self.content[-1].removeprefix("= "))
        box["names"] = [id]
        self.state.document.note_explicit_target(box, box)
        for node in (*box.findall(nodes.table), *box.findall(nodes.title), box):
            self.set_source_info(node)
        return [*self._checked(name), box]

    def _checked(self, name: str) -> Iterator[nodes.Node]:
        """Yield what Sphinx's doctest builder runs and compares, unseen by the reader."""
        # Of its own name: the group of the snippet's output is another one.
        group = f"{name} interleaving"
        call = f"check_run({name!r}, {dict(self.options)!r})"
        code = nodes.comment("", "", testnodetype="testcode", groups=[group])
        code["test"] = f"from handbook.interleaving import check_run\n{call}"
        expected = nodes.comment("", "", testnodetype="testoutput", groups=[group])
        expected["test"] = "\n".join(self.content)
        for node in (code, expected):
            self.set_source_info(node)
            # The doctest builder counts the line of a testcode twice.
            node.line = (self.lineno + 1) // 2
            yield node


def scene_of(name: str, options: dict[str, str]) -> Scene:
    """Return the scene that a directive's options tell; ValueError if they don't."""
    if not options.get("actors"):
        raise ValueError(":actors: is missing, as in «A: x.add() | B: x.add()»")
    actors = parse_actors(options["actors"])
    return Scene(name, options.get("make", ""), actors, options.get("holds", ""))


def check_run(name: str, options: dict[str, str]) -> None:
    """Print the run that breaks, as the page should show it; or why there is none."""
    try:
        print("\n".join(scene_of(name, options).find().lines()))
    except (CannotExplore, SnippetError, ValueError) as error:
        print(error)


def _table(does: dict[str, str], lines: list[str], source: list[str]) -> nodes.table:
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
    for effect in effects.split("; "):
        yield nodes.paragraph("", "", *_effect(effect))
    if hurts:
        yield nodes.paragraph("", "", nodes.strong("", _SWITCH), classes=["switch"])


def _effect(effect: str) -> Iterator[nodes.Node]:
    """Yield an effect in Russian: «читает `x`: 0»."""
    for sign, word in ((" → ", "читает"), (" ← ", "пишет")):
        name, found, value = effect.partition(sign)
        if found:
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
        yield nodes.Text(f", держит {holder}")


def _waited(thing: str) -> tuple[str, str]:
    for english, russian in _WAITED.items():
        if thing.startswith(english):
            return russian, thing.removeprefix(english)
    return "", thing


def _result(text: str) -> nodes.paragraph:
    """Return the last line of a recorded run in Russian."""
    shown = nodes.paragraph("", "", nodes.strong("", "Итог."), classes=["result"])
    kind, _, rest = text.partition(": ")
    if kind == "deadlock":
        stuck = []
        for wait in rest.split("; "):
            who, _, what = wait.partition(" waits for ")
            thing, held, holder = what.partition(", held by ")
            stuck.append(
                f"{who} ждёт {''.join(_waited(thing))}" + (f", держит {holder}" if held else "")
            )
        shown += nodes.Text(f" Программа стоит: {'; '.join(stuck)}.")
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


def accept(page: Path) -> bool:
    """Rewrite the runs on `page` from what the explorer finds; tell whether anything changed."""
    before = page.read_text(encoding="utf-8")
    after = _BLOCK.sub(_rewritten, before)
    if after != before:
        page.write_text(after, encoding="utf-8")
    return after != before


def _rewritten(block: re.Match[str]) -> str:
    options = dict(re.findall(r":([\w-]+):[ ]*(.*)", block["options"]))
    lines = scene_of(block["name"], options).find().lines()
    head = block[0].partition("\n")[0]
    return "\n".join([head, f"{block['options']}", *lines, block["fence"]])


def main() -> int:
    """Rewrite every page under source/; report each change and each failure."""
    _, book = parse(parser("interleaving", main.__doc__))
    failed = False
    for page in book.settings.page_files():
        place = book.settings.name_of(page)
        try:
            if accept(page):
                print(f"{place}: interleavings rewritten, review them with git diff")
        except (CannotExplore, SnippetError, ValueError) as error:
            failed = True
            print(f"{place}: left as it is\n{error}", file=sys.stderr)
    return int(failed)


def add_script(app: Sphinx, page: str, template: str, context: Any, doctree: Any) -> None:
    """Load the script only where there is something to step through."""
    if doctree is not None and any(
        "interleaving" in box["classes"] for box in doctree.findall(nodes.container)
    ):
        app.add_js_file("interleaving.js", loading_method="defer")


if __name__ == "__main__":
    sys.exit(main())
