"""The workers' processes: what they tell; neither they nor their folders outlive an interrupt."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from proven.book import Book
from proven.checks import environment

_running: dict[subprocess.Popen[bytes], TemporaryDirectory[str]] = {}
"""The workers, each with its folder: it is killed too often to remove it by itself."""


def end_with_workers() -> None:
    """Let Ctrl+C and SIGTERM end this process at once, and with it its workers.

    They live in sessions of their own, so that no signal reaches them.  Told to leave, each ends
    the programs that its proof has begun, or dies in a few seconds.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)


def _end(number: int, _: object) -> None:
    for process, folder in tuple(_running.items()):
        process.send_signal(signal.SIGUSR2)
        folder.cleanup()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def messages(book: Book, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what one worker tells of its job; wake it when it is silent too long, then kill it.

    After the last message of one that didn't come to its end: how it died.
    """
    reader, writer = os.pipe()
    home = TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True)
    order = json.dumps(job | {"pipe": writer, "home": home.name})
    with (
        home,
        TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "proven.checks.mutants.worker", order],
            cwd=book.root,
            env=environment(),
            pass_fds=(writer,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        os.close(writer)
        limit, woken, rest = 60.0, 0, b""
        _running[process] = home
        try:
            while woken < 3:
                if not select.select([reader], [], [], limit)[0]:
                    woken += 1
                    process.send_signal(signal.SIGUSR1)
                    limit = 2.0
                    continue
                data = os.read(reader, 65536)
                if not data:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(10)  # a mutant may have closed the pipe only
                    yield {"died": f"exit code {process.returncode}{_last_line(errors)}"}
                    return
                *lines, rest = (rest + data).split(b"\n")
                for message in map(json.loads, lines):
                    limit, woken = message.get("limit", limit), 0
                    yield message
                    if "end" in message:
                        return
            yield {"died": "no word for too long"}
        finally:
            del _running[process]
            os.close(reader)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    text = errors.read().decode("utf-8", "replace").strip()
    return f": {text.splitlines()[-1]}" if text else ""
