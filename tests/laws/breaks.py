"""Broken implementations of asyncio, one or more for each law: the law must fail on it."""

from __future__ import annotations

import asyncio
import threading
from asyncio import base_events, runners
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from unittest import mock

from tests.laws import acts, record
from tests.laws.law import Break


def _put(owner: Any, name: str, value: Any) -> Break:
    """Return a break that puts `value` in the place of `owner`'s `name`."""
    return lambda: mock.patch.object(owner, name, value)


# Tasks.


def _method(name: str) -> Any:
    """Return a decorator: the function is a broken method of tasks."""
    return lambda function: _put(record.Plain, name, function)


_begin = record.Plain.__init__
_cancel = record.Plain.cancel
_call_back = record.Plain.add_done_callback
_step = record.Spy._step
_throw = record.Spy.throw


@_method("__init__")
def eager_tasks(task: Any, coroutine: Any, **options: Any) -> None:
    with suppress(BaseException):
        coroutine.send(None)
    _begin(task, coroutine, **options)


class _Late(Coroutine[Any, Any, Any]):
    """Lets one pass go by before the first step."""

    def __init__(self, coroutine: Any) -> None:
        self._coroutine, self._is_late = coroutine, True

    def send(self, value: Any) -> Any:
        if self._is_late:
            self._is_late = False
            return None
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:
        return self


@_method("__init__")
def late_tasks(task: Any, coroutine: Any, **options: Any) -> None:
    _begin(task, _Late(coroutine), **options)


@_method("__init__")
def every_other_task_late(task: Any, coroutine: Any, **options: Any) -> None:
    odd = len(task.record.lives) % 2
    _begin(task, _Late(coroutine) if odd else coroutine, **options)


@_method("cancel")
def cancel_that_says_no(task: Any, msg: Any = None) -> bool:
    _cancel(task)
    return False


@_method("cancel")
def cancel_that_always_says_yes(task: Any, msg: Any = None) -> bool:
    _cancel(task)
    return True


@_method("cancel")
def cancel_that_counts_twice(task: Any, msg: Any = None) -> bool:
    return _cancel(task) and _cancel(task)


@_method("cancel")
def cancel_that_does_nothing(task: Any, msg: Any = None) -> bool:
    return not task.done()


@_method("cancel")
def cancel_that_throws_at_once(task: Any, msg: Any = None) -> bool:
    with suppress(BaseException):
        task.life.spy.throw(asyncio.CancelledError())
    return True


@_method("cancel")
def cancel_that_arrives_again(task: Any, msg: Any = None) -> bool:
    task.get_loop().call_later(0.25, _cancel, task)
    return _cancel(task)


@_method("cancel")
def cancel_that_stays(task: Any, msg: Any = None) -> bool:
    if isinstance(task.life.asks[-1].waits, asyncio.Task):
        return True
    return _cancel(task)


@_method("cancel")
def cancel_that_cancels_the_creator(task: Any, msg: Any = None) -> bool:
    creator = task.record.lives.get(task.life.who)
    if creator and not creator.asks:
        creator.task.cancel()
    return _cancel(task)


@_method("add_done_callback")
def late_callbacks(task: Any, callback: Any, **options: Any) -> None:
    later = task.get_loop().call_later
    _call_back(task, lambda done: later(1, callback, done), **options)


@_method("add_done_callback")
def set_that_keeps(task: Any, callback: Any, **options: Any) -> None:
    if getattr(callback, "__name__", "") != "discard":
        _call_back(task, callback, **options)


@_method("add_done_callback")
def _early_callback(task: Any, callback: Any, **options: Any) -> None:
    vars(task.life).setdefault("hooks", []).append(callback)
    _call_back(task, callback, **options)


def _step_that_calls_back(spy: Any, *arguments: Any) -> Any:
    try:
        return _step(spy, *arguments)
    except BaseException:
        for callback in vars(spy._life).get("hooks", ()):
            with suppress(BaseException):
                callback(spy._life.task)
        raise


@contextmanager
def callbacks_on_the_spot() -> Iterator[None]:
    with _early_callback(), mock.patch.object(record.Spy, "_step", _step_that_calls_back):
        yield


def _throw_that_starts(spy: Any, *error: Any) -> Any:
    if not spy._life.steps:
        with suppress(BaseException):
            spy._coroutine.send(None)
    return _throw(spy, *error)


