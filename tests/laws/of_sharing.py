"""Laws of what tasks share: locks, semaphores, queues, events; and of blocks that are left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.laws import breaks
from tests.laws.acts import PERMITS, ROOM
from tests.laws.law import law
from tests.laws.record import Record


def _inside(record: Record, which: str, most: int) -> Iterator[bool]:
    acts = [act for act in record.acts if act.kind == f"in {which}"]
    for act in acts:
        yield sum(other.begun <= act.begun < other.ended for other in acts) <= most


@law("semaphore-never-more-inside", breaks.roomy_semaphore)
def no_more_inside_than_permits(record: Record) -> Iterator[bool]:
    yield from _inside(record, "limit", PERMITS)


@law("races-async-lock", breaks.lock_for_two)
def one_inside_a_lock(record: Record) -> Iterator[bool]:
    yield from _inside(record, "lock", 1)


@law("semaphore-fifo", breaks.unfair_guards)
def semaphore_in_order_of_coming(record: Record) -> Iterator[bool]:
    yield from _order(record, "limit")


@law("races-async-lock-fair", breaks.unfair_guards)
def lock_in_order_of_coming(record: Record) -> Iterator[bool]:
    yield from _order(record, "lock")


def _order(record: Record, which: str) -> Iterator[bool]:
    """Yield whether the earlier of two who wait at once is let in first."""
    entered = [act for act in record.of(f"acquire {which}") if act.error is None]
    for place, later in enumerate(entered):
        for earlier in entered[:place]:
            if earlier.ended > later.begun:
                yield earlier.ended < later.ended


@law("await-free-lock-no-switch", breaks.lock_that_always_switches)
def free_lock_does_not_switch(record: Record) -> Iterator[bool]:
    for act in record.of("acquire lock"):
        if act.subject == (False, False):
            yield record.step_at(act.begun) is record.step_at(act.ended)


@law("races-async-lock-released", breaks.guards_that_an_error_leaves_taken)
def lock_is_free_in_the_end(record: Record) -> Iterator[bool]:
    guard: Any = record.shared["lock"]
    for act in record.acts:
        if act.kind == "block of lock":
            yield act.is_over and not guard.locked()


@law("semaphore-block-never-leaks", breaks.guards_that_an_error_leaves_taken)
def all_permits_are_back_in_the_end(record: Record) -> Iterator[bool]:
    guard: Any = record.shared["limit"]
    for act in record.acts:
        if act.kind == "block of limit":
            yield act.is_over and guard._value == PERMITS


def _puts_and_gets(record: Record, which: str) -> tuple[list[Any], list[Any]]:
    """Return what was put into a queue and what was got out, as (place in the notes, item)."""
    puts, gets = (
        sorted((act for act in record.of(f"{how} {which}") if not act.error), key=lambda a: a.ended)
        for how in ("put", "get")
    )
    return [(act.ended, act.subject[0]) for act in puts], [(act.ended, act.value) for act in gets]


@law("limit-queue-full", breaks.roomy_queue)
def never_more_than_maxsize(record: Record) -> Iterator[bool]:
    puts, gets = _puts_and_gets(record, "room")
    for count, (place, _) in enumerate(puts, 1):
        yield count - sum(got < place for got, _ in gets) <= ROOM


@law("queue-fifo", breaks.queue_last_in_first_out)
def items_come_out_as_they_went_in(record: Record) -> Iterator[bool]:
    for which in ("room", "heap"):
        puts, gets = _puts_and_gets(record, which)
        for (_, item), (_, came) in zip(puts, gets, strict=False):
            yield item == came


@law("queue-exactly-once", breaks.queue_that_keeps_what_it_gives)
def each_item_once(record: Record) -> Iterator[bool]:
    for which in ("room", "heap"):
        acts = record.of(f"put {which}", f"get {which}")
        if acts and not any(act.error for act in acts):
            puts, gets = _puts_and_gets(record, which)
            got, left = [item for _, item in gets], record.shared[which].qsize()
            yield len(set(got)) == len(got) and len(puts) == len(gets) + left


@law("queue-join", breaks.join_that_does_not_wait)
def join_ends_when_all_is_done(record: Record) -> Iterator[bool]:
    for which in ("room", "heap"):
        puts, _ = _puts_and_gets(record, which)
        done = [
            place
            for place, note in enumerate(record.notes)
            if note.what == "task_done" and note.subject == which
        ]
        for act in record.of(f"join {which}"):
            if act.error is None and puts and puts[0][0] < act.begun:
                # One that is put after join has been awakened may stand here already.
                least = sum(place < act.begun for place, _ in puts)
                yield sum(place < act.ended for place in done) >= least


@law("queue-put-waits", breaks.queue_that_takes_all)
def put_into_a_full_queue_waits(record: Record) -> Iterator[bool]:
    _, gets = _puts_and_gets(record, "room")
    for act in record.of("put room"):
        if act.subject[1] and act.error is None:
            yield any(act.begun < place < act.ended for place, _ in gets)


@law("queue-unbounded", breaks.put_that_switches)
def put_without_limit_returns_at_once(record: Record) -> Iterator[bool]:
    for act in record.of("put heap"):
        yield record.step_at(act.begun) is record.step_at(act.ended)


@law("event-keeps-order", breaks.event_that_does_not_wait)
def nobody_is_ahead_of_the_event(record: Record) -> Iterator[bool]:
    rings = [place for place, note in enumerate(record.notes) if note.what == "rings"]
    for act in record.of("hear"):
        if not act.subject and act.error is None:
            yield any(act.begun < place < act.ended for place in rings)


@law("async-with-exits-on-error", breaks.manager_that_an_error_skips)
def block_is_left_whatever_happens(record: Record) -> Iterator[bool]:
    for act in record.of("async with"):
        yield act.begun < act.place < act.ended


@law("async-for-aclosing", breaks.aclosing_that_does_not_close)
def generator_is_closed_at_the_end_of_the_block(record: Record) -> Iterator[bool]:
    for act in record.of("stream"):
        yield act.begun < act.place < act.ended
