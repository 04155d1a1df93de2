"""Proofs for source/processes/manager.md."""

import functools
import threading
from unittest.mock import MagicMock, Mock, call

import pytest
from proven.stage import load, play

from tests.ways import only, ways
from tests.ways_processes import CRASHES, METHODS, filled, perform_by, run_by

COUNTED = """
    import gc, json, multiprocessing, os, threading
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import connection, managers

    sent = 0
    send = connection.Connection.send

    def counting(self, thing):
        global sent
        sent += 1
        return send(self, thing)

    def cost(label, action):
        global sent
        counts = []
        for _ in range(3):
            # A proxy of an ended iterator lies in a cycle: collected, it tells the manager.
            gc.collect()
            gc.disable()
            sent = 0
            action()
            counts.append(sent)
            gc.enable()
        # Without the GIL what was forgotten before may tell it only now.
        print(f"{label}: {min(counts)}")

    built = 0

    def build():
        global built
        built += 1
        return Built()

    class Built:
        def __reduce__(self):
            return build, ()

    def add(thing):
        thing["n"] += 1

    if __name__ == "__main__":
        connection.Connection.send = counting
        with multiprocessing.Manager() as manager:
            BODY
"""
"""BODY has a manager; `cost` prints how many messages an action sends."""


@functools.cache
def told(method: str, body: str) -> dict[str, str]:
    """Return what COUNTED with this BODY prints: label to what stands after it.

    Its processes are started by `method`; proofs that ask the same share a run.
    """
    inside = ("\n" + " " * 12).join(filled(body).strip().splitlines())
    lines = perform_by(method, COUNTED.replace("BODY", inside)).lines
    return {label: rest for label, _, rest in (line.partition(": ") for line in lines)}


COSTS = """
    for size in (1, 10):
        shared = manager.dict({number: [] for number in range(size)})
        numbers = manager.list(range(size))
        space, value = manager.Namespace(x=1), manager.Value("i", 1)
        for each in (shared, numbers, space, value):
            str(each)  # who asks for the first time opens a connection
        def increments():
            numbers[0] += 1
        def of_space():
            space.x += 1
        def of_value():
            value.value += 1
        for name, action in {
            "read": lambda: shared[0],
            "write": lambda: shared.update({0: []}),
            "assign": lambda: shared.__setitem__(0, []),
            "in": lambda: 0 in shared,
            "len": lambda: len(shared),
            "get": lambda: shared.get(0),
            "append": lambda: numbers.append(0),
            "pop": lambda: numbers.pop(),
            "read from list": lambda: numbers[0],
            "read of space": lambda: space.x,
            "read of value": lambda: value.value,
            "+= of list": increments,
            "+= of space": of_space,
            "+= of value": of_value,
            "copy": lambda: shared.copy(),
            "keys": lambda: list(shared.keys()),
            "items": lambda: list(shared.items()),
            "slice": lambda: numbers[:],
            "for of dict": lambda: [key for key in shared],
            "for of list": lambda: [number for number in numbers],
            "dict()": lambda: dict(shared),
            "list()": lambda: list(numbers),
            "sum()": lambda: sum(numbers),
            "==": lambda: shared == {},
        }.items():
            cost(f"{name} {size}", action)
"""
ONE = (
    *("read", "write", "assign", "in", "len", "get", "append", "pop", "read from list"),
    *("read of space", "read of value"),
)
WHOLE = ("copy", "keys", "items", "slice")
EACH = ("for of dict", "for of list", "dict()", "list()", "sum()")


def costs(method: str, names: tuple[str, ...], size: int) -> set[int]:
    """Return how many messages each of these actions sends, over collections of that size."""
    return {int(told(method, COSTS)[f"{name} {size}"]) for name in names}


@pytest.mark.always("mgr-one-request")
@ways(method=METHODS)
def test_each_method_of_a_proxy_is_one_request(method: str) -> None:
    # no mutant: сообщения считает программа в начале файла, а правки примера его лишь вешают
    assert "prices[7]: 1" in play("processes/manager_requests").lines
    for size in (1, 10):
        assert costs(method, ONE, size) == {1}


