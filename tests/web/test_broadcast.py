"""Proofs for source/web/broadcast.md."""

from __future__ import annotations

import asyncio
import random
import socket
from asyncio import Queue, StreamReader, StreamWriter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import outcome_of, ways
from tests.web.connections import LEAVES, PAIRS, Line, Pair

MUCH = 2_000_000
"""Bytes: more than the operating system's buffers of a local connection take."""
MORE = 20_000_000
"""The same of TCP."""


async def connect(pair: Pair = socket.socketpair) -> Line:
    here, there = pair()
    ours = await asyncio.open_connection(sock=here)
    return Line(*ours, *await asyncio.open_connection(sock=there))


# How a broadcast waits for all of its clients.

Wait = Callable[[list[StreamWriter], bytes], Coroutine[Any, Any, None]]


async def _send(writer: StreamWriter, message: bytes) -> None:
    writer.write(message)
    await writer.drain()


async def _in_turn(writers: list[StreamWriter], message: bytes) -> None:
    for writer in writers:
        await _send(writer, message)


async def _gather(writers: list[StreamWriter], message: bytes) -> None:
    await asyncio.gather(*(_send(writer, message) for writer in writers))


async def _group(writers: list[StreamWriter], message: bytes) -> None:
    async with asyncio.TaskGroup() as group:
        for writer in writers:
            group.create_task(_send(writer, message))


async def _wait(writers: list[StreamWriter], message: bytes) -> None:
    await asyncio.wait([asyncio.create_task(_send(writer, message)) for writer in writers])


async def _write_first(writers: list[StreamWriter], message: bytes) -> None:
    for writer in writers:
        writer.write(message)
    for writer in writers:
        await writer.drain()


WAITS: dict[str, Wait] = {
    "in turn": _in_turn,
    "gather": _gather,
    "TaskGroup": _group,
    "wait": _wait,
    "write first": _write_first,
}
PLACES = {"first": 0, "middle": 1, "last": 2}


@pytest.mark.always("broadcast-waits-for-slowest")
@pytest.mark.always("broadcast-cuts-off")
@ways(wait=WAITS, place=PLACES)
def test_a_broadcast_that_waits_is_as_slow_as_the_slowest(wait: Wait, place: int) -> None:
    trace = play("web/broadcast_broken")
    assert trace.at("fast: frame 1") == 1
    assert trace.at("slow: frame 1") == 5.5
    assert trace.at("fast: frame 2") >= trace.at("frame 2, clients: 2") >= 5.5

    async def main() -> None:
        lines = [await connect() for _ in PLACES]

        async def read(number: int, line: Line) -> None:
            await asyncio.sleep(5 if number == place else 0)
            for _ in range(2):
                print(f"{number} has message {await line.gets(MUCH)}")

        async def send() -> None:
            for message in (1, 2):
                await wait([line.writer for line in lines], bytes([message]) * MUCH)

        await asyncio.gather(send(), *(read(*each) for each in enumerate(lines)))
        for line in lines:
            line.hang_up()

    trace = perform(main)
    for number in PLACES.values():
        cut_off = number >= place if wait is _in_turn else number == place
        assert trace.at(f"{number} has message 1") == (5 if cut_off else 0)
        assert trace.at(f"{number} has message 2") == 5


