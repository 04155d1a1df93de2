"""The commands that build: `python -m handbook`, and the builds of `make live`."""

import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

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
    command = [sys.executable, "-m", "handbook.authors.warm", str(address)]
    paths = environment(PYTHONPATH=str(machinery))
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=paths):
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
