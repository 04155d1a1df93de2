"""Mutants are the changes that matter, each is noticed or told, and a vacuous proof is found."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from proven.book import Book
from proven.checks import environment
from proven.checks.mutants import prover
from proven.checks.mutants.mutations import Mutant, mutants_in_strings, mutants_of
from proven.checks.mutants.report import LEFT, text_of
from proven.findings import MUTANTS

from tests.handbook.conftest import ROOT, SNIPPET

SOURCE = '''\
import asyncio
import threading
from contextlib import suppress


async def brew(name: str, lock: asyncio.Lock, ready: asyncio.Event) -> str:
    """Say 2 things."""
    async with lock:
        await asyncio.sleep(1)
        print(f"{name}: {1}")
    ready.set()
    return name


async def main() -> None:
    lock, ready = asyncio.Lock(), asyncio.Event()
    print(await asyncio.gather(brew("a", lock, ready), brew("b", lock, ready)))
    with suppress(ValueError):
        raise ValueError("no")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(brew("c", lock, ready))
    except* OSError:
        pass
    await asyncio.gather(*(brew(name, lock, ready) for name in "de"), return_exceptions=True)
    thread = threading.Thread(target=print, args=("t",), daemon=True)
    thread.start()
    thread.join(timeout=5)


if __name__ == "__main__":
    asyncio.run(main())
'''

WAITS = """\
import asyncio

import pytest


@pytest.mark.always("hello-at-once")
def test_it() -> None:
    async def main() -> None:
        done = asyncio.Event()
        done.set()
        async with asyncio.timeout(1):
            await done.wait()

    asyncio.run(main())
    assert main is not None
