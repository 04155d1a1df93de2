"""The ``{interleaving}`` directive: the run that breaks, as a table of who did what in turn.

The explorer finds the run; its body here is what it found, recorded by
`handbook.authors.orders` (make accept), and `make doctest` finds the run
again and compares.  Options, in the words of the snippet:

``:make:`` statements that make what the actors share; ``:actors:`` name and
expression of each, as in ``A: x.add() | B: x.add()``; ``:holds:`` what should be
true in the end, left out where a deadlock or an error breaks the run;
``:caption:`` the table's title.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from proven.stage import SnippetError
from sphinx.util.docutils import SphinxDirective

from handbook.domain import Fault, handbook, warn
from handbook.output.runs import result, table

if TYPE_CHECKING:
    from proven.stage.explore.scene import Scene

_SCENE = ("make", "actors", "holds")
_BLOCK = re.compile(
    r"^(?P<fence>`{3,})\{(?:interleaving|scheduler)\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)\n?(?P<body>(?:.*\n)*?)(?P=fence)[ ]*$",
    re.M,
)


class Interleaving(SphinxDirective):
    """```{interleaving} races/lost_update_steps`` with the recorded run as its body."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = dict.fromkeys(
        (*_SCENE, "caption"), directives.unchanged_required
    )

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self.env.note_dependency(__file__)
        try:
            box = self.shown(name)
        except (OSError, ValueError, IndexError) as error:
            problem = f"the interleaving of {name}: {error}; mend its options or run make accept"
            warn(Fault.OUTPUT, problem, self.get_location())
            return []
        return [*self.doctests(name), box]

    def shown(self, name: str) -> nodes.container:
        """Return the recorded run as a table with its result; ValueError if it can't be read."""
        file = handbook(self.env).book.snippet(name)
        self.env.note_dependency(str(file))
        scene = scene_of(name, self.options)
        source = file.read_text(encoding="utf-8").splitlines()
        shown = table(dict(scene.actors), list(self.content), source)
        slug = nodes.make_id(name)
        ids = (f"interleaving-{slug}{number or ''}" for number in count())
        id = next(id for id in ids if id not in self.state.document.nameids)
        box = nodes.container("", shown, classes=["interleaving", f"of-example-{slug}"])
        if "caption" in self.options:
            inline, messages = self.parse_inline(self.options["caption"])
            shown.insert(0, nodes.title("", "", *inline, *messages))
        box += result(self.content[-1].removeprefix("= "))
        box["names"] = [id]
        self.state.document.note_explicit_target(box, box)
        for node in (*box.findall(nodes.table), *box.findall(nodes.title), box):
            self.set_source_info(node)
        return box

    def doctests(self, name: str) -> Iterator[nodes.Node]:
        """Yield what Sphinx's doctest builder runs and compares, unseen by the reader."""
        # Of its own name: the group of the snippet's output is another one.
        group = f"{name} interleaving"
        scene = {key: self.options[key] for key in _SCENE if key in self.options}
        call = f"check_run({name!r}, {scene!r})"
        code = nodes.comment("", "", testnodetype="testcode", groups=[group])
        code["test"] = f"from handbook.output.interleaving import check_run\n{call}"
        expected = nodes.comment("", "", testnodetype="testoutput", groups=[group])
        expected["test"] = "\n".join(self.content)
        for node in (code, expected):
            self.set_source_info(node)
            # The doctest builder counts the line of a testcode twice.
            node.line = (self.lineno + 1) // 2
            yield node


def scene_of(name: str, options: dict[str, str]) -> Scene:
    """Return the scene that a directive's options tell; ValueError if they don't."""
    # Explorers are many modules, and most builds read no such page.
    from proven.stage.explore.scene import Scene, parse_actors

    if not options.get("actors"):
        raise ValueError(":actors: is missing, as in «A: x.add() | B: x.add()»")
    actors = parse_actors(options["actors"])
    return Scene(name, options.get("make", ""), actors, options.get("holds", ""))


def check_run(name: str, options: dict[str, str]) -> None:
    """Print the run that breaks, as the page should show it; or why there is none."""
    from proven.stage.explore import CannotExplore

    try:
        print("\n".join(scene_of(name, options).find().lines()))
    except (CannotExplore, SnippetError, ValueError) as error:
        print(error)


class Run(NamedTuple):
    """A run that a page shows: its line, snippet and text, and what finds it anew."""

    line: int
    name: str
    block: str
    find: Callable[[], str]


def runs(text: str) -> Iterator[Run]:
    """Yield the runs in the text of a page; `find` raises as `check_run` tells."""
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        yield Run(line, block["name"], block[0], partial(_rewritten, block))


def accept(page: Path, wanted: Callable[[str, str], bool] = lambda name, text: True) -> bool:
    """Rewrite the runs on `page` from what the explorer finds; tell whether anything changed.

    wanted: by a block's snippet and text, whether to explore it.
    """
    before = page.read_text(encoding="utf-8")

    def put(block: re.Match[str]) -> str:
        return _rewritten(block) if wanted(block["name"], block[0]) else block[0]

    from proven.checks.accept import replace_text

    after = _BLOCK.sub(put, before)
    if after != before:
        replace_text(page, after)
    return after != before


def _rewritten(block: re.Match[str]) -> str:
    options = dict(re.findall(r":([\w-]+):[ ]*(.*)", block["options"]))
    lines = scene_of(block["name"], options).find().lines()
    head = block[0].partition("\n")[0]
    return "\n".join([head, f"{block['options']}", *lines, block["fence"]])