@pytest.mark.always("mgr-nested-costs-more")
@ways(method=METHODS)
def test_each_nested_proxy_costs_two_messages_more(method: str) -> None:
    # no mutant: примеры вложенных прокси не считают
    lines = told(
        method,
        """
        for count in (1, 3):
            inner = {number: manager.list([7]) for number in range(count)}
            shared, numbers = manager.dict(inner), manager.list(inner.values())
            str(shared)
            for name, action in {
                "key": lambda: shared[0],
                "index": lambda: numbers[0],
                "element": lambda: shared[0][0],
                "copy": lambda: shared.copy(),
                "slice": lambda: numbers[:],
                "kept": lambda: inner[0][0],
            }.items():
                cost(f"{name} {count}", action)
        """,
    )
    for count in (1, 3):
        seen = [int(lines[f"{name} {count}"]) for name in ("key", "index", "element", "kept")]
        assert seen == [1 + 2, 1 + 2, 2 + 2, 1]
        assert lines[f"copy {count}"] == lines[f"slice {count}"] == str(1 + 2 * count)


@pytest.mark.always("mgr-increment-is-two")
@ways(method=METHODS)
def test_an_increment_is_two_requests(method: str) -> None:
    # no mutant: сообщения считает программа в начале файла, а правки примера его лишь вешают
    assert "prices[7] += 1: 2" in play("processes/manager_requests").lines
    for size in (1, 10):
        assert costs(method, ("+= of list", "+= of space", "+= of value"), size) == {2}


@pytest.mark.always("mgr-iteration-asks-for-each")
@ways(method=METHODS)
def test_only_copies_come_in_one_request(method: str) -> None:
    # no mutant: сообщения считает программа в начале файла, а правки примера его лишь вешают
    counts = dict(line.rsplit(": ", 1) for line in play("processes/manager_requests").lines)
    assert counts["prices.copy()"] == "1"
    assert int(counts["dict(prices)"]) > 100 < int(counts["for number in prices"])
    for size in (1, 10):
        assert costs(method, WHOLE, size) == {1}
        assert min(costs(method, EACH, size)) > size
    once = told(method, COSTS)
    assert {int(once[f"{name} 10"]) - int(once[f"{name} 1"]) for name in EACH} == {9}


