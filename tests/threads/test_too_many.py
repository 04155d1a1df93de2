"""Proofs for source/threads/too-many.md."""

import pytest
from proven.stage import perform_script

from tests.threads.refusals import REFUSALS, perform_refused
from tests.ways import but, ways
from tests.ways_processes import METHODS, filled, run_by


@pytest.mark.always("many-one-message")
@ways(refusal=REFUSALS)
def test_every_refusal_has_the_same_message(refusal: str) -> None:
    trace = perform_refused(
        refusal,
        """
        from threading import Thread

        refuse()
        try:
            Thread(target=print).start()
        except Exception as error:
            print(type(error).__name__, error)
        allow()
        Thread(target=print, args=("allowed",)).start()
        """,
    )
    assert trace.lines == ["RuntimeError can't start new thread", "allowed"]


WORKS = {"waits": "go_on.wait()", "computes": "while not go_on.is_set(): pass"}


@pytest.mark.always("many-others-go-on")
@ways(refusal=REFUSALS, work=WORKS, daemon={"ordinary": False, "daemon": True})
def test_threads_at_work_go_on(refusal: str, work: str, daemon: bool) -> None:
    trace = perform_refused(
        refusal,
        filled(
            """
            from threading import Event, Thread

            go_on, begun = Event(), Event()
            def run():
                begun.set()
                WORK
                print("the first goes on")
            first = Thread(target=run, daemon=DAEMON)
            first.start()
            begun.wait()
            refuse()
            try:
                Thread(target=print, args=("the second runs",)).start()
            except RuntimeError:
                print("refused", first.is_alive())
            go_on.set()
            first.join()
            """,
            WORK=work,
            DAEMON=daemon,
        ),
    )
    assert trace.lines == ["refused True", "the first goes on"]


KINDS = {
    "function": "Thread(target=print, args=('it runs',))",
    "daemon": "Thread(target=print, args=('it runs',), daemon=True)",
    "own run": "Own()",
    "timer": "Timer(0, print, ('it runs',))",
}
_OWN = """\
from threading import Thread, Timer, enumerate

class Own(Thread):
    def run(self):
        print("it runs")

"""


@pytest.mark.always("many-refused-not-started")
@ways(refusal=REFUSALS, kind=KINDS)
def test_a_refused_thread_has_not_started(refusal: str, kind: str) -> None:
    trace = perform_refused(
        refusal + _OWN,
        filled(
            """
            thread = KIND
            refuse()
            try:
                thread.start()
            except RuntimeError:
                print("refused", thread.is_alive(), thread.ident, thread in enumerate())
            try:
                thread.join()
            except RuntimeError as error:
                print(error)
            """,
            KIND=kind,
        ),
    )
    assert trace.lines == ["refused False None False", "cannot join thread before it is started"]


@pytest.mark.always("many-start-again", before="3.13")
@ways(refusal=REFUSALS, kind=KINDS)
def test_a_refused_thread_can_be_started_later(refusal: str, kind: str) -> None:
    trace = perform_refused(
        refusal + _OWN,
        filled(
            """
            thread = KIND
            refuse()
            try:
                thread.start()
            except RuntimeError as error:
                print(error)
            allow()
            thread.start()
            thread.join()
            print("ended", thread.is_alive())
            """,
            KIND=kind,
        ),
    )
    assert trace.lines == ["can't start new thread", "it runs", "ended False"]


@pytest.mark.always("many-never-again", since="3.13")
@ways(refusal=REFUSALS, kind=KINDS)
def test_a_refused_thread_cannot_be_started_any_more(refusal: str, kind: str) -> None:
    # no mutant: предложение о Python 3.13 и новее, а основной здесь 3.11
    trace = perform_refused(
        refusal + _OWN,
        filled(
            """
            thread = KIND
            refuse()
            try:
                thread.start()
            except RuntimeError as error:
                print(error)
            allow()
            try:
                thread.start()
            except RuntimeError as error:
                print(error)
            Thread(target=print, args=("another runs",)).start()
            """,
            KIND=kind,
        ),
    )
    assert trace.lines == ["can't start new thread", "thread already started", "another runs"]


SUBMITS = {
    "submit": "pool.submit(job)",
    "map": "pool.map(lambda _: job(), [0])",
    "run_in_executor": "asyncio.run(in_the_loop(pool))",
}
_POOL = """\
import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

def job():
    print("the job runs")

async def in_the_loop(pool):
    await asyncio.get_running_loop().run_in_executor(pool, job)

"""


