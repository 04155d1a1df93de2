"""A small copy of the handbook, in which a test may break whatever it likes."""

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pytest

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

[Строка печатается сразу]{.always #hello-at-once}.
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


@lru_cache(1)
def _builds() -> subprocess.Popen[str]:
    """Start the process that builds copies."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("builds.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    atexit.register(process.communicate)  # closes its stdin, and so ends it
    return process


class Book:
    """A handbook of one page, built by the real machinery and settings."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "source/_ext", root / "source/_ext")
        shutil.copytree(ROOT / "source/_inventories", root / "source/_inventories")
        shutil.copy(ROOT / "conf.py", root)
        shutil.copytree(ROOT / "source/_static", root / "source/_static")
        self.write("source/index.md", "# Книга\n\n```{toctree}\ntasks/hello\nledger\n```\n")
        self.write("source/ledger.md", "# Реестр\n\n```{ledger}\n```\n")
        self.write("source/tasks/hello.md", PAGE)
        self.write("snippets/tasks/hello.py", SNIPPET)
        self.write("tests/tasks/test_hello.py", PROOF)

    def write(self, file: str, text: str) -> None:
        """Write `text` to `file` of the copy."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        """Put `new` in the place of `old`, which must be there."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text
        self.write(file, text.replace(old, new))

    def build(
        self, builder: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the strict build as the Makefile does, in the environment given or else in this one.

        In this one it is forked from a process that has Sphinx loaded, in half the time.
        """
        arguments = [
            *("-c", ".", "-d", "build/doctrees", "-q", "-W", "--keep-going", "-n"),
            *("-b", builder, "source", f"build/{builder}"),
        ]
        if environment:
            return self.run("-m", "sphinx", *arguments, environment=environment)
        builds = _builds()
        assert builds.stdin
        assert builds.stdout
        print(json.dumps({"root": str(self.root), "arguments": arguments}), file=builds.stdin)
        builds.stdin.flush()
        code = int(builds.stdout.readline())
        told = (self.root / "told").read_text(encoding="utf-8")
        return subprocess.CompletedProcess(arguments, code, told)

    def run(
        self, *arguments: str, environment: Mapping[str, str] = os.environ
    ) -> subprocess.CompletedProcess[str]:
        """Run Python with `arguments` in the copy; out and err come together in stdout."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**environment, "PYTHONPATH": str(self.root / "source/_ext")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small copy's site, with all that the real one has beside pages."""
    book = Book(tmp_path_factory.mktemp("book"))
    shutil.copytree(ROOT / "source/locales", book.root / "source/locales")
    book.replace("source/tasks/hello.md", "[Строка", "См. {py:func}`asyncio.run`. [Строка")
    result = book.build("html")
    assert result.returncode == 0, result.stdout
    return book.root / "build/html"


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Return a fresh small copy."""
    return Book(tmp_path)
