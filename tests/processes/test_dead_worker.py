"""Proofs for source/processes/dead-worker.md."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from proven.stage import load, play
from proven.stage.player import path_of

from tests.ways import only, ways
from tests.ways_processes import CRASHES, METHODS, NOT_FORK, filled, perform_by, run_by

ENDS = CRASHES | {"the system kills": "os.kill(os.getpid(), 15)"}
IMPORTS = """
import multiprocessing.connection, os, signal, sys, threading
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

def remember(event):
    global begun
    begun = event

def stay():
    threading.Event().wait()
"""


def by(method: str, code: str, **words: object) -> "subprocess.CompletedProcess[str]":
    """Run a program about pools; what it prints and how it ends is its own."""
    return run_by(method, IMPORTS + filled(code, **words))


@pytest.mark.always("dead-finished-results-stay")
@ways(method=METHODS, end=only(ENDS, "os._exit", "killed"))
def test_results_that_came_before_the_crash_stay(method: str, end: str) -> None:
    first, *later = play("processes/dead_worker_broken").lines
    assert first == "attempt 1: {'tea': 'TEA'}, left: ['poison', 'coffee', 'milk']"
    assert len({line.partition(": ")[2] for line in later}) == 1
    run = by(
        method,
        """
        def crash():
            END

        if __name__ == "__main__":
            pool = ProcessPoolExecutor(1)
            jobs = [pool.submit(abs, -7), pool.submit(crash)]
            wait(jobs)
            print(jobs[0].result(), type(jobs[1].exception()).__name__, jobs[1].exception())
            try:
                pool.submit(abs, -7)
            except BrokenProcessPool as error:
                print(error)
        """,
        END=end,
    )
    assert run.stdout.splitlines() == [
        "7 BrokenProcessPool A process in the process pool was terminated abruptly "
        "while the future was running or pending.",
        "A child process terminated abruptly, the process pool is not usable anymore",
    ]


@pytest.mark.sometimes("dead-work-may-be-done")
@ways(method=METHODS)
def test_a_broken_job_may_have_done_its_work(method: str) -> None:
    # no mutant: дойдёт ли итог, решает сам Python
    run = by(
        method,
        """
        def save():
            open("report", "w").write("saved")
            begun.set()
            threading.Event().wait()

        def crash():
            begun.wait()
            os._exit(1)

        if __name__ == "__main__":
            event = multiprocessing.Event()
            pool = ProcessPoolExecutor(2, initializer=remember, initargs=(event,))
            jobs = [pool.submit(save), pool.submit(crash)]
            pool.shutdown()
            print(type(jobs[0].exception()).__name__, open("report").read())
        """,
    )
    assert run.stdout.splitlines() == ["BrokenProcessPool saved"]


@pytest.mark.always("dead-neighbours-are-terminated")
@ways(
    method=METHODS,
    broken={
        "a process dies": ("os._exit(1)", 1),
        "an exception isn't built anew": ("raise Unbuildable('Ann', 'no money')", -15),
        "a result isn't built anew": ("return Unbuildable('Ann', 'no money')", -15),
    },
)
def test_the_other_workers_are_terminated_without_finally(
    method: str, broken: tuple[str, int]
) -> None:
    # no mutant: что станет с соседями погибшего, решает сам Python
    run = by(
        method,
        """
        class Unbuildable(Exception):
            def __init__(self, user, reason):
                super().__init__(f"{user}: {reason}")

        def hold():
            try:
                begun.set()
                threading.Event().wait()
            finally:
                open("finally", "w").close()

        def crash():
            begun.wait()
            BROKEN

        if __name__ == "__main__":
            event = multiprocessing.Event()
            pool = ProcessPoolExecutor(2, initializer=remember, initargs=(event,))
            jobs = [pool.submit(hold), pool.submit(crash)]
            # Asked by two threads at once, a fork server tells the code only one of them.
            workers = [*pool._processes.values()]
            pool.shutdown()
            for worker in workers:
                worker.join()
            print(sorted(worker.exitcode for worker in workers), os.path.exists("finally"))
        """,
        BROKEN=broken[0],
    )
    assert run.stdout.splitlines() == [f"[-15, {broken[1]}] False"]


@pytest.mark.always("dead-handler-holds-the-exit", since="3.12")
@ways(
    method=METHODS,
    handler={"handler": "lambda *_: None", "ignored": "signal.SIG_IGN"},
    neighbour={"busy": "hold", "idle": "abs, -1"},
)
def test_a_worker_that_survives_sigterm_holds_the_exit(
    method: str, handler: str, neighbour: str
) -> None:
    # no mutant: кого дождётся сломанный пул, решает сам Python
    run = by(
        method,
        """
        def survive(event, meeting):
            remember(event)
            if METHOD != "fork":
                signal.signal(signal.SIGTERM, HANDLER)
            meeting.wait()

        def obey(event, meeting):
            remember(event)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            meeting.wait()

        def hold():
            begun.wait()
            open("ended", "w").close()

        def crash():
            os._exit(1)

        def leave(initializer):
            event, meeting = multiprocessing.Event(), multiprocessing.Barrier(2)
            pool = ProcessPoolExecutor(2, initializer=initializer, initargs=(event, meeting))
            wait([pool.submit(abs, -1) for _ in range(2)])
            workers = multiprocessing.active_children()
            wait([pool.submit(NEIGHBOUR), pool.submit(crash)])
            leaving = threading.Thread(target=pool.__exit__, args=(None,) * 3, daemon=True)
            leaving.start()
            return event, workers, leaving

        if __name__ == "__main__":
            if METHOD == "fork":
                # The workers have the program's handler, and none of them sets it.
                signal.signal(signal.SIGTERM, HANDLER)
            leave(obey)[-1].join()
            print("left")
            event, workers, leaving = leave(survive)
            event.set()
            while BUSY and not os.path.exists("ended"):
                leaving.join(0.01)
            leaving.join(0.2)
            print("still there:", leaving.is_alive())
            for worker in workers:
                worker.kill()
            leaving.join()
            print("left")
        """,
        HANDLER=handler,
        NEIGHBOUR=neighbour,
        BUSY=neighbour == "hold",
        METHOD=repr(method),
    )
    assert run.stdout.splitlines() == ["left", "still there: True", "left"], run.stderr


def test_only_the_guilty_one_dies_alone() -> None:
    lines = play("processes/dead_worker_fixed").lines
    assert lines[0] == "in one pool: {'tea': 'TEA'}"
    assert lines[1:] == ["poison: killed its process", "coffee: COFFEE", "milk: MILK"]


def test_an_error_of_a_job_loses_no_result() -> None:
    def parse(name: str) -> str:
        if name == "bad":
            raise error
        return name.upper()

    error, run = ValueError(), load("processes/dead_worker_fixed").run
    run.__globals__.update(parse=parse, ProcessPoolExecutor=ThreadPoolExecutor)
    assert run(["tea", "bad", "milk"]) == {"tea": "TEA", "bad": error, "milk": "MILK"}


@pytest.mark.sometimes("dead-late-worker-unnoticed")
@ways(method=NOT_FORK, event={"a result": "submit", "shutdown": "shutdown"})
def test_the_pool_may_notice_at_the_next_event_only(method: str, event: str) -> None:
    # no mutant: за кем пул следит, решает сам Python
    run = by(
        method,
        """
        class Late(ProcessPoolExecutor):
            # The schedule that is forced: the manager looks before the second one is there.
            def _spawn_process(self):
                if self._processes:
                    looked.acquire()
                super()._spawn_process()

        looked, look = threading.Semaphore(0), multiprocessing.connection.wait

        def noted(watched, timeout=None):
            if len(watched) > 1:  # it isn't somebody who asks for one process
                looked.release()
            return look(watched, timeout)

        def hold():
            begun.set()
            stay()

        if __name__ == "__main__":
            multiprocessing.connection.wait = noted
            event = multiprocessing.Event()
            pool = Late(2, initializer=remember, initargs=(event,))
            first = pool.submit(hold)
            event.wait()
            looked.acquire()
            looked.acquire()
            second = pool.submit(os._exit, 1)
            workers = multiprocessing.active_children()
            look([worker.sentinel for worker in workers])
            done, waiting = wait([first, second], timeout=0.3)
            print(len(done), len(waiting))
            if "EVENT" == "submit":
                pool.submit(abs, -7)
            else:
                pool.shutdown()
            done, waiting = wait([first, second])
            print(len(done), len(waiting))
        """,
        EVENT=event,
    )
    assert run.stdout.splitlines() == ["0 2", "2 0"], run.stderr


CAUSE = """
    if __name__ == "__main__":
        for _ in range(TIMES):
            error = ProcessPoolExecutor(1).submit(os._exit, 77).exception()
            print(error.__cause__ and "exit code 77" in str(error.__cause__))
