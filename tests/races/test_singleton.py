"""Proofs for source/races/singleton.md."""

import functools
import importlib
import subprocess
import sys
from abc import ABC
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from threading import Barrier, Event, Thread, get_ident
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
from proven.stage import explore, load, perform_script, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways
from tests.ways_processes import filled

NAME = "singleton_of_a_proof"


class Importing:
    """What the body of the module of a proof may ask."""

    def __init__(self) -> None:
        self.bodies = 0
        self.threads: list[Thread] = []

    def others_wait(self) -> None:
        """Go on when each other thread stands in the import of this module, or nobody need."""
        for thread in self.threads:
            while thread.ident != get_ident() and not waits_for_an_import(thread.ident):
                has_ended = thread.ident and not thread.is_alive()
                if has_ended or self.bodies > 1:
                    return
                sleep(0)


def waits_for_an_import(ident: int | None) -> bool:
    """Tell whether a thread stands where importlib takes the lock of a module."""
    frame = sys._current_frames().get(ident or 0)
    while frame:
        code = frame.f_code
        if (code.co_name, code.co_filename) == ("acquire", "<frozen importlib._bootstrap>"):
            return True
        frame = frame.f_back
    return False


@pytest.fixture
def importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Importing:
    """Let files of a folder be imported, and their bodies ask this object as module `proof`."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]
    asked = Importing()
    monkeypatch.setitem(sys.modules, "proof", asked)
    return asked


BODY = """
    import proof
    proof.bodies += 1
    proof.others_wait()
    value = object()
