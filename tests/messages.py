"""What Python itself writes: programs that print the messages marked on the pages.

A snippet tells of an error in its own words; whoever pastes the real ones must find the page, too.
"""

from typing import NamedTuple


class Printed(NamedTuple):
    """The program `text` makes Python print `message`, marked on `page`.

    since, before: on which versions Python words it so, as in (3, 14).
    """

    page: str
    message: str
    text: str
    since: tuple[int, int] = (3, 11)
    before: tuple[int, int] = (4, 0)


_RUN = "import asyncio, gc\nasync def work(): await asyncio.sleep(0)\nasync def main():\n    {}\n"
_MAIN = _RUN + "asyncio.run(main())"


def _awaits(*lines: str) -> str:
    return _MAIN.format("\n    ".join(lines))


def _threads(*lines: str) -> str:
    return "import threading\n" + "\n".join(lines)


_LOST = "import pickle\ndef work(): pass\nsent = pickle.dumps(work)\ndel work\npickle.loads(sent)"
_OWN_AWAIT = "class Own:\n    def __await__(self): return work()\n" + _awaits("await Own()")
_LOST_CONNECTION = "import socket\n" + _awaits(
    "ours, theirs = socket.socketpair()",
    "reader, writer = await asyncio.open_connection(sock=ours)",
    "theirs.close()",
    "for _ in range(99):",
    "    writer.write(b'x')",
    "    await writer.drain()",
    "    await asyncio.sleep(0)",
)
_OTHER_CONTEXT = (
    "from contextvars import ContextVar\nvar = ContextVar('var')\nasync def numbers():\n"
    "    token = var.set(1)\n    try: yield 1\n    finally: var.reset(token)\n"
    + _awaits(
        "pages = numbers()", "await asyncio.create_task(anext(pages))", "await pages.aclose()"
    )
)
_PRINTED = (
    Printed(
        "web/drain",
        "Connection lost",
        _awaits(
            "async def ignore(reader, writer): writer.transport.abort()",
            "server = await asyncio.start_server(ignore, '127.0.0.1', 0)",
            "address = server.sockets[0].getsockname()",
            "reader, writer = await asyncio.open_connection(*address)",
            "while not reader.at_eof() and not reader.exception(): await asyncio.sleep(0)",
            "writer.transport.abort()",
            "await asyncio.sleep(0)",
            "await writer.drain()",
        ),
    ),
    Printed(
        "bridges/from-thread",
        "Non-thread-safe operation invoked on an event loop other than the current one",
        _awaits(
            "loop = asyncio.get_running_loop()",
            "loop.set_debug(True)",
            "await asyncio.to_thread(loop.call_soon, print)",
        ),
    ),
    Printed(
        "bridges/from-thread",
        "Event loop is closed",
        "import asyncio\nloop = asyncio.new_event_loop()\nloop.close()\n"
        "loop.call_soon_threadsafe(print)",
    ),
    Printed(
        "bridges/pool-in-coroutine",
        "object does not support the asynchronous context manager protocol",
        "from concurrent.futures import ThreadPoolExecutor\n"
        + _awaits("async with ThreadPoolExecutor(): pass"),
    ),
    Printed(
        "coroutines/async-with-for",
        "'async with' outside async function",
        "def plain():\n    async with x: pass",
    ),
    Printed(
        "coroutines/async-with-for",
        "'async for' requires an object with __aiter__ method, got …",
        _awaits("async for each in []: pass"),
    ),
    Printed(
        "coroutines/async-with-for",
        "'…' object does not support the context manager protocol",
        _awaits("with asyncio.Lock(): pass"),
    ),
    Printed("coroutines/await", "'await' outside function", "await x"),
    Printed("coroutines/await", "'await' outside async function", "def plain(): await x"),
    Printed(
        "coroutines/awaitable",
        "object … can't be used in 'await' expression",
        _awaits("await []"),
        before=(3, 14),
    ),
    Printed(
        "coroutines/awaitable", "'…' object can't be awaited", _awaits("await []"), since=(3, 14)
    ),
    Printed(
        "coroutines/awaitable",
        "__await__() returned a coroutine",
        _OWN_AWAIT,
        before=(3, 15),
    ),
    Printed(
        "coroutines/awaitable",
        "__await__() must return an iterator, not coroutine",
        _OWN_AWAIT,
        since=(3, 15),
    ),
    Printed(
        "coroutines/awaitable",
        "Task got bad yield: …",
        "class Own:\n    def __await__(self): yield 1\n" + _awaits("await Own()"),
    ),
    Printed(
        "coroutines/blocking",
        "Executing … took … seconds",
        "import time\n"
        + _RUN.format(
            "asyncio.get_running_loop().slow_callback_duration = 0.001\n    time.sleep(0.01)"
        )
        + "asyncio.run(main(), debug=True)",
    ),
    Printed("coroutines/forgotten-await", "coroutine '…' was never awaited", _awaits("work()")),
    Printed(
        "coroutines/forgotten-await",
        "'coroutine' object has no attribute '…'",
        _awaits("work().json()"),
    ),
    Printed(
        "coroutines/forgotten-await",
        "'coroutine' object is not subscriptable",
        _awaits("work()[0]"),
    ),
    Printed(
        "coroutines/forgotten-await",
        "'coroutine' object is not iterable",
        _awaits("for each in work(): pass"),
    ),
    Printed(
        "coroutines/function-object",
        "cannot reuse already awaited coroutine",
        _awaits("once = work()", "await once", "await once"),
    ),
    Printed(
        "coroutines/life",
        "coroutine is being awaited already",
        _awaits(
            "one = work()", "asyncio.ensure_future(one)", "await asyncio.sleep(0)", "await one"
        ),
    ),
    Printed(
        "coroutines/run",
        "asyncio.run() cannot be called from a running event loop",
        _awaits("asyncio.run(work())"),
    ),
    Printed(
        "coroutines/run",
        "There is no current event loop in thread '…'",
        _awaits("await asyncio.to_thread(asyncio.get_event_loop)"),
    ),
    Printed(
        "coroutines/run",
        "a coroutine was expected, got …",
        "import asyncio\nasync def main(): pass\nasyncio.run(main)",
        before=(3, 14),
    ),
    Printed(
        "coroutines/run",
        "Event loop is closed",
        "import asyncio\nasync def main(): pass\nloop = asyncio.new_event_loop()\n"
        "loop.close()\nloop.run_until_complete(main())",
    ),
    Printed(
        "model/gil",
        "generator already executing",
        "def own():\n    next(one)\n    yield\none = own()\nnext(one)",
    ),
    Printed(
        "patterns/bounded-semaphore",
        "BoundedSemaphore released too many times",
        _awaits("asyncio.BoundedSemaphore(1).release()"),
    ),
    Printed(
        "patterns/bounded-semaphore",
        "Semaphore initial value must be >= 0",
        _awaits("asyncio.Semaphore(-1)"),
    ),
    Printed(
        "patterns/limit",
        "Too many open files",
        "import os, resource\nkind = resource.RLIMIT_NOFILE\n"
        "soft, hard = resource.getrlimit(kind)\nresource.setrlimit(kind, (0, hard))\n"
        "try: os.pipe()\nfinally: resource.setrlimit(kind, (soft, hard))",
    ),
    Printed(
        "patterns/queue",
        "task_done() called too many times",
        _awaits("asyncio.Queue().task_done()"),
    ),
    Printed(
        "patterns/semaphore-promises",
        "… is bound to a different event loop",
        "import asyncio\nlock = asyncio.Lock()\nasync def hold():\n"
        "    async with lock: await asyncio.sleep(0)\n"
        "async def main():\n    async with asyncio.TaskGroup() as group:\n"
        "        group.create_task(hold())\n        group.create_task(hold())\n"
        "asyncio.run(main())\nasyncio.run(main())",
    ),
    Printed(
        "pools/timeout",
        "cannot schedule new futures after shutdown",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\n"
        "pool.shutdown()\npool.submit(print)",
    ),
    Printed(
        "pools/results",
        "A process in the process pool was terminated abruptly "
        "while the future was running or pending.",
        "import os\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "with ProcessPoolExecutor(1, get_context('fork')) as pool:\n"
        "    pool.submit(os._exit, 1).result()",
    ),
    Printed(
        "processes/exchange",
        "cannot pickle '…' object",
        "import pickle, threading\npickle.dumps(threading.Lock())",
    ),
    Printed(
        "processes/exchange",
        "Can't pickle …",
        "import pickle\npickle.dumps(lambda: 1)",
    ),
    Printed(
        "processes/exchange",
        "it's not the same object as …",
        "import pickle\ndef work(): pass\nraw, work = work, lambda: None\npickle.dumps(raw)",
    ),
    Printed(
        "processes/exchange",
        "Broken pipe",
        "from multiprocessing import Pipe\nhere, there = Pipe()\nthere.close()\nhere.send(1)",
    ),
    Printed(
        "processes/exchange",
        "Connection reset by peer",
        "from multiprocessing import Pipe\nhere, there = Pipe()\nhere.send(1)\nthere.close()\n"
        "here.recv()",
    ),
    Printed(
        "processes/memory",
        "resource_tracker: There appear to be … leaked shared_memory objects "
        "to clean up at shutdown",
        "from multiprocessing.shared_memory import SharedMemory\nSharedMemory(create=True, size=8)",
    ),
    Printed(
        "processes/start-methods",
        "An attempt has been made to start a new process before the current process "
        "has finished its bootstrapping phase.",
        "from multiprocessing import get_context\n"
        "get_context('spawn').Process(target=print).start()",
    ),
    Printed(
        "processes/start-methods",
        "Can't get attribute '…' on …",
        _LOST,
        before=(3, 14),
    ),
    Printed(
        "processes/start-methods",
        "module '__main__' has no attribute '…'",
        _LOST,
        since=(3, 14),
    ),
    Printed(
        "processes/start-methods",
        "This process (pid=…) is multi-threaded, use of fork() may lead to deadlocks in the child.",
        "import multiprocessing, threading, warnings\nwarnings.simplefilter('always')\n"
        "end = threading.Event()\nthreading.Thread(target=end.wait).start()\n"
        "one = multiprocessing.get_context('fork').Process(target=print)\n"
        "one.start()\none.join()\nend.set()",
        since=(3, 12),
    ),
    Printed(
        "races/condition",
        "cannot wait on un-acquired lock",
        _threads("threading.Condition().wait()"),
    ),
    Printed(
        "races/condition",
        "cannot notify on un-acquired lock",
        _threads("threading.Condition().notify()"),
    ),
    Printed("races/lock", "release unlocked lock", _threads("threading.Lock().release()")),
    Printed(
        "tasks/create-task",
        "no running event loop",
        _RUN.format("pass") + "asyncio.create_task(main())",
    ),
    Printed(
        "tasks/create-task",
        "a coroutine was expected, got …",
        _awaits("asyncio.create_task(work)"),
    ),
    Printed("tasks/gather", "unhashable type: 'list'", _awaits("asyncio.gather([work()])")),
    Printed("tasks/task-future", "Result is not set.", _awaits("asyncio.Future().result()")),
    Printed(
        "tasks/task-future",
        "Task does not support set_result operation",
        _awaits("asyncio.create_task(work()).set_result(1)"),
    ),
    Printed(
        "tasks/task-future",
        "invalid state",
        _awaits("future = asyncio.Future()", "future.set_result(1)", "future.set_result(1)"),
    ),
    Printed(
        "tasks/taskgroup",
        "unhandled errors in a TaskGroup (… sub-exception…)",
        _awaits("async with asyncio.TaskGroup(): 1 / 0"),
    ),
    Printed(
        "tasks/wait-as-completed",
        "Passing coroutines is forbidden, use tasks explicitly.",
        _awaits("await asyncio.wait([work()])"),
    ),
    Printed(
        "tasks/wait-as-completed",
        "Set of Tasks/Futures is empty.",
        _awaits("await asyncio.wait([])"),
    ),
    Printed(
        "races/sharing",
        "… called while another coroutine is already waiting for incoming data",
        _awaits(
            "stream = asyncio.StreamReader()",
            "await asyncio.gather(stream.readline(), stream.readline())",
        ),
    ),
    Printed(
        "threads/daemon",
        "cannot set daemon status of active thread",
        _threads("threading.current_thread().daemon = True"),
    ),
    Printed(
        "threads/join", "cannot join current thread", _threads("threading.current_thread().join()")
    ),
    Printed(
        "threads/join",
        "cannot join thread before it is started",
        _threads("threading.Thread().join()"),
    ),
    Printed(
        "debugging/outdated",
        "module 'asyncio' has no attribute 'coroutine'",
        "import asyncio\nasyncio.coroutine",
    ),
    Printed(
        "debugging/outdated",
        "got an unexpected keyword argument 'loop'",
        _awaits("await asyncio.sleep(0, loop=None)"),
    ),
    Printed(
        "debugging/outdated",
        "There is no current event loop in thread 'MainThread'",
        "import asyncio\nasyncio.get_event_loop()",
        since=(3, 14),
    ),
    Printed(
        "debugging/testing",
        "coroutine 'AsyncMockMixin._execute_mock_call' was never awaited",
        "from unittest.mock import AsyncMock\nAsyncMock()()",
    ),
    Printed("patterns/aclosing", "was created in a different Context", _OTHER_CONTEXT),
    Printed("web/drain", "Connection lost", _LOST_CONNECTION),
    Printed(
        "threads/result",
        "Exception in thread …",
        _threads("threading.Thread(target=lambda: 1 / 0).start()"),
    ),
    Printed(
        "threads/start",
        "threads can only be started once",
        _threads("one = threading.Thread()", "one.start()", "one.start()"),
    ),
    Printed(
        "threads/start",
        "takes … positional argument… but … were given",
        _threads("threading.Thread(target=lambda page: page, args='page').start()"),
    ),
    Printed(
        "threads/start",
        "argument after * must be an iterable, not int",
        _threads("threading.Thread(target=print, args=(5)).start()"),
        before=(3, 15),
    ),
    Printed(
        "threads/start",
        "Value after * must be an iterable, not int",
        _threads("threading.Thread(target=print, args=(5)).start()"),
        since=(3, 15),
    ),
)
PRINTED = {(each.page, each.message): each for each in _PRINTED}
"""By page and message."""


def is_alone(page: str) -> bool:
    """Tell whether the programs of `page` need a process and a file of their own."""
    return page.partition("/")[0] in ("processes", "pools")
