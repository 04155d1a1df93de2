"""Interleavings: found by the explorer, shown as tables, checked and kept up to date."""

from pathlib import Path
from time import process_time

import pytest
from docutils import nodes
from handbook.appendices import rows
from handbook.output import interleaving, runs
from handbook.output.interleaving import accept, check_run, scene_of
from proven.stage.explore import CannotExplore
from proven.stage.explore.steps.marks import Effect, Step, mark

ROOT = Path(__file__).parents[3]
OPTIONS = {
    "make": "x = Counter()",
    "actors": "A: x.add() | B: x.add()",
    "holds": "x.value == 2",
}
RUN = [
    "A │ 9 │ self.value → 0 │ !",
    "B │ 9 │ self.value → 0; self.value ← 1",
    "A │ 9 │ self.value ← 1",
    "= x.value is 1, not 2",
]
PAGES = sorted((ROOT / "source").rglob("*.md"))
BLOCKS = [
    (page, block)
    for page in PAGES
    for block in interleaving._BLOCK.finditer(page.read_text(encoding="utf-8"))
]


def test_the_run_that_breaks_with_the_switch_that_hurts(capsys: pytest.CaptureFixture[str]) -> None:
    check_run("races/lost_update_steps", OPTIONS)
    assert capsys.readouterr().out.splitlines() == RUN


def test_the_way_to_what_is_put_in_the_place_of_a_container_is_told() -> None:
    options = {
        "make": "prices = Prices(); bill = []",
        "actors": "A: bill.append(order(prices, int)) | B: prices.double()",
        "holds": "bill[0] in (3, 6)",
    }
    steps = scene_of("races/readers_twice_broken", options).find().steps
    told = [(step.actor, str(effect)) for step in steps for effect in step.effects]
    assert told[0] == ("A", "prices.current → {'tea': 1, 'coffee': 2}")
    assert told[-1] == ("A", "prices.current → {'tea': 2, 'coffee': 4}")
    assert [step.hurts for step in steps if step.actor == "A"] == [True, False]


def test_a_sound_program_has_no_run_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    check_run("races/lock_counter", OPTIONS)
    assert "nothing breaks" in capsys.readouterr().out
    with pytest.raises(CannotExplore, match="too weak"):
        scene_of("races/lost_update_steps", OPTIONS | {"holds": "x.value"}).find()


@pytest.mark.parametrize("actors", ["", "A", "A: x.add() | B"])
def test_actors_that_cannot_be_read_are_an_error(actors: str) -> None:
    with pytest.raises(ValueError, match=r"actors|each actor"):
        scene_of("races/lost_update_steps", OPTIONS | {"actors": actors})


def test_a_table_has_a_column_for_each_actor_and_a_row_for_each_step() -> None:
    source = (ROOT / "snippets/races/lost_update_steps.py").read_text(encoding="utf-8")
    begin = process_time()
    table = runs.table({"A": "", "B": ""}, RUN, source.splitlines())
    assert process_time() - begin < 0.02
    rows = [[cell.astext() for cell in row] for row in table.findall(nodes.row)]
    assert rows[0] == ["№", "A", "B"]
    assert [[bool(cell) for cell in row] for row in rows[1:]] == [
        [True, True, False],
        [True, False, True],
        [True, True, False],
    ]
    assert "читает self.value: 0" in rows[1][1]
    assert "⇄" in rows[1][1]
    assert "пишет self.value: 1" in rows[2][2]
    marked = [row["classes"] for row in table.findall(nodes.row)]
    assert marked == [[], ["line-9", "hurts"], ["line-9"], ["line-9"]]


def marked(*steps: tuple[str, *tuple[str, ...]], preemptive: bool = True) -> list[int]:
    """Return which of the steps a switch follows that hurts; a step: its actor, its effects."""
    rows = [
        Step(actor, 0, [Effect(*effect.split(), key=effect.split()[1]) for effect in effects])
        for actor, *effects in steps
    ]
    mark(rows, "no file", preemptive=preemptive)
    return [place for place, row in enumerate(rows) if row.hurts]


