"""Proofs for source/processes/exchange.md."""

import functools
import inspect
import multiprocessing
import operator
import os
import pickle
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
from proven.stage import load, perform_script, play
from proven.stage.player import path_of

from tests.ways import ways
from tests.ways_processes import METHODS, PROCESS_ENDS, filled, perform_by, run_by


@pytest.mark.always("xch-one-sender-keeps-order")
@ways(
    method=METHODS,
    kind={"Queue": "Queue", "SimpleQueue": "SimpleQueue"},
    end={name: PROCESS_ENDS[name][0] for name in ("value", "exception", "sys.exit")},
)
def test_one_sender_keeps_the_order(method: str, kind: str, end: str) -> None:
    assert play("processes/exchange_queue").lines == ["TEA", "COFFEE"]
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing, sys

        def send(queue):
            for number in range(300):
                queue.put(number if number % 7 else "x" * 5_000 + str(number))
            ENDING

        if __name__ == "__main__":
            queue = multiprocessing.KIND()
            child = multiprocessing.Process(target=send, args=(queue,))
            child.start()
            received = [queue.get() for _ in range(300)]
            child.join()
            print([int(str(item).lstrip("x")) for item in received] == [*range(300)])
        """,
            KIND=kind,
            ENDING=end,
        ),
    )
    assert trace.lines == ["True"]


@pytest.mark.sometimes("xch-abrupt-end-loses")
@ways(
    method=METHODS,
    kind={"Queue": "Queue", "JoinableQueue": "JoinableQueue"},
    end={name: PROCESS_ENDS[name][0] for name in ("os._exit", "killed")}
    | {"cancel_join_thread": "queue.cancel_join_thread()"},
)
def test_an_abrupt_end_loses_what_was_put(method: str, kind: str, end: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing, os, threading
        from queue import Empty

        class Slow:
            # Holds the feeder thread, as a long queue would, until the end.
            def __reduce__(self):
                threading.Event().wait()

        def send(queue):
            queue.put("first")
            sent.wait()
            queue.put(Slow())
            queue.put("last")
            ENDING

        def start(queue, event):
            global sent
            sent = event
            send(queue)

        if __name__ == "__main__":
            queue, event = multiprocessing.KIND(), multiprocessing.Event()
            child = multiprocessing.Process(target=start, args=(queue, event))
            child.start()
            print(queue.get())
            event.set()
            child.join()
            try:
                print(queue.get(timeout=0.05))
            except Empty:
                print("lost")
        """,
            KIND=kind,
            ENDING=end,
        ),
    )
    assert trace.lines == ["first", "lost"]


class Child:
    """Looks like a process; lives for so many questions and may leave something at its end."""

    def __init__(self, queue: queue.Queue[str], lives: int, last: str = "") -> None:
        self._queue, self._lives, self._last = queue, lives, last

    def is_alive(self) -> bool:
        if self._lives:
            self._lives -= 1
            return True
        return False

    def wait(self, timeout: float) -> str:
        assert timeout > 0
        if self._last and not self._lives:
            self._queue.put(self._last)
            self._last = ""
            raise queue.Empty
        return self._queue.get_nowait()


def notices(snippet: str) -> None:
    """Assert that its `receive` ends when the child is gone, and gets the child's last words."""
    receive = load(snippet).receive
    for lives in (0, 1, 3):
        child = Child(queue.Queue(), lives)
        with pytest.raises(RuntimeError, match="the child is gone"):
            receive(SimpleNamespace(get=child.wait), child)
        child = Child(queue.Queue(), lives, "last words")
        if lives:
            assert receive(SimpleNamespace(get=child.wait), child) == "last words"


