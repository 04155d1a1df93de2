"""The ``{scheduler}`` directive: the reader chooses who moves next, and tries to break a snippet.

The explorer gives the whole graph of states; the page holds it as JSON, `scheduler.js`
walks it.  Its answer is the run that breaks: its body and its options are those of an
``{interleaving}``, recorded and checked likewise, but the reader sees it last: folded
under the game, on paper at the chapter's end.  More options: ``:goal:`` what the reader
should bring about, after «Найдите порядок, при котором»; ``:fixed:`` the snippet where it
can't be, ``:fixed-actors:`` its actors if they are others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from proven.stage import SnippetError

from handbook.domain import Fault, handbook, warn
from handbook.output.interleaving import Interleaving, scene_of
from handbook.output.recorded import guess
from handbook.output.runs import effect_in_russian, result

if TYPE_CHECKING:
    from proven.stage.explore.graph import Graph
    from proven.stage.explore.scene import Scene
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


class game(nodes.General, nodes.Element):
    """An exercise: its text and answer, and `data`, the JSON that the script walks."""


class Scheduler(Interleaving):
    """```{scheduler} races/lost_update_broken`` with the run that breaks as its body."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = dict.fromkeys(
        (*Interleaving.option_spec, "goal", "fixed", "fixed-actors"),
        directives.unchanged_required,
    )

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        # Explorers are many modules, and most builds read no such page.
        from proven.stage.explore import CannotExplore

        self.env.note_dependency(__file__)
        for snippet in {name, self.options.get("fixed", name)}:
            self.env.note_dependency(str(handbook(self.env).book.snippet(snippet)))
        try:
            return [*self.doctests(name), self._game(name)]
        except (CannotExplore, SnippetError, OSError, ValueError, IndexError) as error:
            problem = f"the game of {name}: {error}"
            warn(Fault.OUTPUT, problem, self.get_location())
            return []

    def _game(self, name: str) -> nodes.Node:
        from proven.stage.explore.graph import Graph

        for option in ("goal", "fixed"):
            if option not in self.options:
                raise ValueError(f":{option}: is missing")
        broken, fixed = (Graph(scene) for scene in scenes(name, self.options))
        if not broken.orders(broken=True):
            raise ValueError("no order breaks it: mend :holds: or the snippet")
        if fixed.orders(broken=True):
            raise ValueError(f"an order breaks {fixed.scene.snippet}, too: it isn't fixed")
        goal = f"Найдите порядок, при котором {self.options['goal']}."
        if broken.scene.in_tasks:
            goal += " Шаг задачи длится до её следующей приостановки."
        inline, messages = self.parse_inline(goal)
        task = nodes.paragraph("", "", nodes.strong("", "Вы — планировщик."), nodes.Text(" "))
        task += [*inline, *messages]
        asked = guess(
            "",
            self.shown(name),
            counts(broken, fixed),
            name=f"{name}/scheduler",
            caption=f"snippets/{name}.py",
            summary="Ответ: порядок, который ломает программу",
            question="Найдите порядок сами, потом сверьтесь с ответом на с.\u00a0{}.",
        )
        both = [data(graph, self._source(graph.scene.snippet)) for graph in (broken, fixed)]
        node = game(
            "", task, asked, data=json.dumps(both, ensure_ascii=False, separators=(",", ":"))
        )
        for part in (node, *node.findall(nodes.Element)):
            self.set_source_info(part)
        return node

    def _source(self, snippet: str) -> list[str]:
        file = handbook(self.env).book.snippet(snippet)
        return file.read_text(encoding="utf-8").splitlines()


def counts(broken: Graph, fixed: Graph) -> nodes.paragraph:
    """Return how many orders there are, and how many of them break."""
    fault, every = number(broken.orders(broken=True)), number(broken.orders())
    text = f"Порядков, которые ломают программу: {fault} из {every}. В исправленной программе "
    shown = nodes.paragraph("", text)
    if fixed.scene.snippet != broken.scene.snippet:
        file = f"{fixed.scene.snippet.rpartition('/')[2]}.py"
        shown += [nodes.literal(file, file), nodes.Text(" ")]
    shown += nodes.Text(f"перебраны все порядки, их {number(fixed.orders())}: не ломает ни один.")
    return shown


def scenes(name: str, options: dict[str, str]) -> tuple[Scene, Scene]:
    """Return the scene of the broken snippet and that of the fixed one."""
    actors = options.get("fixed-actors", options.get("actors", ""))
    return scene_of(name, options), scene_of(options["fixed"], {**options, "actors": actors})


def number(count: int) -> str:
    """Return a number as it is written in Russian."""
    return f"{count:,}".replace(",", "\u00a0") if count > 9999 else str(count)


class _Words(dict[str, int]):
    """Texts, each with its number: the first is the empty one."""

    def of(self, text: str) -> int:
        return self.setdefault(text, len(self))


def data(graph: Graph, source: list[str]) -> dict[str, Any]:
    """Return what the script needs of a graph; its docstring is the head of scheduler.js.

    Each state is [stand, shared, moves, hope, end, breaks]: stand the line of each actor and
    what it waits for, moves [actor, next state, text], texts as numbers of `words`.
    """
    from proven.stage.explore import CannotExplore
    from proven.stage.explore.graph import DONE, hopes

    words, scene = _Words({"": 0}), graph.scene
    names = [name for name, _ in scene.actors]
    states = graph.shortened()
    hope = hopes(states)
    changing = {name for state in states for name, _ in set(state.shared) - set(states[0].shared)}

    def in_russian(did: str) -> str:
        return "".join(part.astext() for part in effect_in_russian(called(did)))

    def called(text: str) -> str:
        for lock, name in graph.locks.items():
            text = text.replace(lock, name)
        return text

    def value(text: str) -> str:
        holder = text.removeprefix("held by ")
        return "свободна" if text == "free" else text if holder == text else f"держит {holder}"

    rows = []
    for state, can_break in zip(states, hope, strict=True):
        stand = [
            [line, words.of(in_russian(f"waits {what}") if what else "")]
            for line, what in state.stand
        ]
        moves = [
            [names.index(move.who), move.to, words.of("; ".join(map(in_russian, move.did)))]
            for move in state.moves.values()
            if not move.which
        ]
        if len(moves) < len(state.moves):
            raise CannotExplore(f"{scene.snippet}: several wait for one signal, that is no game")
        end = result(called(state.end)).astext() if state.breaks else state.end
        rows.append(
            [
                stand,
                [words.of(value(text)) for name, text in state.shared if name in changing],
                moves,
                int(can_break),
                words.of(end),
            ]
        )
    lines = {line for state in states for line, _ in state.stand if line > 0}
    return {
        "title": f"{scene.snippet.rpartition('/')[2]}.py",
        "actors": scene.actors,
        "code": {line: source[line - 1].strip() for line in sorted(lines)},
        "shared": [name for name, _ in states[0].shared if name in changing],
        "orders": number(graph.orders()),
        "broken": number(graph.orders(broken=True)),
        "done": DONE,
        "states": rows,
        "words": list(words),
    }


def visit_game_html(self: HTML5Translator, node: game) -> None:
    """Open the box; the script finds the states in it, but no reader of an EPUB runs one."""
    self.body.append('<div class="scheduler">')
    if self.builder.name != "epub":
        states = node["data"].replace("<", "\\u003c")
        self.body.append(f'<script type="application/json">{states}</script>')


def depart_game_html(self: HTML5Translator, node: game) -> None:
    """Close the box."""
    self.body.append("</div>")


def visit_game_typst(self: Any, node: game) -> None:
    """Write the exercise; its answer goes to the end of the chapter."""
    self.body.append(self.inside(node))
    raise nodes.SkipNode


def add_scripts(app: Sphinx, page: str, template: str, context: Any, doctree: Any) -> None:
    """Load the scripts only where there is something to step through, or to play."""
    boxes = doctree.findall(nodes.container) if doctree is not None else ()
    if any("interleaving" in box["classes"] for box in boxes):
        app.add_js_file("interleaving.js")
    if doctree is not None and next(doctree.findall(game), None) is not None:
        app.add_js_file("scheduler.js")
