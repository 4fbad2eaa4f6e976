"""When the calendar pauses a sensor: on the wall clock of the schedule's own time zone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pop3_sensor.model.calendars import PRESETS, MaintenanceWindow, Schedule, minutes_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = [MONDAY + timedelta(minutes=minute) for minute in range(7 * 24 * 60)]
BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


def written(at: datetime) -> str:
    return f"{DAYS[at.weekday()]}:{at:%H:%M}"


# Period: its first and last minute that are paused, and how many there are.
PERIODS = {
    "mo:09:00-mo:10:00": ("mo:09:00", "mo:09:59", 60),
    "mo:00:00-mo:00:01": ("mo:00:00", "mo:00:00", 1),
    "mo:00:00-tu:00:00": ("mo:00:00", "mo:23:59", 24 * 60),
    "tu:22:30-we:06:15": ("tu:22:30", "we:06:14", 7 * 60 + 45),
    "su:23:59-mo:00:00": ("su:23:59", "su:23:59", 1),
    "su:23:00-mo:01:00": ("su:23:00", "mo:00:59", 2 * 60),
    "fr:17:00-mo:09:00": ("fr:17:00", "mo:08:59", 64 * 60),
    "mo:10:00-mo:09:00": ("mo:10:00", "mo:08:59", 167 * 60),
    "mo:00:01-mo:00:00": ("mo:00:01", "su:23:59", 7 * 24 * 60 - 1),
}


@pytest.mark.parametrize(("period", "paused"), PERIODS.items(), ids=PERIODS)
def test_a_period_of_the_week(period: str, paused: tuple[str, str, int]) -> None:
    """Its start belongs to it, its end does not; it may go round the week's end."""
    schedule = Schedule("UTC", (period,))
    holds = [schedule.pauses(at) for at in WEEK]
    (first,) = [at for number, at in enumerate(WEEK) if holds[number] and not holds[number - 1]]
    (last,) = [at for number, at in enumerate(WEEK) if holds[number] and not holds[(number + 1) % len(WEEK)]]
    assert paused == (written(first), written(last), sum(holds))


def test_to_the_second() -> None:
    schedule = Schedule("UTC", ("mo:09:00-mo:10:00",))
    start, end, moment = MONDAY.replace(hour=9), MONDAY.replace(hour=10), timedelta(microseconds=1)
    edges = [start - moment, start, end - moment, end]
    assert [False, True, True, False] == [schedule.pauses(at) for at in edges]


def test_periods_add_up() -> None:
    schedule = Schedule("UTC", ("mo:09:00-mo:11:00", "mo:10:00-mo:12:00", "su:00:00-su:01:00"))
    assert 4 * 60 == sum(map(schedule.pauses, WEEK))


def test_no_periods_pause_nothing() -> None:
    assert not any(map(Schedule("UTC", ()).pauses, WEEK))


def test_every_week_is_alike() -> None:
    schedule = Schedule("UTC", ("fr:17:00-mo:09:00",))
    saturdays = [MONDAY + timedelta(days=5 + 7 * week) for week in range(60)]
    assert all(map(schedule.pauses, saturdays))
    assert not any(schedule.pauses(at + timedelta(days=3)) for at in saturdays)


NO_PERIODS = [
    "",
    "fr:17:00",
    "fr:17:00-",
    "fr-mo",
    "fr:17:00-mo:09:00 ",
    "fr:17:00 - mo:09:00",
    "FR:17:00-mo:09:00",
    "fr:24:00-mo:09:00",
    "fr:17:60-mo:09:00",
    "fr:7:00-mo:09:00",
    "fr:17:00-mo:9:00",
    "fr:17:00:00-mo:09:00:00",
    "17:00-18:00",
    "fri:17:00-mon:09:00",
    "fr:17:00\u2013mo:09:00",
    "fr:\u0661\u0667:00-mo:09:00",
    "fr:17:00-mo:09:00\n",
]


@pytest.mark.parametrize("text", NO_PERIODS)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="is no period like fr:17:00-mo:09:00"):
        minutes_of(text)


def test_a_period_of_no_length_is_refused() -> None:
    """Nobody knows whether it is nothing, or the whole week."""
    with pytest.raises(ValueError, match="starts where it ends"):
        minutes_of("mo:09:00-mo:09:00")


def hours(days: Iterable[int], *ranges: range) -> set[tuple[int, int]]:
    return {(day, hour) for day in days for one in ranges for hour in one}


# By PRTG's names: the hours in which it scans (day, hour; Monday is 0).
SCANNED = {
    "weekdays": hours(range(5), range(24)),
    "weekends": hours([5, 6], range(24)),
    "saturdays": hours([5], range(24)),
    "sundays": hours([6], range(24)),
    "weekdays_9_to_17": hours(range(5), range(9, 17)),
    "weekdays_8_to_20": hours(range(5), range(8, 20)),
    "weekday_nights_20_to_8": hours(range(5), range(8), range(20, 24)),
    "weekday_nights_17_to_9": hours(range(5), range(9), range(17, 24)),
}


def test_there_are_no_other_presets() -> None:
    assert SCANNED.keys() == PRESETS.keys()


@pytest.mark.parametrize("preset", SCANNED)
def test_a_preset_scans_in_just_these_hours(preset: str) -> None:
    """Every minute of them, on every day of the week."""
    schedule = Schedule("UTC", PRESETS[preset])
    for at in WEEK:
        assert schedule.pauses(at) == ((at.weekday(), at.hour) not in SCANNED[preset]), at