@pytest.mark.always("many-submit-queued")
@ways(refusal=REFUSALS, submit=SUBMITS)
def test_a_worker_takes_the_refused_job(refusal: str, submit: str) -> None:
    trace = perform_refused(
        refusal + _POOL,
        filled(
            """
            go_on = Event()
            with ThreadPoolExecutor(2) as pool:
                waiting = pool.submit(go_on.wait)
                refuse()
                try:
                    SUBMIT
                except RuntimeError as error:
                    print(error)
                go_on.set()
            print("by the worker at work", waiting.result())
            with ThreadPoolExecutor(2) as pool:
                try:
                    SUBMIT
                except RuntimeError as error:
                    print(error)
                allow()
                pool.submit(print, "the next runs").result()
            print("by the one that started later")
            """,
            SUBMIT=submit,
        ),
    )
    assert trace.lines == [
        *("can't start new thread", "the job runs", "by the worker at work True"),
        *("can't start new thread", "the job runs", "the next runs"),
        "by the one that started later",
    ]


@pytest.mark.always("many-submit-lost")
@ways(refusal=REFUSALS, submit=SUBMITS)
def test_a_pool_without_threads_forgets_its_jobs(refusal: str, submit: str) -> None:
    trace = perform_refused(
        refusal + _POOL,
        filled(
            """
            refuse()
            with ThreadPoolExecutor(2) as pool:
                for _ in range(2):
                    try:
                        SUBMIT
                    except RuntimeError as error:
                        print(error)
            print("left")
            allow()
            """,
            SUBMIT=submit,
        ),
    )
    assert trace.lines == ["can't start new thread", "can't start new thread", "left"]


@pytest.mark.always("many-thread-per-connection")
@ways(
    server={
        "HTTP": "ThreadingHTTPServer(('127.0.0.1', 0), Handler)",
        "TCP": "ThreadingTCPServer(('127.0.0.1', 0), Handler)",
        "mixed in": "Mixed(('127.0.0.1', 0), Handler)",
    },
    count={"1": 1, "2": 2, "20": 20},
)
def test_a_threading_server_starts_a_thread_for_each_connection(server: str, count: int) -> None:
    trace = perform_script(
        filled(
            """
            import socket
            from http.server import ThreadingHTTPServer
            from socketserver import BaseRequestHandler, TCPServer
            from socketserver import ThreadingMixIn, ThreadingTCPServer
            from threading import Event, Semaphore, Thread, active_count, current_thread

            class Mixed(ThreadingMixIn, TCPServer):
                pass

            TCPServer.request_queue_size = COUNT
            begun, go_on, at_work = Semaphore(0), Event(), set()

            class Handler(BaseRequestHandler):
                def handle(self):
                    at_work.add(current_thread())
                    begun.release()
                    go_on.wait(20)

            with SERVER as server:
                Thread(target=server.serve_forever).start()
                before = active_count()
                clients = [socket.create_connection(server.server_address) for _ in range(COUNT)]
                for _ in clients:
                    assert begun.acquire(timeout=20)
                print(len(at_work), active_count() - before)
                go_on.set()
                for client in clients:
                    client.close()
                server.shutdown()
            """,
            SERVER=server,
            COUNT=count,
        )
    )
    assert trace.lines == [f"{count} {count}"]


_SIZES = """\
from threading import Barrier, Event, Thread, stack_size

def sizes():
    # What the process has reserved and what it has in use, in MiB.
    with open("/proc/self/status") as status:
        told = dict(line.split(":", 1) for line in status)
    return [int(told[name].split()[0]) // 1024 for name in ("VmSize", "VmRSS")]

go_on = Event()

def start(count):
    # A thread reserves and gives back up to 128 MiB besides: compare with half a stack.
    before, begun = sizes(), Barrier(count + 1)
    def run():
        begun.wait()
        go_on.wait()
    for _ in range(count):
        Thread(target=run).start()
    begun.wait()
    return [now - then for now, then in zip(sizes(), before)]

"""


@pytest.mark.always("many-stack-size-later")
@ways(size={"1 GiB": 1024, "2 GiB": 2048})
def test_the_size_is_for_threads_that_start_later(size: int) -> None:
    # one way of looking: where Linux tells what a process has reserved
    trace = perform_script(
        _SIZES
        + filled(
            """
            start(1)
            before, _ = sizes()
            stack_size(SIZE * 2**20)
            print(sizes()[0] - before < SIZE // 2)
            print(start(1)[0] > SIZE // 2, start(2)[0] > SIZE * 3 // 2)
            stack_size(0)
            print(start(1)[0] < SIZE // 2)
            stack_size(SIZE * 2**20)
            stack_size()
            print(start(1)[0] < SIZE // 2)
            go_on.set()
            """,
            SIZE=size,
        )
    )
    assert trace.lines == ["True", "True True", "True", "True"]


@pytest.mark.always("many-stack-reserved")
@ways(size={"1 GiB": 1024, "2 GiB": 2048}, count={"1": 1, "8": 8})
def test_a_stack_is_reserved_and_not_used(size: int, count: int) -> None:
    trace = perform_script(
        _SIZES
        + filled(
            """
            def main():
                stack_size(SIZE * 2**20)
                reserved, used = start(COUNT)
                print(reserved > SIZE * COUNT - SIZE // 2, used < SIZE // 16)
                go_on.set()

            main()
            """,
            SIZE=size,
            COUNT=count,
        )
    )
    assert trace.lines == ["True True"]