@pytest.mark.always("mgr-iteration-changed")
@ways(method=METHODS, step={"first": 1, "middle": 2, "last": 3})
def test_a_key_added_amid_the_iteration_ends_it(method: str, step: int) -> None:
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing

        def add(shared):
            shared["new"] = 4

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager:
                shared = manager.dict(a=1, b=2, c=3)
                try:
                    for count, _ in enumerate(shared, 1):
                        if count == STEP:
                            child = multiprocessing.Process(target=add, args=(shared,))
                            child.start()
                            child.join(timeout=60)
                except RuntimeError as error:
                    print(error)
                print(count, sum(shared.copy().values()))
    """,
            STEP=step,
        ),
    ).lines
    assert lines == ["dictionary changed size during iteration", f"{step} 10"]


@pytest.mark.always("mgr-proxy-is-no-dict")
@ways(method=METHODS)
def test_a_proxy_is_neither_dict_nor_equal_to_one(method: str) -> None:
    # no mutant: чем отвечает прокси, решает сам Python, а правки примера его лишь вешают
    assert "prices == {}: 0" in play("processes/manager_requests").lines
    lines = told(
        method,
        """
        for kind, plain in ((manager.dict, {"n": 1}), (manager.list, [1])):
            proxy = kind(plain)
            print(f"{kind.__name__}: {isinstance(proxy, type(plain))} {proxy == plain}")
            try:
                json.dumps(proxy)
            except TypeError as error:
                print(f"{kind.__name__} as JSON: {error}")
            whole = proxy.copy() if kind == manager.dict else proxy[:]
            print(f"whole {kind.__name__}: {type(whole) is type(plain) and whole == plain}")
        """,
    )
    refusals = {
        "dict": "Object of type DictProxy is not JSON serializable",
        "list": "Object of type ListProxy is not JSON serializable",
    }
    for kind, refusal in refusals.items():
        assert lines[kind] == "False False"
        assert lines[f"{kind} as JSON"] == refusal
        assert lines[f"whole {kind}"] == "True"


@pytest.mark.always("mgr-plain-value-is-a-copy")
@ways(method=METHODS)
def test_what_is_changed_in_a_copy_is_lost(method: str) -> None:
    assert play("processes/manager_nested_broken").lines == ["Ann sees []", "main sees []"]
    lines = told(
        method,
        """
        shared = manager.dict(list=[], dict={}, set=set())
        shared["list"].append(1)
        shared["dict"]["n"] = 1
        shared["set"].add(1)
        print(f"inside a dict: {shared.copy()}")
        shared = manager.list([[]])
        shared[0].append(1)
        print(f"inside a list: {shared[:]}")
        shared = manager.dict()
        shared.setdefault("list", []).append(1)
        print(f"by setdefault: {shared.copy()}")
        space = manager.Namespace(list=[])
        space.list.append(1)
        print(f"inside a namespace: {space.list}")
        """,
    )
    assert list(lines.values()) == [
        "{'list': [], 'dict': {}, 'set': set()}",
        "[[]]",
        "{'list': []}",
        "[]",
    ]


@pytest.mark.always("mgr-assigned-back")
@ways(method=METHODS)
def test_what_is_assigned_back_is_seen_by_all(method: str) -> None:
    # no mutant: в примерах список меняют на месте
    lines = told(
        method,
        """
        shared, numbers = manager.dict(n=[]), manager.list([[]])
        changed = shared["n"]
        changed.append(1)
        shared["n"] = changed
        numbers[0] += [1]
        print(f"seen: {shared['n']} {numbers[0]}")
        """,
    )
    assert lines["seen"] == "[1] [1]"


@pytest.mark.always("mgr-nested-proxy")
@ways(method=METHODS)
def test_a_nested_proxy_is_changed_in_its_place(method: str) -> None:
    assert play("processes/manager_nested_fixed").lines == [
        "Ann sees ['cake']",
        "main sees ['cake']",
    ]
    lines = told(
        method,
        """
        shared = manager.list([manager.dict(n=1), manager.dict(n=2)])
        child = multiprocessing.Process(target=add, args=(shared[1],))
        child.start()
        child.join()
        shared[0]["n"] = 7
        print(f"seen: {[inner['n'] for inner in shared]}")
        deep = manager.dict(a=manager.dict(b=manager.list()))
        deep["a"]["b"].append(1)
        print(f"deep: {deep['a']['b'][:]}")
        """,
    )
    assert lines == {"seen": "[7, 3]", "deep": "[1]"}


@pytest.mark.always("mgr-copy-keeps-proxies")
@ways(method=METHODS)
def test_a_copy_has_the_nested_proxies_themselves(method: str) -> None:
    # no mutant: копий с вложенными прокси в примерах нет
    lines = told(
        method,
        """
        inner = manager.list([1])
        shared, numbers = manager.dict(n=inner), manager.list([inner])
        plain = manager.dict(n=[1])
        copies = {"copy": shared.copy(), "slice": numbers[:], "plain": plain.copy()}
        whole = {name: each[:] for name, each in shared.items()}
        inner.append(2)
        plain["n"] = [1, 2]
        for name, copy in copies.items():
            (each,) = copy.values() if isinstance(copy, dict) else copy
            cost(f"cost of {name}", lambda: each[0])
            try:
                print(f"{name}: {each[:]} {json.dumps(copy)}")
            except TypeError as error:
                print(f"{name}: {each[:]} {type(error).__name__}")
        print(f"whole: {whole}")
        """,
    )
    for name in ("copy", "slice"):
        assert (lines[name], lines[f"cost of {name}"]) == ("[1, 2] TypeError", "1")
    assert (lines["plain"], lines["cost of plain"]) == ('[1] {"n": [1]}', "0")
    assert lines["whole"] == "{'n': [1]}"


@pytest.mark.always("mgr-element-brings-the-whole")
@ways(method=METHODS)
def test_for_one_element_the_whole_value_is_sent(method: str) -> None:
    # no mutant: сколько элементов пересылается, примеры не считают
    lines = told(
        method,
        """
        things = [Built() for _ in range(20)]
        shared, proxy = manager.dict(n=things), manager.list(things)
        for name, action in {"plain": lambda: shared["n"][0], "proxy": lambda: proxy[0]}.items():
            built = 0
            action()
            print(f"{name}: {built}")
        print(f"the same: {shared['n'] is shared['n']}")
        """,
    )
    assert lines == {"plain": "20", "proxy": "1", "the same": "False"}


@pytest.mark.always("mgr-lives-in-a-process")
@ways(method=METHODS)
def test_the_object_lives_in_the_process_of_the_manager(method: str) -> None:
    # no mutant: номеров процессов примеры не печатают
    lines = perform_by(
        method,
        """
        import multiprocessing, os
        from multiprocessing.managers import BaseManager

        class Where:
            def pid(self):
                return os.getpid()

        class Own(BaseManager):
            pass

        Own.register("Where", Where)

        def compare(where, manager_pid):
            print("from a child:", where.pid() == manager_pid != os.getpid())

        if __name__ == "__main__":
            before = len(multiprocessing.active_children())
            with Own() as manager:
                where, (process,) = manager.Where(), multiprocessing.active_children()
                print(before, where.pid() == process.pid != os.getpid())
                child = multiprocessing.Process(target=compare, args=(where, process.pid))
                child.start()
                child.join()
            with multiprocessing.Manager() as manager:
                print(len(multiprocessing.active_children()))
        """,
    ).lines
    assert lines == ["0 True", "from a child: True", "1"]


@pytest.mark.sometimes("mgr-increment-loses")
def test_two_may_read_the_same_before_either_writes() -> None:
    assert play("processes/manager_stock_broken").lines == ["sold 2, left 9"]
    stock, both = MagicMock(), Mock()
    stock.__getitem__.return_value = 10
    order = Mock()
    order.attach_mock(stock, "stock")
    order.attach_mock(both, "both")
    load("processes/manager_stock_broken").sell(stock, both)
    read, write = call.stock.__getitem__("tea"), call.stock.__setitem__("tea", 9)
    assert order.mock_calls == [read, call.both.wait(), write]


class Guarded(dict[str, int]):
    """May be touched only under its lock."""

    def __init__(self, lock: threading.Lock) -> None:
        super().__init__(tea=10)
        self._lock = lock

    def __getitem__(self, name: str) -> int:
        assert self._lock.locked(), "read without the lock"
        return super().__getitem__(name)

    def __setitem__(self, name: str, left: int) -> None:
        assert self._lock.locked(), "written without the lock"
        super().__setitem__(name, left)


@pytest.mark.always("mgr-lock-of-the-dead")
@ways(method=METHODS, end=only(CRASHES, "os._exit", "killed"))
def test_the_managers_lock_of_a_dead_process_stays_taken(method: str, end: str) -> None:
    # no mutant: в примере с блокировкой никто не погибает
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing, os

        def hold(lock, dies):
            with lock:
                if dies:
                    END

        def ask(lock):
            if got := lock.acquire(True, 0.1):
                lock.release()
            print(got, flush=True)

        def in_a_child(function, *args):
            child = multiprocessing.Process(target=function, args=args)
            child.start()
            child.join()

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager:
                free, taken = manager.Lock(), manager.Lock()
                for lock, dies in ((free, False), (taken, True)):
                    in_a_child(hold, lock, dies)
                    in_a_child(ask, lock)
                    ask(lock)
    """,
            END=end,
        ),
    )
    assert trace.lines == ["True"] * 2 + ["False"] * 2


