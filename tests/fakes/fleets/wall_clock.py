"""When a schedule pauses, as docs/sensors.md#office-hours says, worked out minute by minute."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from tests.fakes.fleets.world import Item

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


def schedule_pauses(schedule: Item, tick: datetime) -> bool:
    """Assumed: in the hour that a clock shows twice, what the clock shows counts both times."""
    now = _now(tick, schedule["time_zone"])
    if "preset" in schedule:
        return not _preset_scans(schedule["preset"], *now)
    return any(now in _minutes(period) for period in schedule["paused"])


@cache
def _now(tick: datetime, zone: str) -> tuple[str, int, int]:
    day, hour, minute = map(int, f"{tick.astimezone(ZoneInfo(zone)):%w:%H:%M}".split(":"))
    return DAYS[day - 1], hour, minute


@cache
def _minutes(period: str) -> set[tuple[str, int, int]]:
    """Every minute of the period."""
    first, last = period.split("-")
    week = [(day, hour, minute) for day in DAYS for hour in range(24) for minute in range(60)]
    names = [f"{day}:{hour:02}:{minute:02}" for day, hour, minute in week]
    here, minutes = names.index(first), set()
    while names[here] != last:
        minutes.add(week[here])
        here = (here + 1) % len(week)
    return minutes


def _preset_scans(preset: str, day: str, hour: int, _minute: int) -> bool:
    working = day not in ("sa", "su")
    return {
        "weekdays": working,
        "weekends": not working,
        "saturdays": day == "sa",
        "sundays": day == "su",
        "weekdays_9_to_17": working and 9 <= hour < 17,
        "weekdays_8_to_20": working and 8 <= hour < 20,
        # Assumed: a weekday's night is the first and the last hours of that day.
        "weekday_nights_20_to_8": working and (hour < 8 or hour >= 20),
        "weekday_nights_17_to_9": working and (hour < 9 or hour >= 17),
    }[preset]
