"""Proofs for source/processes/exchange.md."""

import functools
import multiprocessing
import operator
import pickle
import sys

import pytest
from proven.stage import perform_script, play


@pytest.mark.always("xch-one-sender-keeps-order")
def test_one_sender_keeps_the_order() -> None:
    assert play("processes/exchange_queue").lines == ["TEA", "COFFEE"]
    trace = perform_script("""
        import multiprocessing

        def send(queue):
            for number in range(300):
                queue.put(number if number % 7 else "x" * 5_000 + str(number))

        if __name__ == "__main__":
            queue = multiprocessing.Queue()
            child = multiprocessing.Process(target=send, args=(queue,))
            child.start()
            received = [queue.get() for _ in range(300)]
            child.join()
            print([int(str(item).lstrip("x")) for item in received] == [*range(300)])
    """)
    assert trace.lines == ["True"]


@pytest.mark.always("xch-receiver-gets-a-copy")
def test_the_receiver_gets_an_equal_object_but_another() -> None:
    assert play("processes/exchange_pipe").lines == [
        "received: [1, 2, 3, 6]",
        "own list: [1, 2, 3]",
    ]
    trace = perform_script("""
        import multiprocessing

        if __name__ == "__main__":
            for kind in ("queue", "pipe"):
                if kind == "queue":
                    queue = multiprocessing.Queue()
                    send, receive = queue.put, queue.get
                else:
                    here, there = multiprocessing.Pipe()
                    send, receive = here.send, there.recv
                sent = [1, [2]]
                send(sent)
                received = receive()
                print(received == sent, received is sent, received[1] is sent[1])
    """)
    assert trace.lines == ["True False False"] * 2


@pytest.mark.always("xch-closed-pipe-is-eof")
def test_recv_ends_when_all_have_closed_the_other_end() -> None:
    trace = perform_script("""
        import multiprocessing

        def send(there):
            there.send("last words")

        if __name__ == "__main__":
            here, there = multiprocessing.Pipe()
            child = multiprocessing.Process(target=send, args=(there,))
            child.start()
            child.join()
            print(here.recv())
            print("more to come:", here.poll(0))
            there.close()
            try:
                here.recv()
            except EOFError:
                print("EOFError")
    """)
    assert trace.lines == ["last words", "more to come: False", "EOFError"]


@pytest.mark.sometimes("xch-closed-pipe-may-reset")
def test_what_the_other_end_never_read_resets_the_pipe() -> None:
    for unread, error in ((True, ConnectionResetError), (False, EOFError)):
        here, there = multiprocessing.Pipe()
        here.send("last words")
        if not unread:
            there.recv()
        there.close()
        with pytest.raises(error):
            here.recv()


@pytest.mark.always("xch-lambda-is-refused")
def test_a_lambda_is_refused_a_partial_is_not() -> None:
    refusal = pickle.PicklingError if sys.version_info >= (3, 14) else AttributeError
    with pytest.raises((pickle.PicklingError, AttributeError)) as raised:
        pickle.dumps(lambda number: number + 1)
    assert raised.type is refusal
    add_one = pickle.loads(pickle.dumps(functools.partial(operator.add, 1)))
    assert add_one(1) == 2
    assert pickle.loads(pickle.dumps(operator.add)) is operator.add
    lines = play("processes/exchange_unpicklable").lines
    assert lines[2:] == ["lambda: False", "generator: False", "threading.Lock: False"]


@pytest.mark.always("xch-queue-drops-unpicklable")
def test_a_queue_drops_what_it_cant_send() -> None:
    trace = perform_script("""
        import multiprocessing

        if __name__ == "__main__":
            queue = multiprocessing.Queue()
            queue.put(lambda: None)
            print("put returned")
            queue.put("the next")
            print(queue.get())
            print("anything left:", not queue.empty())
    """)
    assert trace.lines == ["put returned", "the next", "anything left: False"]
    assert "Traceback" in trace.stderr
    assert "pickle" in trace.stderr.lower()


@pytest.mark.sometimes("xch-changed-after-put")
def test_what_is_changed_after_put_may_be_sent_changed() -> None:
    trace = perform_script("""
        import multiprocessing, threading

        changed = threading.Event()

        class Slow:
            # Holds the feeder thread, as a long queue would, until the list is changed.
            def __reduce__(self):
                changed.wait()
                return str, ()

        if __name__ == "__main__":
            queue = multiprocessing.Queue()
            queue.put(Slow())
            prices = [20, 22]
            queue.put(prices)
            prices.append("changed")
            changed.set()
            queue.get()
            print(queue.get())
    """)
    assert trace.lines == ["[20, 22, 'changed']"]


@pytest.mark.always("xch-child-waits-for-its-reader")
def test_the_child_does_not_end_before_its_queue_is_read() -> None:
    alive, gone = "child is still alive: True", "child is still alive: False"
    broken = play("processes/exchange_join_broken")
    assert broken.lines == [alive, "received: 1000000", gone]
    assert play("processes/exchange_join_fixed").lines == ["received: 1000000", gone]
    trace = perform_script("""
        import multiprocessing

        def send(queue, size, has_put):
            queue.put(b"x" * size)
            has_put.set()

        if __name__ == "__main__":
            for size in (1_000, 1_000_000):
                queue, has_put = multiprocessing.Queue(), multiprocessing.Event()
                child = multiprocessing.Process(target=send, args=(queue, size, has_put))
                child.start()
                has_put.wait()
                child.join(timeout=0.1 if size == 1_000_000 else None)
                print(size, child.is_alive(), len(queue.get()))
                child.join()
    """)
    assert trace.lines == ["1000 False 1000", "1000000 True 1000000"]
