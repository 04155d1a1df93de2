"""The commands that build: `python -m handbook`, and the builds of `make live`."""

from typing import Any

import pytest
from handbook.authors import live

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
    served: list[live.QuietBuilder] = []

    def serve(arguments: list[str]) -> None:
        assert live.autobuild.Builder is live.QuietBuilder
        assert arguments[-3:] == ["--port=1", "source", "build/live/html"]
        url = {"url_host": "", "pre_build_commands": [], "post_build_commands": []}
        served.append(live.QuietBuilder([*book._arguments("dummy")], **url))

    monkeypatch.setattr(live.autobuild, "main", serve)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "source/_ext"))
    live.main(["--port=1"])
    served[0](changed_paths=())
    assert capfd.readouterr() == ("", "")
    book.replace("tests/tasks/test_hello.py", "hello-at-once", "hello-never")
    served[0](changed_paths=())
    assert "claim 'hello-at-once' has no proof" in capfd.readouterr().err


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
