"""A small book in a folder of its own, in which a test may break whatever it likes."""

import doctest
import os
import shutil
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

import pytest
from handbook.site.repairs import mending
from jinja2.bccache import Bucket, BytecodeCache
from proven.checks import environment
from sphinx import locale
from sphinx.cmd.build import build_main

ROOT = Path(__file__).parents[2]
"""The handbook's own repository."""

PAGE = """\
(tasks-hello)=
# Кто здоровается?

```{short}
Программа. Она печатает три строки.
```

```{literalinclude} ../../snippets/tasks/hello.py
```

```{output} tasks/hello
0.0 │ hello
0.0 │ and
1.0 │ goodbye
```

[Строка печатается сразу]{rests="asyncio.run" .always #hello-at-once}.
"""
SNIPPET = """\
import asyncio


async def main() -> None:
    print("hello")
    print("and")
    await asyncio.sleep(1)
    print("goodbye")


if __name__ == "__main__":
    asyncio.run(main())
"""
PROOF = """\
import pytest
from proven.stage import play


@pytest.mark.always("hello-at-once")
def test_hello_at_once() -> None:
    assert play("tasks/hello").at("hello") == 0
"""


class Templates(BytecodeCache):
    """Compiled templates, which each small book would compile anew: half of its build."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take them if they were made of the same text."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep them for the next book."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()


class Book:
    """A book of one page, built by the real machinery, where it is, and the real settings."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "source").mkdir()
        shared = ROOT / "source/_inventories", ROOT / "source/_static", ROOT / "source/_templates"
        for folder in shared:
            (root / "source" / folder.name).symlink_to(folder)
        shutil.copy(ROOT / "conf.py", root)
        self.write("pyproject.toml", '[project]\nversion = "1.0"\n')
        self.write("source/index.md", "# Книга\n\n```{toctree}\ntasks/hello\nledger\n```\n")
        self.write("source/ledger.md", "# Реестр\n\n```{ledger}\n```\n")
        self.write("source/tasks/hello.md", PAGE)
        self.write("snippets/tasks/hello.py", SNIPPET)
        self.write("tests/tasks/test_hello.py", PROOF)

    def write(self, file: str, text: str) -> None:
        """Write `text` to `file` of the book."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        """Put `new` in the place of `old`, which must be there."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text
        self.write(file, text.replace(old, new))

    def build(
        self, builder: str, *options: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the strict build as the Makefile does, but in this process: that takes half the time.

        options: more of sphinx-build's; variables: of the environment.  What it prints comes
        in stdout.
        """
        said = StringIO()
        arguments = self._arguments(builder, *options)
        path = sys.path[:]
        with (
            mock.patch.dict(os.environ, variables),
            # A build leaves its language behind, and a compiler in doctest.
            mock.patch.dict(locale.translators),
            mock.patch.dict(vars(doctest)),
            mock.patch.object(mending, "FileSystemBytecodeCache", return_value=TEMPLATES),
            redirect_stdout(said),
            redirect_stderr(said),
            warnings.catch_warnings(action="ignore"),
        ):
            try:
                code = build_main(arguments)
            except SystemExit as end:
                code = int(str(end.code))
            finally:
                sys.path[:] = path
        return subprocess.CompletedProcess(arguments, code, said.getvalue())

    def build_alone(
        self, builder: str, *options: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Build in a process of its own: for what this one would not get rid of again."""
        return self.run("sphinx", *self._arguments(builder, *options), **variables)

    def run(
        self, module: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a module of Python's; out and err come together in stdout."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def _arguments(self, builder: str, *options: str) -> list[str]:
        out = self.root / "build"
        return [
            *("-c", str(self.root), "-d", str(out / "doctrees"), "-q", "-W", "-n", "-b", builder),
            *(*options, str(self.root / "source"), str(out / builder)),
        ]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small book's site, with all that the real one has beside pages."""
    book = Book(tmp_path_factory.mktemp("book"))
    shutil.copytree(ROOT / "source/locales", book.root / "source/locales")
    book.replace("source/tasks/hello.md", "[Строка", "См. {py:func}`asyncio.run`. [Строка")
    result = book.build("html")
    assert result.returncode == 0, result.stdout
    return book.root / "build/html"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Return a fresh small book."""
    # As in the handbook's own settings: these plugins take half of the time that pytest starts.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio -p no:anyio")
    return Book(tmp_path)