@pytest.mark.always("xch-queue-has-no-eof")
@ways(method=METHODS, end=PROCESS_ENDS)
def test_a_queue_does_not_tell_that_its_sender_is_gone(method: str, end: tuple[str, int]) -> None:
    # no mutant: молчит ли очередь о конце отправителя, решает сам multiprocessing
    trace = perform_by(
        method,
        filled(
            """
        import os, sys
        from multiprocessing import Process, Queue
        from queue import Empty

        def work(queue):
            ENDING

        if __name__ == "__main__":
            queue = Queue()
            child = Process(target=work, args=(queue,))
            child.start()
            child.join()
            try:
                queue.get(timeout=0.05)
            except Empty:
                print("still waiting")
        """,
            ENDING=end[0],
        ),
    )
    assert trace.lines == ["still waiting"]
    notices("processes/exchange_queue")
    notices("processes/exchange_join_fixed")


@pytest.mark.always("xch-receiver-gets-a-copy")
@ways(kind={kind: kind for kind in ("Queue", "SimpleQueue", "JoinableQueue", "Pipe")})
def test_the_receiver_gets_an_equal_object_but_another(kind: str) -> None:
    assert play("processes/exchange_pipe").lines == [
        "received: [1, 2, 3, 6]",
        "own list: [1, 2, 3]",
    ]
    trace = perform_script(
        filled(
            """
        import multiprocessing

        if __name__ == "__main__":
            made = multiprocessing.KIND()
            if isinstance(made, tuple):
                here, there = made
                send, receive = here.send, there.recv
            else:
                send, receive = made.put, made.get
            sent = [1, [2]]
            send(sent)
            received = receive()
            print(received == sent, received is sent, received[1] is sent[1])
    """,
            KIND=kind,
        )
    )
    assert trace.lines == ["True False False"]


@pytest.mark.always("xch-exception-without-cause")
@ways(kind={kind: kind for kind in ("Queue", "SimpleQueue", "JoinableQueue", "Pipe")})
def test_an_exception_comes_without_traceback_and_cause(kind: str) -> None:
    # no mutant: что берёт с собой исключение, решает pickle
    trace = perform_script(
        filled(
            """
        import multiprocessing

        if __name__ == "__main__":
            made = multiprocessing.KIND()
            if isinstance(made, tuple):
                here, there = made
                send, receive = here.send, there.recv
            else:
                send, receive = made.put, made.get
            try:
                raise ValueError("own") from KeyError("why")
            except ValueError as error:
                print(bool(error.__traceback__), repr(error.__cause__))
                send(error)
            error = receive()
            print(repr(error), error.__traceback__, error.__cause__)
    """,
            KIND=kind,
        )
    )
    assert trace.lines == ["True KeyError('why')", "ValueError('own') None None"]


@pytest.mark.always("xch-siblings-hold-the-pipe")
@ways(method=METHODS, at_once={"all at once": True, "one after another": False})
def test_a_sibling_that_holds_the_end_hides_the_eof(method: str, at_once: bool) -> None:
    # no mutant: в примере у канала один процесс
    trace = perform_by(
        method,
        filled(
            """
        from multiprocessing import Pipe, Process

        def work(there, stays):
            if stays:
                there.recv()

        if __name__ == "__main__":
            ends, children = [], []
            for stays in (False, True):
                here, there = Pipe()
                ends.append((here, there))
                children.append(Process(target=work, args=(there, stays)))
                if not AT_ONCE:
                    children[-1].start()
                    there.close()
            if AT_ONCE:
                for child in children:
                    child.start()
                for here, there in ends:
                    there.close()
            (first, _), (second, _) = ends
            children[0].join()
            # poll() says at once that the end has come: nothing else is sent here.
            print(first.poll(0.2))
            second.send("go on")
            children[1].join()
            print(first.poll(None))
            try:
                first.recv()
            except EOFError:
                print("EOFError")
    """,
            AT_ONCE=at_once,
        ),
    )
    assert trace.lines == [str(not (at_once and method == "fork")), "True", "EOFError"]


