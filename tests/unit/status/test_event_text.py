"""The line of a status event: what stands in it, that nothing breaks it, and what is left out where it is too long."""

import unicodedata
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.model import Reason, Status
from pop3_sensor.status.event_text import MAX_TEXT, event_text

DOWN: dict[str, Any] = {
    "sensor_id": "night",
    "name": "Mail at night",
    "host": "mail.example.org",
    "port": 110,
    "status": "Down",
    "previous_status": "Warning",
    "since": "2027-01-31T02:14:07.120000+00:00",
    "reason": "refused",
    "message": "nothing accepts connections here",
}
SINCE = "since 2027-01-31 02:14:07 UTC"
AT_110 = "[mail.example.org:110]"
UP = {"status": "Up", "previous_status": "Down", "reason": "", "message": ""}

# What differs from the above, the line.
LINES: dict[str, tuple[dict[str, Any], str]] = {
    "Down": (
        {},
        f"Mail at night (night) is Down, was Warning, {SINCE} {AT_110} refused: nothing accepts connections here",
    ),
    "Up again has no reason": (
        UP,
        f"Mail at night (night) is Up, was Down, {SINCE} {AT_110}",
    ),
    "the first status was none before": (
        {"previous_status": ""},
        f"Mail at night (night) is Down, {SINCE} {AT_110} refused: nothing accepts connections here",
    ),
    "a name that is the id is said once": (
        UP | {"name": "night"},
        f"night is Up, was Down, {SINCE} {AT_110}",
    ),
    "an invalid item has neither host nor port": (
        {"status": "Unknown", "host": None, "port": None, "reason": "settings_invalid", "message": "host: is missing"},
        f"Mail at night (night) is Unknown, was Warning, {SINCE} settings_invalid: host: is missing",
    ),
    "a host whose port is invalid": (
        UP | {"port": None},
        f"Mail at night (night) is Up, was Down, {SINCE} [mail.example.org]",
    ),
    "an IPv6 address stands apart from its port": (
        UP | {"host": "2001:db8::1"},
        f"Mail at night (night) is Up, was Down, {SINCE} [[2001:db8::1]:110]",
    ),
    "a pause has a message and no reason": (
        {"status": "Paused", "previous_status": "Down", "reason": "", "message": "paused: user"},
        f"Mail at night (night) is Paused, was Down, {SINCE} {AT_110} paused: user",
    ),
    "the time is that of UTC": (
        UP | {"since": "2027-01-31T03:14:07+02:00"},
        f"Mail at night (night) is Up, was Down, since 2027-01-31 01:14:07 UTC {AT_110}",
    ),
    "quotes, backslashes and other alphabets stay": (
        {"name": 'Say "hi" \\ there 👋 שלום', "message": 'it said -ERR "no" \\o/'},
        f'Say "hi" \\ there 👋 שלום (night) is Down, was Warning, {SINCE} {AT_110} refused: it said -ERR "no" \\o/',
    ),
    "an id that nobody would take breaks no line": (
        UP | {"name": "a\nb\u202e\ud800\ufffe", "sensor_id": "a\nb\u202e\ud800\ufffe", "host": None, "port": None},
        f"ab is Up, was Down, {SINCE}",
    ),
}


@pytest.mark.parametrize(("changes", "line"), LINES.values(), ids=LINES)
def test_line(changes: dict[str, Any], line: str) -> None:
    assert line == event_text(DOWN | changes)


def test_what_is_cut_is_the_message() -> None:
    detail = DOWN | {"name": "n" * 128, "sensor_id": "i" * 64, "message": "m" * 300}
    text = event_text(detail)
    assert MAX_TEXT == len(text)
    assert text.startswith(f"{'n' * 128} ({'i' * 64}) is Down, was Warning, since 2027-01-31 02:14:07 UTC ")
    assert "[mail.example.org:110] refused: mmm" in text
    assert text.endswith("mmm…")


ANYTHING = st.text(max_size=300)


@given(
    st.fixed_dictionaries(
        {
            "sensor_id": st.text(min_size=1, max_size=2048),
            "name": st.text(min_size=1, max_size=2048),
            "host": st.none() | ANYTHING,
            "port": st.none() | st.integers(1, 65535),
            "status": st.sampled_from(Status),
            "previous_status": st.sampled_from(["", *Status]),
            "since": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()).map(  # noqa: DTZ001 - hypothesis adds the zone
                datetime.isoformat
            ),
            "reason": st.sampled_from(["", *Reason]),
            "message": ANYTHING,
        }
    )
)
def test_it_is_always_one_line_that_every_service_takes(detail: dict[str, Any]) -> None:
    text = event_text(detail)
    assert len(text) <= MAX_TEXT
    assert 1 == len(text.splitlines())
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs", "Zl", "Zp"}
    assert "\ufffe" not in text
    text.encode()
