"""Proofs for source/bridges/contextvars.md."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from threading import Event, Thread, Timer
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import STARTED_EAGERLY, Started, ways
from tests.ways_processes import METHODS, NOT_FORK, POOLS, Pool, filled, perform_by, run_by

USER = ContextVar("USER", default="nobody")


def _see_and_set() -> str:
    seen = USER.get()
    USER.set("changed")
    return seen


async def _see_and_set_async() -> str:
    await asyncio.sleep(0)
    return _see_and_set()


@pytest.mark.always("ctx-task-snapshot")
@ways(started=STARTED_EAGERLY)
def test_a_task_sees_what_was_set_before_it_was_made(started: Started) -> None:
    assert play("bridges/contextvars_where").ordered("await: Ann", "task: Ann")

    async def main() -> None:
        USER.set("before")
        async with started() as start:
            task = start(_see_and_set_async())
            USER.set("after")
            assert await task == "before"
        assert USER.get() == "after"

    perform(main)


@pytest.mark.always("ctx-wait-for")
@ways(seconds={"no limit": None, "an hour": 3600.0})
def test_what_is_set_inside_wait_for_is_seen_outside(seconds: float | None) -> None:
    # no mutant: wait_for в примерах страницы нет
    async def main() -> None:
        USER.set("before")
        assert await asyncio.wait_for(_see_and_set_async(), seconds) == "before"
        apart = sys.version_info < (3, 12) and seconds is not None
        assert USER.get() == ("before" if apart else "changed")
        USER.set("before")
        await asyncio.wait_for(asyncio.create_task(_see_and_set_async()), seconds)
        assert USER.get() == "before", "a task has a copy"

    perform(main)


@pytest.mark.always("ctx-threadsafe-coroutine")
@ways(where={"to_thread": True, "Thread": False})
def test_a_coroutine_from_a_thread_sees_what_the_thread_had_set(where: bool) -> None:
    # no mutant: run_coroutine_threadsafe в примерах страницы нет
    async def main() -> None:
        loop, answer = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        USER.set("of the loop")

        def ask() -> None:
            USER.set("of the thread")
            sent = asyncio.run_coroutine_threadsafe(_see_and_set_async(), loop)
            seen = sent.result(10), USER.get()
            loop.call_soon_threadsafe(answer.set_result, seen)

        thread = Thread(target=ask)
        await asyncio.to_thread(ask) if where else thread.start()
        assert await answer == ("of the thread", "of the thread")
        assert USER.get() == "of the loop"

    asyncio.run(main())


@pytest.mark.always("ctx-to-thread-copies")
@ways(times={"once": 1, "again": 3})
def test_to_thread_gets_a_copy(times: int) -> None:
    assert play("bridges/contextvars_where").find("to_thread: Ann")

    async def main() -> None:
        for number in range(times):
            USER.set(f"user {number}")
            assert await asyncio.to_thread(_see_and_set) == f"user {number}"
            assert USER.get() == f"user {number}"

    perform(main)


Register = Callable[[asyncio.AbstractEventLoop, Callable[..., None]], Any]


def _on_done(loop: asyncio.AbstractEventLoop, call: Callable[..., None]) -> None:
    future = loop.create_future()
    future.add_done_callback(call)
    future.set_result(None)


def _on_done_task(loop: asyncio.AbstractEventLoop, call: Callable[..., None]) -> None:
    loop.create_task(asyncio.sleep(0.5)).add_done_callback(call)


REGISTERED: dict[str, Register] = {
    "call_soon": lambda loop, call: loop.call_soon(call),
    "call_later": lambda loop, call: loop.call_later(0.5, call),
    "call_at": lambda loop, call: loop.call_at(loop.time() + 0.5, call),
    "call_soon_threadsafe": lambda loop, call: loop.call_soon_threadsafe(call),
    "add_done_callback": _on_done,
    "add_done_callback of a task": _on_done_task,
}


@pytest.mark.always("ctx-callback-snapshot")
@ways(register=REGISTERED)
def test_a_callback_sees_what_was_set_when_it_was_registered(register: Register) -> None:
    # no mutant: обратных вызовов в примерах страницы нет
    async def main() -> None:
        loop, seen = asyncio.get_running_loop(), []
        USER.set("before")
        register(loop, lambda *_: seen.append(_see_and_set()))
        USER.set("after")
        await asyncio.sleep(1)
        assert seen == ["before"]
        assert USER.get() == "after"

    perform(main)


CALLED = """
import pathlib, time
from contextvars import Context, ContextVar