def test_a_switch_hurts_after_which_others_cancel_the_actor() -> None:
    others = ("C", "cancels B"), ("B", "raises CancelledError")
    assert marked(("B", "waits Lock"), *others, preemptive=False) == [0]
    assert marked(("A", "waits Lock"), *others, preemptive=False) == []


def test_the_only_preemption_hurts_where_nothing_else_tells() -> None:
    taken, asked, given = ("A", "takes x"), ("A", "reads y"), ("A", "gives x")
    assert marked(taken, given, ("B", "reads y"), asked) == [1]
    assert marked(taken, given, ("B", "reads y"), asked, preemptive=False) == []
    assert marked(taken, ("B", "waits x"), given) == [0]
    # Who waits isn't stopped by another.
    assert marked(("A", "waits x"), ("B", "gives x"), taken) == []
    assert marked(taken, ("B", "reads y"), given, ("B", "reads y"), asked) == []


def test_a_deletion_is_told_and_changes_what_others_have_asked() -> None:
    scene = {
        "make": "sessions = Sessions()",
        "actors": 'A: sessions.close("a1") | B: sessions.close("a1")',
    }
    lines = scene_of("races/safe_operations_delete_broken", scene).find().lines()
    assert lines == [
        "A │ 12 │ key in self.users → True │ !",
        "B │ 12 │ key in self.users → True",
        "B │ 14 │ deletes self.users[key]",
        "A │ 14 │ raises KeyError: 'a1'",
        "= error: A: KeyError: 'a1'",
    ]


@pytest.mark.parametrize("lines", [[], ["A │ 9 │ self.value → 0"]])
def test_a_run_that_is_not_recorded_is_an_error(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="missing"):
        runs.table({"A": ""}, lines, [])


@pytest.mark.parametrize(
    ("line", "russian"),
    [
        ("x.value is 1, not 2", "Итог. x.value — это 1, а должно быть 2."),
        ("x.most is 2, not at most 1", "Итог. x.most — это 2, а должно быть не больше 1."),
        ("error: A: KeyError: 1", "Итог. Исключение: A: KeyError: 1."),
        (
            "deadlock: A waits for Lock 2, held by B; B waits for notify of Condition",
            "Итог. Программа стоит: A ждёт Lock 2 (держит B); B ждёт сигнала Condition.",
        ),
    ],
)
def test_the_result_is_told_in_russian(line: str, russian: str) -> None:
    assert runs.result(line).astext() == russian


def test_accept_writes_the_run_and_leaves_a_right_one_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    options = "".join(f":{key}: {value}\n" for key, value in OPTIONS.items())
    page.write_text(f"```{{interleaving}} races/lost_update_steps\n{options}```\n", "utf-8")
    assert accept(page)
    assert page.read_text(encoding="utf-8").splitlines()[5:-1] == RUN
    assert not accept(page)


def test_the_book_shows_at_least_fourteen() -> None:
    assert len(BLOCKS) >= 14


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=lambda part: getattr(part, "name", ""))
def test_each_effect_on_the_pages_is_told_in_russian(page: Path, block: object) -> None:
    for line in block["body"].strip().splitlines()[:-1]:
        for effect in line.split(" │ ")[2].split("; "):
            assert "".join(node.astext() for node in runs.effect_in_russian(effect))


@pytest.mark.parametrize(
    ("how", "russian"),
    [
        ("", ": не порядки, а входные данные"),
        ("exhaustive, each wait", ": все порядки, переключение возможно на каждом ожидании"),
        (
            "bounded 2, each bytecode",
            ": все порядки, где вытеснений не больше 2, "
            "переключение возможно на каждом шаге байт-кода",
        ),
    ],
)
def test_the_ledger_tells_what_was_explored(how: str, russian: str) -> None:
    assert rows._how(how) == russian


def test_the_script_is_small() -> None:
    assert (ROOT / "source/_static/interleaving.js").stat().st_size <= 2048
