"""How finely a span is read, and how it is written along a graph."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.overview.scales import Scale, moments, round_steps
from pop3_sensor.overview.spans import MAX_VALUES, span_of
from pop3_sensor.ports import Span
from tests.samples import AT

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Start and end before now, the period in seconds.
PERIODS: dict[str, tuple[timedelta, timedelta, int]] = {
    "a minute": (MINUTE, timedelta(), 60),
    "three hours": (3 * HOUR, timedelta(), 60),
    "twelve hours": (12 * HOUR, timedelta(), 300),
    "a day": (DAY, timedelta(), 300),
    "three days": (3 * DAY, timedelta(), 900),
    "a week": (7 * DAY, timedelta(), 3600),
    "thirty days": (30 * DAY, timedelta(), 10_800),
    "fifteen months": (455 * DAY, timedelta(), 172_800),
    "an hour, almost two weeks ago": (14 * DAY, 14 * DAY - HOUR, 60),
    "an hour, 15 days ago: CloudWatch has no minutes": (15 * DAY, 15 * DAY - HOUR, 300),
    "an hour, 63 days ago: CloudWatch has no five minutes": (63 * DAY, 63 * DAY - HOUR, 3600),
    "twenty years": (7300 * DAY, timedelta(), 25 * 86_400),
}


@pytest.mark.parametrize(("start", "end", "expected"), PERIODS.values(), ids=PERIODS)
def test_the_period(start: timedelta, end: timedelta, expected: int) -> None:
    assert expected == span_of(AT - start, AT - end, AT).period


@given(st.integers(1, 900 * 86_400), st.integers(0, 500 * 86_400))
def test_every_span_is_one_that_cloudwatch_answers(wide: int, ago: int) -> None:
    end = AT - timedelta(seconds=ago)
    start = end - timedelta(seconds=wide)
    span = span_of(start, end, AT)
    age = AT - span.start
    assert 0 == span.period % (3600 if age > 63 * DAY else 300 if age > 15 * DAY else 60)
    assert 0 == span.start.timestamp() % span.period == span.end.timestamp() % span.period
    assert span.start <= start < end <= span.end
    assert (span.end - span.start) / timedelta(seconds=span.period) <= MAX_VALUES + 1


def test_an_instant_is_one_period() -> None:
    assert Span(AT, AT + MINUTE, 60) == span_of(AT, AT, AT)


# Lowest and highest value, the steps.
STEPS: dict[str, tuple[float, float, list[float]]] = {
    "nothing": (0, 0, [0, 0.25, 0.5, 0.75, 1]),
    "less than any channel measures": (0, 5e-324, [0, 0.25, 0.5, 0.75, 1]),
    "small": (0, 0.07, [0, 0.02, 0.04, 0.06, 0.08]),
    "usual": (0, 141.7, [0, 50, 100, 150]),
    "large": (0, 12_345, [0, 5000, 10_000, 15_000]),
    "below nought": (-2.5, 60, [-20, 0, 20, 40, 60]),
    "exactly on a step": (0, 100, [0, 25, 50, 75, 100]),
    "all below nought": (-30, 0, [-30, -20, -10, 0]),
}


@pytest.mark.parametrize(("lowest", "highest", "expected"), STEPS.values(), ids=STEPS)
def test_round_steps(lowest: float, highest: float, expected: list[float]) -> None:
    assert expected == round_steps(lowest, highest)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_steps_enclose_what_they_are_for(lowest: float, wide: float) -> None:
    steps = round_steps(lowest, lowest + wide)
    hair = 1e-6 * max(1.0, abs(lowest), wide)
    assert steps[0] <= lowest + hair
    assert lowest + wide <= steps[-1] + hair
    assert 2 <= len(steps) <= 7


# Span, offset of the reader's zone, the labels.
MOMENTS: dict[str, tuple[timedelta, int, list[str]]] = {
    "an hour": (HOUR, 0, ["11:00", "11:15", "11:30", "11:45"]),
    "three hours": (3 * HOUR, 0, ["09:00", "10:00", "11:00"]),
    "a day, in whose middle the date changes": (DAY, 0, ["12:00", "18:00", "31 Jan", "06:00"]),
    "a day in another zone": (DAY, 60, ["18:00", "31 Jan", "06:00", "12:00"]),
    "half an hour's zone": (3 * HOUR, 330, ["15:00", "16:00", "17:00"]),
    "five days": (5 * DAY, 0, ["27 Jan", "28 Jan", "29 Jan", "30 Jan", "31 Jan"]),
    "a year": (365 * DAY, 0, ["1 May", "30 Jul", "28 Oct", "26 Jan"]),
}


@pytest.mark.parametrize(("wide", "offset", "expected"), MOMENTS.values(), ids=MOMENTS)
def test_the_times_along_a_graph(wide: timedelta, offset: int, expected: list[str]) -> None:
    zone = timezone(timedelta(minutes=offset))
    found = moments(Span(AT - wide, AT, 60), zone, 5)
    assert expected == [label for _, label in found]
    assert all(AT - wide <= at < AT for at, _ in found)


def test_moments_of_a_span_far_in_the_past() -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    assert len(moments(Span(start, start + 9000 * DAY, 86_400), UTC, 10)) <= 11


def test_a_scale_of_an_empty_range_lies_at_its_beginning() -> None:
    assert 7 == Scale(3, 3, 7, 9)(3)