user = ContextVar("user", default="nobody")

def job():
    user.set("the worker")
    while not pathlib.Path("go on").exists():
        time.sleep(0.005)

def tell(future):
    print(f"the callback sees {user.get()}")

if __name__ == "__main__":
    with Pool(1) as pool:
        Context().run(pool.submit, int).result()  # its threads inherit nothing, flag or not
        user.set("before")
        future = pool.submit(job)
        future.add_done_callback(tell)
        pathlib.Path("go on").touch()
    user.set("after")
    future.add_done_callback(tell)
"""


@pytest.mark.always("ctx-pool-callback")
@ways(pool=POOLS)
def test_a_callback_of_a_pool_sees_what_its_thread_does(pool: Pool) -> None:
    # no mutant: обратных вызовов в примерах страницы нет
    seen = "the worker" if pool.name == "ThreadPoolExecutor" else "nobody"
    lines = [f"the callback sees {who}" for who in (seen, "after")]
    assert pool.perform(CALLED).lines == lines


@pytest.mark.always("ctx-run-copies")
# one way: a fact about one function
def test_run_gets_a_copy() -> None:
    trace = play("bridges/contextvars_where")
    assert trace.ordered("await: Ann", "after asyncio.run: nobody")

    def program() -> None:
        USER.set("outer")
        assert asyncio.run(_see_and_set_async()) == "outer"
        assert USER.get() == "outer"

    contextvars.copy_context().run(program)


@pytest.mark.always("ctx-runner-keeps")
# one way: a fact about one class
def test_a_runner_has_one_context() -> None:
    # no mutant: Runner в примерах страницы нет
    def program() -> None:
        with asyncio.Runner() as runner:
            assert runner.run(_see_and_set_async()) == "nobody"
            assert runner.run(_see_and_set_async()) == "changed"
            other = contextvars.Context()
            assert runner.run(_see_and_set_async(), context=other) == "nobody"
        assert USER.get() == "nobody"

    contextvars.copy_context().run(program)


@pytest.mark.always("ctx-mutable-shared")
@ways(value={"list": list, "dict": dict})
def test_a_copy_is_shallow(value: Callable[[], Any]) -> None:
    # no mutant: изменяемых значений в примерах страницы нет
    var = ContextVar[Any]("var")

    def change() -> None:
        kept = var.get()
        kept.append(1) if isinstance(kept, list) else kept.update(key=1)

    async def change_async() -> None:
        change()

    async def main() -> None:
        for attempt in (
            lambda: asyncio.create_task(change_async()),
            lambda: asyncio.to_thread(change),
        ):
            var.set(value())
            await attempt()
            assert len(var.get()) == 1

    perform(main)


@pytest.mark.always("ctx-local-shared")
@ways(count={"two": 2, "twenty": 20})
def test_tasks_share_what_is_of_their_thread(count: int) -> None:
    trace = play("bridges/contextvars_local")
    assert [line[-1] for line in trace.lines] == ["2", "1", "2", "2"]
    handle = load("bridges/contextvars_local").handle

    async def main() -> None:
        await asyncio.gather(*map(handle, range(count)))

    lines = perform(main).lines
    assert [line.split()[-1] for line in lines[0::2]] == [str(count - 1)] * count
    assert [line.split()[-1] for line in lines[1::2]] == [str(number) for number in range(count)]


Give = Callable[[Callable[[], None]], object]


def _in_pool(call: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()  # its thread is there already
        pool.submit(call).result()


def _in_new_pool(call: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()


def _by_executor(call: Callable[[], None]) -> None:
    async def main() -> None:
        await asyncio.get_running_loop().run_in_executor(None, call)

    asyncio.run(main())


def _by_own_executor(call: Callable[[], None]) -> None:
    async def main(pool: ThreadPoolExecutor) -> None:
        await asyncio.get_running_loop().run_in_executor(pool, call)

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(main(pool))


def _in_thread(call: Callable[[], None]) -> None:
    thread = Thread(target=call)
    thread.start()
    thread.join()


def _by_timer(call: Callable[[], None]) -> None:
    timer = Timer(0, call)
    timer.start()
    timer.join()


GIVEN: dict[str, Give] = {
    "submit": _in_pool,
    "submit to a new pool": _in_new_pool,
    "run_in_executor": _by_executor,
    "run_in_executor, own pool": _by_own_executor,
    "Thread": _in_thread,
    "Timer": _by_timer,
}
INHERITS = bool(getattr(sys.flags, "thread_inherit_context", 0))


@pytest.mark.always("ctx-pool-sees-default")
@ways(give=GIVEN)
def test_a_thread_gets_no_context(give: Give) -> None:
    trace = play("bridges/contextvars_pool_broken")
    assert trace.lines[:2] == ["[request 1] started", "[?] saved page 1"]
    assert trace.lines[2:] == ["[request 2] started", "[?] saved page 2"]
    seen: list[str] = []

    def program() -> None:
        USER.set("Ann")
        give(lambda: seen.append(USER.get()))

    contextvars.copy_context().run(program)
    # Under the flag that the sentence excepts, the thread was started where Ann was set.
    assert seen == ["Ann" if INHERITS else "nobody"]


SENDS: dict[str, Callable[[ThreadPoolExecutor, Callable[[], Any]], Any]] = {
    "submit": lambda pool, job: pool.submit(job).result(),
    "map": lambda pool, job: next(pool.map(lambda _: job(), [0])),
    "run_in_executor": lambda pool, job: asyncio.run(_in_executor(pool, job)),
}


async def _in_executor(pool: ThreadPoolExecutor, job: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(pool, job)


@pytest.mark.always("ctx-pool-keeps-set")
@ways(first=SENDS, then=SENDS)
def test_the_next_job_of_a_thread_sees_what_a_job_has_set(
    first: Callable[..., Any], then: Callable[..., Any]
) -> None:
    # no mutant: в примерах задания пула значений не задают
    with ThreadPoolExecutor(1) as pool:
        first(pool, lambda: contextvars.copy_context().run(USER.set, "Ann"))
        assert then(pool, USER.get) == "nobody"
        first(pool, lambda: USER.set("Ann"))
        assert then(pool, USER.get) == "Ann"
    assert USER.get() == "nobody"


@pytest.mark.always("ctx-thread-parameter")
@ways(daemon={"thread": False, "daemon": True})
def test_a_thread_takes_a_context_since_314(daemon: bool) -> None:
    # no mutant: параметр появился в Python 3.14, а доказательства ломают на 3.11
    seen: list[str] = []
    context = contextvars.copy_context()
    context.run(USER.set, "Ann")
    arguments: Any = {"target": lambda: seen.append(_see_and_set()), "daemon": daemon}
    if sys.version_info < (3, 14):
        with pytest.raises(TypeError, match="context"):
            Thread(**arguments, context=context)
        return
    thread = Thread(**arguments, context=context)
    thread.start()
    thread.join()
    assert seen == ["Ann"]
    assert context[USER] == "changed", "the context itself, not a copy"


@pytest.mark.always("ctx-copy-run")
@ways(give=GIVEN)
def test_a_copied_context_goes_along(give: Give) -> None:
    trace = play("bridges/contextvars_pool_fixed")
    assert trace.lines[:2] == ["[request 1] started", "[request 1] saved page 1"]
    assert trace.lines[2:] == ["[request 2] started", "[request 2] saved page 2"]
    seen: list[str] = []

    def program() -> None:
        USER.set("Ann")
        copy = contextvars.copy_context()
        USER.set("later")
        give(lambda: copy.run(lambda: seen.append(_see_and_set())))
        assert USER.get() == "later"

    contextvars.copy_context().run(program)
    assert seen == ["Ann"]


@pytest.mark.always("ctx-entered-once")
@ways(give=GIVEN)
def test_a_context_is_entered_by_one_at_a_time(give: Give) -> None:
    # no mutant: в примере у каждого вызова своя копия
    context = contextvars.copy_context()
    inside, leave = Event(), Event()

    def stay() -> None:
        inside.set()
        assert leave.wait(10)

    first = Thread(target=context.run, args=(stay,))
    first.start()
    errors: list[str] = []

    def enter() -> None:
        try:
            context.run(int)
        except RuntimeError as error:
            errors.append(str(error))

    assert inside.wait(10)
    give(enter)
    leave.set()
    first.join()
    assert len(errors) == 1
    assert errors[0].startswith("cannot enter context")
    give(enter)
    assert len(errors) == 1, "nobody is inside any more"


NOT_SENT = """
from concurrent.futures import ProcessPoolExecutor
from contextvars import copy_context

