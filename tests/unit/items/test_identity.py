"""What is told of a sensor whose settings are invalid: all that is good in its item, and in what is above it."""

from typing import Any

import pytest

from pop3_sensor.items import InvalidSettings, read_all, resolve_all
from pop3_sensor.model.settings import Identity
from tests.fakes.simulations import fleet
from tests.fakes.stacks import MemoryStack

TAGS = ("mailsensor", "pop3sensor")
GOOD: dict[str, Any] = {
    "id": "a",
    "name": "Mail",
    "tags": ["x"],
    "priority": 5,
    "host": "mail.example.org",
    "port": 995,
}
WHOLE = Identity(name="Mail", tags=("x",), priority=5, host="mail.example.org", port=995)
GROUP = {"id": "g", "kind": "group", "host": "above.example.org", "tags": ["g"], "transport_security": "tls_required"}

# Items, the sensor "a" first: who it is.
KNOWN: dict[str, tuple[list[dict[str, Any]], Identity]] = {
    "nothing wrong with what it is known by": ([{**GOOD, "colour": "red"}], WHOLE),
    "nothing but the defaults": (
        [{"id": "a", "colour": "red"}],
        Identity(name="a", tags=TAGS, priority=3, host=None, port=110),
    ),
    "a bad name": ([{**GOOD, "name": "a\nb"}], Identity(name="a", tags=("x",), priority=5, host=WHOLE.host, port=995)),
    "bad tags": ([{**GOOD, "tags": ["a b"]}], Identity(name="Mail", tags=(), priority=5, host=WHOLE.host, port=995)),
    "a bad priority": (
        [{**GOOD, "priority": 6}],
        Identity(name="Mail", tags=("x",), priority=None, host=WHOLE.host, port=995),
    ),
    "a bad host": ([{**GOOD, "host": "a b"}], Identity(name="Mail", tags=("x",), priority=5, host=None, port=995)),
    "a bad port": (
        [{**GOOD, "port": 0}],
        Identity(name="Mail", tags=("x",), priority=5, host=WHOLE.host, port=None),
    ),
    "what comes from above is known too": (
        [{"id": "a", "parent": "g", "colour": "red"}, GROUP],
        Identity(name="a", tags=("g", *TAGS), priority=3, host="above.example.org", port=995),
    ),
    "a bad host below a good one": (
        [{"id": "a", "parent": "g", "host": "a b"}, GROUP],
        Identity(name="a", tags=("g", *TAGS), priority=3, host=None, port=995),
    ),
    "nothing of a bad group": ([{**GOOD, "parent": "g"}, {**GROUP, "port": 0}], WHOLE),
    "what does not fit together": ([{**GOOD, "stack_unit": "Bytes"}], WHOLE),
    "a circle": ([{**GOOD, "depends_on": "a"}], WHOLE),
    "a master beside another": (
        [
            {**GOOD, "parent": "g", "master_for_parent": True},
            {"id": "b", "parent": "g", "master_for_parent": True, "host": "mail.example.org"},
            {"id": "g", "kind": "group"},
        ],
        WHOLE,
    ),
    "a bad id": (
        [{**GOOD, "id": "a b", "name": None}],
        Identity(name="a b", tags=("x",), priority=5, host=WHOLE.host, port=995),
    ),
}


@pytest.mark.parametrize(("items", "identity"), KNOWN.values(), ids=KNOWN)
def test_who_it_is(items: list[dict[str, Any]], identity: Identity) -> None:
    found = resolve_all(read_all(items)).sensors[items[0]["id"]]
    assert isinstance(found, InvalidSettings)
    assert identity == found.identity


def test_the_status_event_of_a_sensor_that_became_invalid_says_so() -> None:
    simulation = fleet(GOOD)
    simulation.minute()
    simulation.sensors.items = [{**GOOD, "priority": 4, "tags": ["a b"], "colour": "red"}]
    simulation.minute()
    told = simulation.events.changes[-1].detail
    assert ("a", "Unknown", "Up", "settings_invalid") == (
        told["sensor_id"],
        told["status"],
        told["previous_status"],
        told["reason"],
    )
    assert ("Mail", [], 4, "mail.example.org", 995) == (
        told["name"],
        told["tags"],
        told["priority"],
        told["host"],
        told["port"],
    )


def test_who_is_not_in_the_table_has_a_result_and_no_event() -> None:
    stack = MemoryStack([])
    (result,) = stack.scan_now("nobody")
    assert ("nobody", "Unknown", "settings_invalid") == (result["sensor_id"], result["status"], result["reason"])
    assert [] == stack.events.changes
