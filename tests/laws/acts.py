"""What a random program can do: operations of asyncio, each taken note of.

Those that may fail swallow the failure, once noted, so that a program goes on; a cancellation
passes.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from tests.laws.record import Record

Function = Callable[[], Coroutine[Any, Any, Any]]
PERMITS, ROOM = 2, 1
WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("WHERE", default="")


class Do(Record):
    """The operations; a program is a coroutine function that is given one of these."""

    Cancelled = asyncio.CancelledError

    def __init__(self) -> None:
        super().__init__()
        self._items = 0

    async def play(self, program: Callable[[Do], Coroutine[Any, Any, None]]) -> None:
        """Carry out `program` in a task of its own."""
        self.begin(asyncio.get_running_loop())
        self.lock, self.limit = asyncio.Lock(), asyncio.Semaphore(PERMITS)
        self.bell, self.news = asyncio.Event(), asyncio.Condition()
        self.room: asyncio.Queue[int] = asyncio.Queue(ROOM)
        self.heap: asyncio.Queue[int] = asyncio.Queue()
        self.shared = vars(self)

        async def whole() -> None:
            await program(self)

        with suppress(Exception):
            await asyncio.create_task(self.work(whole))
        self.note("main ends")

    # One task.

    def tidies(self, function: Function) -> None:
        """Tell that the work now has a `finally`."""
        self.works[function.__name__].tidies = True

    def tidy(self, function: Function) -> None:
        """Tell that its `finally` runs."""
        self.works[function.__name__].tidied = self.note("tidies")

    async def sleep(self, seconds: float) -> None:
        with self.act("sleep", seconds):
            await asyncio.sleep(seconds)

    async def thread(self, seconds: float, fails: bool) -> None:
        outcome: Any = OSError("in the thread") if fails else object()

        def work() -> Any:
            self.note("in the thread", outcome)
            time.sleep(seconds)
            self.note("thread ends", outcome)
            if fails:
                raise outcome
            return outcome

        with suppress(OSError), self.act("to_thread", (seconds, outcome)) as act:
            act.value = await asyncio.to_thread(work)

    async def awaited(self, function: Function) -> None:
        with self.act("await", function.__name__) as act:
            act.value = await self.work(function)

    def create(self, function: Function) -> asyncio.Task[Any]:
        task = asyncio.create_task(self.work(function))
        self.started.append(task)
        self.kept.add(task)
        life = self.lives[function.__name__]
        task.add_done_callback(lambda done: self.note("called back", (life, done.cancelled())))
        task.add_done_callback(self.kept.discard)
        return task

    async def again(self) -> None:
        """Await a task that was started, if it is over or goes on without this one."""
        over = [task for task in self.started if task.done()]
        for task in over[:2]:
            name = self._name_of(task)
            with suppress(Exception, asyncio.CancelledError), self.act("await done", name) as act:
                act.value = await task

    def _name_of(self, task: Any) -> str:
        return str(task.life.name)

    async def cancelled(self, pause: float, times: int, function: Function) -> None:
        task = self.create(function)
        await self.sleep(pause)
        for _ in range(times):
            task.cancel()
        with suppress(Exception), self.act("await task", function.__name__) as act:
            try:
                act.value = await task
            except asyncio.CancelledError as error:
                act.inner = error
                if not task.cancelled():
                    raise

    # Several tasks.

    async def gather(self, keeps: bool, *functions: Function) -> None:
        names = [function.__name__ for function in functions]
        with suppress(Exception), self.act("gather", (keeps, names)) as act:
            future = asyncio.gather(*map(self.work, functions), return_exceptions=keeps)
            act.place = self.note("gather has returned")
            act.value = await future

    async def group(self, body: str, pause: float, *functions: Function) -> None:
        """body: what the block does: plain, raises, waits or cancels one."""
        names = [function.__name__ for function in functions]
        tasks: list[Any] = []
        with suppress(Exception, BaseExceptionGroup), self.act("group", (body, names)) as act:
            act.value = tasks
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(self.work(function)) for function in functions]
                if body != "plain":
                    await self.sleep(pause)
                if body == "cancels":
                    tasks[0].cancel()
                if body == "raises":
                    act.inner = KeyError("the body")
                    act.place = self.note("raises")
                    raise act.inner

    async def wait(self, when: str, limit: float | None, *functions: Function) -> None:
        names = [function.__name__ for function in functions]
        tasks = [self.create(function) for function in functions]
        with self.act("wait", (when, limit, names)) as act:
            done, left = await asyncio.wait(tasks, timeout=limit, return_when=when)
            act.value = [{self._name_of(task) for task in some} for some in (done, left)]
        for task in left:
            task.cancel()

    async def as_completed(self, limit: float | None, *functions: Function) -> None:
        names = [function.__name__ for function in functions]
        tasks = [self.create(function) for function in functions]
        with suppress(TimeoutError), self.act("as_completed", (limit, names)) as act:
            act.value = []
            for following in asyncio.as_completed(tasks, timeout=limit):
                try:
                    came: Any = await following
                except TimeoutError:
                    raise
                except Exception as error:
                    came = error
                except asyncio.CancelledError as error:
                    me = asyncio.current_task()
                    if me and me.cancelling():
                        raise
                    came = error
                act.value.append((self.note("comes"), self.now(), came))

    # Limits of time.

    async def timeout(self, limit: float, function: Function) -> None:
        with suppress(TimeoutError, ValueError), self.act("timeout", limit) as act:
            async with asyncio.timeout(limit):
                try:
                    await self.awaited(function)
                except BaseException as error:
                    act.inner = error
                    raise

    async def wait_for(self, limit: float, function: Function) -> None:
        with suppress(Exception), self.act("wait_for", (limit, function.__name__)) as act:
            act.value = await asyncio.wait_for(self.work(function), limit)

    async def shielded(self, limit: float, function: Function) -> None:
        task = self.create(function)
        with suppress(Exception):
            async with asyncio.timeout(limit):
                with self.act("shield", function.__name__) as act:
                    act.value = await asyncio.shield(task)

    # What tasks share.

    async def locked(self, which: str, function: Function) -> None:
        guard: Any = getattr(self, which)
        with suppress(ValueError):
            was_locked, queued = guard.locked(), bool(guard._waiters)
            with self.act(f"acquire {which}", (was_locked, queued)):
                await guard.acquire()
            try:
                with self.act(f"in {which}"):
                    await self.awaited(function)
            finally:
                guard.release()

    async def guarded(self, which: str, function: Function) -> None:
        """The same as a block."""
        guard: Any = getattr(self, which)
        was_locked, queued = guard.locked(), bool(guard._waiters)
        entry = self.act(f"acquire {which}", (was_locked, queued))
        with suppress(ValueError), self.act(f"block of {which}"):
            act = entry.__enter__()
            try:
                async with guard:
                    entry.__exit__(None, None, None)
                    with self.act(f"in {which}"):
                        await self.awaited(function)
            finally:
                if not act.is_over:
                    self._give_up(entry)

    def _give_up(self, entry: Any) -> None:
        with suppress(BaseException):
            error = asyncio.CancelledError()
            entry.__exit__(type(error), error, None)

    async def put(self, which: str, limit: float) -> None:
        self._items += 1
        queue: asyncio.Queue[int] = getattr(self, which)
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                was_full = queue.full()
                with self.act(f"put {which}", (self._items, was_full)):
                    await queue.put(self._items)

    async def get(self, which: str, limit: float, tells: bool) -> None:
        queue: asyncio.Queue[int] = getattr(self, which)
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                with self.act(f"get {which}") as act:
                    act.value = await queue.get()
                if tells:
                    self.note("task_done", which)
                    queue.task_done()

    async def join(self, which: str, limit: float) -> None:
        queue: asyncio.Queue[int] = getattr(self, which)
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                with self.act(f"join {which}"):
                    await queue.join()

    def ring(self) -> None:
        self.note("rings", self.bell.is_set())
        self.bell.set()

    def hush(self) -> None:
        self.note("hushes")
        self.bell.clear()

    async def hear(self, limit: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                with self.act("hear", self.bell.is_set()):
                    await self.bell.wait()

    async def notify(self, all_of_them: bool) -> None:
        async with self.news:
            waiting = len(self.news._waiters)
            self.note("notifies", (all_of_them, waiting))
            if all_of_them:
                self.news.notify_all()
            else:
                self.news.notify(1)

    async def listen(self, limit: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit), self.news:
                with self.act("listen"):
                    await self.news.wait()

    # The loop itself, contexts, generators.

    async def callbacks(self, first: float, second: float) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(3):
            loop.call_soon(self.note, "soon", self.note("call_soon"))
        for pause in (max(first, second), min(first, second)):
            due = round(loop.time() + pause, 6)
            self.note("call_later", due)
            loop.call_later(pause, self.note, "later", due)
        await self.sleep(0)

    async def context(self, function: Function) -> None:
        WHERE.set(function.__name__)

        async def inside() -> None:
            WHERE.set("changed")

        inside.__name__ = f"context_{function.__name__}"
        with self.act("context of task", function.__name__) as act:
            await asyncio.create_task(self.work(inside))
            act.value = WHERE.get()
        inside.__name__ += "_same"
        with self.act("context of await") as act:
            await self.work(inside)
            act.value = WHERE.get()

    async def managed(self, function: Function) -> None:
        @asynccontextmanager
        async def manager() -> AsyncIterator[None]:
            try:
                yield
            finally:
                act.place = self.note("leaves")

        with suppress(ValueError), self.act("async with") as act:
            async with manager():
                await self.awaited(function)

    async def stream(self, pause: float, breaks: bool, function: Function) -> None:
        async def numbers() -> AsyncIterator[int]:
            try:
                for number in range(2):
                    yield number
                    await asyncio.sleep(pause)
            finally:
                act.place = self.note("closed")

        with suppress(ValueError), self.act("stream", breaks) as act:
            act.value = []
            async with aclosing(numbers()) as generator:
                async for number in generator:
                    act.value.append(number)
                    if number == 0:
                        await self.awaited(function)
                    if breaks:
                        break