@pytest.mark.always("mgr-answer-to-another")
@ways(
    method=METHODS,
    error={"Ctrl+C": "KeyboardInterrupt", "an own one": "LookupError"},
    question={"the same proxy": "shared['b']", "another": "numbers[0]", "none": "None"},
)
def test_who_was_interrupted_gets_the_answer_next_time(
    method: str, error: str, question: str
) -> None:
    # no mutant: в примерах обращений к прокси никто не прерывает
    lines = told(
        method,
        filled(
            """
        shared, numbers = manager.dict(a="of a", b="of b"), manager.list(["of list"])
        str(shared)
        receive = connection.Connection.recv

        def interrupted(self):
            # The schedule that is forced: the signal comes when the question has been sent.
            connection.Connection.recv = receive
            raise ERROR

        connection.Connection.recv = interrupted
        try:
            shared["a"]
        except ERROR:
            pass
        other = threading.Thread(target=lambda: print(f"another thread: {shared['b']}"))
        other.start()
        other.join()
        print(f"next: {QUESTION}")
        """,
            ERROR=error,
            QUESTION=question,
        ),
    )
    assert lines["another thread"] == "of b"
    assert lines["next"] == ("None" if question == "None" else "of a")


@pytest.mark.always("mgr-waits-for-the-dead")
@ways(method=METHODS, dies={"killed": True, "alive": False})
def test_the_manager_waits_instead_of_the_dead(method: str, dies: bool) -> None:
    # no mutant: в примерах никто не погибает
    run = run_by(
        method,
        filled(
            """
        import multiprocessing, multiprocessing.connection as connection, os, signal, time

        def killed(self):
            os.kill(os.getpid(), signal.SIGKILL)

        def wait(action, dies):
            str(action)  # the first call opens the connection
            if dies:
                # The schedule that is forced: killed when it has begun to wait.
                connection.Connection.recv = killed
            action.acquire() if hasattr(action, "acquire") else action.get()
            if hasattr(action, "release"):
                action.release()

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager:
                lock, queue = manager.Lock(), manager.Queue()
                lock.acquire()
                waiting = [
                    multiprocessing.Process(target=wait, args=(each, DIES))
                    for each in (lock, queue)
                ]
                for process in waiting:
                    process.start()
                if DIES:
                    for process in waiting:
                        process.join()
                lock.release()
                queue.put("item")
                while queue.qsize():
                    time.sleep(0.01)
                if DIES:
                    # Nobody else wants it, yet there comes the moment when it is taken.
                    while lock.acquire(False):
                        lock.release()
                        time.sleep(0.01)
                for process in waiting:
                    process.join()
                print([process.exitcode for process in waiting], lock.acquire(True, 0.1))
        """,
            DIES=dies,
        ),
    )
    code = -9 if dies else 0
    assert run.stdout.splitlines() == [f"{[code, code]} {not dies}"], run.stderr


