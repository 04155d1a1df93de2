"""Proofs for source/processes/start-methods.md."""

import sys

import pytest
from proven.stage import perform_script, play

METHODS = ("fork", "forkserver", "spawn")


@pytest.mark.always("sm-fork-copies")
def test_a_forked_child_sees_what_its_parent_did() -> None:
    lines = play("processes/start_methods_seen").lines
    assert lines[0] == "fork: the child sees 'set in main'"


@pytest.mark.always("sm-others-import-anew")
def test_the_others_import_the_program_anew() -> None:
    lines = play("processes/start_methods_seen").lines
    assert lines[1:] == [f"{method}: the child sees 'default'" for method in METHODS[1:]]
    trace = perform_script("""
        import multiprocessing
        print(f"imported as {__name__}")
        level = 1

        def work():
            print(f"level {level}")

        if __name__ == "__main__":
            level = 2
            for method in ("fork", "forkserver", "spawn"):
                print(method)
                child = multiprocessing.get_context(method).Process(target=work)
                child.start()
                child.join()
    """)
    anew = ("imported as __mp_main__", "level 1")
    assert trace.lines == [
        *("imported as __main__", "fork", "level 2"),
        *("forkserver", *anew, "spawn", *anew),
    ]


@pytest.mark.always("sm-default-on-linux")
def test_the_default_start_method() -> None:
    # no mutant: умолчание решает сам Python, программа здесь только спрашивает о нём
    trace = perform_script("import multiprocessing; print(multiprocessing.get_start_method())")
    if sys.platform == "linux":
        expected = "forkserver" if sys.version_info >= (3, 14) else "fork"
    else:
        expected = "spawn"
    assert trace.lines == [expected]


@pytest.mark.always("sm-set-only-once")
def test_the_method_of_the_program_is_set_only_once() -> None:
    trace = perform_script("""
        import multiprocessing

        if __name__ == "__main__":
            multiprocessing.set_start_method("spawn")
            try:
                multiprocessing.set_start_method("fork")
            except RuntimeError:
                print("RuntimeError")
            fork = multiprocessing.get_context("fork")
            print(fork.get_start_method(), multiprocessing.get_start_method())
    """)
    assert trace.lines == ["RuntimeError", "fork spawn"]


@pytest.mark.always("sm-only-fork-takes-lambda")
def test_only_fork_takes_a_lambda() -> None:
    trace = perform_script("""
        import multiprocessing, pickle, sys

        def leave():
            sys.exit(7)

        if __name__ == "__main__":
            for method in ("fork", "forkserver", "spawn"):
                for target in (leave, lambda: sys.exit(7)):
                    child = multiprocessing.get_context(method).Process(target=target)
                    try:
                        child.start()
                    except (AttributeError, pickle.PicklingError):
                        print(f"{method}: can't be sent")
                    else:
                        child.join()
                        print(f"{method}: {child.exitcode}")
    """)
    assert trace.lines == [
        *("fork: 7", "fork: 7"),
        *("forkserver: 7", "forkserver: can't be sent"),
        *("spawn: 7", "spawn: can't be sent"),
    ]


@pytest.mark.always("sm-fork-copies-held-locks")
def test_a_forked_child_has_one_thread_and_locks_that_nobody_releases() -> None:
    trace = perform_script("""
        import multiprocessing, threading

        lock, held, go_on = threading.Lock(), threading.Event(), threading.Event()

        def hold():
            with lock:
                held.set()
                go_on.wait()

        def work():
            print("child:", threading.active_count(), lock.acquire(timeout=0.05))

        if __name__ == "__main__":
            thread = threading.Thread(target=hold)
            thread.start()
            held.wait()
            print("parent:", threading.active_count(), lock.acquire(blocking=False))
            child = multiprocessing.get_context("fork").Process(target=work)
            child.start()
            go_on.set()
            thread.join()
            child.join()
            print("parent:", threading.active_count(), lock.acquire(blocking=False))
    """)
    assert sorted(trace.lines) == ["child: 1 False", "parent: 1 True", "parent: 2 False"]


@pytest.mark.always("sm-fork-warns-beside-threads")
def test_fork_beside_threads_warns_since_312() -> None:
    trace = perform_script("""
        import multiprocessing, threading, warnings

        def work():
            pass

        if __name__ == "__main__":
            fork = multiprocessing.get_context("fork")
            go_on = threading.Event()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                thread = threading.Thread(target=go_on.wait)
                thread.start()
                child = fork.Process(target=work)
                child.start()
                child.join()
                go_on.set()
                thread.join()
            print([warning.category.__name__ for warning in caught])
    """)
    warned = sys.version_info >= (3, 12)
    assert trace.lines == [str(["DeprecationWarning"] if warned else [])]


@pytest.mark.always("sm-guard-is-needed")
def test_without_the_guard_the_child_fails() -> None:
    trace = play("processes/start_methods_guard_broken")
    assert trace.lines == ["parent: exit code 1"]
    assert "RuntimeError" in trace.stderr
    fixed = play("processes/start_methods_guard_fixed")
    assert fixed.lines == ["child: hello", "parent: exit code 0"]
    for method in METHODS:
        trace = perform_script(f"""
            import multiprocessing

            def work():
                print("the work is done")

            child = multiprocessing.get_context("{method}").Process(target=work)
            try:
                child.start()
                child.join()
            except (EOFError, ConnectionError):
                pass  # with forkserver the server itself may fail: 3.13.18, 3.14
            print("the parent goes on")
        """)
        works = method == "fork"
        assert ("the work is done" in trace.lines) is works, method
        assert ("RuntimeError" in trace.stderr) is not works, method
        assert trace.lines[-1] == "the parent goes on"


@pytest.mark.always("sm-guard-is-false-in-child")
def test_what_stands_under_the_guard_is_skipped_in_the_child() -> None:
    trace = perform_script("""
        import multiprocessing

        outside = True

        def work(method):
            print(f"{method}:", "outside" in globals(), "only_under_the_guard" in globals())

        if __name__ == "__main__":
            only_under_the_guard = True
            for method in ("fork", "forkserver", "spawn"):
                context = multiprocessing.get_context(method)
                child = context.Process(target=work, args=(method,))
                child.start()
                child.join()
            work("parent")
    """)
    assert trace.lines == [
        "fork: True True",  # a copy: nothing is imported, nothing is skipped
        "forkserver: True False",
        "spawn: True False",
        "parent: True True",
    ]
