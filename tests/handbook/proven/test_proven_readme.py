"""The README of proven: its example runs, and its settings are the defaults."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest
from proven.book import Settings

from tests.handbook.conftest import ROOT

README = (ROOT / "source/_ext/proven/README.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w/]+\.\w+)`:\n\n(`{3,})\w+\n(.*?)\n\2$", re.S | re.M)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, _, text in FILE.findall(README):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_runs(written: Path) -> None:
    files = {file.relative_to(written).as_posix() for file in written.rglob("*.*")}
    assert files == {
        *("source/hello.md", "snippets/hello.py", "tests/test_hello.py", "tests/conftest.py")
    }
    text = README.replace("```", "")
    example = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    assert len(example.examples) > 10
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)


def test_its_proof_passes(written: Path) -> None:
    space: dict[str, object] = {}
    exec((written / "tests/test_hello.py").read_text("utf-8"), space)
    proof = space["test_the_greeting_comes_first"]
    assert callable(proof)
    proof()


def test_its_settings_are_the_defaults(tmp_path: Path) -> None:
    (table,) = re.findall(r"^```toml\n(.*?)^```", README, re.S | re.M)
    told = tomllib.loads(table)["tool"]["proven"]
    settings = Settings.at(tmp_path)
    folders = {key: settings.root / told.pop(key) for key in list(told) if key not in OTHERS}
    assert settings == Settings(tmp_path.resolve(), **folders, **told)


OTHERS = ("width", "ledger")
