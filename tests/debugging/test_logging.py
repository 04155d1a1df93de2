"""Proofs for source/debugging/logging.md."""

from __future__ import annotations

import asyncio
import io
import logging
import multiprocessing
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue, SimpleQueue
from typing import Any

import pytest
from proven.stage import perform, play

from tests.ways import ways
from tests.ways_processes import METHODS, NOT_FORK, filled, perform_by, quiet_threads, run_by


@contextmanager
def logger(*handlers: logging.Handler, level: int = logging.INFO) -> Iterator[logging.Logger]:
    """Give a logger of its own with these handlers, and take them away."""
    log = logging.Logger("of a proof", level)
    for handler in handlers:
        log.addHandler(handler)
    try:
        yield log
    finally:
        for handler in handlers:
            handler.close()


class Kept(logging.Handler):
    """Keeps what it is given."""

    def __init__(self, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.mark.always("logging-one-at-a-time")
@ways(threads={"two": 2, "ten": 10}, length={"short": 10, "longer than a buffer": 20_000})
def test_a_handler_takes_one_record_at_a_time(threads: int, length: int) -> None:
    # no mutant: примера с одними потоками на странице нет
    inside: list[int] = []
    peaks: list[int] = []

    class Watched(logging.FileHandler):
        def emit(self, record: logging.LogRecord) -> None:
            inside.append(1)
            time.sleep(0)
            super().emit(record)
            peaks.append(len(inside))
            inside.pop()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.log")
        with logger(Watched(path)) as log:
            at_once = threading.Barrier(threads)

            def work(mark: str) -> None:
                at_once.wait()
                for _ in range(20):
                    log.info(mark * length)

            jobs = [threading.Thread(target=work, args=(str(n),)) for n in range(threads)]
            for job in jobs:
                job.start()
            for job in jobs:
                job.join()
        lines = path.read_text().splitlines()
    assert set(peaks) == {1}
    assert len(lines) == 20 * threads
    assert all(len(line) == length and len(set(line)) == 1 for line in lines)


def kept_of_two_handlers(*names: str) -> int:
    """Return how many of six records are kept if two handlers of one process write in turn."""
    with tempfile.TemporaryDirectory() as folder:
        handlers = [logging.FileHandler(Path(folder, name), mode="w") for name in names]
        with logger(handlers[0]) as one, logger(handlers[1]) as other:
            for _ in range(3):
                one.info("a record")
                other.info("a record")
        return sum(file.read_text().count("\n") for file in Path(folder).iterdir())


@pytest.mark.sometimes("logging-overwritten")
@ways(method=METHODS)
def test_processes_overwrite_each_other(method: str) -> None:
    assert play("debugging/logging_shared_broken").lines == ["logged: 6, in the file: 3"]
    assert kept_of_two_handlers("app.log", "app.log") == 3
    assert kept_of_two_handlers("app.log", "other.log") == 6
    code = """\
        import logging, multiprocessing
        def work(both):
            logging.basicConfig(filename="app.log", filemode="w")
            both.wait()
            for step in range(3):
                logging.warning("step %d", step)
        if __name__ == "__main__":
            both = multiprocessing.Barrier(2)
            workers = [multiprocessing.Process(target=work, args=(both,)) for _ in range(2)]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
            print(len(open("app.log").readlines()))
        """
    assert perform_by(method, code).lines == ["3"]


@pytest.mark.always("logging-append-whole")
@ways(method=METHODS)
def test_short_records_that_are_appended_stay_whole(method: str) -> None:
    # no mutant: пример с режимом «a» показал бы то же, что исправленный
    code = """\
        import logging, multiprocessing
        def work(name, both):
            logging.basicConfig(filename="app.log", format="%(message)s")
            both.wait()
            for step in range(300):
                logging.warning(name * 80)
        if __name__ == "__main__":
            both = multiprocessing.Barrier(3)
            workers = [multiprocessing.Process(target=work, args=(n, both)) for n in "abc"]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
            lines = open("app.log").read().splitlines()
            print(sorted(set(lines)) == [n * 80 for n in "abc"], len(lines))
        """
    assert perform_by(method, code).lines == ["True 900"]


@pytest.mark.sometimes("logging-rotation-loses")
@ways(backups={"one": 1, "two": 2})
def test_rotation_by_two_loses_records(backups: int) -> None:
    # no mutant: ротация по размеру показана только словами
    # Two handlers of one file do to it what those of two processes do: each has its own descriptor.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.log")
        first, second = (
            RotatingFileHandler(path, maxBytes=1, backupCount=backups) for _ in range(2)
        )
        with logger(first) as one, logger(second) as other:
            for number in range(backups + 1):
                one.info("first %d", number)
            other.info("second 0")
            other.info("second 1")
        kept = "".join(file.read_text() for file in Path(folder).iterdir())
    assert "first 0" not in kept
    assert backups + 3 > kept.count("\n")


@pytest.mark.always("logging-flushes-each")
@ways(end={"_exit": "os._exit(1)", "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)"})
def test_a_written_record_survives_the_process(end: str) -> None:
    assert play("debugging/logging_exit").lines == ["app.log: 1", "report.txt: 0"]
    code = filled(
        """\
        import logging, os, signal
        output = open(1, "w", closefd=False)
        logging.basicConfig(stream=output, format="%(message)s")
        logging.warning("by logging")
        print("by print", file=output)
        END
        """,
        END=end,
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.stdout == "by logging\n"


@pytest.mark.always("logging-not-inherited")
@ways(method=METHODS)
def test_only_fork_inherits_the_configuration(method: str) -> None:
    assert play("debugging/logging_spawn").lines == [
        "child: INFO, handlers: 1",
        "child: WARNING, handlers: 0",
    ]
    code = """\
        import logging, multiprocessing
        def work(): print(logging.getLogger().level, len(logging.getLogger().handlers))
        if __name__ == "__main__":
            logging.basicConfig(level=logging.INFO)
            child = multiprocessing.Process(target=work)
            child.start()
            child.join()
        """
    inherits = method == "fork"
    assert perform_by(method, code).lines == ["20 1" if inherits else "30 0"]


@pytest.mark.always("logging-fork-writes-twice")
@ways(method=METHODS, clear={"as they are": False, "cleared": True})
def test_a_forked_child_keeps_the_handlers_of_its_parent(method: str, clear: bool) -> None:
    # no mutant: в примере родитель сам ничего не пишет
    code = """\
        import logging, multiprocessing
        from logging.handlers import QueueHandler
        def work(records):
            if CLEAR:
                logging.getLogger().handlers.clear()
            logging.getLogger().addHandler(QueueHandler(records))
            logging.warning("child")
            records.put(None)
        if __name__ == "__main__":
            records = multiprocessing.Queue()
            logging.getLogger().addHandler(QueueHandler(records))
            child = multiprocessing.Process(target=work, args=(records,))
            child.start()
            print([record.getMessage() for record in iter(records.get, None)])
            child.join()
        """
    twice = method == "fork" and not clear
    told = perform_by(method, filled(code, CLEAR=clear)).lines
    assert told == [str(["child"] * (2 if twice else 1))]


@pytest.mark.always("logging-fork-loses-listener")
@ways(
    method={name: name for name in METHODS if name == "fork"} | {"no process": ""},
    made={"SimpleQueue": "queue.SimpleQueue()", "Queue": "queue.Queue()"},
)
def test_a_forked_child_has_no_listener(method: str, made: str) -> None:
    # no mutant: в примерах очередь журнала из multiprocessing
    code = """\
        import logging, multiprocessing, queue, sys
        from logging.handlers import QueueHandler, QueueListener
        def work():
            logging.warning("child")
        if __name__ == "__main__":
            records = MADE
            listener = QueueListener(records, logging.StreamHandler(sys.stdout))
            listener.start()
            logging.getLogger().addHandler(QueueHandler(records))
            logging.warning("parent")
            if METHOD:
                child = multiprocessing.Process(target=work)
                child.start()
                child.join()
                assert child.exitcode == 0
            else:
                work()
            listener.stop()
        """
    told = perform_by(method or "spawn", filled(code, MADE=made, METHOD=repr(method)))
    assert told.lines == (["parent"] if method else ["parent", "child"])
    assert told.stderr == ""


@pytest.mark.always("logging-module-level-repeated")
@ways(method=NOT_FORK, mode={"w": "w", "a": "a"})
def test_the_import_of_the_program_configures_logging_again(
    method: str, mode: str, tmp_path: Path
) -> None:
    # no mutant: в примерах настройка стоит под условием
    path = tmp_path / "app.log"
    code = """\
        import logging, multiprocessing
        logging.basicConfig(filename=PATH, filemode=MODE, level="INFO", format="%(message)s")
        def work(): logging.info("child")
        if __name__ == "__main__":
            for _ in range(2):
                logging.info("before")
                child = multiprocessing.Process(target=work)
                child.start()
                child.join()
                print(open(PATH).read().count("before"), flush=True)
        """
    first, second = perform_by(method, filled(code, PATH=repr(str(path)), MODE=repr(mode))).lines
    assert first == ("0" if mode == "w" else "1")
    if method == "spawn":
        assert second == ("0" if mode == "w" else "2")


@pytest.mark.always("logging-queue-all-arrive")
@ways(method=METHODS)
def test_all_records_of_all_processes_arrive(method: str) -> None:
    assert play("debugging/logging_shared_fixed").lines == ["logged: 6, in the file: 6"]
    code = """\
        import logging, multiprocessing
        from logging.handlers import QueueHandler, QueueListener
        def work(records):
            logging.getLogger().addHandler(QueueHandler(records))
            for step in range(20): logging.warning("step %d", step)
        class Kept(logging.Handler):
            def emit(self, record): kept.append((record.process, record.getMessage()))
        if __name__ == "__main__":
            kept, records = [], multiprocessing.Queue()
            listener = QueueListener(records, Kept())
            listener.start()
            workers = [multiprocessing.Process(target=work, args=(records,)) for _ in range(3)]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
            listener.stop()
            own = [[told for by, told in kept if by == worker.pid] for worker in workers]
            print(own == [[f"step {step}" for step in range(20)]] * 3)
        """
    assert perform_by(method, code).lines == ["True"]


QUEUES: dict[str, Callable[[], Any]] = {"Queue": Queue, "SimpleQueue": SimpleQueue}


KILLED = """
    import logging, multiprocessing, os, threading
    from logging.handlers import QueueHandler, QueueListener

    def prepare(records):
        logging.getLogger().addHandler(QueueHandler(records))

    def work(_):
        logging.warning("longer than a pipe" * 100_000)

    def run(records):
        prepare(records)
        work(1)

    class Kept(logging.Handler):
        def emit(self, record):
            kept.append(record)

    def begun(records):
        worker = multiprocessing.Process(target=run, args=(records,))
        worker.start()
        records._reader.poll(None)
        return worker

    def by_terminate(records, listener):
        worker = begun(records)
        worker.terminate()
        worker.join()
        listener.start()

    def by_with(records, listener):
        with multiprocessing.Pool(1, prepare, (records,)) as pool:
            pool.map(work, [1])
            records._reader.poll(None)
        listener.start()

    def waited(records, listener):
        worker = begun(records)
        listener.start()
        worker.join()

    def closed(records, listener):
        with multiprocessing.Pool(1, prepare, (records,)) as pool:
            pool.map(work, [1])
            listener.start()
            pool.close()
            pool.join()

    if __name__ == "__main__":
        records, kept = multiprocessing.Queue(), []
        listener = QueueListener(records, Kept())
        WAY(records, listener)
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        stopping.join(timeout=LONGEST)
        print(stopping.is_alive(), len(kept), flush=True)
        # The end of the program would wait for ever, too.
        os._exit(0)
"""


@pytest.mark.sometimes("logging-killed-worker-hangs")
@ways(
    method=METHODS,
    way={
        "terminate()": ("by_terminate", True),
        "leaving a pool": ("by_with", True),
        "waited for": ("waited", False),
        "a pool waited for": ("closed", False),
    },
)
def test_a_worker_killed_in_the_midst_of_a_record_holds_stop(
    method: str, way: tuple[str, bool]
) -> None:
    # no mutant: процессы примера завершаются сами
    function, hangs = way
    told = run_by(method, filled(KILLED, WAY=function, LONGEST=0.5 if hangs else None))
    assert told.stdout.split() == (["True", "0"] if hangs else ["False", "1"]), told.stderr


@pytest.mark.always("logging-stop-empties")
@ways(queue=QUEUES, many={"none": 0, "one": 1, "many": 100})
def test_stop_waits_for_what_is_queued(queue: Callable[[], Any], many: int) -> None:
    trace = play("debugging/logging_listener")
    written = [line for line in trace.lines if line.startswith("written")]
    assert written == [f"written: step {step}" for step in range(3)]
    assert trace.ordered("logged", "written: step 0")
    assert trace.ordered("written: step 2", "stopped")
    kept, records, ready = Kept(), queue(), threading.Event()
    kept.addFilter(lambda record: ready.wait(30))
    listener = QueueListener(records, kept)
    with logger(QueueHandler(records)) as log:
        listener.start()
        for number in range(many):
            log.info("record %d", number)
        assert not kept.records, "who logs didn't wait"
        ready.set()
        listener.stop()
    assert kept.messages == [f"record {number}" for number in range(many)]


def raise_of_second(record: logging.LogRecord) -> bool:
    if record.getMessage() == "record 1":
        raise OSError
    return True


def write_badly(record: logging.LogRecord) -> bool:
    """Write to what is closed, as the handlers of the library do."""
    closed = io.StringIO()
    closed.close()
    logging.StreamHandler(closed).handle(record)
    return True


class Raising(Kept):
    """Raises at the second record, where the library's handlers call handleError."""

    def emit(self, record: logging.LogRecord) -> None:
        raise_of_second(record)
        super().emit(record)


def filtering(by: Callable[[logging.LogRecord], bool]) -> Kept:
    kept = Kept()
    kept.addFilter(by)
    return kept


@pytest.mark.always("logging-error-ends-listener")
@ways(
    queue=QUEUES,
    handler={
        "emit": (Raising, False),
        "a filter": (lambda: filtering(raise_of_second), False),
        "a stream that is closed": (lambda: filtering(write_badly), True),
    },
)
def test_an_error_of_a_handler_ends_the_listener(
    queue: Callable[[], Any], handler: tuple[Callable[[], Kept], bool]
) -> None:
    # no mutant: обработчик примера исключений не бросает
    make, survives = handler
    kept, records = make(), queue()
    listener = QueueListener(records, kept)
    with logger(QueueHandler(records)) as log, quiet_threads():
        for number in range(4):
            log.info("record %d", number)
        listener.start()
        listener.stop()
    assert kept.messages == [f"record {number}" for number in range(4 if survives else 1)]
    assert records.empty() is survives


@pytest.mark.always("logging-dead-listener-hangs")
@ways(
    method=METHODS,
    way={
        "raises": ("raise OSError", True),
        "is stopped": ("pass", True),
        "handles": ("self.handleError(record)", False),
    },
)
def test_a_worker_outlives_the_listener_that_nobody_replaces(
    method: str, way: tuple[str, bool]
) -> None:
    # no mutant: обработчик примера исключений не бросает
    code = """\
        import logging, multiprocessing, queue, threading
        from logging.handlers import QueueHandler, QueueListener
        def work(records):
            logging.getLogger().addHandler(QueueHandler(records))
            for step in range(20): logging.warning("x" * 50_000)
        class Ends(logging.Handler):
            def emit(self, record):
                ENDS
        if __name__ == "__main__":
            logging.raiseExceptions = False
            threading.excepthook = lambda _: None
            records = multiprocessing.Queue()
            listener = QueueListener(records, Ends())
            listener.start()
            worker = multiprocessing.Process(target=work, args=(records,))
            if "pass" == "ENDS":
                listener.stop()
            worker.start()
            if HANGS:
                if "pass" != "ENDS":
                    listener._thread.join()
                worker.join(timeout=0.1)
                print("alive:", worker.is_alive())
                while worker.is_alive():
                    try:
                        records.get(timeout=0.01)
                    except queue.Empty:
                        pass
            worker.join()
            if "pass" != "ENDS":
                listener.stop()
            print("ended:", worker.exitcode)
        """
    ends, hangs = way
    told = perform_by(method, filled(code, ENDS=ends, HANGS=hangs)).lines
    assert told == ["alive: True"] * hangs + ["ended: 0"]


@pytest.mark.always("logging-full-queue-loses")
@ways(queue={"Queue": Queue, "of processes": multiprocessing.Queue})
def test_a_full_queue_loses_records_and_stop_raises(
    queue: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    # no mutant: в примерах очередь без предела
    records, kept = queue(2), Kept()
    with logger(QueueHandler(records)) as log:
        for number in range(3):
            log.info("record %d", number)
    assert "Full" in capsys.readouterr().err
    begun, ready = threading.Event(), threading.Event()

    def hold(_: logging.LogRecord) -> bool:
        begun.set()
        return ready.wait(30)

    kept.addFilter(hold)
    listener = QueueListener(records, kept)
    listener.start()
    assert begun.wait(30)
    records.put(logging.makeLogRecord({"msg": "last"}))
    with pytest.raises(Full):
        listener.stop()
    ready.set()
    # Now there is room, sooner or later, for what tells the listener to end.
    records.put(None)
    listener._thread.join()
    assert kept.messages == ["record 0", "record 1", "last"]


STOPS = {
    "not stopped": ("pass", 0),
    "stopped by the exit": ("atexit.register(listener.stop); atexit.register(ready.set)", 3),
}


@pytest.mark.sometimes("logging-not-stopped-loses")
@ways(stop=STOPS, end={"returns": "pass", "raises": "1 / 0"})
def test_without_stop_queued_records_are_lost(stop: tuple[str, int], end: str) -> None:
    # no mutant: программа примера как раз вызывает stop
    # The filter waits before the handler takes its lock, so that the exit has nothing to wait for.
    how, written = stop
    code = filled(
        """\
        import atexit, logging, sys, threading
        from logging.handlers import QueueHandler, QueueListener
        from queue import SimpleQueue
        ready, records = threading.Event(), SimpleQueue()
        slow = logging.StreamHandler(sys.stdout)
        slow.addFilter(lambda record: ready.wait())
        listener = QueueListener(records, slow)
        listener.start()
        logging.getLogger().addHandler(QueueHandler(records))
        STOP
        for number in range(3):
            logging.warning("record %d", number)
        END
        """,
        STOP=how,
        END=end,
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.stdout.splitlines() == [f"record {number}" for number in range(written)]
    assert ("ZeroDivisionError" in told.stderr) is bool(told.returncode) is (end != "pass")


@pytest.mark.always("logging-busy-handler-holds-exit")
@ways(
    listens={"in a listener": True, "in a daemon thread": False},
    end={"returns": "pass", "raises": "1 / 0"},
)
def test_a_handler_that_writes_holds_up_the_exit(listens: bool, end: str) -> None:
    # no mutant: в примере программа дожидается обработчика сама
    code = filled(
        """\
        import logging, sys, threading
        from logging.handlers import QueueHandler, QueueListener
        from queue import SimpleQueue
        class Slow(logging.Handler):
            def emit(self, record):
                begun.set()
                sys.stdin.readline()
                sys.__stdout__.write("written")
                sys.__stdout__.flush()
        begun, slow, records = threading.Event(), Slow(), SimpleQueue()
        log = logging.getLogger()
        if LISTENS:
            listener = QueueListener(records, slow)
            listener.start()
            log.addHandler(QueueHandler(records))
            log.warning("record")
        else:
            log.addHandler(slow)
            threading.Thread(target=log.warning, args=("record",), daemon=True).start()
        begun.wait()
        print("main ends", flush=True)
        END
        """,
        LISTENS=listens,
        END=end,
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        assert program.stdout
        assert program.stdout.readline() == "main ends\n"
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.3)
        told, _ = program.communicate("go on\n", timeout=60)
    assert told == "written"
    assert program.returncode == (end != "pass")


@pytest.mark.always("logging-queue-formats-first")
def test_a_queued_record_is_text_already() -> None:
    # no mutant: в примерах запись и так строка
    # one way: a fact about one method, with three kinds of value
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    with logger(QueueHandler(records)) as log:
        for value in (threading.Lock(), print, [1]):
            log.info("value: %s", value, extra={"value": value})
            record = records.get()
            assert (record.msg, record.args) == (f"value: {value}", None)
            assert record.value is value
        try:
            raise OSError("no disk")
        except OSError:
            log.exception("failed")
        record = records.get()
        assert record.exc_info is None
        assert "OSError: no disk" in record.msg


@pytest.mark.always("logging-listener-ignores-levels")
@ways(respects={"by default": None, "asked": True})
def test_a_listener_doesnt_heed_the_levels(respects: bool | None) -> None:
    # no mutant: уровней обработчиков в примерах нет
    # one way of the default; the other is the exception that the sentence names
    kept, records = Kept(logging.ERROR), SimpleQueue[logging.LogRecord]()
    options = {} if respects is None else {"respect_handler_level": respects}
    listener = QueueListener(records, kept, **options)
    listener.start()
    with logger(QueueHandler(records)) as log:
        log.info("info")
        log.error("error")
    listener.stop()
    assert kept.messages == (["error"] if respects else ["info", "error"])


@pytest.mark.always("logging-blocks-loop")
@ways(seconds={"short": 0.5, "long": 60.0})
def test_a_slow_handler_holds_up_the_loop(seconds: float) -> None:
    # no mutant: примера с медленным обработчиком в цикле событий нет
    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            time.sleep(seconds)

    async def tick() -> None:
        await asyncio.sleep(0.1)
        print("tick")

    async def main() -> None:
        with logger(Slow()) as log:
            ticking = asyncio.create_task(tick())
            await asyncio.sleep(0)
            log.info("slow")
            await ticking

    assert perform(main).at("tick") == pytest.approx(seconds)
