"""Axes: from values to pixels, and the round values and times that are written at them."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ..ports import Span

_STEPS = (1, 2, 2.5, 5, 10)
_HAIR = 1e-6  # values that differ by less count as equal
_MINUTES = (1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440, 30 * 1440, 90 * 1440)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values to pixels. If the range is empty, every value lies at its start."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        width = self.last - self.first
        share = (value - self.first) / width if width else 0.0
        return self.start + share * (self.end - self.start)


def round_steps(lowest: float, highest: float, most: int = 4) -> list[float]:
    """Evenly spaced round values that enclose both, with one step at least and `most` steps at most."""
    wide = highest - lowest
    if wide <= _HAIR * max(1.0, abs(lowest)):
        highest, wide = lowest + 1, 1.0
    power = 10.0 ** math.floor(math.log10(wide / most))
    step = next(power * one for one in _STEPS if wide <= power * one * most * (1 + 1e-9))
    first, last = math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def moments(span: Span, zone: timezone, most: int) -> list[tuple[datetime, str]]:
    """Round times within the span, in the reader's zone, with their labels."""
    wide = (span.end - span.start) / timedelta(minutes=1)
    longest = _MINUTES[-1]
    step = next((minutes for minutes in _MINUTES if wide / minutes <= most), longest * math.ceil(wide / most / longest))
    midnight = span.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    here = midnight + timedelta(minutes=step * math.ceil((span.start - midnight) / timedelta(minutes=step)))
    found = []
    while here < span.end:
        daily = step >= 1440 or (here.hour == 0 and here.minute == 0)  # noqa: PLR2004 - minutes of a day
        found.append((here, f"{here.day} {here:%b}" if daily else f"{here:%H:%M}"))
        here += timedelta(minutes=step)
    return found
