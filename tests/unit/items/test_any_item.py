"""Whatever stands in the table, half characters too: each item is understood or told, and nothing raises."""

import json
import logging
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pop3_sensor.items import InvalidSettings, Item, hints, item_or_problems, read_all, resolve_all
from pop3_sensor.model import Channel, Observation, Reason, Settings, Trouble
from pop3_sensor.model.calendars import PRESETS
from pop3_sensor.model.settings import as_json
from pop3_sensor.model.text import MAX_MESSAGE
from pop3_sensor.overview.survey import survey
from pop3_sensor.status import report_of_scan
from tests.samples import AT

MAX_PROBLEM = 600
text = st.text(max_size=8) | st.lists(st.sampled_from("a\ud800\0\n\u202e<"), max_size=4).map("".join)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=4,
)
ids = st.sampled_from(["a", "b", "c", "shop-d", "shop-e", "root"])
moments = st.sampled_from(
    ["2026-01-31T12:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-31T12:00:00"]
)
limits = st.dictionaries(
    st.sampled_from(["upper_error", "lower_warning", "error_message", "colour"]) | text,
    st.floats() | st.integers() | text,
    max_size=3,
)
# Of each attribute values that are good, or good but for one thing inside.
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["sensor", "device", "group"]),
    "parent": ids,
    "name": text,
    "tags": st.lists(text | st.sampled_from(["mail", "MAIL"]), max_size=60),
    "priority": st.integers(0, 6),
    "host": st.sampled_from(["mail.example.org", "::1"]) | text,
    "port": st.sampled_from([110, 995, 0]),
    "transport_security": st.sampled_from(["tls_required", "starttls_required"]),
    "authentication": st.sampled_from(["none", "user_password", "apop"]),
    "username": text,
    "secret_id": text,
    "channels": st.lists(st.sampled_from([*Channel]) | text, max_size=3),
    "primary_channel": st.sampled_from([*Channel]),
    "graph_type": st.sampled_from(["independent", "stacked"]),
    "stack_unit": st.sampled_from(["Milliseconds", "Bytes"]),
    "limits": st.dictionaries(st.sampled_from([*Channel]) | text, limits, max_size=3),
    "interval": st.sampled_from([30, 60, 90]),
    "schedule": st.fixed_dictionaries(
        {},
        optional={
            "time_zone": st.sampled_from(["UTC", "Europe/Berlin"]) | text,
            "preset": st.sampled_from([*PRESETS]) | text,
            "paused": st.lists(st.just("mo:09:00-mo:10:00") | text, max_size=120),
        },
    )
    | st.sampled_from([*PRESETS]),
    "maintenance_windows": st.lists(st.dictionaries(st.sampled_from(["start", "end"]), moments | text), max_size=3),
    "depends_on": ids,
    "master_for_parent": st.booleans(),
    "paused": moments | st.booleans(),
    "password": text,
}
# A few at a time, or none would ever be good.
likely_items = st.lists(st.sampled_from([*LIKELY]), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries(
        {"host": st.just("mail.example.org"), **{name: LIKELY[name] for name in names}, "id": ids}
    )
)
odd_items = st.dictionaries(st.sampled_from([*Item.model_fields]) | text, anything, max_size=5)


HALF = "a\ud800"  # JSON can spell it; UTF-8, and so DynamoDB, cannot


@example([{"id": "a", "host": "mail.example.org", "name": HALF}], "")
@example([{"id": "a", "host": "mail.example.org", "tags": [HALF]}], "")
@example([{"id": "a", "host": "mail.example.org", "limits": {"LoginTime": {"error_message": HALF}}}], "")
@example([{"id": "a", "host": "mail.example.org", "limits": {HALF: {HALF: HALF}}}], "")
@example([{"id": "a", "host": "mail.example.org", HALF: HALF, "\ud800": 1}], "")
@given(st.lists(likely_items | odd_items, max_size=6), st.sampled_from(["", "shop-"]))
def test_whatever_is_written_is_in_force_or_told(written: list[dict[str, Any]], prefix: str) -> None:
    sensors = resolve_all(read_all(written), prefix).sensors
    for sensor_id, found in sensors.items():
        if isinstance(found, Settings):
            as_json(found)
            list(hints(found))
            told = report_of_scan(sensor_id, found, Observation(at=AT), None).change()
        else:
            assert 0 < len(found.line) <= MAX_MESSAGE
            assert all(len(str(problem)) <= MAX_PROBLEM for problem in found.problems)
            seen = Observation(
                at=AT, trouble=Trouble(Reason.SETTINGS_INVALID, None, "; ".join(map(str, found.problems)))
            )
            told = report_of_scan(sensor_id, None, seen, None, found.identity).change()
        if sensor_id.isascii():  # DynamoDB has no key of half a character
            json.dumps(told, ensure_ascii=False).encode()  # as the event goes out
    assert sensors.keys() == survey(written, {}).sensors.keys()


class Trap(dict[str, Any]):
    """Stands for whatever nobody has thought of."""

    def items(self) -> Any:
        raise RuntimeError("hunter2")


def test_a_surprise_in_one_item_is_a_problem_of_that_item(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, without what the item holds."""
    with caplog.at_level(logging.ERROR):
        found = item_or_problems(Trap(id="a", host="mail.example.org"))
    assert isinstance(found, InvalidSettings)
    assert ("this item cannot be read, and the log says where that failed", "a") == (found.line, found.item.id)
    (record,) = caplog.records
    assert record.getMessage().startswith("an item cannot be read: RuntimeError at ")
    assert "hunter2" not in record.getMessage()
    assert record.exc_info is None
