"""A span of time and its period: as fine as CloudWatch keeps values, and not finer than a graph can show."""

from datetime import UTC, datetime, timedelta

from ..ports import Span

MAX_VALUES = 300

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MINUTES = (_MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE)
_PERIODS = (*_MINUTES, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY)

# CloudWatch keeps one-minute values for 15 days, five-minute values for 63, hourly ones for 455. One day less is safe.
_KEPT = ((timedelta(days=14), _MINUTE), (timedelta(days=62), 5 * _MINUTE))


# How far back to look for the last values of a sensor with at most this interval (seconds).
_LOOKS_BACK = (
    (300, timedelta(hours=1)),
    (3600, timedelta(hours=8)),
    (86_400, timedelta(days=4)),
    (864_000, timedelta(days=40)),
)


def span_of(start: datetime, end: datetime, now: datetime) -> Span:
    """In the finest periods that CloudWatch still has, at most MAX_VALUES of them and at least one."""
    finest = next((period for age, period in _KEPT if now - start <= age), _HOUR)
    wide = (end - start).total_seconds()
    fitting = (period for period in _PERIODS if period % finest == 0 and wide <= period * (MAX_VALUES - 1))
    period = next(fitting, None) or _DAY * -int(-wide // (_DAY * (MAX_VALUES - 1)))
    first, last = start.timestamp() // period, -(-end.timestamp() // period)
    return Span(_moment(first * period), _moment(max(last, first + 1) * period), period)


def look_back(interval: int) -> timedelta:
    """Far enough for a few values of a sensor with this interval (seconds)."""
    return next(back for longest, back in _LOOKS_BACK if interval <= longest)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