throw_that_starts_first = _put(record.Spy, "throw", _throw_that_starts)


def _throw_past(spy: Any, *error: Any) -> Any:
    def leave(*_: Any) -> None:
        raise asyncio.CancelledError

    return spy._step(asyncio.CancelledError(), leave)


throw_that_leaves_the_coroutine = _put(record.Spy, "throw", _throw_past)


def _step_without_cancellation(spy: Any, *arguments: Any) -> Any:
    try:
        return _step(spy, *arguments)
    except asyncio.CancelledError:
        raise StopIteration(None) from None


tasks_that_forget_their_cancellation = _put(record.Spy, "_step", _step_without_cancellation)


def _step_in_a_thread(spy: Any, *arguments: Any) -> Any:
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(_step(spy, *arguments))
        except BaseException as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(came[0], BaseException):
        raise came[0]
    return came[0]


steps_in_threads = _put(record.Spy, "_step", _step_in_a_thread)


def _await(wrapped: Any) -> Any:
    return _put(record.Plain, "__await__", wrapped)


_waiting = asyncio.Task.__await__


def _switching(task: Any) -> Any:
    yield
    return (yield from _waiting(task))


def _changing(task: Any) -> Any:
    with suppress(Exception):
        yield from _waiting(task)
    return object()


await_that_switches, await_of_another_value = _await(_switching), _await(_changing)


async def _awaited_by_a_task(do: Any, function: Any) -> None:
    with do.act("await", function.__name__) as act:
        act.value = await asyncio.create_task(do.work(function))


async def _awaited_with_another_error(do: Any, function: Any) -> None:
    with do.act("await", function.__name__) as act:
        try:
            act.value = await do.work(function)
        except Exception:
            raise ValueError("another") from None


await_by_a_task = _put(acts.Do, "awaited", _awaited_by_a_task)
await_of_another_error = _put(acts.Do, "awaited", _awaited_with_another_error)

# gather, groups, wait, as_completed.

_gather, _wait, _as_completed = asyncio.gather, asyncio.wait, asyncio.as_completed


def _instead(name: str) -> Any:
    """Return a decorator: the function stands in for asyncio's of that name."""
    return lambda function: _put(asyncio, name, function)


@_instead("gather")
async def gather_of_reversed_results(*those: Any, **options: Any) -> Any:
    return [*reversed(await _gather(*those, **options))]


@_instead("gather")
async def gather_that_always_raises(*those: Any, return_exceptions: bool = False) -> Any:
    return await _gather(*those)


@_instead("gather")
async def gather_in_a_row(*those: Any, return_exceptions: bool = False) -> Any:
    return [await each for each in those]


@_instead("gather")
def gather_that_starts_at_once(*those: Any, **options: Any) -> Any:
    with suppress(BaseException):
        those[0].send(None)
    return _gather(*those[1:], **options)


@_instead("gather")
def gather_of_reversed_arguments(*those: Any, **options: Any) -> Any:
    return _gather(*reversed(those), **options)


@_instead("gather")
def gather_of_shields(*those: Any, **options: Any) -> Any:
    return _gather(*(asyncio.shield(asyncio.ensure_future(each)) for each in those), **options)


@_instead("gather")
async def gather_that_waits_for_all(*those: Any, return_exceptions: bool = False) -> Any:
    came = await _gather(*those, return_exceptions=True)
    for each in came:
        if isinstance(each, Exception) and not return_exceptions:
            raise each
    return came


@_instead("gather")
async def gather_that_cancels_the_others(*those: Any, **options: Any) -> Any:
    tasks = [asyncio.ensure_future(each) for each in those]
    try:
        return await _gather(*tasks, **options)
    except Exception:
        for task in tasks:
            task.cancel()
        raise


class _Careless:
    """A group that waits for nobody."""

    async def __aenter__(self) -> Any:
        self.tasks: list[Any] = []
        return self

    def create_task(self, coroutine: Any) -> Any:
        self.tasks.append(asyncio.get_running_loop().create_task(coroutine))
        return self.tasks[-1]

    async def __aexit__(self, *error: Any) -> None:
        return None