@pytest.mark.parametrize("preset", SCANNED)
def test_a_preset_is_what_somebody_might_have_written(preset: str) -> None:
    for period in PRESETS[preset]:
        minutes_of(period)


# ---- time zones ------------------------------------------------------------------------------------------------------


def test_in_autumn_the_hour_that_comes_twice_is_paused_both_times() -> None:
    """On 2026-10-25 Berlin's clocks go from 3:00 back to 2:00, which is 1:00 UTC."""
    schedule = Schedule("Europe/Berlin", ("su:02:00-su:03:00",))
    midnight = datetime(2026, 10, 25, tzinfo=BERLIN).astimezone(UTC)
    minutes = [midnight + timedelta(minutes=minute) for minute in range(25 * 60)]
    paused = [at for at in minutes if schedule.pauses(at)]
    assert 2 * 60 == len(paused)
    assert datetime(2026, 10, 25, 0, tzinfo=UTC) == paused[0]
    assert datetime(2026, 10, 25, 1, 59, tzinfo=UTC) == paused[-1]


def test_in_autumn_a_period_that_ends_within_that_hour_begins_again() -> None:
    """The wall clock says 2:15 once more, and it is the wall clock that counts."""
    schedule = Schedule("Europe/Berlin", ("su:01:00-su:02:30",))
    halves = [datetime(2026, 10, 24, 23, tzinfo=UTC) + timedelta(minutes=30 * half) for half in range(7)]
    shown = [f"{at.astimezone(BERLIN):%H:%M}" for at in halves]
    assert ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00"] == shown
    assert [True, True, True, False, True, False, False] == [schedule.pauses(at) for at in halves]


def test_in_spring_the_hour_that_never_comes_pauses_nothing() -> None:
    """On 2026-03-29 Berlin's clocks go from 2:00 on to 3:00, which is 1:00 UTC."""
    schedule = Schedule("Europe/Berlin", ("su:02:00-su:03:00",))
    midnight = datetime(2026, 3, 29, tzinfo=BERLIN).astimezone(UTC)
    assert not any(schedule.pauses(midnight + timedelta(minutes=minute)) for minute in range(23 * 60))


def test_in_spring_a_period_with_an_edge_in_that_hour_is_cut_by_it() -> None:
    schedule = Schedule("Europe/Berlin", ("su:02:30-su:04:00",))
    midnight = datetime(2026, 3, 29, tzinfo=BERLIN).astimezone(UTC)
    paused = [at for minute in range(23 * 60) if schedule.pauses(at := midnight + timedelta(minutes=minute))]
    assert 60 == len(paused)
    assert datetime(2026, 3, 29, 1, tzinfo=UTC) == paused[0]


# Time zone, moment: what its clocks show then.
ELSEWHERE = {
    "UTC": ("2026-01-05T00:00:00+00:00", "mo:00:00"),
    "Europe/Berlin": ("2026-01-05T00:00:00+00:00", "mo:01:00"),
    "Europe/Berlin in summer": ("2026-07-06T00:00:00+00:00", "mo:02:00"),
    "America/New_York": ("2026-01-05T00:00:00+00:00", "su:19:00"),
    "America/New_York in summer": ("2026-07-06T00:00:00+00:00", "su:20:00"),
    "Asia/Kathmandu": ("2026-01-05T00:00:00+00:00", "mo:05:45"),
    "Pacific/Kiritimati": ("2026-01-05T00:00:00+00:00", "mo:14:00"),
    "Pacific/Kiritimati for a moment written in another zone": ("2026-01-05T20:00:00-10:00", "tu:20:00"),
    "Australia/Lord_Howe": ("2026-01-05T00:00:00+00:00", "mo:11:00"),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_other_time_zones(case: str) -> None:
    moment, shown = ELSEWHERE[case]
    at = datetime.fromisoformat(moment)
    day, hour, minute = shown.split(":")
    one_later = at + timedelta(minutes=1)
    schedule = Schedule(case.split(maxsplit=1)[0], (f"{shown}-{day}:{hour}:{int(minute) + 1:02}",))
    assert [False, True, False] == [schedule.pauses(one) for one in (at - timedelta(minutes=1), at, one_later)]


# ---- maintenance windows ---------------------------------------------------------------------------------------------

START = datetime(2026, 2, 1, 6, tzinfo=UTC)
END = START + timedelta(hours=2)
MOMENT = timedelta(microseconds=1)
AROUND = {
    "before": (START - MOMENT, False),
    "at its start": (START, True),
    "at its start, in another zone": (START.astimezone(BERLIN), True),
    "within": (START + timedelta(hours=1), True),
    "at its last moment": (END - MOMENT, True),
    "at its end": (END, False),
    "at its end, in another zone": (END.astimezone(BERLIN), False),
    "the same hour a week later": (START + timedelta(days=7), False),
}


@pytest.mark.parametrize(("at", "paused"), AROUND.values(), ids=AROUND)
def test_the_start_of_a_window_belongs_to_it_and_the_end_does_not(at: datetime, paused: bool) -> None:
    assert paused == MaintenanceWindow(START, END).pauses(at)
    berlins = MaintenanceWindow(START.astimezone(BERLIN), END.astimezone(BERLIN))
    assert paused == berlins.pauses(at)