@pytest.mark.always("mgr-lock-is-exact")
@ways(method=METHODS)
def test_nobody_gets_in_between_under_the_managers_lock(method: str) -> None:
    assert play("processes/manager_stock_fixed").lines == ["sold 2, left 8"]
    lock = threading.Lock()
    load("processes/manager_stock_fixed").sell(Guarded(lock), lock)
    trace = perform_by(
        method,
        """
        import multiprocessing

        def first(stock, lock, inside, tried):
            with lock:
                left = stock["tea"]
                inside.set()
                tried.wait()
                stock["tea"] = left - 1

        def second(stock, lock, inside, tried):
            inside.wait()
            print("let in:", lock.acquire(False))
            tried.set()
            with lock:
                stock["tea"] -= 1

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager:
                stock = manager.dict(tea=10)
                shared = stock, manager.Lock(), manager.Event(), manager.Event()
                pair = [
                    multiprocessing.Process(target=sell, args=shared) for sell in (first, second)
                ]
                for process in pair:
                    process.start()
                for process in pair:
                    process.join()
                print(stock["tea"])
        """,
    )
    assert trace.lines == ["let in: False", "8"]


@pytest.mark.always("mgr-append-loses-nothing")
@ways(method=METHODS)
def test_single_requests_lose_nothing(method: str) -> None:
    # no mutant: в примере к списку обращается один процесс
    trace = perform_by(
        method,
        """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        def fill(numbers, names, start):
            for number in range(start, start + 50):
                numbers.append(number)
                names.setdefault(number % 5, start)

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager, ProcessPoolExecutor(2) as pool:
                numbers, names = manager.list(), manager.dict()
                jobs = [pool.submit(fill, numbers, names, start) for start in range(0, 200, 50)]
                for job in jobs:
                    job.result()
                print(sorted(numbers[:]) == [*range(200)], len(names))
        """,
    )
    assert trace.lines == ["True 5"]


