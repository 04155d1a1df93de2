"""«Вы — планировщик»: the graph is whole, the goal can be reached, and not in the fixed twin."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from handbook.output import interleaving
from handbook.output.game import data as data_of
from handbook.output.game import scenes
from handbook.output.interleaving import scene_of
from proven.stage.explore import CannotExplore, Exploration
from proven.stage.explore.graph import DONE, Graph
from proven.stage.explore.scene import Scene, parse_actors

ROOT = Path(__file__).parents[3]
GAMES = [
    (block["name"], dict(re.findall(r"^:([\w-]+): (.*)$", block["options"], re.M)))
    for page in sorted((ROOT / "source").rglob("*.md"))
    for block in interleaving._BLOCK.finditer(page.read_text(encoding="utf-8"))
    if "{scheduler}" in block[0]
]
TAKE = "ann.lock.acquire()"
each_game = pytest.mark.parametrize(("name", "options"), GAMES, ids=[name for name, _ in GAMES])


def graph(name: str, make: str, actors: str, holds: str = "") -> Graph:
    return Graph(Scene(name, make, parse_actors(actors), holds))


def played(data: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield text and hope of each end that a reader can come to, as scheduler.js walks."""
    todo, seen = [0], {0}
    while todo:
        _, _, moves, hope, end = data["states"][todo.pop()]
        if end:
            assert not moves
            yield data["words"][end], hope
        for _, to, _ in moves:
            if to not in seen:
                seen.add(to)
                todo.append(to)
    assert len(seen) == len(data["states"])


def every_order(scene: Scene) -> Exploration:
    """Explore without a bound, but of tasks without the callbacks of asyncio: no game has them."""
    if not scene.in_tasks:
        return scene.threads().explore(preemptions=None)
    program = scene.tasks()
    program.run = program.step
    return program.explore()


def source_of(snippet: str) -> list[str]:
    return (ROOT / f"snippets/{snippet}.py").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("name", "make", "actors", "holds"),
    [
        ("races/lost_update_steps", "x = Counter()", "A: x.add() | B: x.add()", "x.value == 2"),
        *[
            ("races/deadlock_broken", "ann = Account(1, 100)", actors, "")
            for actors in (
                f"A: {TAKE} | B: {TAKE}",
                f"A: {TAKE}, ann.lock.release() | B: {TAKE}, ann.lock.release()",
            )
        ],
        # Two locks that one of them makes first.
        pytest.param(
            "races/deadlock_broken",
            "made = []",
            "A: made.append(Account(1, 0).lock.acquire()) | B: Account(2, 0).lock.acquire()",
            "made == [True]",
            marks=pytest.mark.large,
        ),
        *[
            pytest.param(
                "patterns/asyncio_races_total",
                "c = Counter()",
                " | ".join(f"{name}: c.add()" for name in names),
                f"c.total == {len(names)}",
                marks=[pytest.mark.large] * (len(names) > 3),
            )
            for names in ("AB", "ABC", "ABCD")
        ],
        *[
            (
                f"patterns/asyncio_races_account_{kind}",
                "a = Account()",
                " | ".join(f'{name}: a.withdraw("{name}", 100)' for name in "ABC"),
                "a.balance >= 0",
            )
            for kind in ("broken", "fixed")
        ],
    ],
)
def test_as_many_paths_as_the_explorer_has_orders(
    name: str, make: str, actors: str, holds: str
) -> None:
    whole = graph(name, make, actors, holds)
    explored = every_order(whole.scene)
    assert explored.orders > 1
    assert (whole.orders(), whole.orders(broken=True)) == (explored.orders, explored.failed)


@each_game
def test_the_goal_is_reached_in_the_broken_and_never_in_the_fixed(
    name: str, options: dict[str, str]
) -> None:
    for scene in scenes(name, options):
        whole = Graph(scene)
        data = data_of(whole, source_of(scene.snippet))
        if whole.orders() < 1000:
            explored = every_order(scene)
            assert (whole.orders(), whole.orders(broken=True)) == (explored.orders, explored.failed)
        ends = list(played(data))
        broken = [text for text, breaks in ends if breaks]
        assert bool(broken) == (whole.orders(broken=True) > 0)
        assert bool(broken) == (scene == scene_of(name, options))
        assert all(text.startswith("Итог.") for text in broken)
        assert ("holds", 0) in ends
        packed = gzip.compress(json.dumps(data, ensure_ascii=False).encode())
        assert len(packed) < 15_000 / 2, "both together"


