"""Lays out a new question: `make new PAGE=debugging/hung-program`.

Page, snippet and proof are written, red until they are filled, and the page joins the
contents of its chapter; a chapter that isn't there yet is laid out, too.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from textwrap import dedent

from handbook.style.shape import FILL

_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*/[a-z0-9]+(?:-[a-z0-9]+)*")
_EXERCISES = "exercises\n"
_TOCTREE = re.compile(r"^```\{toctree\}\n(?:(?::.*)?\n)*?(?:[^`\n].*\n)*(?=```)", re.M)

_PAGE = """\
({label})=
# {fill}: вопрос, как его задаёт читатель?

```{{index}} single: {fill}
```

```{{first}} {fill}
```

```{{short}}
{fill}: короткий ответ. В нём от двух до четырёх предложений.
```

{fill}: когда этот вопрос возникает.

## {fill}: название примера

{fill}: что показывает программа и какая строка важна.

```{{literalinclude}} ../../snippets/{snippet}.py
```

```{{output}} {snippet}
```

[{fill}: утверждение, которое понятно и без страницы]{{.always rests="{fill}" #{claim}}}.

## Частая ошибка: {fill}

{fill}: пара программ, `{name}_broken` и `{name}_fixed`, и почему первая неверна.

## Дальше

- {{ref}}`{fill}`
- {{ref}}`{fill}`
- Документация: {{py:func}}`{fill}`

```{{asked}}
{fill}: что спросят дальше? => {fill}
```
"""
_SNIPPET = """\
import asyncio


async def main() -> None:
    await asyncio.sleep(1)  # print what the page shows


if __name__ == "__main__":
    asyncio.run(main())
"""
_SNIPPET_OF_THREADS = """\
from threading import Thread


def main() -> None:
    thread = Thread(target=print, args=("what the page shows",))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
"""
_PROOF = '''\
"""Proofs for source/{page}.md."""

import pytest
from proven.stage import play


@pytest.mark.always("{claim}")
def test_{name}() -> None:
    trace = play("{snippet}")
    pytest.fail(f"say what the trace must show: {{trace.shown()}}")
'''
_CHAPTER = """\
# {fill}: название главы

{fill}: о чём эта глава, в двух-трёх предложениях.

```{{toctree}}
```
"""


def lay_out(root: Path, page: str) -> list[Path]:
    """Write the files of question `page` ("debugging/hung-program"); return what was written.

    ValueError, with nothing written, if the name isn't one or a file is there already.
    """
    if not _NAME.fullmatch(page):
        raise ValueError(
            f"{page!r} is no name of a page: small Latin letters, as in debugging/hung-program"
        )
    chapter, _, question = page.partition("/")
    name = question.replace("-", "_")
    words = {
        "page": page,
        "label": page.replace("/", "-"),
        "claim": question,
        "name": name,
        "snippet": f"{chapter}/{name}{'_example' * (name in sys.stdlib_module_names)}",
        "fill": FILL,
    }
    texts = {
        root / f"source/{page}.md": _PAGE,
        root / f"snippets/{words['snippet']}.py": _snippet_for(root / f"snippets/{chapter}"),
        root / f"tests/{chapter}/test_{name}.py": _PROOF,
    }
    if there := [file for file in texts if file.exists()]:
        raise ValueError(f"{there[0].relative_to(root)} is there already: nothing was written")
    index = root / f"source/{chapter}/index.md"
    contents = root / "source/index.md"
    new_chapter = not index.exists()
    changed = {file: template.format(**words) for file, template in texts.items()}
    if new_chapter:
        changed[contents] = _joined(contents.read_text(encoding="utf-8"), f"{chapter}/index")
    before = _CHAPTER.format(**words) if new_chapter else index.read_text(encoding="utf-8")
    changed[index] = _joined(before, question)
    for file, text in changed.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return list(changed)


def _snippet_for(folder: Path) -> str:
    """Return a program of the kind that most snippets in the chapter's `folder` are."""
    texts = [file.read_text(encoding="utf-8") for file in folder.glob("*.py")]
    of_asyncio = sum("import asyncio" in text for text in texts)
    return _SNIPPET if 2 * of_asyncio >= len(texts) else _SNIPPET_OF_THREADS


def _joined(text: str, entry: str) -> str:
    """Return `text` with `entry` as the last of its first toctree, but for the exercises."""
    toctree = _TOCTREE.search(text)
    if toctree is None:
        raise ValueError("the page of contents has no toctree to join")
    end = toctree.end()
    if text.endswith(_EXERCISES, 0, end):
        end -= len(_EXERCISES)
    return f"{text[:end]}{entry}\n{text[end:]}"


def main() -> int:
    """Lay out a question and say what comes next."""
    parser = argparse.ArgumentParser(prog="make new", description=main.__doc__)
    parser.add_argument("page", metavar="PAGE", help="as in debugging/hung-program")
    parser.add_argument("--root", type=Path, default=Path())
    options = parser.parse_args()
    try:
        files = lay_out(options.root.resolve(), options.page)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for file in files:
        print(file.relative_to(options.root.resolve()))
    print(
        dedent(f"""\
        Next: fill in what says {FILL}, then
          make accept               records the output into the page
          make check PAGE={options.page}
        """),
        end="",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