class _Hasty(_Careless):
    """A group that raises as soon as one has failed."""

    async def __aexit__(self, *error: Any) -> None:
        done, _ = await _wait(self.tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = [task.exception() for task in done if not task.cancelled() and task.exception()]
        if failed:
            raise BaseExceptionGroup("", failed)


class _Single(asyncio.TaskGroup):
    """A group that raises one error as it is."""

    async def __aexit__(self, *error: Any) -> Any:
        try:
            return await super().__aexit__(*error)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None


class _Nervous(asyncio.TaskGroup):
    """A group that takes a cancelled task for a failed one."""

    def _on_task_done(self, task: Any) -> None:
        super()._on_task_done(task)
        if task.cancelled():
            self._abort()


careless_group, hasty_group = (_put(asyncio, "TaskGroup", each) for each in (_Careless, _Hasty))
group_that_raises_one_error = _put(asyncio, "TaskGroup", _Single)
group_that_ends_at_a_cancellation = _put(asyncio, "TaskGroup", _Nervous)
group_that_cancels_nobody = _put(asyncio.TaskGroup, "_abort", lambda group: None)


@_instead("wait")
async def wait_for_all_of_them(those: Any, **options: Any) -> Any:
    return await _wait(those, timeout=options["timeout"])


@_instead("wait")
async def wait_for_the_first(those: Any, **options: Any) -> Any:
    return await _wait(those, timeout=options["timeout"], return_when=asyncio.FIRST_COMPLETED)


@_instead("wait")
async def wait_that_raises(those: Any, **options: Any) -> Any:
    done, left = await _wait(those, **options)
    for each in done:
        if not each.cancelled() and each.exception():
            raise each.exception()
    return done, left


@_instead("wait")
async def wait_that_cancels_the_rest(those: Any, **options: Any) -> Any:
    done, left = await _wait(those, **options)
    for each in left:
        each.cancel()
    return done, left


@_instead("wait")
async def wait_that_cancels_when_cancelled(those: Any, **options: Any) -> Any:
    try:
        return await _wait(those, **options)
    except asyncio.CancelledError:
        for each in those:
            each.cancel()
        raise


@_instead("as_completed")
def as_completed_in_order_of_arguments(those: Any, timeout: Any = None) -> Any:
    return iter(those)


as_completed_without_limit = _put(
    asyncio, "as_completed", lambda those, timeout=None: _as_completed(those)
)


@_instead("as_completed")
def as_completed_that_cancels_at_an_error(those: Any, timeout: Any = None) -> Any:
    async def one(following: Any) -> Any:
        try:
            return await following
        except Exception:
            for each in those:
                each.cancel()
            raise

    return map(one, _as_completed(those, timeout=timeout))


# Limits of time, the loop, threads.

_timeout, _shield, _sleep = asyncio.timeout, asyncio.shield, asyncio.sleep
_call_later, _call_soon = base_events.BaseEventLoop.call_later, base_events.BaseEventLoop.call_soon

timeout_too_early = _put(asyncio, "timeout", lambda limit: _timeout(limit / 2))


@_instead("timeout")
@asynccontextmanager
async def timeout_that_does_not_interrupt(limit: float) -> Any:
    due = asyncio.get_running_loop().time() + limit
    yield
    if asyncio.get_running_loop().time() >= due:
        raise TimeoutError


@_instead("wait_for")
async def wait_for_that_does_not_wait(coroutine: Any, limit: float) -> Any:
    async with _timeout(limit):
        return await _shield(asyncio.ensure_future(coroutine))


shield_that_protects_nothing = _put(asyncio, "shield", lambda task: task)


@_instead("shield")
async def shield_that_protects_the_caller(task: Any) -> Any:
    while not task.done():
        with suppress(asyncio.CancelledError):
            await _shield(task)
    return await task


sleep_too_short = _put(asyncio, "sleep", lambda seconds: _sleep(seconds / 2))


@_instead("sleep")
async def sleep_that_may_not_switch(seconds: float) -> None:
    if seconds:
        await _sleep(seconds)


def _later_in_reverse(loop: Any, delay: float, callback: Any, *those: Any, **options: Any) -> Any:
    if "later" in those:
        delay = 2.0 ** (16 - delay.bit_length()) if isinstance(delay, int) else 2.0**17
    return _call_later(loop, delay, callback, *those, **options)


def _soon_in_reverse(loop: Any, callback: Any, *those: Any, **options: Any) -> Any:
    handle = _call_soon(loop, callback, *those, **options)
    if "soon" in those:
        loop._ready = deque([loop._ready.pop(), *loop._ready])
    return handle


timers_in_reverse = _put(base_events.BaseEventLoop, "call_later", _later_in_reverse)
callbacks_in_reverse = _put(base_events.BaseEventLoop, "call_soon", _soon_in_reverse)
_to_thread = asyncio.to_thread


@_instead("to_thread")
async def thread_without_outcome(function: Any) -> None:
    with suppress(Exception):
        await _to_thread(function)


@_instead("to_thread")
async def thread_that_is_none(function: Any) -> Any:
    return function()


class _Shared:
    """One value for all in the place of a context variable."""

    value = ""

    def get(self) -> str:
        return self.value

    def set(self, value: str) -> None:
        self.value = value


one_context_for_all = _put(acts, "WHERE", _Shared())

run_that_cancels_nobody = _put(runners, "_cancel_all_tasks", lambda loop: None)


def _cancel_only(loop: Any) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


run_that_does_not_wait = _put(runners, "_cancel_all_tasks", _cancel_only)

# What tasks share.

_Lock, _Semaphore, _Queue = asyncio.Lock, asyncio.Semaphore, asyncio.Queue

roomy_semaphore = _put(asyncio, "Semaphore", lambda permits: _Semaphore(permits + 1))
lock_for_two = _put(asyncio, "Lock", lambda: _Semaphore(2))
roomy_queue = _put(asyncio, "Queue", lambda room=0: _Queue(room + 1 if room else 0))


class _Unfair:
    """A semaphore that lets in the last who came."""

    def __init__(self, permits: int = 1) -> None:
        self._value = permits
        self._waiters: list[Any] = []

    def locked(self) -> bool:
        return not self._value

    async def acquire(self) -> bool:
        if self._value:
            self._value -= 1
            return True
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return bool(await waiter)

    def release(self) -> None:
        while self._waiters:
            waiter = self._waiters.pop()
            if not waiter.done():
                waiter.set_result(True)
                return
        self._value += 1

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *error: Any) -> None:
        self.release()