"""


def by_statement(name: str) -> Any:
    scope: dict[str, Any] = {}
    exec(f"import {name} as module", scope)
    return scope["module"].value


def by_from(name: str) -> Any:
    scope: dict[str, Any] = {}
    exec(f"from {name} import value", scope)
    return scope["value"]


HOW: dict[str, Callable[[str], Any]] = {
    "import": by_statement,
    "from": by_from,
    "import_module": lambda name: importlib.import_module(name).value,
}
FILES = {
    "module": (NAME, f"{NAME}.py"),
    "package": (NAME, f"{NAME}/__init__.py"),
    "module of a package": (f"{NAME}.inner", f"{NAME}/inner.py"),
}


def write(folder: Path, file: str, body: str) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(body), encoding="utf-8")
    importlib.invalidate_caches()


@pytest.mark.always("singleton-module-once")
@ways(how=HOW, file=FILES, count={"2": 2, "8": 8})
def test_one_thread_runs_the_body_and_the_others_wait(
    importing: Importing, tmp_path: Path, how: Callable[[str], Any], file: Any, count: int
) -> None:
    assert play("races/singleton_module").lines == [
        "in the main thread: False",
        "5 threads, 1 object",
    ]
    name, path = file
    write(tmp_path, path, BODY)
    got: list[Any] = []
    importing.threads = [Thread(target=lambda: got.append(how(name))) for _ in range(count)]
    for thread in importing.threads:
        thread.start()
    for thread in importing.threads:
        thread.join()
    assert importing.bodies == 1
    assert [each is got[0] for each in got] == [True] * count


def after_an_error(asked: Importing, name: str) -> None:
    def fail() -> None:
        raise LookupError

    asked.others_wait = fail
    with pytest.raises(LookupError):
        importlib.import_module(name)
    del asked.others_wait


def after_an_error_in_another_thread(asked: Importing, name: str) -> None:
    def fail() -> None:
        Importing.others_wait(asked)
        del asked.others_wait
        raise LookupError

    def load() -> None:
        with suppress(LookupError):
            importlib.import_module(name)

    asked.others_wait = fail
    asked.threads = [Thread(target=load) for _ in range(2)]
    for thread in asked.threads:
        thread.start()
    for thread in asked.threads:
        thread.join()


def after_removal(asked: Importing, name: str) -> None:
    importlib.import_module(name)
    del sys.modules[name]


def after_reload(asked: Importing, name: str) -> None:
    importlib.reload(importlib.import_module(name))


@pytest.mark.always("singleton-module-again")
@ways(
    why={
        "error": after_an_error,
        "error in another thread": after_an_error_in_another_thread,
        "sys.modules": after_removal,
        "reload": after_reload,
    },
    file=FILES,
    how=HOW,
)
def test_the_body_runs_again(
    importing: Importing,
    tmp_path: Path,
    why: Callable[[Importing, str], None],
    file: tuple[str, str],
    how: Callable[[str], Any],
) -> None:
    name, path = file
    write(tmp_path, path, BODY)
    why(importing, name)
    how(name)
    assert importing.bodies == 2
    how(name)
    assert importing.bodies == 2


PACKAGES = {"of a package": f"{NAME}.inner", "deeper": f"{NAME}.middle.inner"}


def make_package(folder: Path, name: str, body: str) -> None:
    """Write the module of this name, and a package for each of the names before it."""
    *outer, inner = name.split(".")
    for depth in range(len(outer)):
        write(folder, "/".join(outer[: depth + 1]) + "/__init__.py", "")
    write(folder, "/".join([*outer, inner]) + ".py", body)


@pytest.mark.always("singleton-kept-by-its-package")
@ways(
    name=PACKAGES,
    remove={"del": sys.modules.__delitem__, "pop": sys.modules.pop},
    took={"from": "from PACKAGE import inner", "import": "import PACKAGE.inner"},
)
def test_from_its_package_a_removed_module_comes_as_it_was(
    importing: Importing, tmp_path: Path, name: str, remove: Callable[[str], object], took: str
) -> None:
    make_package(tmp_path, name, BODY)
    package = name.rpartition(".")[0]
    scope: dict[str, Any] = {}
    exec(filled(took, PACKAGE=package), scope)
    before = sys.modules[name]
    remove(name)
    exec(f"from {package} import inner", scope)
    assert scope["inner"] is before
    assert importing.bodies == 1
    # By its full name it is made anew, and so it is when its package was removed as well.
    assert importlib.import_module(name) is not before
    assert importing.bodies == 2
    remove(name)
    remove(package)
    exec(f"from {package} import inner", scope)
    assert importing.bodies == 3


@pytest.mark.always("singleton-two-names")
@ways(
    how=HOW,
    order={"whole name first": 1, "short name first": -1},
    file={"module": "inner.py", "package": "inner/__init__.py"},
)
def test_a_file_imported_by_two_names_runs_twice(
    importing: Importing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[str], Any],
    order: int,
    file: str,
) -> None:
    short = f"{NAME}_inner"
    write(tmp_path, f"{NAME}/__init__.py", "")
    write(tmp_path, f"{NAME}/{NAME}_{file}", BODY)
    monkeypatch.syspath_prepend(tmp_path / NAME)
    sys.modules.pop(short, None)
    first, second = (how(name) for name in [f"{NAME}.{short}", short][::order])
    assert first is not second
    assert importing.bodies == 2


class Unchecked:
    """A broken twin: nobody checks again under the lock."""

    def __init__(self, log_in: Callable[[Any], None]) -> None:
        self.connection: Any = None
        self.lock = explore.threading.Lock()
        self.log_in = log_in

    def get(self) -> Any:
        if self.connection is None:
            with self.lock:
                connection = SimpleNamespace(user="nobody")
                self.log_in(connection)
                self.connection = connection
        return self.connection


class LockInside(Unchecked):
    """A broken twin: each call makes a lock of its own."""

    def get(self) -> Any:
        if self.connection is None:
            with explore.threading.Lock():
                if self.connection is None:
                    connection = SimpleNamespace(user="nobody")
                    self.log_in(connection)
                    self.connection = connection
        return self.connection


def both_ask(
    make: Callable[[Callable[[Any], None]], Any], actors: int = 2, *, ready: bool = True
) -> Exploration:
    """Explore threads that ask for one connection: one logs in, all get it, and `ready`."""

    def start() -> tuple[Any, list[str], list[Any]]:
        logins: list[str] = []

        def log_in(connection: Any) -> None:
            connection.user = "Ann"
            logins.append(connection.user)

        return make(log_in), logins, []

    def ask(shared: tuple[Any, list[str], list[Any]]) -> None:
        connection = shared[0].get()
        shared[2].append((connection, connection.user))

    def holds(shared: tuple[Any, list[str], list[Any]]) -> bool:
        database, logins, got = shared
        same = all(connection is database.connection for connection, _ in got)
        is_ready = not ready or all(user == "Ann" for _, user in got)
        return logins == ["Ann"] and len(got) == actors and same and is_ready

    return Threads(
        start,
        [ask] * actors,
        holds,
        snippets=["races/singleton_half_fixed", "races/singleton_half_broken"],
    ).explore()


@pytest.mark.never("singleton-double-check")
def test_a_checked_twice_object_is_made_once_and_ready(explored: Callable[..., None]) -> None:
    users = "users: ['Ann', 'Ann', 'Ann']"
    assert play("races/singleton_half_fixed").lines == [users, "logins: ['Ann']"]
    count = 0
    for actors in (2, 3):
        fixed = both_ask(explore.load("races/singleton_half_fixed").Database, actors)
        assert fixed.holds, fixed.failure
        count += fixed.orders
    broken = explore.load("races/singleton_half_broken").Database
    twins = (broken, Unchecked, LockInside)
    explored(count, twin_fails=[not both_ask(twin).holds for twin in twins])


class ReadOnce(Unchecked):
    """A right twin: reads the variable once and gives what it has read."""

    def get(self) -> Any:
        connection = self.connection
        if connection is None:
            with self.lock:
                connection = self.connection
                if connection is None:
                    connection = SimpleNamespace(user="nobody")
                    self.log_in(connection)
                    self.connection = connection
        return connection


@pytest.mark.sometimes("singleton-reset-gives-none")
@ways(kind={"broken": "races/singleton_half_broken", "fixed": "races/singleton_half_fixed"})
@ways(connected={"before": True, "not yet": False})
def test_who_reads_it_again_can_get_none(kind: str, connected: bool) -> None:
    def asked_while_reset(make: Callable[[Callable[[Any], None]], Any]) -> Exploration:
        def start() -> tuple[Any, list[Any]]:
            database = make(lambda connection: None)
            if connected:
                database.get()
            return database, []

        return Threads(
            start,
            [
                lambda shared: shared[1].append(shared[0].get()),
                lambda shared: setattr(shared[0], "connection", None),
            ],
            lambda shared: shared[1] != [None],
            snippets=[kind],
        ).explore()

    assert not asked_while_reset(explore.load(kind).Database).holds
    assert asked_while_reset(ReadOnce).holds


@pytest.mark.sometimes("singleton-half-made")
def test_another_thread_can_get_it_half_made() -> None:
    lines = ["second thread is nobody", "later it is Ann"]
    assert play("races/singleton_half_broken").lines == lines
    broken = explore.load("races/singleton_half_broken").Database
    assert not both_ask(broken).holds
    once = both_ask(broken, ready=False)
    assert once.holds, f"it is one object, and one only: {once.failure}"


@pytest.mark.sometimes("singleton-cache-two")
def test_each_thread_can_get_an_object_of_its_own_from_a_cache(
    together: Callable[..., None],
) -> None:
    both_make, got = Barrier(2), []

    @functools.cache
    def connection() -> object:
        both_make.wait()
        return object()

    together(2, lambda: got.append(connection()))
    assert got[0] is not got[1]
    assert connection() in got


@pytest.mark.sometimes("singleton-cached-property-two", since="3.12")
def test_each_thread_can_get_an_object_of_its_own_from_a_cached_property(
    together: Callable[..., None],
) -> None:
    # no mutant: мутантов делают на Python 3.11, там свойство читают ещё под блокировкой
    both_make, got = Barrier(2), []

    class Service:
        @functools.cached_property
        def connection(self) -> object:
            both_make.wait()
            return object()

    service = Service()
    together(2, lambda: got.append(service.connection))
    assert got[0] is not got[1]
    assert service.connection in got


KEPT: dict[type, Any] = {}


class Plain:
    def __new__(cls, *_: object) -> Any:
        if cls not in KEPT:
            KEPT[cls] = super().__new__(cls)
        return KEPT[cls]

    def __init__(self, user: str) -> None:
        self.user, self.goods = user, [user]


class Child(Plain):
    pass


class Abstract(Plain, ABC):
    """Of a metaclass that leaves the call as it is."""


@dataclass
class Data:
    user: str
    goods: list[str] = field(default_factory=list)

    def __new__(cls, *_: object) -> Any:
        if cls not in KEPT:
            KEPT[cls] = super().__new__(cls)
        return KEPT[cls]

    def __post_init__(self) -> None:
        self.goods.append(self.user)


@pytest.mark.always("singleton-init-again")
@ways(kind={"plain": Plain, "child": Child, "ABCMeta": Abstract, "dataclass": Data})
def test_init_runs_again_on_what_new_gives(kind: Callable[[str], Any]) -> None:
    assert play("races/singleton_new_broken").lines == ["same object: True", "in the basket: []"]
    first = kind("Ann")
    first.goods.append("tea")
    assert kind("Bob") is first
    assert (first.user, first.goods) == ("Bob", ["Bob"])
    basket = load("races/singleton_new_broken").Basket
    basket().goods.append("tea")
    assert basket().goods == []


def got_by_a_metaclass(together: Callable[..., None]) -> list[Any]:
    """Return what two threads get if the metaclass looks whether there is an instance."""
    both_make, other_has_got, got = Barrier(2), Event(), list[Any]()

    class Single(type):
        only: Any = None

        def __call__(cls) -> Any:
            if cls.only is None:
                cls.only = super().__call__()
            return cls.only

    class Basket(metaclass=Single):
        def __init__(self) -> None:
            if both_make.wait():
                other_has_got.wait()

    def get() -> None:
        got.append(Basket())
        other_has_got.set()

    together(2, get)
    return got


@pytest.mark.sometimes("singleton-new-two")
def test_two_threads_can_get_different_objects(together: Callable[..., None]) -> None:
    first, second = got_by_a_metaclass(together)
    assert first is not second

    def get(shared: tuple[Any, list[Any]]) -> None:
        basket, got = shared
        got.append(basket())

    exploration = Threads(
        lambda: (explore.load("races/singleton_new_broken").Basket, []),
        [get] * 2,
        lambda shared: shared[1][0] is shared[1][1],
        snippets=["races/singleton_new_broken"],
    ).explore()
    assert exploration.failure
    assert exploration.failure.kind == "invariant"


FORKS = {
    "os.fork": """
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        os.waitpid(child, 0)
    """,
    "Process": """
        child = context.Process(target=work)
        child.start()
        child.join()
    """,
    "Pool": """
        with context.Pool(1) as pool:
            pool.apply(work)
    """,
    "ProcessPoolExecutor": """
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            pool.submit(work).result()
    """,
}


@pytest.mark.always("singleton-forget-after-fork")
@ways(fork=FORKS)
def test_a_function_runs_in_a_forked_child_before_its_work(fork: str) -> None:
    # no mutant: выполнит ли дочерний процесс эту функцию, решает сам Python
    code = """
        import multiprocessing, os
        from concurrent.futures import ProcessPoolExecutor

        connection, context = "inherited", multiprocessing.get_context("fork")

        def forget():
            global connection
            connection = None

        def work():
            print("child:", connection, flush=True)

        os.register_at_fork(after_in_child=forget)
    """
    parent = 'print("parent:", connection)'
    trace = perform_script("\n".join([*map(dedent, (code, fork)), parent]))
    assert trace.lines == ["child: None", "parent: inherited"]


GOODBYES = {
    "__del__": """
        class Connection:
            def __init__(self):
                # At the end of a program its globals are gone before.
                self.say = functools.partial(os.write, to_server, b"QUIT")

            def __del__(self):
                self.say()
    """,
    "finalize": """
        class Connection:
            def __init__(self):
                weakref.finalize(self, os.write, to_server, b"QUIT")
    """,
    "temporary folder": """
        class Connection(tempfile.TemporaryDirectory):
            pass
    """,
}


SERVER = """
    import functools, os, sys, tempfile, weakref

    at_server, to_server = os.pipe()