if __name__ == "__main__":
    with ProcessPoolExecutor(1) as pool:
        try:
            pool.submit(copy_context().run, int).result()
        except TypeError as error:
            print("not sent:", "pickle" in str(error))
"""
SEEN = """
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar
from multiprocessing import Pool, Process
from threading import Thread

user = ContextVar("user", default="nobody")

def see():
    print("process:", user.get(), flush=True)

def get():
    return user.get()

def start():
    process = Process(target=see)
    process.start()
    process.join()
    with ProcessPoolExecutor(1) as pool:
        print("pool:", pool.submit(get).result(), flush=True)

def in_a_thread():
    thread = Thread(target=start)
    thread.start()
    thread.join()

if __name__ == "__main__":
    user.set("Ann")
    WHO()
    with Pool(1, maxtasksperchild=1) as pool:
        print("first:", pool.apply(get))
        print("replaced:", pool.apply(get))
"""
INHERITED = getattr(sys.flags, "thread_inherit_context", 0)


@pytest.mark.always("ctx-not-pickled")
@ways(method=METHODS)
def test_a_context_is_not_sent_to_a_pool_of_processes(method: str) -> None:
    # no mutant: процессов в примерах страницы нет
    assert perform_by(method, NOT_SENT).find("not sent: True")


@pytest.mark.always("ctx-processes")
@ways(method=METHODS, who={"the main thread": "start", "another thread": "in_a_thread"})
def test_only_a_fork_sees_what_was_set(method: str, who: str) -> None:
    # no mutant: процессов в примерах страницы нет
    main = "nobody" if method in NOT_FORK else "Ann"
    thread = main if INHERITED else "nobody"
    starter = main if who == "start" else thread
    trace = perform_by(method, filled(SEEN, WHO=who))
    assert trace.lines == [
        f"process: {starter}",
        f"pool: {starter}",
        f"first: {main}",
        f"replaced: {thread}",
    ]


STALE_BY_FORK = """
import asyncio
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar, copy_context
from threading import Thread