@pytest.mark.always("xch-child-holds-parents-end")
@ways(
    method=METHODS,
    duplex={"duplex": "True", "one way": "False"},
    closes={"closes it": True, "holds it": False},
)
def test_a_child_that_holds_its_parents_end_gets_no_eof(
    method: str, duplex: str, closes: bool
) -> None:
    trace = perform_by(
        method,
        filled(
            """
        from multiprocessing import Pipe, Process

        def work(there, parents_end, told):
            if CLOSES:
                parents_end.close()
            print(there.recv())
            told.recv()
            if HOLDS:
                print("more to come:", not there.poll(0))
                return
            try:
                there.recv()
            except EOFError:
                print("EOFError")

        if __name__ == "__main__":
            there, here = Pipe(duplex=DUPLEX)
            told, tell = Pipe(duplex=False)
            parents_end = here if CLOSES else None
            child = Process(target=work, args=(there, parents_end, told))
            child.start()
            there.close()
            here.send("the only job")
            here.close()
            tell.send("closed")
            child.join()
    """,
            CLOSES=closes,
            HOLDS=method == "fork" and not closes,
            DUPLEX=duplex,
        ),
    )
    end = "more to come: True" if method == "fork" and not closes else "EOFError"
    assert trace.lines == ["the only job", end]