def test_the_book_has_at_least_eight_of_threads_and_of_tasks() -> None:
    assert len(GAMES) >= 8
    assert {scene_of(name, options).in_tasks for name, options in GAMES} == {True, False}


def test_the_fixed_tasks_hold_with_the_callbacks_of_asyncio_as_choices_too() -> None:
    for name, options in GAMES:
        _, fixed = scenes(name, options)
        if fixed.in_tasks:
            explored = fixed.tasks().explore()
            assert explored.holds
            assert explored.kind == "exhaustive"


def test_a_move_ends_before_the_next_thing_that_is_told() -> None:
    whole = graph("races/lost_update_steps", "x = Counter()", "A: x.add() | B: x.add()", "True")
    states = whole.shortened()
    first = states[states[0].moves["A", ""].to]
    assert [line for line, _ in first.stand] == [9, 0]
    then = states[first.moves["A", ""].to]
    assert first.moves["A", ""].did == ("self.value → 0",)
    assert then.moves["A", ""].did == ("self.value ← 1",)
    assert states[then.moves["A", ""].to].stand == ((DONE, ""), (0, ""))
    assert states[then.moves["A", ""].to].shared == (("x.value", "1"),)


def test_who_waits_says_for_what_and_cannot_move() -> None:
    whole = graph("races/deadlock_broken", "ann = Account(1, 1)", f"A: {TAKE} | B: {TAKE}")
    ends = [state for state in whole.states if state.end]
    assert {state.stand for state in ends} == {
        ((DONE, ""), (0, "Lock 1, held by A")),
        ((0, "Lock 1, held by B"), (DONE, "")),
    }
    assert all(
        ("ann.lock", f"held by {who}") in state.shared
        for who, state in zip("AB", ends, strict=True)
    )
    assert whole.locks == {"Lock 1": "ann.lock"}


def test_a_task_that_waits_says_for_what_and_who_holds_it() -> None:
    actors = 'A: a.withdraw("A", 100) | B: a.withdraw("B", 100)'
    whole = graph("patterns/asyncio_races_account_fixed", "a = Account()", actors, "True")
    first = whole.states[whole.states[0].moves["A", ""].to]
    assert first.stand == ((15, "the end of sleep"), (0, ""))
    assert dict(first.shared) == {"a.balance": "100", "a._lock": "held by A"}
    assert whole.states[0].moves["A", ""].did == ("takes Lock", "self.balance → 100")
    assert list(first.moves) == [("B", "")], "A sleeps, and time goes on when nobody can move"
    then = whole.states[first.moves["B", ""].to]
    assert then.stand == ((15, ""), (11, "Lock"))
    assert whole.locks == {"Lock": "a._lock"}


def test_tasks_that_wait_for_each_other_are_an_end() -> None:
    make = "lock = asyncio.Lock(); a = Account(); a._lock = lock"
    whole = graph(
        "patterns/asyncio_races_account_fixed", make, "A: lock.acquire() | B: lock.acquire()"
    )
    assert (whole.orders(), whole.orders(broken=True)) == (2, 2)
    ends = {state.end for state in whole.states if state.end}
    assert ends == {f"deadlock: {who} waits for Lock.acquire" for who in "AB"}


@pytest.mark.parametrize(
    ("name", "make", "actors", "message"),
    [
        (
            "patterns/asyncio_races_total",
            "c = 0",
            "A: main() | B: main()",
            "beside its actors Task-4, Task-5 may be",
        ),
        (
            "races/lost_update_steps",
            "import random; x = Counter()",
            "A: [x.add() for _ in range(random.randrange(9))] | B: x.add()",
            "not deterministic",
        ),
    ],
)
def test_what_cannot_be_drawn_says_why(name: str, make: str, actors: str, message: str) -> None:
    with pytest.raises(CannotExplore, match=message):
        graph(name, make, actors)


