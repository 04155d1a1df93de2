"""Laws of cancelling, of limits of time, of await and of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise

from tests.laws import breaks
from tests.laws.law import law
from tests.laws.record import NEVER, Act, Ask, Life, Record, Watched


def _asks(record: Record) -> Iterator[tuple[Life, Ask]]:
    for life in record.lives.values():
        for ask in life.asks:
            if ask.ended != NEVER:
                yield life, ask


@law("cancel-only-asks", breaks.cancel_that_says_no)
def cancel_of_a_living_task_returns_true(record: Record) -> Iterator[bool]:
    for _, ask in _asks(record):
        if not ask.was_done:
            yield ask.taken and not ask.is_done


@law("cancel-done-false", breaks.cancel_that_always_says_yes)
def cancel_of_a_task_that_is_over_returns_false(record: Record) -> Iterator[bool]:
    for life, ask in _asks(record):
        if ask.was_done:
            yield not ask.taken and life.task.cancelled() == life.is_cancelled


@law("cancel-counts", breaks.cancel_that_counts_twice)
def each_request_counts(record: Record) -> Iterator[bool]:
    for _, ask in _asks(record):
        if not ask.was_done:
            yield ask.counts == ask.counted + 1


@law("cancel-before-start", breaks.throw_that_starts_first)
def task_cancelled_before_its_start_runs_nothing(record: Record) -> Iterator[bool]:
    for life, ask in _asks(record):
        if ask is life.asks[0] and ask.begun < life.first and life.name in record.named.values():
            yield life.name not in record.works


@law("cancel-at-await", breaks.cancel_that_does_nothing)
def await_of_a_future_raises(record: Record) -> Iterator[bool]:
    for life, ask in _asks(record):
        if type(ask.waits) is asyncio.Future:
            later = [step for step in life.steps if step.begun > ask.begun]
            yield bool(later) and isinstance(later[0].thrown, asyncio.CancelledError)


@law("cancel-finally-runs", breaks.throw_that_leaves_the_coroutine)
def cancelled_task_runs_its_finally(record: Record) -> Iterator[bool]:
    for work in record.works.values():
        life = record.lives.get(work.name)
        if work.tidies and life and life.is_cancelled:
            yield work.tidied < life.ended


@law("cancel-cleanup-later", breaks.cancel_that_throws_at_once)
def finally_is_not_begun_by_cancel(record: Record) -> Iterator[bool]:
    for life, ask in _asks(record):
        work = record.works.get(life.name)
        if ask.by != life.name and work and work.tidies and work.tidied > ask.begun:
            step = record.step_at(ask.begun)
            yield work.tidied > (step.ended if step else ask.ended)


def _deliveries(record: Record) -> Iterator[tuple[int, int]]:
    """Yield for each cancellation that arrives how many requests there were, and the last time.

    Those that come from what the task waits for don't count: none was asked of the task.
    """
    for life in record.lives.values():
        asked = last = 0
        waits: object = life
        events = sorted(
            [*(ask for ask in life.asks if ask.taken), *life.steps], key=lambda each: each.begun
        )
        for event in events:
            if isinstance(event, Ask):
                asked += 1
                continue
            if isinstance(event.thrown, asyncio.CancelledError):
                if waits is None or type(waits) is asyncio.Future:
                    yield asked, last
                last, asked = asked or last, 0
            waits = event.waits


@law("cancel-delivered-once", breaks.cancel_that_arrives_again)
def several_requests_arrive_as_one(record: Record) -> Iterator[bool]:
    for asked, last in _deliveries(record):
        if asked > 1 or (not asked and last > 1):
            yield asked > 1


@law("cancelled-error-once", breaks.cancel_that_arrives_again)
def one_request_arrives_once(record: Record) -> Iterator[bool]:
    for asked, last in _deliveries(record):
        if asked == 1 or (not asked and last == 1):
            yield asked == 1


@law("cancelled-error-reraise", breaks.tasks_that_forget_their_cancellation)
def reraised_cancellation_counts(record: Record) -> Iterator[bool]:
    for note in record.notes:
        if note.what == "reraises":
            life = record.lives.get(note.subject)
            if life and life.is_over and life.task.done():
                yield life.is_cancelled and life.task.cancelled()


@law("cancel-goes-inward", breaks.cancel_that_stays)
def cancelling_goes_to_the_task_waited_for(record: Record) -> Iterator[bool]:
    for life, ask in _asks(record):
        if isinstance(ask.waits, Watched):
            yield ask.waits.life.asked_within(ask.begun, ask.ended)
        for act in record.of("wait", "as_completed", "shield"):
            if act.who == life.name and act.holds(ask) and type(ask.waits) is asyncio.Future:
                names = [act.subject] if act.kind == "shield" else act.subject[-1]
                inner = record.lives_of(names)
                yield not any(each.asked_within(ask.begun, ask.ended) for each in inner)


@law("await-or-task-cancel-alone", breaks.cancel_that_cancels_the_creator)
def cancelling_spares_the_creator(record: Record) -> Iterator[bool]:
    for life, ask in _asks(record):
        creator = record.lives.get(life.who)
        if creator:
            yield not creator.asked_within(ask.begun, ask.ended)


@law("timeout-covers-block", breaks.timeout_too_early)
def timeout_fires_at_its_second(record: Record) -> Iterator[bool]:
    for act in record.of("timeout"):
        if isinstance(act.error, TimeoutError):
            due = round(act.at + act.subject, 6)
            asks = record.lives[act.who].asks
            yield act.until >= due and any(ask.at == due and act.holds(ask) for ask in asks)


@law("timeout-inside-outside", breaks.timeout_that_does_not_interrupt)
def cancelled_inside_and_timeout_outside(record: Record) -> Iterator[bool]:
    for act in record.of("timeout"):
        if isinstance(act.error, TimeoutError):
            yield isinstance(act.inner, asyncio.CancelledError)


@law("timeout-wait-for-cleanup", breaks.wait_for_that_does_not_wait)
def wait_for_waits_for_the_cleanup(record: Record) -> Iterator[bool]:
    for act in record.of("wait_for"):
        work = record.works.get(act.subject[1])
        if isinstance(act.error, TimeoutError) and work:
            yield work.ended < act.ended


@law("timeout-shield-keeps", breaks.shield_that_protects_nothing)
def shielded_task_is_not_cancelled(record: Record) -> Iterator[bool]:
    for _, life, ask in _cancelled_shields(record):
        yield not life.asked_within(ask.begun, ask.ended)


@law("timeout-shield-caller", breaks.shield_that_protects_the_caller)
def who_waits_by_shield_is_cancelled(record: Record) -> Iterator[bool]:
    for act, _, ask in _cancelled_shields(record):
        yield act.is_cancelled and act.until == ask.at


def _cancelled_shields(record: Record) -> Iterator[tuple[Act, Life, Ask]]:
    for act in record.acts:
        if act.kind == "shield":
            (life,) = record.lives_of([act.subject])
            for ask in record.lives[act.who].asks:
                # At the end of the program all are cancelled, the one inside as well.
                if act.holds(ask) and life.ended > ask.begun and ask.by != "main":
                    yield act, life, ask
                    break


@law("await-or-task-same-task", breaks.await_by_a_task)
def awaited_coroutine_runs_in_the_same_task(record: Record) -> Iterator[bool]:
    for act in record.of("await"):
        if act.subject in record.works:
            yield record.works[act.subject].who == act.who


@law("await-or-task-no-queue", breaks.await_by_a_task)
def awaited_coroutine_begins_at_once(record: Record) -> Iterator[bool]:
    for act in record.of("await"):
        yield act.subject in record.works and (
            record.step_at(act.begun) is record.step_at(record.works[act.subject].begun)
        )


@law("await-raises-the-error", breaks.await_of_another_error)
def await_raises_the_error_of_what_it_awaits(record: Record) -> Iterator[bool]:
    for act in record.of("await"):
        work = record.works.get(act.subject)
        if work and work.error:
            yield act.error is work.error


@law("await-sleep-always-switches", breaks.sleep_that_may_not_switch)
def sleep_always_switches(record: Record) -> Iterator[bool]:
    for act in record.of("sleep"):
        yield record.step_at(act.begun) is not record.step_at(act.ended)


@law("await-ready-future-no-switch", breaks.await_that_switches)
def await_of_what_is_over_does_not_switch(record: Record) -> Iterator[bool]:
    for act in record.of("await done"):
        yield record.step_at(act.begun) is record.step_at(act.ended)


@law("awaitable-task-twice", breaks.await_of_another_value)
def each_await_of_a_task_gives_the_same(record: Record) -> Iterator[bool]:
    for act in record.of("await done"):
        life = record.lives[act.subject]
        if not life.is_cancelled:
            yield act.outcome is life.outcome


@law("life-failed-task-raises-again", breaks.await_of_another_value)
def failed_task_raises_at_each_await(record: Record) -> Iterator[bool]:
    for act in record.of("await done"):
        life = record.lives[act.subject]
        if life.error:
            yield act.is_cancelled if life.is_cancelled else act.error is life.error


@law("loop-timer-not-early", breaks.sleep_too_short)
def nothing_is_early(record: Record) -> Iterator[bool]:
    for act in record.of("sleep"):
        if act.error is None:
            yield act.until >= round(act.at + act.subject, 6)
    for note in record.notes:
        if note.what == "later":
            yield note.at >= note.subject


@law("loop-timers-by-time", breaks.timers_in_reverse)
def timers_in_order_of_time(record: Record) -> Iterator[bool]:
    later = [note.subject for note in record.notes if note.what == "later"]
    for one, other in pairwise(later):
        yield one <= other


@law("loop-call-soon-fifo", breaks.callbacks_in_reverse)
def callbacks_in_order_of_asking(record: Record) -> Iterator[bool]:
    soon = [note.subject for note in record.notes if note.what == "soon"]
    for one, other in pairwise(soon):
        yield one < other


@law("ga-one-thread", breaks.steps_in_threads)
def all_steps_in_one_thread(record: Record) -> Iterator[bool]:
    for step in record.steps[1:]:
        yield step.thread == record.steps[0].thread


@law("overlap-one-at-a-time", breaks.eager_tasks)
@law("conc-one-step-at-a-time", breaks.eager_tasks)
def steps_do_not_overlap(record: Record) -> Iterator[bool]:
    for one, other in pairwise(record.steps):
        yield one.ended < other.begun


@law("blocking-to-thread-outcome", breaks.thread_without_outcome)
def outcome_of_the_thread_comes_from_await(record: Record) -> Iterator[bool]:
    for act in record.of("to_thread"):
        if not act.is_cancelled:
            yield act.outcome is act.subject[1]


@law("blocking-to-thread-frees-loop", breaks.thread_that_is_none)
def others_go_on_in_time_beside_a_thread(record: Record) -> Iterator[bool]:
    sleeps = [act for act in record.of("sleep") if act.error is None]
    for act in record.of("to_thread"):
        for sleep in sleeps:
            if sleep.who != act.who and act.begun < sleep.ended and sleep.begun < act.ended:
                yield sleep.until == round(sleep.at + sleep.subject, 6)


@law("await-or-task-context", breaks.one_context_for_all)
def task_has_a_copy_of_the_context(record: Record) -> Iterator[bool]:
    for act in record.of("context of task", "context of await"):
        if act.error is None:
            yield act.value == (act.subject or "changed")
