"""When a sensor is paused by the calendar: weekly schedules and maintenance windows."""

import functools
import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_PERIOD = re.compile(
    r"(mo|tu|we|th|fr|sa|su):([01]\d|2[0-3]):([0-5]\d)-(mo|tu|we|th|fr|sa|su):([01]\d|2[0-3]):([0-5]\d)"
)


def _all_but(*hours: tuple[int, int], days: range) -> tuple[str, ...]:
    """The pauses that leave only these hours, on these days of the week, for scanning."""
    scanned = sorted((day * _DAY + start * 60, day * _DAY + end * 60) for day in days for start, end in hours)
    ends = [end % _WEEK for _, end in scanned]
    next_starts = [start % _WEEK for start, _ in (*scanned[1:], scanned[0])]
    return tuple(f"{_clock(end)}-{_clock(start)}" for end, start in zip(ends, next_starts, strict=True) if end != start)


def _clock(minute: int) -> str:
    day, rest = divmod(minute, _DAY)
    return f"{_DAYS[day]}:{rest // 60:02}:{rest % 60:02}"


_WEEKDAYS = range(5)

# PRTG's presets by name, with their hours of scanning. PRTG's time table has one row of hours for each day, so a
# weekday's night is the first and the last hours of that same day.
PRESETS = {
    "weekdays": _all_but((0, 24), days=_WEEKDAYS),
    "weekends": _all_but((0, 24), days=range(5, 7)),
    "saturdays": _all_but((0, 24), days=range(5, 6)),
    "sundays": _all_but((0, 24), days=range(6, 7)),
    "weekdays_9_to_17": _all_but((9, 17), days=_WEEKDAYS),
    "weekdays_8_to_20": _all_but((8, 20), days=_WEEKDAYS),
    "weekday_nights_20_to_8": _all_but((0, 8), (20, 24), days=_WEEKDAYS),
    "weekday_nights_17_to_9": _all_but((0, 9), (17, 24), days=_WEEKDAYS),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pauses of every week, on the wall clock of a time zone.

    In autumn the clock shows an hour twice: a pause in it holds both times. In spring it skips an hour, and a pause in
    it never holds.
    """

    time_zone: str
    paused: tuple[str, ...]

    def __str__(self) -> str:
        return f"paused {' '.join(self.paused)} in {self.time_zone}"

    def pauses(self, at: datetime) -> bool:
        now = _minute_of_week(at, self.time_zone)
        return any(_holds(period, now) for period in _minutes_of(self.paused))


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """`start` is the first paused moment, `end` the first one after the pause."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start.isoformat()} to {self.end.isoformat()}"

    def pauses(self, at: datetime) -> bool:
        return self.start <= at < self.end


@functools.lru_cache(maxsize=64)  # in one tick many sensors ask for the same few zones
def _minute_of_week(at: datetime, time_zone: str) -> int:
    local = at.astimezone(ZoneInfo(time_zone))
    return local.weekday() * _DAY + local.hour * 60 + local.minute


@functools.lru_cache(maxsize=1024)  # a tick asks all sensors below a group for the same periods, twice
def _minutes_of(periods: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(map(minutes_of, periods))


def minutes_of(period: str) -> tuple[int, int]:
    """Start and end as minutes of the week. Raises ValueError for a text that is no period."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError("is no period like fr:17:00-mo:09:00")
    day, hour, minute, last_day, last_hour, last_minute = match.groups()
    start = _DAYS.index(day) * _DAY + int(hour) * 60 + int(minute)
    end = _DAYS.index(last_day) * _DAY + int(last_hour) * 60 + int(last_minute)
    if start == end:
        raise ValueError("starts where it ends")
    return start, end


def _holds(period: tuple[int, int], now: int) -> bool:
    start, end = period
    return start <= now < end if start < end else now >= start or now < end