@pytest.mark.parametrize("limit", ["MOST_STATES", "MOST_STEPS"])
def test_a_scene_that_is_too_large_is_an_error_and_no_hang(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"proven.stage.explore.graph.walks.{limit}", 20)
    with pytest.raises(CannotExplore, match="states, make it smaller"):
        graph("races/lost_update_steps", "x = Counter()", "A: x.add() | B: x.add()")


def test_the_script_is_small() -> None:
    assert (ROOT / "source/_static/scheduler.js").stat().st_size <= 4096


def with_game(book: Any, *, leave_out: str = "", fixed: str = "races/lost_update_fixed") -> None:
    for snippet in ("lost_update_broken", "lost_update_fixed"):
        book.write(f"snippets/races/{snippet}.py", "\n".join(source_of(f"races/{snippet}")) + "\n")
    options = GAMES[[name for name, _ in GAMES].index("races/lost_update_broken")][1]
    run = scene_of("races/lost_update_broken", options).find().lines()
    told = {**options, "fixed": fixed}
    lines = [f":{key}: {value}" for key, value in told.items() if key != leave_out]
    page = "source/tasks/hello.md"
    text = (book.root / page).read_text(encoding="utf-8")
    parts = ["", "```{scheduler} races/lost_update_broken", *lines, "", *run, "```", ""]
    book.write(page, text + "\n".join(parts))


def test_a_page_has_text_and_answer_without_a_script(book: Any) -> None:
    with_game(book)
    said = book.build("html").stdout
    assert "scheduler" not in said
    page = (book.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
    box = page[page.index('<div class="scheduler">') :]
    assert "Найдите порядок, при котором одна из двух продаж пропадёт." in box
    answer = box[box.index("<details") : box.index("</details>")]
    assert "<summary>Ответ: порядок, который ломает программу</summary>" in answer
    assert "<table" in answer
    assert "а должно быть" in answer
    assert "не ломает ни один" in answer
    states = re.search(r'<script type="application/json">(.*?)</script>', box)
    assert states
    assert [one["title"] for one in json.loads(states[1])] == [
        "lost_update_broken.py",
        "lost_update_fixed.py",
    ]
    assert "scheduler.js" in page
    assert "scheduler.js" not in (book.root / "build/html/ledger.html").read_text(encoding="utf-8")


def test_an_epub_has_the_exercise_and_its_answer_but_no_states(book: Any) -> None:
    with_game(book)
    book.build("epub")
    page = (book.root / "build/epub/tasks/hello.xhtml").read_text(encoding="utf-8")
    asked = page.index("Найдите порядок, при котором одна из двух продаж пропадёт.")
    assert "<details" in page[asked:]
    assert "не ломает ни один" in page[asked:]
    assert "<script" not in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leave_out": "goal"}, ":goal: is missing"),
        ({"leave_out": "actors"}, ":actors: is missing"),
        ({"fixed": "races/lost_update_broken"}, "it isn't fixed"),
    ],
)
def test_a_game_that_cannot_be_won_or_is_not_fixed_is_an_error(
    book: Any, change: dict[str, str], message: str
) -> None:
    with_game(book, **change)
    done = book.build("html")
    assert done.returncode
    assert message in done.stdout
    assert "hello.md" in done.stdout


def test_in_print_the_exercise_has_its_answer_at_the_end_of_the_chapter(book: Any) -> None:
    with_game(book)
    book.build("typst")
    source = "".join(
        file.read_text(encoding="utf-8") for file in (book.root / "build/typst").rglob("*.typ")
    )
    asked = source.index('#asked("races/lost_update_broken/scheduler"')
    answer = source.index('#answer("races/lost_update_broken/scheduler"')
    assert source.index("одна из двух продаж пропадёт") < asked < answer
    assert "не ломает ни один" not in source[asked:answer]
    assert "не ломает ни один" in source[answer:]


def test_a_scene_says_which_option_is_missing() -> None:
    with pytest.raises(ValueError, match="actors"):
        scene_of("races/lost_update_steps", {})
