"""Plays each program in a process of its own that is there at once: a fork of a small one.

A zygote, a Python that has loaded asyncio and the stage and nothing else, waits for
programs.  For each it forks: the child plays it (see child) and sends back what
happened.  So no play can leave anything behind, neither here nor for the next one.
"""

from __future__ import annotations

import array
import atexit
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from proven.stage.clock.cost import NOTHING, Computed
from proven.stage.trace import LONGER, NotVirtual, SnippetError, Trace

GRACE = 2.0
"""Real seconds after the deadline that a child has to tell where it stands."""

_LEFT_OUT = ("PYTHONPATH", "PYTHONUNBUFFERED")
"""Variables that say how this Python was started, not the program."""


@dataclass(frozen=True)
class Order:
    """What to play: the file, its real seconds, which way ties are broken, what computing costs."""

    path: str
    work: str
    deadline: float
    reverse: bool
    charging: bool
    environment: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What a child tells: a trace, or why there is none.

    refused: why it can't be played at all; tied: whether a tie was broken; computed: the longest
    computing that took no time.
    """

    trace: Trace | None = None
    hung: str = ""
    not_virtual: str = ""
    refused: str = ""
    tied: bool = False
    computed: Computed = NOTHING


def play_virtually(name: str, path: Path) -> Trace:
    """Play the snippet `name` at `path` as `python file.py` does, on the virtual clock.

    If it computes noticeably, it is played again with its computing taking the time that it
    takes here: what then prints something else is refused.  If waits of several lengths end
    at the same moment, it is played again with the other one going on first: Trace.ties are
    the lines that then differ, Trace.unsettled those of which there are then more or fewer.
    Raises NotVirtual if it turns out to need the real clock; SnippetError if it hangs.
    """
    played = _play(name, path)
    trace = played.trace
    assert trace is not None
    if played.computed.seconds:
        _refuse_computing(name, path, played)
    if not played.tied:
        return trace
    with suppress(SnippetError):
        other = _play(name, path, reverse=True).trace
        assert other is not None
        ties = tuple(
            event.text
            for place, event in enumerate(trace.events)
            if other.lines[place : place + 1] != [event.text]
        )
        either = Counter(trace.shown()), Counter(other.shown())
        unsettled = sorted((either[0] - either[1]) | (either[1] - either[0]))
        return replace(trace, ties=ties, unsettled=tuple(unsettled))
    return replace(trace, ties=tuple(trace.lines), unsettled=tuple(trace.shown()))


def rest() -> None:
    """Let the zygote go, if there is one: what it took then counts as this process's children's.

    The next play starts another.
    """
    if _Zygote._one:
        _Zygote._one.end()


def _refuse_computing(name: str, path: Path, played: Outcome) -> None:
    charged = Outcome()
    with suppress(SnippetError):
        charged = _play(name, path, charging=True)
    if _printed(charged) == _printed(played):
        return
    if _printed(_play(name, path)) != _printed(played):
        # It prints something else each time, as with random numbers: that tells nothing.
        return
    seconds, line = max(played.computed, charged.computed)
    raise NotVirtual(
        f"snippets/{name}.py: what it prints hangs on how long it computes, {seconds:.2f} s "
        f"until line {line}: state it there by a comment, `# takes {seconds:.1g} s`, "
        "or choose `:clock: real`"
    )


def _printed(played: Outcome) -> list[str] | None:
    return played.trace.lines if played.trace else None


def _play(name: str, path: Path, *, reverse: bool = False, charging: bool = False) -> Outcome:
    # Here, or the zygote would have it, and each of its forks would copy it.
    import tempfile

    from proven.stage.virtual.perform import deadline

    path = path.resolve()
    seconds = deadline()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        environment = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
        order = Order(str(path), work, seconds, reverse, charging, environment)
        answer = _Zygote.here().play(order, seconds + GRACE)
    root = f"{path.parents[name.count('/')]}/"
    if answer is None:
        raise SnippetError(
            f"snippets/{name}.py: still running after {seconds:g} s: it doesn't let itself be ended"
        )
    outcome = _shortened(answer, root)
    if outcome.not_virtual:
        raise NotVirtual(f"snippets/{name}.py: {outcome.not_virtual}")
    if outcome.refused:
        raise SnippetError(f"snippets/{name}.py: {outcome.refused}")
    if outcome.trace is None:
        raise SnippetError(
            f"snippets/{name}.py: "
            + (
                (outcome.hung and f"still running after {seconds:g} s\n{outcome.hung}{LONGER}")
                or "the play ended without a word, as by os._exit()"
            )
        )
    return outcome


def _shortened(outcome: Outcome, root: str) -> Outcome:
    """Return it with the paths of snippets as a reader knows them."""
    trace = outcome.trace
    if trace is None:
        return replace(outcome, hung=outcome.hung.replace(root, "snippets/"))
    events = tuple(
        replace(event, text=event.text.replace(root, "snippets/")) if root in event.text else event
        for event in trace.events
    )
    return replace(
        outcome,
        trace=replace(trace, events=events, stderr=trace.stderr.replace(root, "snippets/")),
    )


class _Zygote:
    """The small process, as seen from here."""

    _one: _Zygote | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._orders, theirs = socket.socketpair()
        environment = {
            key: value
            for key, value in os.environ.items()
            if key not in (*_LEFT_OUT, "COVERAGE_PROCESS_START")
        }
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", str(Path(__file__).with_name("start.py"))],
            stdin=theirs.fileno(),
            env=environment,
            start_new_session=True,
        )
        theirs.close()

    @classmethod
    def here(cls) -> _Zygote:
        """Return the one of this process."""
        with cls._lock:
            one = cls._one
            if one is None or one.owner != os.getpid() or one._process.poll() is not None:
                cls._one = one = cls()
                atexit.register(one.end)
            return one

    def play(self, order: Order, limit: float) -> Outcome | None:
        """Let a child play; None if it had to be killed after `limit` real seconds."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            with self._lock:
                request = pickle.dumps(order)
                message = len(request).to_bytes(8, "big") + request
                rights = array.array("i", [theirs.fileno()])
                sent = self._orders.sendmsg(
                    [message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                )
                self._orders.sendall(message[sent:])
            theirs.close()
            return _answer(ours, monotonic() + limit)

    def end(self) -> None:
        """Let it go."""
        if self.owner == os.getpid():
            self._orders.close()
            self._process.wait()


def _answer(channel: socket.socket, until: float) -> Outcome | None:
    data = b""
    while True:
        left = until - monotonic()
        if left <= 0 or not select.select([channel], [], [], left)[0]:
            with suppress(ProcessLookupError, PermissionError):
                if len(data) >= 8:
                    os.killpg(int.from_bytes(data[:8], "big"), signal.SIGKILL)
            return None
        part = channel.recv(1 << 20)
        if not part:
            break
        data += part
    if len(data) <= 8:
        return Outcome()
    found: Any = pickle.loads(data[8:])
    assert isinstance(found, Outcome)
    return found