async def _by_timeout(writer: StreamWriter, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await writer.drain()


async def _by_wait_for(writer: StreamWriter, seconds: float) -> None:
    await asyncio.wait_for(writer.drain(), seconds)


@pytest.mark.always("broadcast-timeout-again")
@ways(
    limit={"timeout": _by_timeout, "wait_for": _by_wait_for},
    place=PLACES,
    together={"in turn": False, "gather": True},
    cut={"kept": False, "cut off": True},
)
def test_a_timeout_is_waited_for_with_each_message(
    limit: Callable[[StreamWriter, float], Coroutine[Any, Any, None]],
    place: int,
    together: bool,
    cut: bool,
) -> None:
    # no mutant: в примерах у drain нет срока
    async def main() -> None:
        lines = [await connect() for _ in PLACES]

        async def read(number: int) -> None:
            while True:
                print(f"{number} has message {await lines[number].gets(MUCH)}")

        async def send(line: Line, message: int) -> None:
            line.writer.write(bytes([message]) * MUCH)
            try:
                await limit(line.writer, 2)
            except TimeoutError:
                if cut:
                    line.writer.transport.abort()
                    sent_to.remove(line)

        sent_to = lines.copy()
        reads = [asyncio.create_task(read(number)) for number in (0, 1, 2) if number != place]
        for message in range(1, 5):
            if together:
                await asyncio.gather(*(send(line, message) for line in sent_to))
            else:
                for line in sent_to.copy():
                    await send(line, message)
        print("all are sent")
        await asyncio.sleep(1)
        for task in reads:
            task.cancel()
        for line in lines:
            line.hang_up()

    trace = perform(main)
    waits = 1 if cut else 4
    assert trace.at("all are sent") == 2 * waits
    for number in {0, 1, 2} - {place}:
        for message in range(1, 5):
            late = not together and number > place
            waited = min(message - 1 + late, waits)
            assert trace.at(f"{number} has message {message}") == 2 * waited


@pytest.mark.always("broadcast-own-queue")
@ways(place=PLACES, maxsize={"one": 1, "two": 2, "many": 100})
def test_with_a_queue_each_nobody_waits_for_the_slow_one(place: int, maxsize: int) -> None:
    trace = play("web/broadcast_fixed")
    for number in (1, 2, 3):
        assert trace.at(f"fast: frame {number}") == number
    assert trace.ordered("frame 5, clients: 1", "slow: frame 1", "slow: frame 4", "slow: frame 5")
    assert not {"slow: frame 2", "slow: frame 3"} & set(trace.lines)
    send = load("web/broadcast_fixed").send

    async def main() -> None:
        camera = load("web/broadcast_fixed").Camera()
        lines = [await connect() for _ in PLACES]
        senders = []
        for line in lines:
            queue: Queue[bytes] = Queue(maxsize)
            camera.queues.add(queue)
            senders.append(asyncio.create_task(send(queue, line.writer)))

        async def read(number: int) -> None:
            while True:
                print(f"{number} has message {await lines[number].gets(MUCH)}")

        reads = [asyncio.create_task(read(number)) for number in (0, 1, 2) if number != place]
        for message in range(1, 6):
            camera.broadcast(bytes([message]) * MUCH)
            await asyncio.sleep(1)
        for task in [*reads, *senders]:
            task.cancel()
        for line in lines:
            line.hang_up()

    trace = perform(main)
    for number in PLACES.values():
        for message in range(1, 6):
            if number != place:
                assert trace.at(f"{number} has message {message}") == message - 1
    assert len(trace.lines) == 10


@pytest.mark.always("broadcast-burst")
@ways(maxsize={"one": 1, "two": 2, "ten": 10}, clients={"one": 1, "three": 3})
def test_a_burst_does_not_fit_into_anybodys_queue(maxsize: int, clients: int) -> None:
    snippet = load("web/broadcast_fixed")

    async def main(pause: bool) -> None:
        camera = snippet.Camera()
        lines = [await connect() for _ in range(clients)]
        for line in lines:
            queue: Queue[bytes] = Queue(maxsize)
            camera.queues.add(queue)
            senders.append(asyncio.create_task(snippet.send(queue, line.writer)))
        await asyncio.sleep(1)
        for message in range(20):
            camera.broadcast(bytes([message]))
            if pause:
                await asyncio.sleep(0)
        await asyncio.sleep(1)
        for line in lines:
            print(list(await line.theirs.read(100)))
            line.hang_up()

    senders: list[asyncio.Task[None]] = []
    latest = list(range(20))[-maxsize:]
    assert perform(lambda: main(pause=False)).lines == [str(latest)] * clients
    assert perform(lambda: main(pause=True)).lines == [str(list(range(20)))] * clients


TAKES = {"never": 0, "half as often": 2, "seldom": 7}


@pytest.mark.always("broadcast-skip-old")
@ways(maxsize={"one": 1, "two": 2, "five": 5}, takes=TAKES)
def test_a_queue_that_drops_its_oldest_holds_the_latest(maxsize: int, takes: int) -> None:
    assert "skip_old: [1, 4, 8, 9, 10]" in play("web/broadcast_full").lines
    queue: Queue[int] = Queue(maxsize)
    skip_old, camera = load("web/broadcast_full").skip_old, load("web/broadcast_fixed").Camera()
    camera.queues.add(queue)
    for put in (lambda message: skip_old(queue, message)), camera.broadcast:
        for message in range(30):
            put(message)
            held = [queue.get_nowait() for _ in range(queue.qsize())]
            assert held == list(range(30))[message + 1 - len(held) : message + 1]
            assert held
            for each in held[1:] if takes and message % takes == 0 else held:
                queue.put_nowait(each)
        assert queue.full()
        while not queue.empty():
            queue.get_nowait()


@pytest.mark.always("broadcast-skip-new")
@ways(maxsize={"one": 1, "two": 2, "five": 5}, takes=TAKES)
def test_a_queue_that_takes_nothing_new_gives_the_old_first(maxsize: int, takes: int) -> None:
    assert "skip_new: [1, 2, 3, 4, 7]" in play("web/broadcast_full").lines
    skip_new = load("web/broadcast_full").skip_new
    queue: Queue[int] = Queue(maxsize)
    sent, accepted, got = 0, list[int](), list[int]()
    while sent < 30:
        sent += 1
        if not queue.full():
            accepted.append(sent)
        skip_new(queue, sent)
        if takes and sent % takes == 0:
            got.append(queue.get_nowait())
    assert accepted[:maxsize] == list(range(1, maxsize + 1))
    assert len(accepted) < 30, "some were skipped"
    assert got + [queue.get_nowait() for _ in range(queue.qsize())] == accepted


async def _read(reader: StreamReader) -> object:
    return await reader.read()


async def _some(reader: StreamReader) -> object:
    return await reader.read(100)


async def _readline(reader: StreamReader) -> object:
    return await reader.readline()


async def _lines(reader: StreamReader) -> object:
    return b"".join([line async for line in reader])


Read = Callable[[StreamReader], Coroutine[Any, Any, object]]
READS: dict[str, Read] = {"read": _read, "some": _some, "readline": _readline, "async for": _lines}


@pytest.mark.always("broadcast-get-sees-no-leaving")
@pytest.mark.always("broadcast-reading-sees-leaving")
@ways(leave=LEAVES, pair=PAIRS, read=READS, last={"read": False, "unread": True})
def test_only_reading_sees_that_a_client_leaves(
    leave: Callable[[StreamWriter], None], pair: Pair, read: Read, last: bool
) -> None:
    snippet = load("web/broadcast_fixed")

    async def main() -> None:
        written, served, mine = [await connect(pair) for _ in range(3)]
        queue: Queue[bytes] = Queue()
        sender = asyncio.create_task(snippet.send(queue, written.writer))
        camera = snippet.Camera()
        serving = asyncio.create_task(camera.serve(served.reader, served.writer))
        reading = asyncio.create_task(read(mine.reader))
        await asyncio.sleep(1)
        assert len(camera.queues) == 1
        assert not reading.done()
        for line in written, served, mine:
            if last:  # what the client leaves unread makes the system reset the connection
                line.away.transport.pause_reading()
                line.writer.write(b"last")
            leave(line.away)
        await asyncio.sleep(1)
        assert serving.done()
        assert not serving.exception()
        assert served.writer.is_closing()
        assert not camera.queues
        assert await outcome_of(reading) in (b"", ConnectionResetError)
        await asyncio.sleep(1_000_000)
        assert not sender.done(), "it waits for a message"
        assert len(asyncio.all_tasks()) == 2, "that sender and this"
        while not sender.done():
            queue.put_nowait(b"message")
            await asyncio.sleep(1)
        assert not sender.exception()
        for line in written, served, mine:
            line.hang_up()
        print("sender has ended")

    assert perform(main).lines == ["sender has ended"]


@pytest.mark.always("broadcast-abort-ends-reading")
@pytest.mark.always("broadcast-abort-drain-returns")
@ways(read=READS, full={"full buffer": True, "empty buffer": False}, pair=PAIRS)
def test_abort_ends_reading_and_the_drain_that_waits(read: Read, full: bool, pair: Pair) -> None:
    async def main() -> None:
        line = await connect(pair)
        reading = asyncio.create_task(read(line.reader))
        if full:
            line.writer.write(bytes(MORE))
        draining = asyncio.create_task(line.writer.drain())
        await asyncio.sleep(1)
        assert not reading.done()
        assert draining.done() is not full
        line.writer.transport.abort()
        await asyncio.wait([draining], timeout=1)
        assert await outcome_of(draining) is None
        assert await outcome_of(reading) == b""
        line.writer.write(b"into the void")
        assert await outcome_of(line.writer.drain()) is ConnectionResetError
        line.hang_up()

    assert perform(main).elapsed < 2


# What holds the clients, and what of it the loop goes through.

Keep = Callable[[Iterable[Any]], Any]
KEEPS: dict[str, tuple[Keep, Callable[[Any], Iterable[Any]]]] = {
    "set": (set, iter),
    "dict": (dict.fromkeys, iter),
    "values": (lambda names: {name: name for name in names}, lambda clients: clients.values()),
    "items": (dict.fromkeys, lambda clients: clients.items()),
}


def _leaves(clients: Any, name: int) -> None:
    clients.remove(name) if isinstance(clients, set) else clients.pop(name)


def _joins(clients: Any, name: int) -> None:
    clients.add(name + 100) if isinstance(clients, set) else clients.setdefault(name + 100)


CHANGES = {"leaves": _leaves, "joins": _joins}


@pytest.mark.always("broadcast-set-changed")
@ways(keep=KEEPS, change=CHANGES, who=PLACES, when=PLACES)
def test_a_set_that_changes_ends_the_broadcast(
    keep: tuple[Keep, Callable[[Any], Iterable[Any]]],
    change: Callable[[Any, int], None],
    who: int,
    when: int,
) -> None:
    # no mutant: в примерах клиенты лежат в списке
    make, through = keep

    async def main() -> None:
        clients = make(range(3))

        async def broadcast() -> None:
            for _ in through(clients):
                await asyncio.sleep(1)

        sending = asyncio.create_task(broadcast())
        await asyncio.sleep(when + 0.5)
        change(clients, who)
        message = "Set changed size during iteration"
        with pytest.raises(RuntimeError, match=f"(?i){message.replace('Set', '(set|dictionary)')}"):
            await sending

    assert perform(main).elapsed == when + 1


@pytest.mark.sometimes("broadcast-set-swapped")
def test_a_set_in_which_as_many_came_as_left_may_tell_nothing() -> None:
    # no mutant: в примерах клиенты лежат в списке
    # one way: a witness
    rolls = random.Random(1)

    async def main() -> None:
        for _ in range(5000):
            clients, sent = set(range(4)), list[int]()

            async def broadcast(clients: set[int] = clients, sent: list[int] = sent) -> None:
                for client in clients:
                    sent.append(client)
                    await asyncio.sleep(1)

            sending = asyncio.create_task(broadcast())
            await asyncio.sleep(3.5)
            leavers = rolls.sample(range(4), 2)
            for leaver in leavers:
                clients.remove(leaver)
                clients.add(rolls.randrange(10, 40))
            if await outcome_of(sending) is None and len(set(sent[:4])) == 4:
                twice = {client for client in sent if sent.count(client) > 1}
                if twice - set(leavers):
                    print("twice")
                    return

    assert perform(main).lines == ["twice"]


@pytest.mark.always("broadcast-list-skips")
@pytest.mark.always("broadcast-copy")
@ways(
    who=PLACES,
    when=PLACES,
    remove={"remove": list.remove, "pop": list.pop, "del": list.__delitem__},
)
def test_a_list_skips_and_a_copy_does_not(
    who: int, when: int, remove: Callable[[list[Any], Any], object]
) -> None:
    assert "Eve: hello" not in play("web/broadcast_leaving_broken").lines
    assert play("web/broadcast_leaving_fixed").lines[-2:] == ["Eve: hello", "all have it"]
    names = ["Ann", "Bob", "Eve", "Joe"]

    async def main(name: str) -> None:
        chat = load(name).Chat(" ".join(names))
        sending = asyncio.create_task(chat.broadcast("hello"))
        await asyncio.sleep(when + 0.5)
        remove(chat.clients, names[who] if remove is list.remove else who)
        await sending

    got = perform(lambda: main("web/broadcast_leaving_broken")).lines
    expected = [*names]
    expected.pop(when + 1 if who <= when else who)
    assert got == [f"{name}: hello" for name in expected]
    copied = perform(lambda: main("web/broadcast_leaving_fixed")).lines
    assert copied == [f"{name}: hello" for name in names]


@pytest.mark.always("broadcast-error-ends-loop")
@ways(place=PLACES, leave=LEAVES)
def test_an_error_of_one_ends_the_loop_for_those_after_it(
    place: int, leave: Callable[[StreamWriter], None]
) -> None:
    async def main() -> None:
        lines = [await connect() for _ in PLACES]
        camera = load("web/broadcast_broken").Camera()
        camera.writers.extend(line.writer for line in lines)
        lines[place].writer.write(bytes(MUCH))
        leave(lines[place].away)
        await asyncio.sleep(1)
        assert issubclass(await outcome_of(camera.broadcast(b"hello")), ConnectionError)
        for number, line in enumerate(lines):
            line.writer.close()
            if number != place:
                print(number, await line.theirs.read())
            line.hang_up()

    lines = perform(main).lines
    assert lines == [
        f"{number} {b'hello' if number < place else b''}" for number in range(3) if number != place
    ]