"""
SAID = """
    os.write(to_server, b".")
    gone = isinstance(connection, tempfile.TemporaryDirectory) and (
        not os.path.exists(connection.name)
    )
    print("goodbye:", gone or b"QUIT" in os.read(at_server, 100))
"""


@pytest.mark.always("singleton-forgotten-says-goodbye")
@ways(fork=FORKS, goodbye=GOODBYES, keep={"forgotten": "", "kept": "inherited = connection"})
def test_what_a_child_forgets_says_goodbye_for_its_parent(
    fork: str, goodbye: str, keep: str
) -> None:
    # no mutant: когда удалить объект, решает сам Python
    imports = """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        context = multiprocessing.get_context("fork")
    """
    code = """
        connection = Connection()

        def forget():
            global connection, inherited
            KEEP
            connection = None

        def work():
            pass

        os.register_at_fork(after_in_child=forget)
    """
    parts = (imports, SERVER, goodbye, filled(code, KEEP=keep or "pass"), fork, SAID)
    assert perform_script("\n".join(map(dedent, parts))).lines == [f"goodbye: {not keep}"]


ENDS = {
    "end of the program": ("pass", True),
    "sys.exit": ("sys.exit(3)", True),
    "os._exit": ("os._exit(0)", False),
}
"""How a child ends, and whether it says goodbye then."""


@pytest.mark.always("singleton-goodbye-at-the-end")
@ways(
    goodbye=GOODBYES,
    end=ENDS,
    keep={"moved": "inherited, connection = connection, None", "left": "pass"},
)
def test_a_child_says_goodbye_at_its_end(
    tmp_path: Path, goodbye: str, end: tuple[str, bool], keep: str
) -> None:
    # no mutant: что делать в конце процесса, решает сам Python
    how, says = end
    code = """
        connection = Connection()
        child = os.fork()
        if not child:
            KEEP
            END
        else:
            os.waitpid(child, 0)
    """
    said = "if child:\n" + indent(dedent(SAID), "    ")
    app = "\n".join([*map(dedent, (SERVER, goodbye)), filled(code, KEEP=keep, END=how), said])
    assert run(tmp_path, "app.py", app=app) == [f"goodbye: {says}"]


def run(folder: Path, *arguments: str, **files: str) -> list[str]:
    """Write the files, run Python there, and return the lines that it prints."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.mark.always("singleton-main-twice")