@pytest.mark.sometimes("xch-one-end-two-senders")
@ways(
    method=METHODS,
    other={"thread": "Thread", "process": "Process"},
    lock={"no lock": "nullcontext", "lock": "Lock"},
)
def test_two_senders_of_one_end_mix_their_messages(method: str, other: str, lock: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import pickle
        from contextlib import nullcontext
        from multiprocessing import Lock, Pipe, Process
        from threading import Thread

        def send(there, turn, letter):
            with turn:
                there.send(letter * 20_000)

        if __name__ == "__main__":
            here, there = Pipe(duplex=False)
            turn = LOCK()
            other = OTHER(target=send, args=(there, turn, "b"))
            whole = there._send

            # The schedule that is forced: a large message is written in two parts,
            # and the other sender comes in between them, if it may.
            def between(data):
                there._send = whole
                whole(data)
                other.start()
                if "LOCK" == "nullcontext":
                    other.join()

            there._send = between
            send(there, turn, "a")
            try:
                print(here.recv()[0], here.recv()[0])
            except pickle.UnpicklingError:
                print("mixed")
            other.join()
    """,
            OTHER=other,
            LOCK=lock,
        ),
    )
    assert trace.lines == ["mixed" if lock == "nullcontext" else "a b"]


@pytest.mark.sometimes("xch-queue-looks-empty")
@ways(kind={"Queue": "Queue", "JoinableQueue": "JoinableQueue"})
def test_a_queue_may_look_empty_right_after_put(kind: str) -> None:
    trace = perform_script(
        filled(
            """
        import multiprocessing, queue, threading

        packed = threading.Event()

        class Slow:
            def __reduce__(self):
                packed.wait()
                return str, ("slow",)

        if __name__ == "__main__":
            words = multiprocessing.KIND()
            words.put(Slow())
            print(words.empty())
            try:
                words.get_nowait()
            except queue.Empty:
                print("Empty")
            packed.set()
            print(words.get())
    """,
            KIND=kind,
        )
    )
    assert trace.lines == ["True", "Empty", "slow"]


@pytest.mark.always("xch-unbuildable-exception")
@ways(kind={kind: kind for kind in ("Queue", "SimpleQueue", "JoinableQueue", "Pipe")})
def test_an_exception_that_cannot_be_built_again_fails_its_receiver(kind: str) -> None:
    # no mutant: в примерах исключений не пересылают
    trace = perform_script(
        filled(
            """
        import multiprocessing

        class Refused(Exception):
            def __init__(self, user, reason):
                super().__init__(reason)

        class Kept(Exception):
            def __init__(self, user, reason):
                super().__init__(user, reason)

        class Reduced(Refused):
            def __reduce__(self):
                return Reduced, ("Ann", *self.args)

        if __name__ == "__main__":
            made = multiprocessing.KIND()
            if isinstance(made, tuple):
                here, there = made
                send, receive = here.send, there.recv
            else:
                send, receive = made.put, made.get
            for error in (Refused("Ann", "late"), Kept("Ann", "late"), Reduced("Ann", "late")):
                send(error)
                try:
                    print("received", repr(receive()))
                except TypeError:
                    print("TypeError")
    """,
            KIND=kind,
        )
    )
    assert trace.lines == [
        "TypeError",
        "received Kept('Ann', 'late')",
        "received Reduced('late')",
    ]


PIPE = """
    import os, sys
    from multiprocessing import Pipe, Process

    def work(there):
        {read}
        there.send("last words")
        {ending}

    if __name__ == "__main__":
        here, there = Pipe(duplex={duplex})
        child = Process(target=work, args=(there,))
        child.start()
        {close}
        {write}
        child.join()
        print(here.recv())
        try:
            print(here.poll(0.05) and here.recv())
        except EOFError:
            print("EOFError")
"""


@pytest.mark.always("xch-closed-pipe-is-eof")
@ways(method=METHODS, end=PROCESS_ENDS | {"closed": ("there.close()", 0)})
def test_recv_ends_when_all_have_closed_the_other_end(method: str, end: tuple[str, int]) -> None:
    # no mutant: что увидит получатель, решает система; её программа стоит вне доказательства
    for duplex, read, write in (
        (True, "pass", "pass"),
        (True, "there.recv()", "here.send('hello')"),
        (False, "pass", "pass"),
    ):
        code = PIPE.format(
            ending=end[0], duplex=duplex, close="there.close()", read=read, write=write
        )
        assert perform_by(method, dedent(code)).lines == ["last words", "EOFError"]


@pytest.mark.always("xch-send-to-nobody")
@ways(
    method=METHODS,
    end=PROCESS_ENDS | {"closed": ("there.close()", 0)},
    duplex={"duplex": True, "one way": False},
)
def test_what_is_sent_to_nobody_is_an_error(
    method: str, end: tuple[str, int], duplex: bool
) -> None:
    # no mutant: что увидит отправитель, решает система
    trace = perform_by(
        method,
        filled(
            """
        import os, sys
        from multiprocessing import Pipe, Process

        def work(there):
            there.recv()
            ENDING

        if __name__ == "__main__":
            there, here = Pipe(duplex=DUPLEX)
            child = Process(target=work, args=(there,))
            child.start()
            here.send("read")
            here.send("never read")
            child.join()
            here.send("held by its own program")
            there.close()
            for size in (1, 1_000_000):
                try:
                    here.send("x" * size)
                except BrokenPipeError:
                    print("BrokenPipeError")
        """,
            ENDING=end[0],
            DUPLEX=duplex,
        ),
    )
    assert trace.lines == ["BrokenPipeError"] * 2


@pytest.mark.always("xch-send-waits-for-its-reader")
@ways(
    method=METHODS,
    duplex={"duplex": True, "one way": False},
    size={"small": 1_000, "large": 1_000_000},
)
def test_a_large_send_waits_for_its_reader(method: str, duplex: bool, size: int) -> None:
    # no mutant: сколько уместится в канал, решает система
    trace = perform_by(
        method,
        filled(
            """
        from multiprocessing import Event, Pipe, Process

        def work(there, begun, sent):
            begun.set()
            there.send(b"x" * SIZE)
            sent.set()

        if __name__ == "__main__":
            here, there = Pipe(duplex=DUPLEX)
            begun, sent = Event(), Event()
            child = Process(target=work, args=(there, begun, sent))
            child.start()
            there.close()
            begun.wait()
            # What fits in is sent without a reader, however long that takes.
            print(sent.wait(None if SIZE == 1_000 else 0.1))
            print(len(here.recv()))
            sent.wait()
            child.join()
            print(child.exitcode)
        """,
            DUPLEX=duplex,
            SIZE=size,
        ),
    )
    assert trace.lines == [str(size == 1_000), str(size), "0"]


@pytest.mark.sometimes("xch-killed-while-sending")
@ways(method=METHODS, duplex={"duplex": True, "one way": False})
def test_half_a_message_is_an_error_and_then_the_end(method: str, duplex: bool) -> None:
    # no mutant: что увидит получатель, решает система
    trace = perform_by(
        method,
        filled(
            """
        import fcntl, struct, termios, time
        from multiprocessing import Pipe, Process

        def work(there):
            there.send(b"x" * 5_000_000)

        def waiting(here):
            return struct.unpack("i", fcntl.ioctl(here, termios.FIONREAD, bytes(4)))[0]

        if __name__ == "__main__":
            here, there = Pipe(duplex=DUPLEX)
            child = Process(target=work, args=(there,))
            child.start()
            there.close()
            # The schedule that is forced: killed after the length and a part have been sent.
            while waiting(here) <= 4:
                time.sleep(0.001)
            child.kill()
            child.join()
            for _ in range(2):
                try:
                    here.recv()
                except (EOFError, OSError) as error:
                    print(type(error).__name__)
        """,
            DUPLEX=duplex,
        ),
    )
    assert trace.lines == ["OSError", "EOFError"]


def notices_death() -> None:
    """Assert that the page's program ends when its child has died."""
    code = path_of("processes/exchange_pipe").read_text(encoding="utf-8")
    dies = code.replace("numbers = connection.recv()", "raise SystemExit(1)")
    assert dies != code
    run = run_by("fork", dies, timeout=10)
    assert run.returncode == 1
    assert run.stderr.strip().splitlines()[-1].startswith(("EOFError", "Connection", "BrokenPipe"))


@pytest.mark.always("xch-own-end-hides-eof")
@ways(method=METHODS, end=PROCESS_ENDS)
def test_an_end_kept_open_hides_that_the_child_is_gone(method: str, end: tuple[str, int]) -> None:
    # no mutant: без этого close() программа ждёт вечно, о чём и говорит утверждение
    code = PIPE.format(ending=end[0], duplex=True, close="pass", read="pass", write="pass")
    assert perform_by(method, dedent(code)).lines == ["last words", "False"]
    play("processes/exchange_pipe")
    notices_death()


@pytest.mark.always("xch-unpickling-runs-code")
@ways(kind={kind: kind for kind in ("Queue", "SimpleQueue", "JoinableQueue", "Pipe")})
def test_who_receives_runs_what_the_sender_chose(kind: str) -> None:
    trace = perform_script(
        filled(
            """
        import multiprocessing

        class Letter:
            def __reduce__(self):
                return print, ("run by the receiver",)

        if __name__ == "__main__":
            made = multiprocessing.KIND()
            if isinstance(made, tuple):
                here, there = made
                here.send(Letter())
                receive = there.recv
            else:
                made.put(Letter())
                receive = made.get
            print("before")
            print(receive())
    """,
            KIND=kind,
        )
    )
    assert trace.lines == ["before", "run by the receiver", "None"]


@pytest.mark.sometimes("xch-closed-pipe-may-reset")
def test_what_the_other_end_never_read_resets_the_pipe() -> None:
    for unread, errors in ((True, [ConnectionResetError, EOFError]), (False, [EOFError] * 2)):
        here, there = multiprocessing.Pipe()
        here.send("last words")
        if not unread:
            there.recv()
        there.close()
        for error in errors:
            with pytest.raises(error):
                here.recv()


@pytest.mark.sometimes("xch-waiting-send-may-reset")
def test_a_send_that_waits_for_room_may_be_reset() -> None:
    # no mutant: что увидит отправитель, решает система
    trace = perform_by(
        "fork",
        """
        import os
        from multiprocessing import Pipe, Process
        from pathlib import Path

        def close_once_it_sleeps(there, go, sender):
            go.recv()
            stat = Path(f"/proc/{sender}/stat")
            while stat.read_text().rpartition(")")[2].split()[0] != "S":
                pass
            there.close()

        if __name__ == "__main__":
            here, there = Pipe()
            os.set_blocking(here.fileno(), False)
            try:
                while True:
                    here.send("fills the pipe")
            except BlockingIOError:
                os.set_blocking(here.fileno(), True)
            hear, tell = Pipe(duplex=False)
            child = Process(target=close_once_it_sleeps, args=(there, hear, os.getpid()))
            child.start()
            there.close()
            tell.send("go")
            for _ in range(2):
                try:
                    here.send("waits for room")
                except OSError as error:
                    print(type(error).__name__, isinstance(error, ConnectionError))
            child.join()
        """,
    )
    assert trace.lines == ["ConnectionResetError True", "BrokenPipeError True"]


@pytest.mark.always("xch-lambda-is-refused")
@ways(protocol={str(each): each for each in range(pickle.HIGHEST_PROTOCOL + 1)})
def test_a_lambda_is_refused_a_partial_is_not(protocol: int) -> None:
    refusal = pickle.PicklingError if sys.version_info >= (3, 14) else AttributeError
    with pytest.raises((pickle.PicklingError, AttributeError)) as raised:
        pickle.dumps(lambda number: number + 1, protocol)
    assert raised.type is refusal
    add_one = pickle.loads(pickle.dumps(functools.partial(operator.add, 1)))
    assert add_one(1) == 2
    assert pickle.loads(pickle.dumps(operator.add)) is operator.add
    lines = play("processes/exchange_unpicklable").lines
    assert lines[2:] == ["lambda: False", "generator: False", "threading.Lock: False"]


def _local_function() -> object:
    def nested() -> None: ...

    return nested


def _local_class() -> type:
    class Inner: ...

    return Inner


REFUSED = (pickle.PicklingError, AttributeError)


@pytest.mark.always("xch-local-is-refused")
@ways(
    make={
        "function": _local_function,
        "class": _local_class,
        "object": lambda: _local_class()(),
        "method": lambda: _local_class()().__init__,
    },
    protocol={str(each): each for each in range(pickle.HIGHEST_PROTOCOL + 1)},
)
def test_what_a_function_defines_is_refused(make: Callable[[], object], protocol: int) -> None:
    # no mutant: что принимает pickle, решает он сам
    with pytest.raises(REFUSED, match="local object"):
        pickle.dumps(make(), protocol)
    reduced = type("Reduced", (_local_class(),), {"__reduce__": lambda _: (int, ("5",))})
    assert pickle.loads(pickle.dumps(reduced(), protocol)) == 5


def _logged(function: Callable[[int], int]) -> Callable[[int], int]:
    @functools.wraps(function)
    def logged(number: int) -> int:
        return function(number)

    return logged


@_logged
def _double(number: int) -> int:
    return number * 2


_logged_elsewhere = _logged(_double)


@pytest.mark.always("xch-hidden-by-its-wrapper")
@ways(protocol={str(each): each for each in range(pickle.HIGHEST_PROTOCOL + 1)})
def test_a_function_hidden_by_its_wrapper_is_refused(protocol: int) -> None:
    # no mutant: что принимает pickle, решает он сам
    assert pickle.loads(pickle.dumps(_double, protocol)) is _double
    for hidden in (inspect.unwrap(_double), _logged_elsewhere):
        with pytest.raises(pickle.PicklingError, match="it's not the same object as"):
            pickle.dumps(hidden, protocol)


class Holder:
    """Keeps what can't be sent."""

    def __init__(self, kept: object) -> None:
        self.kept = kept

    def method(self) -> None: ...


@pytest.mark.always("xch-holder-is-refused")
@ways(
    keep={
        "file": functools.partial(open, os.devnull),
        "lock": threading.Lock,
        "sqlite3": lambda: sqlite3.connect(":memory:"),
    },
    protocol={str(each): each for each in range(2, pickle.HIGHEST_PROTOCOL + 1)},
)
def test_who_keeps_it_is_refused(keep: Callable[[], Any], protocol: int) -> None:
    # no mutant: что принимает pickle, решает он сам
    kept = keep()
    for thing in (kept, Holder(kept), Holder(kept).method, [Holder(kept)]):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(thing, protocol)
    pickle.dumps([Holder(1), Holder(1).method], protocol)
    if hasattr(kept, "close"):
        kept.close()


@pytest.mark.always("xch-getstate-cures")
@ways(protocol={str(each): each for each in range(pickle.HIGHEST_PROTOCOL + 1)})
def test_getstate_leaves_out_what_cant_be_sent(protocol: int) -> None:
    # no mutant: что попадёт в посылку, решают два метода, а в них нечего переставить
    assert play("processes/exchange_getstate").lines == ["visits: with a lock of its own"]
    kind = load("processes/exchange_getstate").Counter
    sent, got = kind("visits"), kind.__new__(kind)
    got.__setstate__(pickle.loads(pickle.dumps(sent.__getstate__(), protocol)))
    assert (got.name, got.lock.locked(), got.lock is sent.lock) == ("visits", False, False)
    trace = perform_script(
        filled(
            """
        import pickle
        from threading import Lock

        class Counter:
            def __init__(self, name):
                self.name, self.lock = name, Lock()

            def __getstate__(self):
                return {name: value for name, value in vars(self).items() if name != "lock"}

            def __setstate__(self, state):
                self.__init__(**state)

            def owner(self):
                return self

        first = Counter("visits")
        for thing in (first, first.owner):
            copy = pickle.loads(pickle.dumps(thing, PROTOCOL))
            copy = copy if thing is first else copy()
            print(copy.name, copy.lock is first.lock)
    """,
            PROTOCOL=protocol,
        )
    )
    assert trace.lines == ["visits False"] * 2


@pytest.mark.always("xch-queue-drops-unpicklable")
@ways(
    kind={"Queue": "Queue", "JoinableQueue": "JoinableQueue"},
    cargo={
        "lambda": "lambda: None",
        "generator": "(each for each in ())",
        "lock": "threading.Lock()",
    },
)
def test_a_queue_drops_what_it_cant_send(kind: str, cargo: str) -> None:
    trace = perform_script(
        filled(
            """
        import multiprocessing, threading

        if __name__ == "__main__":
            queue = multiprocessing.KIND()
            queue.put(CARGO)
            print("put returned")
            queue.put("the next")
            print(queue.get())
            print("anything left:", not queue.empty())
            if "KIND" == "JoinableQueue":
                queue.task_done()
                joiner = threading.Thread(target=queue.join, daemon=True)
                joiner.start()
                joiner.join(0.1)
                print("join returned:", not joiner.is_alive())
                queue.task_done()
                joiner.join()
    """,
            KIND=kind,
            CARGO=cargo,
        )
    )
    assert trace.lines[:3] == ["put returned", "the next", "anything left: False"]
    assert trace.lines[3:] == ["join returned: False"] * (kind == "JoinableQueue")
    assert "Traceback" in trace.stderr
    assert "pickle" in trace.stderr.lower()


@pytest.mark.sometimes("xch-changed-after-put")
def test_what_is_changed_after_put_may_be_sent_changed() -> None:
    trace = perform_script("""
        import multiprocessing, threading

        changed = threading.Event()

        class Slow:
            # Holds the feeder thread, as a long queue would, until the list is changed.
            def __reduce__(self):
                changed.wait()
                return str, ()

        if __name__ == "__main__":
            queue = multiprocessing.Queue()
            queue.put(Slow())
            prices = [20, 22]
            queue.put(prices)
            prices.append("changed")
            changed.set()
            queue.get()
            print(queue.get())
    """)
    assert trace.lines == ["[20, 22, 'changed']"]


@pytest.mark.always("xch-child-waits-for-its-reader")
@ways(
    method=METHODS,
    end=PROCESS_ENDS
    | {
        "told not to wait": ("queue.cancel_join_thread()", 5),
        "told so, exception": ("queue.cancel_join_thread(); raise ValueError('own')", 5),
    },
)
def test_the_child_does_not_end_before_its_queue_is_read(method: str, end: tuple[str, int]) -> None:
    ending, code = end
    trace = perform_by(
        method,
        filled(
            """
        import os, sys
        from multiprocessing import Event, Process, Queue

        def send(queue, size, has_put):
            queue.put(b"x" * size)
            has_put.set()
            ENDING

        if __name__ == "__main__":
            for size in (1_000, 1_000_000):
                queue, has_put = Queue(), Event()
                child = Process(target=send, args=(queue, size, has_put))
                child.start()
                has_put.wait()
                child.join(timeout=0.1 if size == 1_000_000 and CODE in (0, 1, 3) else None)
                print(size, child.is_alive())
                if CODE in (0, 1, 3):
                    queue.get()
                    child.join()
        """,
            ENDING=ending,
            CODE=code,
        ),
    )
    ends_by_itself = code in (0, 1, 3)
    assert trace.lines == ["1000 False", f"1000000 {ends_by_itself}"]


@pytest.mark.always("xch-dead-reader-holds-exit")
@ways(
    method=METHODS,
    end={name: PROCESS_ENDS[name][0] for name in ("value", "exception", "killed")},
    put={
        "fits in": (1_000, "pass"),
        "does not fit": (1_000_000, "pass"),
        "is given up": (1_000_000, "words.cancel_join_thread()"),
    },
)
def test_a_queue_that_nobody_reads_holds_the_exit(
    tmp_path: Path, method: str, end: str, put: tuple[int, str]
) -> None:
    size, give_up = put
    code = filled(
        """
        import multiprocessing, os, sys

        def work(words):
            words.get()
            ENDING

        if __name__ == "__main__":
            context = multiprocessing.get_context("METHOD")
            words = context.Queue()
            child = context.Process(target=work, args=(words,))
            child.start()
            words.put("first")
            words.put("x" * SIZE)
            child.join()
            GIVE_UP
            raise RuntimeError("the child is gone")
        """,
        ENDING=end,
        METHOD=method,
        SIZE=size,
        GIVE_UP=give_up,
    )
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        try:
            assert program.stderr
            assert any("the child is gone" in line for line in program.stderr)
            if size == 1_000_000 and give_up == "pass":
                with pytest.raises(subprocess.TimeoutExpired):
                    program.wait(timeout=0.1)
            else:
                assert program.wait() == 1
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


def test_the_page_shows_both_orders() -> None:
    alive, gone = "child is still alive: True", "child is still alive: False"
    broken = play("processes/exchange_join_broken")
    assert broken.lines == [alive, "received: 1000000", gone]
    assert play("processes/exchange_join_fixed").lines == ["received: 1000000", gone]
    # It joins the child before it looks, however quickly the child ends.
    main, done = load("processes/exchange_join_fixed").main, list[str]()
    child = SimpleNamespace(
        start=lambda: None,
        join=lambda: done.append("joins"),
        is_alive=lambda: bool(done.append("looks")),
    )
    main.__globals__["receive"] = lambda *_: b""
    main.__globals__["multiprocessing"] = SimpleNamespace(
        Queue=lambda: None, Process=lambda **_: child
    )
    main()
    assert done == ["joins", "looks"]
