"""What the widget is asked, however it is asked."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from pop3_sensor.items import read_item
from pop3_sensor.model import Status
from pop3_sensor.overview.filters import Filter, tags_of
from pop3_sensor.overview.request import Request, read_request
from tests.fakes.looking import HOUR, event
from tests.samples import AT

TROUBLE = frozenset({Status.DOWN, Status.WARNING, Status.UNKNOWN})


def asked(**parts: Any) -> Request:
    return read_request(event(**parts), AT)


def milliseconds(ago: timedelta) -> int:
    return int((AT - ago).timestamp() * 1000)


RANGE = {"mode": "relative", "start": milliseconds(2 * HOUR), "end": milliseconds(HOUR), "relativeStart": 3_600_000}
ZOOM = {"start": milliseconds(HOUR * 1.5), "end": milliseconds(HOUR * 1.25)}

# The time range, from and until when, before now.
RANGES: dict[str, tuple[Any, timedelta, timedelta]] = {
    "none": (None, 3 * HOUR, 0 * HOUR),
    "of the dashboard": (RANGE, 2 * HOUR, HOUR),
    "zoomed into": (RANGE | {"zoom": ZOOM}, HOUR * 1.5, HOUR * 1.25),
    "with a zoom that is none": (RANGE | {"zoom": None}, 2 * HOUR, HOUR),
    "in the future": ({"start": milliseconds(-HOUR), "end": milliseconds(-2 * HOUR)}, timedelta(minutes=1), 0 * HOUR),
    "backwards": ({"start": milliseconds(HOUR), "end": milliseconds(2 * HOUR)}, HOUR * 2 + HOUR / 60, 2 * HOUR),
    "beyond all clocks": ({"start": 0, "end": 1e18}, 3 * HOUR, 0 * HOUR),
}


@pytest.mark.parametrize(("given", "start", "end"), RANGES.values(), ids=RANGES)
def test_the_time_range(given: Any, start: timedelta, end: timedelta) -> None:
    request = asked(timeRange=given)
    assert (AT - start, AT - end) == (request.start, request.end)


# What the author pins, what the reader's form holds, what was clicked: tags, statuses, sensor, group.
FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], tuple[Filter, Filter, str, str]]] = {
    "nothing": ({}, {}, {}, (Filter(), Filter(), "", "")),
    "a form": (
        {},
        {"tags": "Berlin, imap", "status": "Down"},
        {},
        (Filter(), Filter(("Berlin", "imap"), frozenset({Status.DOWN})), "", ""),
    ),
    "parameters": (
        {"tags": ["berlin"], "status": ["Down", "warning"]},
        {},
        {},
        (Filter(("berlin",), frozenset({Status.DOWN, Status.WARNING})), Filter(), "", ""),
    ),
    "a parameter as text": ({"tags": "a,b  c,"}, {}, {}, (Filter(("a", "b", "c")), Filter(), "", "")),
    "what is not well": ({"status": "trouble"}, {}, {}, (Filter((), TROUBLE), Filter(), "", "")),
    "the form beside the parameters": (
        {"tags": ["a"]},
        {"tags": "b"},
        {},
        (Filter(("a",)), Filter(("b",)), "", ""),
    ),
    "a click is stronger than the form": (
        {},
        {"tags": "a", "sensor": "x"},
        {"tags": "", "sensor": ""},
        (Filter(), Filter(), "", ""),
    ),
    "a form keeps what was clicked before": ({}, {"sensor": "x", "group": "g"}, {}, (Filter(), Filter(), "x", "g")),
    "fields of odd types": ({}, {"tags": ["a"], "sensor": 5, "status": None}, {}, (Filter(), Filter(), "", "")),
}


@pytest.mark.parametrize(("params", "forms", "go", "expected"), FIELDS.values(), ids=FIELDS)
def test_filters_and_places(
    params: dict[str, Any], forms: dict[str, Any], go: dict[str, Any], expected: tuple[Filter, Filter, str, str]
) -> None:
    request = asked(params=params, forms=forms, go=go)
    assert expected == (request.pinned, request.chosen, request.sensor, request.group)
    assert () == request.complaints


# Parameters that are not understood, what is told.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown status": (
        {"status": "Donw"},
        "the parameter status holds 'Donw'; allowed: trouble, Down, Warning, Unknown, Up, Paused",
    ),
    "tags of an odd type": ({"tags": 5}, "the parameter tags holds 5; allowed: a text or a list of texts"),
    "a status of an odd type": (
        {"status": {"a": 1}},
        "the parameter status holds {'a': 1}; allowed: a text or a list of texts",
    ),
}


@pytest.mark.parametrize(("params", "told"), WRONG.values(), ids=WRONG)
def test_parameters_that_are_not_understood_are_told(params: dict[str, Any], told: str) -> None:
    assert (told,) == asked(params=params).complaints


def test_an_empty_event_is_a_question_too() -> None:
    request = read_request({}, AT)
    assert ("light", 1000, UTC, AT - 3 * HOUR) == (request.theme, request.width, request.zone, request.start)


@pytest.mark.parametrize(
    ("given", "expected"), [("dark", "dark"), ("light", "light"), ("cosmic", "light"), ("DARK", "light")]
)
def test_the_theme(given: str, expected: str) -> None:
    assert expected == asked(theme=given).theme


@pytest.mark.parametrize(("given", "expected"), [(588, 588), (3, 320), (99_999, 1600), (700.5, 700)])
def test_the_width(given: float, expected: int) -> None:
    assert expected == asked(width=given).width


@pytest.mark.parametrize(("offset", "minutes"), [("+00:00", 0), ("+05:30", 330), ("-03:00", -180), ("Z", 0)])
def test_the_readers_zone(offset: str, minutes: int) -> None:
    assert timedelta(minutes=minutes) == asked(timezone={"offsetISO": offset, "label": "?"}).zone.utcoffset(None)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"widgetContext": "no"}, id="a context that is none"),
        pytest.param({"widgetContext": {"forms": {"all": []}}}, id="forms that are none"),
        pytest.param({"go": []}, id="a click that is none"),
        pytest.param({"widgetContext": {"timezone": {"offsetISO": "<b>"}}}, id="a zone that is none"),
    ],
)
def test_an_event_of_somebody_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="this event is not understood; allowed: that of a CloudWatch custom widget"):
        read_request(wrong, AT)


def test_tags_are_compared_without_case_and_kept_as_first_spelt() -> None:
    assert ("Berlin", "imap") == tags_of("Berlin, imap BERLIN")


@pytest.mark.parametrize("tag", ["a;b", "größe", "x/y", '"'])
def test_whatever_an_item_may_have_as_a_tag_is_one_tag_here(tag: str) -> None:
    assert (tag,) == read_item({"id": "mail", "tags": [tag]}).tags == tags_of(tag)
