"""The commands that build: `python -m handbook`, and the builds of `make live`."""

import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import handbook.__main__ as command
import pytest
from handbook.authors import live, warm
from proven.checks import environment

from tests.handbook.conftest import ROOT


def test_the_command_tells_how_the_build_ended(book: Any) -> None:
    arguments = book._arguments("dummy")
    done = book.run("handbook", *arguments)
    assert (done.returncode, done.stdout) == (0, "")
    book.replace("source/tasks/hello.md", "[Строка", "{ref}`tasks-absent`. [Строка")
    done = book.run("handbook", *arguments)
    assert done.returncode == 1
    assert "hello.md:17: WARNING: undefined label: 'tasks-absent'" in done.stdout


@pytest.mark.parametrize(
    ("code", "free", "told"),
    [
        (0, 0, ""),
        (1, 0, ""),  # warnings, each told
        (2, 10**9, ""),
        (2, 92 * 1024, "{}: ERROR: the disk is full: free some space and run make again\n"),
    ],
)
def test_a_full_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, free: int, told: str
) -> None:
    usage = shutil._ntuple_diskusage(total=10**9, used=10**9 - free, free=free)
    monkeypatch.setattr(command.shutil, "disk_usage", {str(tmp_path): usage}.get)
    assert command.advice(code, str(tmp_path)) == told.format(tmp_path)
    assert command.advice(code, str(tmp_path / "none")) == ""


def test_settings_that_cannot_be_read_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("x = 1\ny = = 2\n", encoding="utf-8")
    place = f"{tmp_path / 'conf.py'}:2"
    assert command.unreadable(str(tmp_path)) == f"{place}: ERROR: invalid syntax: mend it\n"
    (tmp_path / "conf.py").write_text("x = 1\n", encoding="utf-8")
    assert command.unreadable(str(tmp_path)) == ""
    assert "No such file" in command.unreadable(str(tmp_path / "none"))


def test_live_builds_say_nothing_but_what_is_wrong(
    book: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    served = []

    def serve(arguments: list[str]) -> None:
        assert live.autobuild.Builder is live.QuietBuilder
        assert arguments[-3:] == ["--port=1", "source", "build/live/html"]
        url = {"url_host": "", "pre_build_commands": [], "post_build_commands": []}
        builder = live.QuietBuilder(book._arguments("dummy"), **url)
        builder(changed_paths=())  # the process that builds isn't there yet
        wait_for(Path(builder.address))
        # As sphinx-autobuild does, which builds in a process of its own.
        builder = pickle.loads(pickle.dumps(builder))
        with monkeypatch.context() as patch:
            patch.setattr(live.subprocess, "run", None)
            builder(changed_paths=())
            assert capfd.readouterr() == ("", "")
            book.replace("tests/tasks/test_hello.py", "hello-at-once", "hello-never")
            builder(changed_paths=())
        served.append(capfd.readouterr().err)

    monkeypatch.setattr(live.autobuild, "main", serve)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "source/_ext"))
    live.main(["--port=1"])
    assert "claim 'hello-at-once' has no proof" in served[0]


def wait_for(file: Path) -> None:
    """Wait until another process has made `file`."""
    end = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < end, file
        time.sleep(0.05)


def test_a_build_after_a_change_of_the_machinery_runs_the_new_one(
    book: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    machinery = book.root / "source/_ext"
    shutil.copytree(ROOT / "source/_ext", machinery, ignore=shutil.ignore_patterns("__pycache__"))
    address, arguments = tmp_path / "builds", book._arguments("dummy")
    warming = [sys.executable, "-m", "handbook.authors.warm", str(address)]
    paths = environment(PYTHONPATH=str(machinery))
    with subprocess.Popen(warming, stdin=subprocess.PIPE, env=paths):
        wait_for(address)
        assert warm.ask(str(address), arguments) == 0
        place = "source/_ext/proven/claims.py"
        book.replace(place, "has no proof", "lacks its proof")
        book.replace("tests/tasks/test_hello.py", "hello-at-once", "hello-never")
        before = address.stat().st_ctime_ns
        assert warm.ask(str(address), arguments) == 1
        assert capfd.readouterr().err.count("claim 'hello-at-once' lacks its proof") == 1
        while not address.exists() or address.stat().st_ctime_ns == before:
            time.sleep(0.05)
        book.replace("source/tasks/hello.md", "Она печатает", "Она выводит")  # else nobody asks
        assert warm.ask(str(address), arguments) == 1
        assert capfd.readouterr().err.count("claim 'hello-at-once' lacks its proof") == 1


def test_live_refuses_an_autobuild_that_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.autobuild, "Builder", object)
    with pytest.raises(SystemExit, match=r"MAINTAINING\.md"):
        live.main([])


def test_the_rest_of_the_site_is_written_only_when_something_changed(book: Any) -> None:
    assert book.build("html").returncode == 0
    site = book.root / "build/html"
    index, copy = site / "genindex.html", next((site / "_downloads").rglob("hello.py"))
    index.write_text("left alone", encoding="utf-8")
    assert book.build("html").returncode == 0
    assert index.read_text(encoding="utf-8") == "left alone"
    book.write("snippets/tasks/hello.py", copy.read_text(encoding="utf-8") + "\n# A remark.\n")
    assert book.build("html").returncode == 0
    assert index.read_text(encoding="utf-8") != "left alone"
    assert copy.read_text(encoding="utf-8").endswith("# A remark.\n")


@pytest.mark.parametrize("way", ["command", "environment", "lock"])
def test_an_environment_behind_a_link_is_left_alone(tmp_path: Path, way: str) -> None:
    """It may be another worktree's: neither its mark goes nor is it made anew in that place."""
    book, other = tmp_path / "book", tmp_path / "other"
    book.mkdir()
    other.mkdir()
    shutil.copy(ROOT / "Makefile", book)
    (book / ".venv").symlink_to(other)
    (book / "requirements.lock").touch()
    for name in ("ready", "made-with"):
        (other / name).write_text("python-of-another\n", encoding="utf-8")
    # With a lock that is newer the environment is out of date.
    moment = 1_500_000_000 if way == "lock" else 1_700_000_000
    os.utime(book / "requirements.lock", (1_600_000_000, 1_600_000_000))
    os.utime(other / "ready", (moment, moment))
    # Whoever runs this test by make has told it of another book.
    of_make = ("PYTHON", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL")
    variables = {key: value for key, value in os.environ.items() if key not in of_make}
    variables |= {"PYTHON": sys.executable} if way == "environment" else {}
    words = [f"PYTHON={sys.executable}"] if way == "command" else []
    done = subprocess.run(
        ["make", ".venv/ready", *words],
        cwd=book,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert ".venv is a link to a folder that may be another's: remove the link" in done.stdout
    assert sorted(path.name for path in other.iterdir()) == ["made-with", "ready"]
    assert {path.read_text(encoding="utf-8") for path in other.iterdir()} == {"python-of-another\n"}
