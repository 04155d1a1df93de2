"""Laws of tasks: creating, gathering, groups, wait and as_completed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.laws import breaks
from tests.laws.law import law
from tests.laws.record import NEVER, Act, Life, Record


@law("create-task-runs-nothing", breaks.eager_tasks)
def creating_runs_nothing(record: Record) -> Iterator[bool]:
    for life in record.lives.values():
        yield life.first > life.made


@law("create-task-next-pass", breaks.late_tasks)
def first_step_before_the_creator_goes_on(record: Record) -> Iterator[bool]:
    for life in record.lives.values():
        creator = record.lives.get(life.who)
        later = [step for step in creator.steps if step.begun > life.made] if creator else []
        if later:
            yield life.first < later[0].begun


@law("create-task-first-steps-fifo", breaks.every_other_task_late)
def first_steps_in_order_of_creation(record: Record) -> Iterator[bool]:
    firsts = [life.first for life in record.lives.values() if life.steps]
    for earlier, later in pairwise(firsts):
        yield earlier < later


@law("gather-argument-order", breaks.gather_of_reversed_results)
def results_in_order_of_arguments(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        if act.error is None:
            outcomes = [life.outcome for life in record.lives_of(act.subject[1])]
            yield len(act.value) == len(outcomes) and all(
                found is outcome for found, outcome in zip(act.value, outcomes, strict=True)
            )


@law("gather-exceptions-in-place", breaks.gather_that_always_raises)
def all_awaited_and_errors_in_their_places(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        if act.subject[0] and not act.is_cancelled:
            lives = record.lives_of(act.subject[1])
            yield act.error is None and all(
                life.ended < act.ended and (not life.has_failed or found is life.error)
                for life, found in zip(lives, act.value, strict=True)
            )


@law("gather-makes-tasks", breaks.gather_in_a_row)
def each_coroutine_in_a_task_of_its_own(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        for name in act.subject[1]:
            if name in record.works:
                yield record.works[name].who == name


@law("gather-call-runs-nothing", breaks.gather_that_starts_at_once)
def gather_only_plans(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        begun = [record.works[name].begun for name in act.subject[1] if name in record.works]
        yield not any(act.begun < place < act.place for place in begun)


@law("gather-start-order", breaks.gather_of_reversed_arguments)
def gather_starts_in_order_of_arguments(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        begun = [record.works[name].begun for name in act.subject[1] if name in record.works]
        if len(begun) > 1:
            yield begun == sorted(begun)


@law("gather-cancel-all", breaks.gather_of_shields)
def cancelling_gather_cancels_all(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        asks = [ask for ask in record.lives[act.who].asks if act.holds(ask) and ask.waits]
        if act.is_cancelled and asks:
            for life in record.lives_of(act.subject[1]):
                if life.ended > asks[0].begun:
                    yield life.asked_within(asks[0].begun, act.ended)


@law("one-fails-error-at-once", breaks.gather_that_waits_for_all)
def first_error_leaves_gather_at_once(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        if not act.subject[0] and not act.is_cancelled:
            failed = [life for life in record.lives_of(act.subject[1]) if life.has_failed]
            early = [life for life in failed if life.ended < act.ended]
            if failed:
                first = min(failed, key=lambda life: life.ended)
                yield act.error is first.error and act.until == first.until and bool(early)


@law("one-fails-others-go-on", breaks.gather_that_cancels_the_others)
def gather_leaves_the_others_alone(record: Record) -> Iterator[bool]:
    for act in record.of("gather"):
        if act.has_failed and not act.subject[0]:
            for life in record.lives_of(act.subject[1]):
                if life.ended > act.ended:
                    yield not life.asked_within(act.begun, act.ended, act.who)


def _groups(record: Record) -> Iterator[tuple[Act, list[Life]]]:
    for act in record.of("group"):
        lives = record.lives_of(act.subject[1])
        if lives:
            yield act, lives


@law("taskgroup-waits-for-all", breaks.careless_group)
def successful_block_ends_after_its_tasks(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        if act.error is None:
            yield all(life.ended < act.ended for life in lives)


@law("taskgroup-no-survivors", breaks.careless_group)
def no_task_survives_its_block(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        for life in lives:
            yield life.ended < act.ended


@law("taskgroup-results-ready", breaks.careless_group)
def results_are_there_after_the_block(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        if act.error is None:
            yield all(act.ended > life.ended and life.task.done() for life in lives)


@law("taskgroup-first-error-cancels", breaks.group_that_cancels_nobody)
def first_error_cancels_the_others_at_once(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        failed = [life for life in lives if life.has_failed and life.ended < act.ended]
        if failed:
            first = min(failed, key=lambda life: life.ended)
            for life in lives:
                # One that ends by itself in the same pass is over before the group can ask it to.
                if life.ended > first.ended and (life.asks or life.until > first.until):
                    yield any(ask.at <= first.until for ask in life.asks)


@law("taskgroup-errors-in-one-group", breaks.group_that_raises_one_error)
def all_errors_in_one_group(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        errors = {id(life.error) for life in lives if life.has_failed}
        if act.inner:
            errors.add(id(act.inner))
        if errors:
            group = act.error
            yield isinstance(group, BaseExceptionGroup) and errors == set(map(id, group.exceptions))


@law("taskgroup-child-cancelled", breaks.group_that_ends_at_a_cancellation)
def cancelled_task_stops_nobody(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        is_asked = record.lives[act.who].asked_within(act.begun, act.ended)
        is_calm = not is_asked and not any(life.has_failed for life in lives)
        if act.subject[0] == "cancels" and lives[0].is_cancelled and is_calm:
            yield act.error is None and not any(life.is_cancelled for life in lives[1:])


@law("taskgroup-body-error", breaks.group_that_cancels_nobody)
def error_of_the_body_counts_as_one_of_a_task(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        if act.inner:
            group = act.error
            kept = isinstance(group, BaseExceptionGroup) and act.inner in group.exceptions
            left = [life for life in lives if life.ended > act.place]
            yield kept and all(life.asks for life in left)


@law("one-fails-group-after-cleanup", breaks.hasty_group)
def group_of_errors_after_the_last_cleanup(record: Record) -> Iterator[bool]:
    for act, lives in _groups(record):
        if isinstance(act.error, BaseExceptionGroup):
            yield all(life.ended < act.ended for life in lives)


@law("wait-first-completed-any-end", breaks.wait_for_all_of_them)
def first_end_ends_the_wait(record: Record) -> Iterator[bool]:
    for act in record.of("wait"):
        when, limit, names = act.subject
        if when == "FIRST_COMPLETED" and limit is None and act.error is None:
            yield act.until == min(life.until for life in record.lives_of(names) if life.is_over)


@law("wait-first-exception", breaks.wait_for_the_first)
def only_an_error_ends_the_wait(record: Record) -> Iterator[bool]:
    for act in record.of("wait"):
        when, limit, names = act.subject
        if when == "FIRST_EXCEPTION" and limit is None and act.error is None:
            lives = record.lives_of(names)
            over = [life for life in lives if life.ended < act.ended]
            failed = [life.until for life in over if life.has_failed]
            yield act.until == min(failed) if failed else over == lives


@law("wait-does-not-raise", breaks.wait_that_raises)
def wait_raises_no_error_of_its_tasks(record: Record) -> Iterator[bool]:
    for act in record.of("wait"):
        lives = record.lives_of(act.subject[2])
        if any(life.has_failed and life.ended < act.ended for life in lives):
            yield act.error is None or act.is_cancelled


@law("wait-timeout-leaves-tasks", breaks.wait_that_cancels_the_rest)
def wait_cancels_nobody_at_its_limit(record: Record) -> Iterator[bool]:
    for act in record.of("wait"):
        limit = act.subject[1]
        if limit is not None and act.error is None and act.until == round(act.at + limit, 6):
            for life in record.lives_of(act.subject[2]):
                yield not life.asked_within(act.begun, act.ended, act.who)


@law("wait-cancelled-leaves-tasks", breaks.wait_that_cancels_when_cancelled)
def cancelled_wait_cancels_nobody(record: Record) -> Iterator[bool]:
    for act in record.of("wait", "as_completed"):
        if act.is_cancelled:
            for life in record.lives_of(act.subject[-1]):
                yield not life.asked_within(act.begun, act.ended, act.who)


@law("as-completed-order", breaks.as_completed_in_order_of_arguments)
def results_in_order_of_completion(record: Record) -> Iterator[bool]:
    for act in record.of("as_completed"):
        lives = sorted(record.lives_of(act.subject[1]), key=lambda life: life.ended)
        for life, (_, at, came) in zip(lives, act.value, strict=False):
            yield came is life.outcome and at == life.until


@law("as-completed-own-error", breaks.as_completed_that_cancels_at_an_error)
def error_of_one_leaves_the_others_alone(record: Record) -> Iterator[bool]:
    for act in record.of("as_completed"):
        if any(isinstance(came, Exception) for _, _, came in act.value) and not act.is_cancelled:
            for life in record.lives_of(act.subject[1]):
                yield not life.asked_within(act.begun, act.ended, act.who)


@law("as-completed-timeout", breaks.as_completed_without_limit)
def limit_raises_and_cancels_nobody(record: Record) -> Iterator[bool]:
    for act in record.of("as_completed"):
        limit, names = act.subject
        lives = record.lives_of(names)
        if limit is not None and not act.is_cancelled:
            due = round(act.at + limit, 6)
            if any(life.until > due or not life.is_over for life in lives):
                yield isinstance(act.error, TimeoutError) and act.until == due
                yield not any(life.asked_within(act.begun, act.ended, act.who) for life in lives)


@law("vanish-report-at-once", breaks.late_callbacks)
def callback_in_the_second_of_the_end(record: Record) -> Iterator[bool]:
    for note in record.notes:
        if note.what == "called back":
            life, was_cancelled = note.subject
            yield life.until == note.at and was_cancelled == life.is_cancelled


@law("vanish-set-empties", breaks.set_that_keeps)
def set_keeps_no_task_that_is_over(record: Record) -> Iterator[bool]:
    kept = {task.life.name for task in record.kept}
    for task in record.started:
        if task.done():
            yield task.life.name not in kept


@law("future-callback-when", breaks.callbacks_on_the_spot)
def callback_once_and_after_the_last_step(record: Record) -> Iterator[bool]:
    calls = [note.subject[0].name for note in record.notes if note.what == "called back"]
    for place, note in enumerate(record.notes):
        if note.what == "called back":
            life = note.subject[0]
            last = life.steps[-1].ended if life.steps else NEVER
            yield calls.count(life.name) == 1 and last < place


@law("future-three-outcomes", breaks.tasks_that_forget_their_cancellation)
def task_ends_as_its_coroutine(record: Record) -> Iterator[bool]:
    for life in record.lives.values():
        if life.is_over and life.task.done():
            task = life.task
            if life.is_cancelled:
                yield bool(task.cancelled())
            elif life.error:
                yield not task.cancelled() and task.exception() is life.error
            else:
                yield not task.cancelled() and task.exception() is None


@law("shutdown-cancels-all", breaks.run_that_cancels_nobody)
def end_of_main_cancels_all(record: Record) -> Iterator[bool]:
    for life, at, place in _left(record):
        is_asked = any(ask.at == at and ask.begun > place for ask in life.asks)
        # One that has only a step to do may still do it in the last pass.
        if is_asked or life.until > at or not life.is_over:
            yield is_asked


@law("shutdown-waits-cleanup", breaks.run_that_does_not_wait)
def run_waits_for_what_it_cancelled(record: Record) -> Iterator[bool]:
    for life, _at, place in _left(record):
        if life.asked_within(place, NEVER):
            yield life.is_over


def _left(record: Record) -> Iterator[tuple[Life, float, int]]:
    for place, note in enumerate(record.notes):
        if note.what == "main ends":
            for life in record.lives.values():
                if life.made < place < life.ended:
                    yield life, note.at, place
