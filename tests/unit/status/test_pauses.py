"""Why a sensor is paused: all of docs/reference.md#pause-reasons that hold, in their order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, combinations
from typing import Any

import pytest

from pop3_sensor.model import PauseReason, State, Status
from pop3_sensor.model.calendars import MaintenanceWindow, Schedule
from pop3_sensor.status import pause_of
from pop3_sensor.status.verdict import verdict_of_pause
from tests.samples import AT, SENSOR

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
SATURDAY = Schedule("UTC", ("sa:00:00-su:00:00",))  # AT is one
SUNDAY = Schedule("UTC", ("su:00:00-mo:00:00",))
NOW = MaintenanceWindow(AT - HOUR, AT + HOUR)
LATER = MaintenanceWindow(AT + HOUR, AT + 2 * HOUR)
DOWN = State(Status.DOWN, AT - HOUR)
UP = State(Status.UP, AT - HOUR)

# What makes each reason hold.
CAUSES: dict[PauseReason, dict[str, Any]] = {
    PauseReason.USER: {"paused": (None,)},
    PauseReason.DEPENDENCY: {"masters": ("ping",)},
    PauseReason.SCHEDULE: {"schedules": (SATURDAY,)},
    PauseReason.MAINTENANCE: {"maintenance_windows": (NOW,)},
}


def reasons(
    states: Mapping[str, State] | None = None, *, previous: State | None = None, at: datetime = AT, **changes: Any
) -> tuple[PauseReason, ...]:
    return pause_of(replace(SENSOR, **changes), previous, states or {}, at, at).reasons


def test_nothing_pauses_a_sensor_of_which_nobody_said_so() -> None:
    assert () == reasons({"mail-1": DOWN, "ping": DOWN})


EVERY_SET = list(chain.from_iterable(combinations(CAUSES, size) for size in range(5)))


@pytest.mark.parametrize("wanted", EVERY_SET, ids=" ".join)
def test_all_that_hold_are_recorded_in_the_contract_s_order(wanted: tuple[PauseReason, ...]) -> None:
    changes: dict[str, Any] = {}
    for reason in reversed(wanted):
        changes |= CAUSES[reason]
    assert wanted == reasons({"ping": DOWN}, **changes)


def test_the_order() -> None:
    assert ["user", "dependency", "schedule", "maintenance"] == list(PauseReason)


def test_the_verdict_of_a_pause() -> None:
    both = (PauseReason.USER, PauseReason.SCHEDULE)
    state = verdict_of_pause(both).state(replace(DOWN, failures=7, phase="login", reason="timeout", message="late"), AT)
    assert State(Status.PAUSED, AT, message="paused: user, schedule", pause_reasons=both) == state


def test_since_stays_when_another_reason_joins() -> None:
    user = verdict_of_pause((PauseReason.USER,)).state(None, AT)
    both = verdict_of_pause((PauseReason.USER, PauseReason.MAINTENANCE)).state(user, AT + HOUR)
    assert (AT, (PauseReason.USER, PauseReason.MAINTENANCE)) == (both.since, both.pause_reasons)


# By somebody: the pauses of the sensor and of everything above it, does one hold.
BY_USER: dict[str, tuple[tuple[datetime | None, ...], bool]] = {
    "until somebody ends it": ((None,), True),
    "until later": ((AT + SECOND,), True),
    "until now: it is over": ((AT,), False),
    "until earlier": ((AT - SECOND,), False),
    "one is over, another is not": ((AT - HOUR, AT + HOUR), True),
    "one is over, another has no end": ((AT - HOUR, None), True),
    "both are over": ((AT - HOUR, AT), False),
}


@pytest.mark.parametrize(("until", "paused"), BY_USER.values(), ids=BY_USER)
def test_by_somebody(until: tuple[datetime | None, ...], paused: bool) -> None:
    assert ((PauseReason.USER,) if paused else ()) == reasons(paused=until)


def test_schedules_and_windows_of_all_ancestors_hold_at_the_same_time() -> None:
    assert (PauseReason.SCHEDULE,) == reasons(schedules=(SUNDAY, SATURDAY))
    assert () == reasons(schedules=(SUNDAY,))
    assert (PauseReason.MAINTENANCE,) == reasons(maintenance_windows=(LATER, NOW))
    assert () == reasons(maintenance_windows=(LATER,))


# ---- dependencies ----------------------------------------------------------------------------------------------------

BY_DEPENDENCY = (PauseReason.DEPENDENCY,)
# State of the master: does it pause. As in PRTG: a master that somebody, a schedule or a window paused does not.
MASTERS: dict[str, tuple[State | None, bool]] = {
    "Down": (DOWN, True),
    "Down for a moment": (State(Status.DOWN, AT), True),
    "Up": (UP, False),
    "Warning": (State(Status.WARNING, AT, failures=1), False),
    "Unknown": (State(Status.UNKNOWN, AT), False),
    "never scanned yet": (None, False),
    **{
        f"paused by {' and '.join(wanted)}": (
            State(Status.PAUSED, AT, pause_reasons=wanted),
            PauseReason.DEPENDENCY in wanted,
        )
        for wanted in EVERY_SET
        if wanted
    },
}


@pytest.mark.parametrize(("state", "paused"), MASTERS.values(), ids=MASTERS)
def test_which_states_of_a_master_pause(state: State | None, paused: bool) -> None:
    states = {"ping": state} if state else {}
    assert (BY_DEPENDENCY if paused else ()) == reasons(states, masters=("ping",))


def test_one_master_of_many_is_enough() -> None:
    assert BY_DEPENDENCY == reasons({"a": UP, "b": DOWN, "c": UP}, masters=("a", "b", "c"))
    assert () == reasons({"a": UP, "b": UP, "c": UP, "other": DOWN}, masters=("a", "b", "c"))


WAITING = verdict_of_pause(BY_DEPENDENCY).state(None, AT - HOUR)

# Delay, seconds since the master is Up, the sensor's own state before: is it still paused.
DELAYS: dict[str, tuple[int, int, State | None, bool]] = {
    "none": (0, 0, WAITING, False),
    "just begun": (90, 0, WAITING, True),
    "nearly over": (90, 89, WAITING, True),
    "over": (90, 90, WAITING, False),
    "long over": (90, 10_000, WAITING, False),
    "it was paused for another reason": (90, 0, verdict_of_pause((PauseReason.USER,)).state(None, AT), False),
    "it was paused for another reason too": (
        90,
        0,
        verdict_of_pause((PauseReason.USER, PauseReason.DEPENDENCY)).state(None, AT),
        True,
    ),
    "it was not paused": (90, 0, UP, False),
    "it is new": (90, 0, None, False),
}


@pytest.mark.parametrize(("delay", "seconds", "previous", "paused"), DELAYS.values(), ids=DELAYS)
def test_the_delay_after_the_master_is_up_again(delay: int, seconds: int, previous: State | None, paused: bool) -> None:
    states = {"ping": State(Status.UP, AT - seconds * SECOND)}
    found = reasons(states, previous=previous, masters=("ping",), dependency_delay=delay)
    assert (BY_DEPENDENCY if paused else ()) == found


def test_the_delay_counts_from_the_last_master_that_came_back() -> None:
    states = {"a": State(Status.UP, AT - 100 * SECOND), "b": State(Status.UP, AT - 10 * SECOND)}
    how: dict[str, Any] = {"previous": WAITING, "masters": ("a", "b"), "dependency_delay": 60}
    assert BY_DEPENDENCY == reasons(states, **how)
    assert BY_DEPENDENCY == reasons(states, at=AT + 49 * SECOND, **how)
    assert () == reasons(states, at=AT + 50 * SECOND, **how)


def test_the_delay_is_over_once_and_for_all() -> None:
    """A master that changes between Up and Warning afterwards pauses nobody."""
    states = {"ping": State(Status.WARNING, AT)}
    assert () == reasons(states, previous=UP, masters=("ping",), dependency_delay=60)


def test_a_master_that_is_down_again_ends_the_delay_not_the_pause() -> None:
    assert BY_DEPENDENCY == reasons({"ping": DOWN}, previous=WAITING, masters=("ping",), dependency_delay=60)


def test_a_dependency_that_is_taken_away_pauses_no_longer() -> None:
    """There is no master that could be Up again, so there is no delay."""
    assert () == reasons({"ping": DOWN}, previous=WAITING, dependency_delay=60)
