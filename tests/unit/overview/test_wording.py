"""How values and times are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pop3_sensor.model import Channel, PauseReason
from pop3_sensor.overview.wording import TITLES, amount, clock, lasting, lasting_seconds, paused_by, short
from tests.samples import AT

AMOUNTS = [
    (Channel.RESPONSE_TIME, 0, "0 ms"),
    (Channel.RESPONSE_TIME, 0.056, "0.06 ms"),
    (Channel.RESPONSE_TIME, 12.34, "12.3 ms"),
    (Channel.RESPONSE_TIME, 50.04, "50 ms"),
    (Channel.RESPONSE_TIME, 141.751, "142 ms"),
    (Channel.RESPONSE_TIME, 1200, "1\u202f200 ms"),
    (Channel.RESPONSE_TIME, 61_500, "61.5 s"),
    (Channel.DOWNTIME, 100, "100 %"),
    (Channel.DOWNTIME, 2.5, "2.5 %"),
    (Channel.STATUS, 2, "Down"),
    (Channel.STATUS, 0.4, "Up"),
    (Channel.STATUS, 9, "Unknown"),
    (Channel.CERTIFICATE_DAYS_LEFT, -2.5, "-2.5 days"),
    (Channel.MESSAGE_COUNT, 12_345, "12\u202f345"),
    (Channel.MAILBOX_SIZE, 320, "320 B"),
    (Channel.MAILBOX_SIZE, 1_500_000, "1.43 MiB"),
    (Channel.MAILBOX_SIZE, 5e15, "4\u202f656\u202f613 GiB"),
]


@pytest.mark.parametrize(("channel", "value", "expected"), AMOUNTS)
def test_an_amount(channel: Channel, value: float, expected: str) -> None:
    assert expected == amount(channel, value)


@pytest.mark.parametrize(
    ("channel", "value", "expected"),
    [
        (Channel.RESPONSE_TIME, 150, "150 ms"),
        (Channel.STATUS, 1, "Warning"),
        (Channel.CERTIFICATE_DAYS_LEFT, 355_419, "355k d"),
        (Channel.CERTIFICATE_DAYS_LEFT, 7.5, "7.5 d"),
        (Channel.MESSAGE_COUNT, 9999, "9\u202f999"),
        (Channel.MESSAGE_COUNT, 20_000, "20k"),
    ],
)
def test_beside_an_axis(channel: Channel, value: float, expected: str) -> None:
    assert expected == short(channel, value)


def test_every_channel_has_a_title() -> None:
    assert set(Channel) == set(TITLES)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11_100, "3 h 5 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_how_long_something_lasts(seconds: int, expected: str) -> None:
    assert expected == lasting(timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(30, "30 s"), (60, "1 min"), (90, "90 s"), (7200, "2 h"), (864_000, "10 d")]
)
def test_a_setting_in_seconds(seconds: int, expected: str) -> None:
    assert expected == lasting_seconds(seconds)


CLOCKS: dict[str, tuple[datetime, int, str]] = {
    "today": (AT - timedelta(hours=2), 0, "10:00"),
    "another day": (AT - timedelta(days=3), 0, "28 Jan 12:00"),
    "another year": (AT - timedelta(days=40), 0, "22 Dec 2025 12:00"),
    "the reader's zone": (AT, 90, "13:30"),
    "the reader's yesterday": (AT - timedelta(hours=12), -60, "30 Jan 23:00"),
}


@pytest.mark.parametrize(("moment", "offset", "expected"), CLOCKS.values(), ids=CLOCKS)
def test_a_moment(moment: datetime, offset: int, expected: str) -> None:
    assert expected == clock(moment.astimezone(UTC), timezone(timedelta(minutes=offset)), AT)


def test_why_a_sensor_is_paused() -> None:
    assert "paused by hand, by dependency, by schedule, for maintenance" == paused_by(tuple(PauseReason))
    assert "paused" == paused_by(())