user = ContextVar("user", default="nobody")

def see(_=None):
    return user.get()

async def in_executor():
    return await asyncio.get_running_loop().run_in_executor(pool, see)

if __name__ == "__main__":
    with ProcessPoolExecutor(WORKERS) as pool:
        if FIRST:
            context = copy_context()
            context.run(user.set, "Sam")
            thread = Thread(target=context.run, args=(pool.submit, see))
            thread.start()
            thread.join()
        for name in ("Ann", "Bob", "Eve"):
            user.set(name)
            print(name, "sees", SEND)
"""


@pytest.mark.always("ctx-fork-pool-stale")
@ways(
    send={
        "submit": "pool.submit(see).result()",
        "map": "next(pool.map(see, [0]))",
        "run_in_executor": "asyncio.run(in_executor())",
    },
    workers={"1": 1, "3": 3},
    first={"the main thread": False, "a thread with a context of its own": True},
)
def test_a_pool_by_fork_sees_what_its_first_sender_saw(
    send: str, workers: int, first: bool
) -> None:
    # no mutant: пула процессов в примерах страницы нет
    trace = perform_by("fork", filled(STALE_BY_FORK, SEND=send, WORKERS=workers, FIRST=first))
    seen = "Sam" if first else "Ann"
    assert trace.lines == [f"{name} sees {seen}" for name in ("Ann", "Bob", "Eve")]


KEPT = """
import asyncio
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar, copy_context
from multiprocessing import Pool

