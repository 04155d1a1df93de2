"""`make play` shows a trace in the terminal."""

import asyncio
import time
from pathlib import Path

import pytest
from proven.stage import perform
from proven.timeline.terminal import main, show


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "snippets").mkdir()
    monkeypatch.chdir(tmp_path)
    code = (
        "import asyncio\n"
        "async def brew(drink):\n"
        "    print(f'{drink}: start')\n"
        "    await asyncio.sleep(0.01)\n"
        "    print(f'{drink}: ready')\n"
        "async def main():\n"
        "    await asyncio.gather(brew('tea'), brew('coffee'))\n"
        "asyncio.run(main())\n"
    )
    (tmp_path / "snippets/planted.py").write_text(code, encoding="utf-8")
    return "planted"


def test_lanes_stand_beside_lines(planted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([planted]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "     │ main",
        "     │ │ tea",
        "     │ │ │ coffee",
        "   0 │ ┃ ╷    tea created by main",
        "     │ ┃ ╎ ╷  coffee created by main",
        "     │ │ ● ╎  tea: start",
        "     │ │ │ ●  coffee: start",
        "0.01 │ │ ● │  tea: ready",
        "     │ │ ╵ │  tea ends",
        "     │ │   ●  coffee: ready",
        "     │ │   ╵  coffee ends",
        "     │ ◄      main woken by coffee",
        "     │ ╵      main ends",
        "clock: virtual",
        "other orders: make explore SNIPPET=planted",
    ]


@pytest.mark.parametrize(
    ("kind", "schedule"), [("asyncio", "3:1"), ("asyncio", "-"), ("threading", "40:1")]
)
def test_a_schedule_is_played_again(
    kind: str, schedule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    snippet = {"asyncio": "patterns/asyncio_races_total", "threading": "races/deadlock_broken"}
    assert main([snippet[kind], "--replay", schedule]) == 0
    *rows, end = capsys.readouterr().out.splitlines()
    assert end == "= holds"
    if kind == "asyncio":
        order = [row.split()[0] for row in rows if "self.total →" in row or "self.total ←" in row]
        assert order == (
            ["Task-2", "Task-2", "Task-3", "Task-3"]
            if schedule == "3:1"
            else ["Task-2", "Task-3", "Task-2", "Task-3"]
        )
    else:
        assert [row.split(" │ ")[2] for row in rows if "prints" in row] == [
            "prints stuck: [True, True]",
            "prints balances: 100, 100",
        ]


def test_a_schedule_that_cannot_be_read_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["patterns/asyncio_races_total", "--replay", "first"]) == 1
    assert "'first' is no schedule" in capsys.readouterr().err


def test_locks_blocking_and_failures_are_told() -> None:
    async def work(lock: asyncio.Lock) -> None:
        async with lock:
            time.sleep(2)  # noqa: ASYNC251 - a task that blocks its loop
            await asyncio.sleep(1)
            raise ValueError

    async def main() -> None:
        lock = asyncio.Lock()
        jobs = [asyncio.create_task(work(lock), name=name) for name in "ab"]
        await asyncio.wait(jobs)

    text = "\n".join(show(perform(main, watch=True)))
    for words in (
        "a takes the Lock",
        "a was busy for 2 s",
        "b waits for the Lock",
        "a gives back the Lock",
        "a fails: ValueError",
        "b woken by a",
    ):
        assert words in text


def test_on_the_real_clock(planted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([planted, "--real"]) == 0
    out = capsys.readouterr().out
    stamps = [float(line.partition("│")[0]) for line in out.splitlines() if "●" in line]
    assert len(stamps) == 4
    assert stamps == sorted(stamps)


def test_a_missing_snippet_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks/absent"]) == 1
    assert "snippets/tasks/absent.py: there is no such snippet" in capsys.readouterr().err


def play_code(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/own.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return main(["own"])


def test_the_end_and_the_clock_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import sys, threading\nprint('\\x1b[1mx')\nsys.stderr.write('y')\nsys.exit(3)\n"
    assert play_code(code, tmp_path, monkeypatch) == 0
    assert capsys.readouterr().out.splitlines() == [
        " │ MainThread",
        r" │ ●  \x1b[1mx",
        " │ ╵  MainThread ends",
        "stderr │ y",
        "ended with exit code 3",
        "clock: real, as it doesn't use asyncio",
    ]


def test_too_many_lanes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import asyncio\n"
        "async def work(n): print(n)\n"
        "async def main(): await asyncio.gather(*map(work, range(1000)))\n"
        "asyncio.run(main())\n"
    )
    assert play_code(code, tmp_path, monkeypatch) == 1
    assert "1001 tasks, threads or processes, a terminal shows at most 60" in (
        capsys.readouterr().err
    )