"""


@pytest.mark.always("dead-no-exit-code", before="3.15")
@ways(method=METHODS)
def test_before_315_nothing_tells_the_exit_code(method: str) -> None:
    # no mutant: что написано в исключении, решает сам Python
    assert by(method, CAUSE, TIMES=1).stdout.splitlines() == ["None"]


@pytest.mark.sometimes("dead-exit-code-since-315", since="3.15")
def test_the_cause_may_tell_the_exit_code() -> None:
    # no mutant: что написано в исключении, решает сам Python
    assert "True" in by("fork", CAUSE, TIMES=10).stdout.splitlines()


@pytest.mark.always("dead-sys-exit-is-a-result")
@ways(method=METHODS, leave={"sys.exit": "sys.exit", "raise": "raise_it"})
def test_sys_exit_in_a_job_comes_out_of_result(method: str, leave: str) -> None:
    # no mutant: что пул ловит, решает сам Python
    run = by(
        method,
        """
        def raise_it(code):
            raise SystemExit(code)

        if __name__ == "__main__":
            LEAVING = sys.exit if "LEAVE" == "sys.exit" else raise_it
            pool = ProcessPoolExecutor(1)
            job = pool.submit(LEAVING, 3)
            print(repr(job.exception()), pool.submit(abs, -7).result(), flush=True)
            job.result()
        """,
        LEAVE=leave,
    )
    assert run.stdout.splitlines() == ["SystemExit(3) 7"]
    assert run.returncode == 3


@pytest.mark.always("dead-initializer-breaks-pool")
@ways(method=METHODS, error={"exception": "ValueError", "SystemExit": "SystemExit"})
def test_an_error_of_the_initializer_breaks_the_pool(method: str, error: str) -> None:
    # no mutant: что пул ловит, решает сам Python
    run = by(
        method,
        """
        def prepare():
            raise ERROR("own")

        if __name__ == "__main__":
            pool = ProcessPoolExecutor(1, initializer=prepare)
            print(type(pool.submit(abs, -7).exception()).__name__)
        """,
        ERROR=error,
    )
    assert run.stdout.splitlines() == ["BrokenProcessPool"]


@pytest.mark.always("dead-ctrl-c-goes-on", gil="on")
@ways(method=METHODS)
def test_after_ctrl_c_the_pool_goes_on_with_the_queue(method: str) -> None:
    code = path_of("processes/dead_worker_ctrl_c_broken").read_text(encoding="utf-8")
    expected = ["main: Ctrl+C", "job 1: done", "job 2: done", "main: left the pool"]
    assert perform_by(method, code).lines == expected
    run = by(
        method,
        """
        def work():
            begun.set()
            threading.Event().wait()

        if __name__ == "__main__":
            event = multiprocessing.Event()
            with ProcessPoolExecutor(1, initializer=remember, initargs=(event,)) as pool:
                job = pool.submit(work)
                event.wait()
                (worker,) = multiprocessing.active_children()
                os.kill(worker.pid, signal.SIGINT)
                print(repr(job.exception()))
                print(pool.submit(os.getpid).result() == worker.pid)
        """,
    )
    assert run.stdout.splitlines() == ["KeyboardInterrupt()", "True"]
    assert run.stderr == ""


@pytest.mark.always("dead-ctrl-c-under-asyncio")
@ways(
    kind={"executor": "ProcessPoolExecutor", "old": "multiprocessing.Pool"},
    state={"busy": "busy", "idle": "idle"},
)
def test_workers_forked_under_asyncio_do_not_hear_the_first_ctrl_c(kind: str, state: str) -> None:
    # no mutant: чей обработчик у рабочего процесса, решают система и Python
    code = """
        import asyncio

        def prepare(*events):
            global begun, go_on
            begun, go_on = events

        def work():
            begun.set()
            go_on.wait()
            return "done"

        async def main():
            events = multiprocessing.Event(), multiprocessing.Event()
            pool = KIND(1, initializer=prepare, initargs=events)
            submit = getattr(pool, "submit", None) or pool.apply_async
            if STATE == "busy":
                job = submit(work)
                events[0].wait()
            else:
                job = submit(str)
                result(job)
            (worker,) = multiprocessing.active_children()
            os.kill(worker.pid, signal.SIGINT)
            events[1].set()
            print(result(job), result(submit(os.getpid)) == worker.pid, flush=True)
            os.killpg(0, signal.SIGKILL)

        def result(job):
            try:
                return job.result() if "KIND" == "ProcessPoolExecutor" else job.get(10)
            except KeyboardInterrupt:
                return "interrupted"

        if __name__ == "__main__":
            asyncio.run(main())
    """
    run = by("fork", code, KIND=kind, STATE=repr(state))
    assert run.stdout.splitlines() == ["done True" if state == "busy" else " True"], run.stderr
    if kind == "ProcessPoolExecutor" and state == "busy":
        run = by("spawn", code, KIND=kind, STATE=repr(state))
        assert run.stdout.splitlines() == ["interrupted True"], "it has none of its parent's"


@pytest.mark.always("dead-ctrl-c-kills-the-idle")
@ways(method=METHODS)
def test_ctrl_c_ends_an_idle_worker_and_breaks_the_pool(method: str) -> None:
    # no mutant: что делает рабочий процесс без задания, решает сам Python
    run = by(
        method,
        """
        if __name__ == "__main__":
            pool = ProcessPoolExecutor(1)
            print(pool.submit(abs, -7).result())
            (worker,) = multiprocessing.active_children()
            # It may still be sending the result: then the signal only spoils that.
            while worker.is_alive():
                try:
                    os.kill(worker.pid, signal.SIGINT)
                except ProcessLookupError:  # the pool has waited for it
                    break
                worker.join(5)  # a second signal would break off its traceback
            try:
                print(type(pool.submit(abs, -7).exception()).__name__)
            except BrokenProcessPool as error:
                print(type(error).__name__)
        """,
    )
    assert run.stdout.splitlines() == ["7", "BrokenProcessPool"], run.stderr
    assert "Traceback" in run.stderr
    assert "KeyboardInterrupt" in run.stderr


@pytest.mark.always("dead-ignored-sigint")
@ways(method=METHODS)
def test_workers_that_ignore_sigint_leave_the_end_to_main(method: str) -> None:
    code = path_of("processes/dead_worker_ctrl_c_fixed").read_text(encoding="utf-8")
    trace = perform_by(method, code)
    assert trace.lines == [
        "main: Ctrl+C",
        "job 0: stopped in good order",
        "main: left the pool",
    ]
    assert trace.stderr == ""


@pytest.mark.always("dead-old-pool-after-ctrl-c")
@ways(method=METHODS, workers={"1": 1, "2": 2})
def test_ctrl_c_makes_join_of_the_old_pool_wait_for_ever(method: str, workers: int) -> None:
    # no mutant: что станет с заданием погибшего процесса, решает сам Python
    run = by(
        method,
        """
        def work():
            begun.set()
            threading.Event().wait()

        if __name__ == "__main__":
            event = multiprocessing.Event()
            pool = multiprocessing.Pool(WORKERS, remember, (event,))
            before = multiprocessing.active_children()
            job = pool.apply_async(work)
            event.wait()
            for worker in before:
                # One that has just been started may not hear the signal yet.
                while worker.is_alive():
                    with suppress(ProcessLookupError):  # the pool has taken note of its end
                        os.kill(worker.pid, signal.SIGINT)
                    worker.join(5)  # a second signal would break off its traceback
            pool.close()
            waiting = threading.Thread(target=pool.join, daemon=True)
            waiting.start()
            waiting.join(0.2)
            print(waiting.is_alive(), job.ready(), flush=True)
            os.killpg(0, signal.SIGKILL)  # a worker may wait for a lock that a dead one holds
        """,
        WORKERS=workers,
    )
    assert run.stdout.splitlines() == ["True False"], run.stderr
    assert "KeyboardInterrupt" in run.stderr


SENDINGS = {
    "map_async": "pool.map_async(work, range(9), 1)",
    "imap": "pool.imap(work, range(9))",
    "apply_async": "[pool.apply_async(work, (number,)) for number in range(9)]",
}


@pytest.mark.always("dead-old-pool-ignores-sigint")
@ways(method=METHODS, sending=SENDINGS)
def test_jobs_of_an_old_pool_end_with_its_block_after_ctrl_c(method: str, sending: str) -> None:
    code = path_of("processes/dead_worker_ctrl_c_pool").read_text(encoding="utf-8")
    trace = perform_by(method, code)
    assert trace.lines == ["main: Ctrl+C", "main: left the pool"]
    assert trace.stderr == ""
    run = by(
        method,
        """
        def prepare(barrier):
            global all_begun
            all_begun = barrier
            signal.signal(signal.SIGINT, signal.SIG_IGN)

        def work(number):
            try:
                all_begun.wait()
                threading.Event().wait()
            finally:
                open("finally", "w").close()

        if __name__ == "__main__":
            barrier = multiprocessing.Barrier(3)
            try:
                with multiprocessing.Pool(2, prepare, (barrier,)) as pool:
                    jobs = SENDING
                    barrier.wait()
                    workers = multiprocessing.active_children()
                    for worker in workers:
                        os.kill(worker.pid, signal.SIGINT)
                    signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                pool.join()
                ends = {worker.exitcode for worker in workers}
                print(len(workers), ends, os.path.exists("finally"))
        """,
        SENDING=sending,
    )
    assert run.stdout.splitlines() == ["2 {-15} False"], run.stderr
    assert run.stderr == ""


@pytest.mark.always("dead-orphans-of-the-executor")
@ways(
    method=METHODS,
    kind={"executor": "ProcessPoolExecutor", "old": "multiprocessing.Pool"},
    end=only(ENDS, "os._exit", "killed", "the system kills"),
    beside={"alone": False, "beside another process": True},
)
def test_workers_after_their_program_was_killed(
    method: str, kind: str, end: str, beside: bool
) -> None:
    # no mutant: что увидит рабочий процесс, решает система
    # While a process holds the writing end of the pipe that it reads, its reading can't end.
    run = by(
        method,
        """
        def stay(begun):
            begun.send(None)
            signal.pause()

        def program(sent):
            pool = KIND(1)
            call = getattr(pool, "apply", None)
            call(abs, (-7,)) if call else pool.submit(abs, -7).result()
            (worker,) = multiprocessing.active_children()
            jobs = pool._inqueue if call else pool._call_queue
            other = worker
            if BESIDE:
                # Killed before that, the program would leave none: its child waits for its orders.
                begun, begins = multiprocessing.Pipe()
                other = multiprocessing.Process(target=stay, args=(begins,))
                other.start()
                begun.recv()
            sent.send((worker.pid, other.pid, os.fstat(jobs._reader.fileno()).st_ino))
            sent.recv()
            END

        def writes_to(pid, pipe):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with suppress(FileNotFoundError):
                    if os.stat(f"/proc/{pid}/fd/{fd}").st_ino == pipe:
                        lines = open(f"/proc/{pid}/fdinfo/{fd}").read().splitlines()
                        (flags,) = (line.split()[1] for line in lines if line.startswith("flags"))
                        if int(flags, 8) & os.O_ACCMODE == os.O_WRONLY:
                            return True
            return False

        if __name__ == "__main__":
            here, there = multiprocessing.Pipe()
            child = multiprocessing.Process(target=program, args=(there,))
            child.start()
            pid, beside, pipe = here.recv()
            worker, other = os.pidfd_open(pid), os.pidfd_open(beside)
            here.send(None)
            child.join()
            if BESIDE:
                print("held" if writes_to(beside, pipe) else "free")
                signal.pidfd_send_signal(other, signal.SIGKILL)
            if "KIND" == "ProcessPoolExecutor":
                print("holds its pipe" if writes_to(pid, pipe) else "may see the end")
                print("ended" if multiprocessing.connection.wait([worker], 0.1) else "waits")
                signal.pidfd_send_signal(worker, signal.SIGKILL)
            else:
                print("ended" if multiprocessing.connection.wait([worker], 10) else "waits")
        """,
        KIND=kind,
        END=end,
        BESIDE=beside,
    )
    held = ["free" if method in NOT_FORK else "held"] if beside else []
    expected = ["holds its pipe", "waits"] if kind == "ProcessPoolExecutor" else ["ended"]
    assert run.stdout.splitlines() == held + expected, run.stderr