"""
"""A proof that a mutant, without `done.set()`, lets wait, and that asserts nothing."""


def changed(timed: bool = True) -> dict[str, tuple[str, str]]:
    """Return label, and the lines taken away and put in."""
    old = SOURCE.splitlines()
    found = {}
    for mutant in mutants_of(SOURCE, timed=timed):
        new = mutant.source.splitlines()
        gone = [line.strip() for line in old if line not in new]
        come = [line.strip() for line in new if line not in old]
        found[str(mutant.mutation)] = ("\n".join(gone), "\n".join(come))
    return found


def of_operator(operator: str, source: str = SOURCE) -> list[Mutant]:
    mutants = mutants_of(source, timed=True)
    return [each for each in mutants if each.mutation.operator == operator]


@pytest.mark.parametrize(
    ("label", "new"),
    [
        ("drop with: async with lock:", "await asyncio.sleep(1)"),
        ("drop await: await asyncio.sleep(1)", "asyncio.sleep(1)"),
        ("number 1 → 2: await asyncio.sleep(1)", "await asyncio.sleep(2)"),
        ("drop set: ready.set()", "pass"),
        ("another than OSError: try:", "except* BufferError:"),
        ("drop start: thread.start()", "pass"),
        ("drop join: thread.join(timeout=5)", "pass"),
        ("another exception: with suppress(ValueError):", "with suppress(BufferError):"),
        ('another exception: raise ValueError("no")', 'raise BufferError("no")'),
    ],
)
def test_each_operator(label: str, new: str) -> None:
    assert changed()[label][1].splitlines()[0] == new


@pytest.mark.parametrize(
    ("operator", "part"),
    [
        ("gather → in a row", "[await _each for _each in (brew("),
        ("TaskGroup → gather", "async with _Gathered() as group:"),
        ("flip return_exceptions", "return_exceptions=False"),
        ("flip daemon", "daemon=False"),
        ("swap arguments", 'gather(brew("b", lock, ready), brew("a", lock, ready))'),
    ],
)
def test_operators_on_expressions(operator: str, part: str) -> None:
    assert any(
        label.startswith(operator) and part in new for label, (_, new) in changed().items()
    ), changed()


def test_neighbours_are_swapped_but_not_what_commutes() -> None:
    swaps = [label for label in changed() if label.startswith("swap «")]
    assert any("«ready.set()»" in label for label in swaps)
    text = (
        "def main():\n    lock = Lock()\n    a.start()\n    b.start()\n    work()\n"
        "    self.a = 1\n    self.b = 2\n    thread.daemon = True\n    thread.start()\n"
    )
    labels = [str(each.mutation) for each in mutants_of(text, timed=False)]
    assert [label.partition(":")[0] for label in labels if label.startswith("swap")] == [
        "swap «b.start()» and «work()»",
        "swap «thread.daemon = True» and «thread.start()»",
        "swap «work()» and «self.a = 1»",
    ]
    kept = "def main():\n    found.append(1)\n    print(found)\n    found.append(2)\n    print()\n"
    labels = [str(each.mutation) for each in mutants_of(kept, timed=False)]
    assert [label.partition(":")[0] for label in labels if label.startswith("swap")] == [
        "swap «found.append(1)» and «print(found)»",
        "swap «print(found)» and «found.append(2)»",
    ]


def test_waits_on_the_real_clock_are_left_alone() -> None:
    numbers = [label for label in changed(timed=False) if label.startswith("number")]
    assert numbers == []


def test_docstrings_and_f_strings_are_left_alone() -> None:
    numbers = [label for label in changed() if label.startswith("number")]
    assert not [label for label in numbers if "Say" in label or "{name}" in label]


def test_every_mutant_compiles_and_differs() -> None:
    mutants = list(mutants_of(SOURCE, timed=True))
    assert len({str(mutant.mutation) for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        compile(mutant.source, "mutant", "exec")
        assert mutant.source != SOURCE


def test_gather_is_probed_by_a_group_in_which_nobody_may_fail() -> None:
    source = (
        "import asyncio\n\nasync def main():\n    async with asyncio.TaskGroup() as group:\n"
        "        group.create_task(asyncio.sleep(0, 1 / 1))\n\nasyncio.run(main())\n"
    )
    (group,) = of_operator("gather for a group", source)
    exec(group.probe, {})
    with pytest.raises(SystemExit):
        exec(group.probe.replace("asyncio.sleep(0, 1 / 1)", "asyncio.wait([])"), {})


def test_a_wait_can_be_made_endless() -> None:
    (wait,) = (each for each in of_operator("number") if "sleep" in each.mutation.line)
    assert "asyncio.sleep(1_000_000)" in wait.probe


def test_programs_in_strings_are_changed() -> None:
    source = 'def test():\n    run("""\n        import time\n        time.sleep(1)\n    """)\n'
    (mutant,) = mutants_in_strings(source)
    assert "time.sleep(2)" in mutant.source


def test_a_small_book_is_examined(book: Any) -> None:
    book.write("pyproject.toml", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    book.write(
        "tests/tasks/test_vacuous.py",
        'import pytest\nfrom proven.stage import play\n\n\n@pytest.mark.always("vacuous")\n'
        'def test_it() -> None:\n    play("tasks/hello")\n\n\n'
        '@pytest.mark.always("excused")\ndef test_types() -> None:\n'
        "    # no mutant: a claim about types\n    assert issubclass(bool, int)\n",
    )
    book.replace(
        "source/tasks/hello.md",
        "[Строка",
        '[Пусто]{.always #vacuous rests="cpython"} '
        '[Типы]{.always #excused rests="cpython"} [Строка',
    )
    book.replace(
        "snippets/tasks/hello.py",
        'print("hello")',
        'await asyncio.sleep(0)\n    await asyncio.sleep(0)\n    print("hello")',
    )
    book.write(
        "tests/tasks/justified.toml",
        '["tasks/hello"]\n"drop await: await asyncio.sleep(0)" = "равносильно"\n'
        '"drop x" = "этого нет"\n',
    )
    done = book.run("proven.checks.mutants", "--report", "--root", str(book.root))
    assert done.returncode == 1
    report = json.loads((book.root / "source/_evidence" / MUTANTS).read_text(encoding="utf-8"))
    snippet = report["snippets"]["tasks/hello"]
    dropped = {"operator": "drop", "details": ["await"], "line": "await asyncio.sleep(0)"}
    assert snippet["justified"] == [dropped | {"number": 1, "why": "равносильно"}]
    assert dropped | {"number": 2} in snippet["survivors"]
    again = "snippets/tasks/hello.py:6: 'drop await: await asyncio.sleep(0) #2': survivor: change"
    assert again in done.stdout
    assert "tests/tasks/test_vacuous.py:5: vacuous: vacuous: nothing breaks" in done.stdout
    assert "tests/tasks/justified.toml:1: tasks/hello: drop x: unneeded: somebody" in done.stdout
    claims = report["claims"]
    assert claims["excused"]["justified"] == "a claim about types"
    assert "tasks/hello" in claims["hello-at-once"]["broken"]
    assert text_of(report) == (book.root / "source/_evidence" / MUTANTS).read_text(encoding="utf-8")


def test_all_ways_of_a_proof_may_notice_and_break(book: Book) -> None:
    book.write("snippets/tasks/quiet.py", SNIPPET)
    book.write(
        "tests/tasks/test_hello.py",
        "import pytest\nfrom proven.stage import play\n\n\n"
        '@pytest.mark.always("hello-at-once")\n'
        '@pytest.mark.parametrize("way", ["strict", "lax"])\n'
        "def test_it(way: str) -> None:\n"
        '    trace = play("tasks/quiet")\n'
        '    assert way == "lax" or (trace.at("goodbye") == 1 and len(trace.lines) == 3)\n',
    )
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    assert "1 proofs: 0 that no mutant breaks" in done.stdout
    assert "snippets/tasks/quiet.py: drop await" not in done.stdout


def test_a_proof_notices_through_what_it_uses(book: Book) -> None:
    book.write("snippets/tasks/quiet.py", SNIPPET)
    book.write(
        "tests/tasks/test_hello.py",
        "import pytest\nfrom proven.stage import play\n\n\n"
        '@pytest.fixture(autouse=True)\ndef checked():\n    trace = play("tasks/quiet")\n'
        '    assert trace.at("goodbye") == 1\n    assert trace.lines[:2] == ["hello", "and"]\n\n\n'
        '@pytest.mark.always("hello-at-once")\ndef test_it() -> None:\n    assert True\n',
    )
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    assert "snippets/tasks/quiet.py:7" not in done.stdout, "the wait before the last line"
    assert "1 proofs: 0 that no mutant breaks" in done.stdout


def test_what_passed_is_tried_again_only_when_it_changes(book: Book) -> None:
    def tried() -> str:
        done = book.run("proven.checks.mutants", "--root", str(book.root))
        return done.stdout.splitlines()[-1].partition(":")[0]

    one = "tests/tasks/test_hello.py"
    trace = 'assert play("tasks/hello")'
    book.replace(one, f'{trace}.at("hello") == 0', f"{trace} is not None")
    assert tried() == tried() == "5 mutants of 1 snippets", "what didn't pass is tried again"
    book.replace(one, f"{trace} is not None", f'{trace}.at("goodbye") == 1')
    assert tried() == "5 mutants of 1 snippets"
    assert tried() == "0 mutants of 0 snippets"
    done = book.run("proven.checks.mutants", "--report", "--root", str(book.root))
    assert done.stdout.startswith("0 mutants"), "it is known"
    shutil.rmtree(book.root / "build")
    assert tried() == "0 mutants of 0 snippets", "the report knows it, too"
    book.replace("snippets/tasks/hello.py", "goodbye", "farewell")
    assert tried() != "0 mutants of 0 snippets"
    book.replace("snippets/tasks/hello.py", "farewell", "goodbye")
    assert tried() == "0 mutants of 0 snippets"
    book.write("tests/tasks/justified.toml", '["tasks/hello"]\n"drop x" = "этого нет"\n')
    assert tried() != "0 mutants of 0 snippets", "a reason that isn't needed counts, too"


def test_a_program_without_mutants_is_done_with(book: Book) -> None:
    book.write("snippets/tasks/hello.py", 'print("hello")\n')
    run = partial(book.run, "proven.checks.mutants", "--report", "--root", str(book.root))
    assert run().stdout.splitlines()[-1].startswith("0 mutants of 1 snippets")
    report = json.loads((book.root / "source/_evidence" / MUTANTS).read_text(encoding="utf-8"))
    assert report["snippets"]["tasks/hello"]["mutants"] == 0


def test_what_takes_long_is_left_and_told_and_nothing_counts_as_tried(book: Book) -> None:
    one = "tests/tasks/test_hello.py"
    book.replace(one, '.at("hello") == 0', ".lines != []")
    run = partial(book.run, "proven.checks.mutants", "--root", str(book.root))
    done = run("--changed", "--within", "0", one)
    assert done.returncode == 0, done.stdout
    left, counts = done.stdout.splitlines()
    what = r"\d of snippets/tasks/hello.py, \d+ of the proof of hello-at-once"
    assert re.fullmatch(re.escape(LEFT) + what, left)
    assert counts.startswith(
        "0 mutants of 1 snippets: 0 unnoticed with reason, 0 without; 1 proofs"
    )
    kept = json.loads((book.root / "build" / MUTANTS).read_text(encoding="utf-8"))
    assert kept == {"snippets": {}, "claims": {}}, "it is as untried as before"
    assert "hello-at-once: vacuous" in run().stdout
    assert "vacuous" in run("--changed", "--within", "60", one).stdout


def test_a_proof_is_not_begun_that_takes_longer_than_there_is_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prover, "load", lambda: 2.0)
    monkeypatch.setattr(prover, "spent", lambda: 3.0)
    nobody: Any = None
    trials = prover.Trials(*[nobody] * 5, 5.0, {"dear": 5.0, "cheap": 3.0})
    assert not trials.may_spend("dear")
    assert trials.may_spend("cheap"), "on an idle machine it takes half as long"
    assert trials.may_spend()
    trials.seconds = 3.0
    assert not trials.may_spend()


def test_a_proof_that_broke_and_did_not_change_is_not_broken_again(book: Book) -> None:
    one, second = "tests/tasks/test_hello.py", '[Три строки]{rests="cpython" .always #three}.'
    book.write("source/tasks/hello.md", (book.root / "source/tasks/hello.md").read_text() + second)
    proof = '\n\n@pytest.mark.always("three")\ndef test_three() -> None:\n    {}\n'
    end = 'assert play("tasks/hello").at("goodbye") == 1'
    book.replace(one, 'assert play("tasks/hello").at("hello") == 0', end)
    book.write(one, (book.root / one).read_text(encoding="utf-8") + proof.format(end))
    run = partial(book.run, "proven.checks.mutants", "--root", str(book.root))
    assert run().returncode == 0
    found = json.loads((book.root / "build" / MUTANTS).read_text(encoding="utf-8"))
    found["claims"]["hello-at-once"]["broken"] = "noted before"
    book.write(f"build/{MUTANTS}", json.dumps(found))
    text = (book.root / one).read_text(encoding="utf-8")
    book.write(one, text.replace(proof.format(end), proof.format("assert True")))
    done = run()
    assert f"{one}:10: three: vacuous" in done.stdout
    found = json.loads((book.root / "build" / MUTANTS).read_text(encoding="utf-8"))
    assert found["claims"]["hello-at-once"]["broken"] == "noted before"
    done = run("--changed", one)
    book.write("snippets/tasks/other.py", SNIPPET)
    more = "source/tasks/hello.md"
    text = (book.root / more).read_text(encoding="utf-8")
    listed = "{output} tasks/other\n0.0 │ hello\n0.0 │ and\n1.0 │ goodbye\n"
    book.write(more, f"{text}\n```{listed}```\n")
    # Its print takes in all snippets of the page, but it hangs on none of those that changed.
    run("--changed", one)
    found = json.loads((book.root / "build" / MUTANTS).read_text(encoding="utf-8"))
    assert found["claims"]["hello-at-once"]["broken"] == "noted before"


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_a_file_of_proofs_may_have_a_dataclass(book: Book, future: str) -> None:
    book.write(
        "tests/tasks/test_hello.py",
        f"{future}import sys\nfrom dataclasses import dataclass\nimport pytest\n\n\n"
        "@dataclass\nclass Tea:\n    minutes: int\n\n\n"
        '@pytest.mark.always("hello-at-once")\n'
        "def test_it() -> None:\n    tea = Tea(3)\n    assert tea.minutes == 3\n",
    )
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    assert "1 proofs: 0 that no mutant breaks" in done.stdout


def test_a_file_of_proofs_that_cannot_be_run_anew_is_told_by_its_line(book: Book) -> None:
    book.write(
        "tests/tasks/test_hello.py",
        "import sys\nimport pytest\n\n"
        'assert not hasattr(sys, "planted"), "a second time"\n'
        'sys.planted = True\n\n\n@pytest.mark.always("hello-at-once")\n'
        "def test_it() -> None:\n    tea = 3\n    assert tea == 3\n",
    )
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    fault = "tests/tasks/test_hello.py:4: pytest ended with 3: AssertionError: a second time"
    assert fault in done.stdout


def test_a_proof_that_only_hangs_is_vacuous(book: Book) -> None:
    book.write("tests/tasks/test_hello.py", WAITS)
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    assert "hello-at-once: vacuous: nothing breaks this proof, a hang apart" in done.stdout


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("tempfile.py", 'raise ImportError("planted")', "exit code 1: ImportError: planted"),
        ("tests/tasks/conftest.py", "import os\n\nos._exit(3)", "exit code 3"),
        (
            "tests/tasks/conftest.py",
            "import os\n\nimport pytest\n\n\n@pytest.fixture(autouse=True)\n"
            "def planted() -> None:\n    os._exit(4)\n",
            "exit code 4",
        ),
        (
            "tests/tasks/conftest.py",
            "import os\n\n\ndef pytest_sessionfinish() -> None:\n    os._exit(5)\n",
            "3 workers in a row ended with exit code 5, none of them with a mutant tried",
        ),
    ],
)
def test_a_worker_that_cannot_work_is_not_begun_for_ever(
    book: Book, file: str, text: str, fault: str
) -> None:
    book.write(file, text)
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    assert done.returncode == 1
    assert f"{fault}: fault: the check of mutants" in done.stdout


PROGRAM = """
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command, start_new_session=True) as program:
        try:
            tell(program.pid)
            program.wait(300)
        finally:
            program.kill()
