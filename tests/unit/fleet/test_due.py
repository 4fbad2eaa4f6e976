"""Which sensors a tick scans: new ones at once, the others in a minute of their own."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pop3_sensor.fleet.due import is_due
from pop3_sensor.model import Reason, State, Status
from tests.samples import AT, SENSOR

SCANNED = State(Status.UP, AT - timedelta(days=1))
MINUTE = 7  # of the hour, for "mail-1"
HOUR = [AT + timedelta(minutes=minute) for minute in range(60)]


def dues(interval: int, ticks: Iterable[datetime] = HOUR, sensor_id: str = "mail-1") -> list[datetime]:
    settings = replace(SENSOR, id=sensor_id, interval=interval)
    scanned = replace(SCANNED, fingerprint=settings.fingerprint)
    return [tick for tick in ticks if is_due(settings, scanned, tick)]


@pytest.mark.parametrize("interval", [30, 60, 300, 864_000])
def test_a_new_sensor_is_due_at_every_tick(interval: int) -> None:
    settings = replace(SENSOR, interval=interval)
    assert HOUR == [tick for tick in HOUR if is_due(settings, None, tick)]


@pytest.mark.parametrize("reason", [Reason.SETTINGS_INVALID, Reason.NOT_RUN])
def test_a_sensor_that_was_never_reached_is_as_good_as_new(reason: Reason) -> None:
    """Whoever mends an item wants to see it scanned, and not in ten days."""
    settings = replace(SENSOR, interval=864_000)
    state = State(Status.UNKNOWN, AT, reason=reason)
    assert HOUR == [tick for tick in HOUR if is_due(settings, state, tick)]


@pytest.mark.parametrize("interval", [30, 60])
def test_up_to_a_minute_every_tick_is_due(interval: int) -> None:
    assert HOUR == dues(interval)


@pytest.mark.parametrize("interval", [60, 300, 864_000])
def test_what_is_changed_or_no_longer_paused_waits_for_no_minute_of_its_own(interval: int) -> None:
    settings = replace(SENSOR, interval=interval)
    changed = replace(SCANNED, fingerprint=replace(settings, host="pop.example.org").fingerprint)
    if interval > 60:
        assert HOUR == [tick for tick in HOUR if is_due(settings, changed, tick)]
    resumed = State(Status.PAUSED, AT, fingerprint=settings.fingerprint)
    assert HOUR == [tick for tick in HOUR if is_due(settings, resumed, tick)]


# Status, failed scans in a row: how many scans in an hour of a sensor that is scanned once an hour.
OFTEN: dict[str, tuple[Status, int, int]] = {
    "it is well": (Status.UP, 0, 1),
    "a failed scan that is a Warning is looked at again at once": (Status.WARNING, 1, 60),
    "a Warning for another reason is not": (Status.WARNING, 0, 1),
    "what is Down is known": (Status.DOWN, 2, 1),
    "a trouble of its own": (Status.UNKNOWN, 1, 1),
}


@pytest.mark.parametrize(("status", "failures", "scans"), OFTEN.values(), ids=OFTEN)
def test_how_often_a_status_is_scanned(status: Status, failures: int, scans: int) -> None:
    settings = replace(SENSOR, interval=3600)
    state = State(status, AT, failures=failures, fingerprint=settings.fingerprint)
    assert scans == len([tick for tick in HOUR if is_due(settings, state, tick)])


# Minutes from its own minute on in which no tick came; the minute in which it is scanned.
MISSED = {0: 0, 1: 1, 2: 2, 59: 59}


@pytest.mark.parametrize(("missing", "scanned"), MISSED.items())
def test_a_missed_minute_is_made_up_for_at_the_next_tick(missing: int, scanned: int) -> None:
    settings = replace(SENSOR, interval=3600)
    own = AT + timedelta(minutes=MINUTE)
    state = replace(
        SCANNED, fingerprint=settings.fingerprint, last_scan=own - timedelta(hours=1) + timedelta(seconds=3)
    )
    ticks = [own + timedelta(minutes=minute) for minute in range(missing, 60)]
    due = [tick for tick in ticks if is_due(settings, state, tick)]
    assert own + timedelta(minutes=scanned) == due[0]
    again = replace(state, last_scan=due[0] + timedelta(seconds=3))
    assert [] == [tick for tick in ticks if is_due(settings, again, tick) and tick > due[0]]


def test_a_clock_that_is_behind_misses_nothing() -> None:
    """The scan of its own minute may bear a time from just before that minute."""
    settings = replace(SENSOR, interval=3600)
    own = AT + timedelta(minutes=MINUTE)
    state = replace(SCANNED, fingerprint=settings.fingerprint, last_scan=own - timedelta(seconds=2))
    assert not is_due(settings, state, own + timedelta(minutes=1))


# Seconds: scans in an hour. Whole hours hold a whole number of these intervals.
IN_AN_HOUR = {120: 30, 180: 20, 300: 12, 600: 6, 900: 4, 1800: 2, 3600: 1}


@pytest.mark.parametrize("interval", IN_AN_HOUR)
def test_each_sensor_is_due_once_in_each_interval(interval: int) -> None:
    for number in range(100):
        first, *rest = dues(interval, sensor_id=f"mail-{number}")
        steps = timedelta(seconds=interval)
        assert [first + step * steps for step in range(IN_AN_HOUR[interval])] == [first, *rest]
        assert first < AT + steps


@pytest.mark.parametrize("interval", [420, 3_660, 86_400, 864_000])
def test_intervals_that_divide_no_hour(interval: int) -> None:
    """Over any three of them, wherever they begin; across midnight, the month and the year too."""
    begin = datetime.fromisoformat("2025-12-30T23:07:00+00:00")
    ticks = [begin + timedelta(minutes=minute) for minute in range(3 * interval // 60)]
    first, second, third = dues(interval, ticks)
    assert second - first == third - second == timedelta(seconds=interval)


def test_a_thousand_sensors_are_spread_evenly() -> None:
    load = Counter(tick for number in range(1_000) for tick in dues(300, HOUR[:5], f"mail-{number}"))
    assert 1_000 == load.total()
    assert set(load) == set(HOUR[:5])
    assert max(load.values()) <= 1.3 * 1_000 / 5


def test_the_minute_is_stable() -> None:
    """Nothing of the process goes into it (as `hash` would), and nothing of the second in which the tick comes."""
    assert [AT + timedelta(minutes=MINUTE)] == dues(3600)
    assert [AT + timedelta(minutes=MINUTE, seconds=59)] == dues(3600, [tick + timedelta(seconds=59) for tick in HOUR])


def test_another_time_zone_is_the_same_minute() -> None:
    ticks = [tick.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+05:45").tzinfo) for tick in HOUR]
    assert [AT + timedelta(minutes=MINUTE)] == dues(3600, ticks)