user = ContextVar("user", default="nobody")

def log_in(name):
    user.set(name)

def log_in_apart(name):
    copy_context().run(user.set, name)

def see(_):
    return user.get()

async def in_executor(pool, job, argument):
    return await asyncio.get_running_loop().run_in_executor(pool, job, argument)
"""


@pytest.mark.always("ctx-process-pool-keeps")
@ways(
    method=METHODS,
    pool={
        "submit": ("ProcessPoolExecutor(1)", "pool.submit({}, {}).result()"),
        "run_in_executor": ("ProcessPoolExecutor(1)", "asyncio.run(in_executor(pool, {}, {}))"),
        "Pool": ("Pool(1)", "pool.apply({}, [{}])"),
    },
)
def test_the_next_job_of_a_process_sees_what_a_job_has_set(
    method: str, pool: tuple[str, str]
) -> None:
    # no mutant: пула процессов в примерах страницы нет
    made, send = pool
    main = """
    if __name__ == "__main__":
        with POOL as pool:
            APART
            print("apart:", SEE)
            HERE
            print("here:", SEE)
            print("main:", see(0))
    """
    words = {
        "POOL": made,
        "APART": send.format("log_in_apart", "'Ann'"),
        "HERE": send.format("log_in", "'Bob'"),
        "SEE": send.format("see", 0),
    }
    trace = perform_by(method, KEPT + filled(main, **words))
    assert trace.lines == ["apart: nobody", "here: Bob", "main: nobody"]


STALE = """
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

user = ContextVar("user", default="nobody")

with ThreadPoolExecutor(1) as pool:
    for name in ("Ann", "Bob"):
        user.set(name)
        print(name, "sees", pool.submit(user.get).result())
"""


@pytest.mark.always("ctx-inherit-stale", since="3.14")
# one way: a fact about one flag
def test_an_inherited_context_is_that_of_the_start() -> None:
    # no mutant: примеры страницы играют без этого флага
    run = run_by("spawn", STALE, "-X", "thread_inherit_context=1")
    assert run.stdout.splitlines() == ["Ann sees Ann", "Bob sees Ann"], run.stderr
    without = run_by("spawn", STALE, "-X", "thread_inherit_context=0")
    assert without.stdout.splitlines() == ["Ann sees nobody", "Bob sees nobody"]


@pytest.mark.always("ctx-token-other-context")
@ways(where={"task": True, "to_thread": False})
def test_a_token_is_of_its_context(where: bool) -> None:
    # no mutant: reset в примерах страницы нет
    async def reset(token: contextvars.Token[str]) -> None:
        USER.reset(token)

    async def main() -> None:
        token = USER.set("Ann")
        elsewhere = (
            asyncio.create_task(reset(token)) if where else asyncio.to_thread(USER.reset, token)
        )
        with pytest.raises(ValueError, match="was created in a different Context"):
            await elsewhere
        USER.reset(token)
        assert USER.get() == "nobody"

    perform(main)