"""
STUBBORN = """
    tell(os.getpid())
    while True:
        try:
            time.sleep(300)
        except BaseException:
            pass
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("waits", [PROGRAM, STUBBORN], ids=["program", "stubborn"])
def test_an_interrupt_ends_the_workers_and_what_they_began(
    book: Any, tmp_path: Path, waits: str, number: int
) -> None:
    book.write(
        "tests/tasks/test_hello.py",
        f"""import os, subprocess, sys, time
import pytest
from proven.stage import play


def tell(pid: int) -> None:
    os.write(os.open({str(told := book.root / "told")!r}, os.O_WRONLY), b"%d" % pid)


@pytest.mark.always("hello-at-once")
def test_hello() -> None:
    assert play("tasks/hello").at("hello") == 0
{waits}""",
    )
    os.mkfifo(told)
    folder = tmp_path / "of the workers"
    folder.mkdir()
    command = [sys.executable, "-m", "proven.checks.mutants", "tests/tasks"]
    where = environment() | {"TMPDIR": str(folder)}
    with subprocess.Popen([*command, "--root", str(book.root)], env=where) as mutants:
        try:
            # Opened for both, it waits for nobody, and no end of the writer ends it.
            with open(os.open(told, os.O_RDWR), "rb", buffering=0) as reader:
                assert select.select([reader], [], [], 60)[0]
                waiting = int(reader.read(20))
            assert list(folder.glob("mutants-*"))
            mutants.send_signal(number)
            assert mutants.wait(10) == -number
        finally:
            mutants.kill()
    assert not list(folder.glob("mutants-*"))
    deadline = monotonic() + 30
    while Path(f"/proc/{waiting}").exists() and monotonic() < deadline:
        sleep(0.05)
    assert not Path(f"/proc/{waiting}").exists()