@pytest.mark.always("mgr-itself-stays")
@ways(method=METHODS)
def test_the_manager_itself_is_not_passed(method: str) -> None:
    # no mutant: менеджера примеры никому не передают
    trace = perform_by(
        method,
        """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        def add(orders, manager):
            orders["Ann"] = manager.list(["cake"])

        if __name__ == "__main__":
            with (
                multiprocessing.Manager() as manager,
                ProcessPoolExecutor(1) as pool,
                multiprocessing.Pool(1) as old,
            ):
                orders = manager.dict()
                print(type(pool.submit(add, orders, manager).exception()).__name__)
                try:
                    old.apply(add, (orders, manager))
                except TypeError:
                    print("TypeError")
                child = multiprocessing.Process(target=add, args=(orders, manager))
                try:
                    child.start()
                    child.join()
                except TypeError:
                    print("TypeError")
                print(len(orders))
        """,
    )
    passed = ["1"] if method == "fork" else ["TypeError", "0"]
    assert trace.lines == ["TypeError", "TypeError", *passed]


@pytest.mark.always("mgr-proxy-into-a-job")
@ways(method=METHODS)
def test_proxies_may_be_given_to_a_job(method: str) -> None:
    # no mutant: заданий пула в примерах нет
    trace = perform_by(
        method,
        """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        def use(numbers, names, space, value, queue, event, lock):
            with lock:
                numbers.append(1)
                names["n"] += 1
                space.n += 1
                value.value += 1
            queue.put(1)
            event.set()

        if __name__ == "__main__":
            with (
                multiprocessing.Manager() as manager,
                ProcessPoolExecutor(1) as pool,
                multiprocessing.Pool(1) as old,
            ):
                things = (
                    manager.list(), manager.dict(n=0), manager.Namespace(n=0),
                    manager.Value("i", 0), manager.Queue(), manager.Event(), manager.Lock(),
                )
                pool.submit(use, *things).result()
                old.apply(use, things)
                numbers, names, space, value, queue, event, _ = things
                print(len(numbers), names["n"], space.n, value.value, queue.qsize(), event.is_set())
        """,
    )
    assert trace.lines == ["2 2 2 2 2 True"]


ENDED = """
    import gc, multiprocessing.managers, threading

    def ask(who, proxy):
        try:
            print(f"{who}: {proxy['n']}")
        except (OSError, EOFError) as error:
            known = "no file" if isinstance(error, FileNotFoundError) else "refused"
            print(f"{who}: {known}")
        except multiprocessing.managers.RemoteError as error:
            print(f"{who}: {type(error).__name__}, {'KeyError' in str(error)}")

    def later(who, proxy, go):
        go.wait()
        ask(who, proxy)

    def in_a_child(who, proxy):
        child = multiprocessing.Process(target=later, args=(who, proxy, go))
        child.start()
        return child

    def wait_for(child):
        gc.collect()
        go.set()
        child.join()

    def all_ask(child, proxy):
        wait_for(child)
        ask("who had asked", proxy)
        thread = threading.Thread(target=ask, args=("another thread", proxy))
        thread.start()
        thread.join()

    if __name__ == "__main__":
        go = multiprocessing.Event()
"""
"""`in_a_child` starts a child that asks a proxy when `wait_for` or `all_ask` is called."""


@pytest.mark.always("mgr-gone")
@ways(method=METHODS)
def test_a_proxy_without_its_manager_raises(method: str) -> None:
    # no mutant: во всех примерах менеджер живёт дольше детей
    trace = perform_by(
        method,
        filled(ENDED)
        + """
    with multiprocessing.Manager() as manager:
        proxy = manager.dict(n=1)
        ask("in time", proxy)
        child = in_a_child("a child", proxy)
    all_ask(child, proxy)
""",
    )
    assert trace.lines == [
        "in time: 1",
        "a child: no file",
        "who had asked: refused",
        "another thread: no file",
    ]