@ways(
    started={"file": ["app.py"], "module": ["-m", "app"]},
    importer={"itself": "import app", "another module": "from other import app"},
)
def test_the_body_of_the_main_file_runs_twice(
    tmp_path: Path, started: list[str], importer: str
) -> None:
    app = """
        print("body of", __name__)
        thing = object()

        if __name__ == "__main__":
            IMPORT
            print("same:", app.thing is thing)
    """
    app = filled(app, IMPORT=importer)
    lines = run(tmp_path, *started, app=app, other="import app")
    assert lines == ["body of __main__", "body of app", "same: False"]


WAITING = {
    "join": "thread = Thread(target=use); thread.start(); thread.join()",
    "result": "ThreadPoolExecutor().submit(use).result()",
    "map": "list(ThreadPoolExecutor().map(lambda _: use(), [1]))",
}


@pytest.mark.always("singleton-body-waits")
@ways(waiting=WAITING)
def test_a_body_that_waits_for_an_importer_never_ends(tmp_path: Path, waiting: str) -> None:
    body = f"""
        from concurrent.futures import ThreadPoolExecutor
        from threading import Thread

        def use():
            import body
            print("imported")

        {waiting}
        print("end of the body")
    """
    app = """
        import os, sys, threading, time

        def places(frame):
            while frame:
                yield frame.f_code.co_name, frame.f_code.co_filename.rpartition("/")[2]
                frame = frame.f_back

        def watch():
            while True:
                stuck = [set(places(frame)) for frame in sys._current_frames().values()]
                lock = ("acquire", "<frozen importlib._bootstrap>")
                if any(lock in each and ("use", "body.py") in each for each in stuck) and any(
                    ("<module>", "body.py") in each
                    and {("join", "threading.py"), ("result", "_base.py")} & each
                    for each in stuck
                ):
                    print("each waits for the other", flush=True)
                    os._exit(0)
                time.sleep(0)

        threading.Thread(target=watch).start()
        import body
        print("the body has ended", flush=True)
        os._exit(0)
    """
    assert run(tmp_path, "app.py", app=app, body=body) == ["each waits for the other"]


@pytest.mark.sometimes("singleton-circle-half")
def test_a_thread_can_get_a_module_of_a_circle_half_made(
    importing: Importing, tmp_path: Path
) -> None:
    # no mutant: кто получит недоделанный модуль, решает импорт самого Python
    both_begun = Barrier(2)
    importing.both_begin = both_begun.wait
    names = [f"{NAME}_{side}" for side in "ab"]
    for own, other in (names, names[::-1]):
        write(
            tmp_path,
            f"{own}.py",
            f"""
                import threading
                import proof
                thread = threading.get_ident()
                proof.both_begin()
                import {other}
                other_is_ready = hasattr({other}, "other_is_ready")
            """,
        )
    threads = [Thread(target=importlib.import_module, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    modules = [sys.modules.pop(name) for name in names]
    assert len({module.thread for module in modules}) == 2
    assert sorted(module.other_is_ready for module in modules) == [False, True]