@pytest.mark.always("many-active-count")
@ways(count={"1": 1, "2": 2, "20": 20})
def test_the_count_is_of_threads_that_have_started_and_not_ended(count: int) -> None:
    trace = perform_script(
        filled(
            """
            from concurrent.futures import ThreadPoolExecutor
            from threading import Event, Thread, Timer, active_count, enumerate

            go_on = Event()
            print("main", active_count())
            begun = [Thread(target=go_on.wait) for _ in range(COUNT)]
            begun += [Thread(target=go_on.wait, daemon=True) for _ in range(COUNT)]
            begun += [Timer(0, go_on.wait)]
            print("made", active_count())
            for thread in begun:
                thread.start()
            print("threads", active_count() - 2 * COUNT)
            with ThreadPoolExecutor(COUNT) as pool:
                print("made a pool", active_count() - 2 * COUNT)
                for _ in range(COUNT):
                    pool.submit(go_on.wait)
                print("pool", active_count() - 3 * COUNT, len(enumerate()) == active_count())
                go_on.set()
            for thread in begun:
                thread.join()
            print("ended", active_count())
            """,
            COUNT=count,
        )
    )
    assert trace.lines == [
        *("main 1", "made 1", "threads 2"),
        *("made a pool 2", "pool 2 True", "ended 1"),
    ]


OTHERS = {
    "_thread": """
import _thread

def start(function):
    _thread.start_new_thread(function, ())
""",
    "C": """
import ctypes
begins, kept = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p), []

def start(function):
    kept.append(begins(lambda _: function()))
    ident = ctypes.c_ulong()
    assert not ctypes.CDLL(None).pthread_create(ctypes.byref(ident), None, kept[0], None)
""",
}


@pytest.mark.always("many-others-unseen")
@ways(
    other=OTHERS,
    asks={"current_thread": "current_thread()", "logging": "logging.error('at work')"},
)
def test_linux_counts_threads_that_python_does_not_know(other: str, asks: str) -> None:
    # The stage's own thread would be counted, too: this runs without it.
    ended = run_by(
        "spawn",
        other
        + filled(
            """
            import ctypes, logging
            from threading import Event, active_count, current_thread

            libc = ctypes.CDLL(None)
            semaphore, ident = ctypes.create_string_buffer(64), ctypes.c_ulong()
            begun, ask, asked, go_on, ended = [Event() for _ in range(5)]

            def counted():
                with open("/proc/self/status") as status:
                    told = dict(line.split(":", 1) for line in status)
                return int(told["Threads"])

            def without_python():
                libc.sem_init(semaphore, 0, 0)
                wait = ctypes.cast(libc.sem_wait, ctypes.c_void_p)
                assert not libc.pthread_create(ctypes.byref(ident), None, wait, semaphore)

            def run():
                begun.set()
                ask.wait(20)
                ASKS
                asked.set()
                go_on.wait(20)
                ended.set()

            before = active_count(), counted()
            without_python()
            start(run)
            begun.wait(20)
            print(active_count() - before[0], counted() - before[1])
            ask.set()
            asked.wait(20)
            print(active_count() - before[0], counted() - before[1])
            go_on.set()
            ended.wait(20)
            libc.sem_post(semaphore)
            libc.pthread_join(ident, None)
            """,
            ASKS=asks,
        ),
    )
    assert (ended.stdout, ended.returncode) == ("0 2\n1 2\n", 0), ended.stderr


PROCESSES = {
    "subprocess": "subprocess.run([sys.executable, '-c', ''])",
    "os.fork": "fork()",
} | {f"multiprocessing by {method}": f"run_by('{method}')" for method in but(METHODS, "forkserver")}
_START = """
# What the user may not read once there is a limit is loaded before.
import multiprocessing, subprocess, sys
import multiprocessing.popen_fork, multiprocessing.popen_spawn_posix
import multiprocessing.resource_tracker

def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def run_by(method):
    process = multiprocessing.get_context(method).Process()
    process.start()
    process.join()

"""


@pytest.mark.always("many-no-process-either")
@ways(start=PROCESSES)
def test_the_limit_of_a_user_is_for_processes_too(start: str) -> None:
    trace = perform_refused(
        REFUSALS["limit of the user"] + _START,
        filled(
            """
            if __name__ == "__main__":
                START
                print("allowed")
                refuse()
                try:
                    START
                except OSError as error:
                    print(type(error).__name__, error.strerror)
            """,
            START=start,
        ),
    )
    assert trace.lines == ["allowed", "BlockingIOError Resource temporarily unavailable"]