@pytest.mark.always("mgr-killed")
@ways(method=METHODS)
def test_a_killed_manager_leaves_its_socket(method: str) -> None:
    # no mutant: во всех примерах менеджер живёт дольше детей
    trace = perform_by(
        method,
        filled(ENDED)
        + """
    manager = multiprocessing.Manager()
    (process,) = multiprocessing.active_children()
    proxy = manager.dict(n=1)
    ask("in time", proxy)
    child = in_a_child("a child", proxy)
    process.kill()
    process.join()
    all_ask(child, proxy)
""",
    )
    assert trace.lines == [
        "in time: 1",
        "a child: refused",
        "who had asked: refused",
        "another thread: refused",
    ]


KEPT = {
    "nothing": ("", "no file"),
    "its proxy": ("kept = proxy", "1"),
    "both": ("kept = proxy, manager", "1"),
    "a proxy out of a proxy": (
        "outer = manager.dict({'in': proxy}); kept = outer['in']; del outer",
        "no file",
    ),
}


@pytest.mark.always("mgr-ends-unkept")
@ways(method=METHODS, kept=KEPT)
def test_a_manager_that_nobody_keeps_ends(method: str, kept: tuple[str, str]) -> None:
    # no mutant: во всех примерах менеджер живёт дольше детей
    line, answer = kept
    trace = perform_by(
        method,
        filled(ENDED)
        + f"""
    manager = multiprocessing.Manager()
    proxy = manager.dict(n=1)
    child = in_a_child("a child", proxy)
    {line}
    del manager, proxy
    wait_for(child)
""",
    )
    assert trace.lines == [f"a child: {answer}"]


CREATOR_ENDS = {
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", "alive"),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", "alive"),
    "sys.exit": ("sys.exit()", "gone"),
    "an exception": ("raise OSError", "gone"),
}


@pytest.mark.always("mgr-outlives-the-killed")
@ways(method=METHODS, kept={"with": "with manager:", "without": "if manager:"}, end=CREATOR_ENDS)
def test_a_manager_outlives_its_creator_that_is_killed(
    method: str, kept: str, end: tuple[str, str]
) -> None:
    # no mutant: во всех примерах создатель менеджера заканчивается сам
    how, answer = end
    run = run_by(
        method,
        filled(
            """
        import multiprocessing, os, signal, sys

        def create(pipe):
            manager = multiprocessing.Manager()
            KEPT
                proxy = manager.dict(n=1)  # kept, or the manager might drop the dict at once
                pipe.send((proxy, manager._process.pid))
                pipe.recv()
                HOW

        if __name__ == "__main__":
            here, there = multiprocessing.Pipe()
            creator = multiprocessing.Process(target=create, args=(there,))
            creator.start()
            proxy, pid = here.recv()
            print(proxy["n"])
            here.send("end")
            creator.join()
            try:
                print("alive" if proxy["n"] else "empty")
                os.kill(pid, signal.SIGKILL)
            except (OSError, EOFError):
                print("gone")
        """,
            KEPT=kept,
            HOW=how,
        ),
    )
    assert run.stdout.splitlines() == ["1", answer], run.stderr


@pytest.mark.sometimes("mgr-unkept-object")
@ways(kept={"the proxy": ("manager, proxy", "1"), "the manager": ("manager", "RemoteError, True")})
def test_a_child_alone_does_not_keep_the_object(kept: tuple[str, str]) -> None:
    # no mutant: во всех примерах прокси живут дольше детей
    names, answer = kept
    trace = perform_by(
        "spawn",
        filled(ENDED)
        + f"""
    manager = multiprocessing.Manager()
    proxy = manager.dict(n=1)
    child = in_a_child("a child", proxy)
    kept = {names}
    del proxy
    wait_for(child)
""",
    )
    assert trace.lines == [f"a child: {answer}"]