def _guards(lock: Any, semaphore: Any) -> Break:
    @contextmanager
    def planted() -> Iterator[None]:
        with _put(asyncio, "Lock", lock)(), _put(asyncio, "Semaphore", semaphore)():
            yield

    return planted


unfair_guards = _guards(_Unfair, _Unfair)


class _Polite(asyncio.Lock):
    async def acquire(self) -> Any:
        await _sleep(0)
        return await super().acquire()


lock_that_always_switches = _put(asyncio, "Lock", _Polite)


class _Leaking(asyncio.Semaphore):
    async def __aexit__(self, *error: Any) -> None:
        if error == (None, None, None):
            self.release()


guards_that_an_error_leaves_taken = _guards(_Leaking, _Leaking)


class _Switching(asyncio.Queue[Any]):
    async def put(self, item: Any) -> None:
        await _sleep(0)
        await super().put(item)


class _TakingAll(asyncio.Queue[Any]):
    async def put(self, item: Any) -> None:
        self._put(item)
        self._unfinished_tasks += 1
        self._wakeup_next(self._getters)


class _Keeping(asyncio.Queue[Any]):
    def _get(self) -> Any:
        return self._queue[0]


class _Impatient(asyncio.Queue[Any]):
    async def join(self) -> None:
        return None


put_that_switches, queue_that_takes_all, queue_that_keeps_what_it_gives, join_that_does_not_wait = (
    _put(asyncio, "Queue", each) for each in (_Switching, _TakingAll, _Keeping, _Impatient)
)
queue_last_in_first_out = _put(asyncio, "Queue", asyncio.LifoQueue)


class _Ready(asyncio.Event):
    async def wait(self) -> Any:
        await _sleep(0)
        return True


event_that_does_not_wait = _put(asyncio, "Event", _Ready)


def _skipped_by_errors(function: Any) -> Any:
    class Manager:
        async def __aenter__(self) -> None:
            self.generator = function()
            await anext(self.generator)

        async def __aexit__(self, *error: Any) -> None:
            _KEPT.append(self.generator)
            if error == (None, None, None):
                await anext(self.generator, None)

    return Manager


_KEPT: list[Any] = []
manager_that_an_error_skips = _put(acts, "asynccontextmanager", _skipped_by_errors)


@asynccontextmanager
async def _no_closing(generator: Any) -> Any:
    yield generator
    _KEPT.append(generator)


aclosing_that_does_not_close = _put(acts, "aclosing", _no_closing)