def test_a_vacuous_proof_that_is_not_run_here_is_told_so(book: Book) -> None:
    book.replace("source/tasks/hello.md", ".always", '.always since="3.99"')
    book.replace("tests/tasks/test_hello.py", '"hello-at-once"', '"hello-at-once", since="3.99"')
    done = book.run("proven.checks.mutants", "tests/tasks", "--root", str(book.root))
    told = "hello-at-once (since 3.99, so it isn't run here): vacuous: nothing breaks this proof"
    assert told in done.stdout
    assert "or say in it why nothing can: # no mutant: reason" in done.stdout


def test_the_report_in_the_repo_has_no_unjustified_survivor() -> None:
    file = ROOT / "source/_evidence" / MUTANTS
    report = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    prints = Book.at(ROOT).fingerprints
    for name, entry in report.get("snippets", {}).items():
        if prints["examples"].get(name) == entry["hash"]:
            assert not entry["survivors"], f"{name}: {entry['survivors']}"
    for id, entry in report.get("claims", {}).items():
        if prints["proofs"].get(id) == entry["hash"]:
            assert "vacuous" not in entry, id


def test_excuses_are_of_snippets() -> None:
    book = Book.at(ROOT)
    assert book.excuses.keys() <= set(book.snippets)
    for name, reasons in book.excuses.items():
        for key, why in reasons.items():
            assert re.search("[а-яё]{3}", why), (
                f"{name}: {key!r}: readers see it: say it in Russian"
            )


@pytest.mark.parametrize("key", ["*", "drop *", "swap «*» and «*»*", "survivor: drop join"])
def test_an_excuse_that_would_excuse_anything_is_refused(book: Book, key: str) -> None:
    book.write("tests/tasks/justified.toml", f'["tasks/hello"]\n"{key}" = "так надо"\n')
    told = book.run("proven.checks.mutants", "--all", "--root", str(book.root)).stdout
    assert f"justified.toml: tasks/hello: '{key}': say what is done" in told
