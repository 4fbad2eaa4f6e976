"""A sensor's item changes, and each change takes effect at the next tick."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.demo.demonstration import MailServers
from tests.documents import section
from tests.emulator.stack import DeployedStack


@pytest.fixture
def sensor(stack: DeployedStack, servers: MailServers) -> Iterator[str]:
    """A sensor that is Up, below a device, and gone afterwards."""
    stack.put_item(id="life-device", kind="device", host="127.0.0.1", port=servers.plain_port)
    stack.put_item(id="life", parent="life-device")
    stack.tick()
    yield "life"
    for item_id in ("life", "life-device", "life-other"):
        stack.delete_item(item_id)
    stack.tick()


def status_after_tick(stack: DeployedStack, sensor_id: str) -> str | None:
    stack.tick()
    state = stack.states().get(sensor_id)
    return state["status"]["S"] if state else None


def test_paused_and_resumed(stack: DeployedStack, sensor: str) -> None:
    values = stack.counted(sensor, "Downtime")
    stack.put_item(id=sensor, parent="life-device", paused=True)
    assert "Paused" == status_after_tick(stack, sensor)
    assert ["user"] == [one["S"] for one in stack.states()[sensor]["pause_reasons"]["L"]]
    assert values == stack.counted(sensor, "Downtime")  # no channel of a paused sensor is published
    stack.put_item(id=sensor, parent="life-device")
    assert "Up" == status_after_tick(stack, sensor)


def test_paused_by_its_device_until_a_time_that_has_passed(
    stack: DeployedStack, sensor: str, servers: MailServers
) -> None:
    device = {"id": "life-device", "kind": "device", "host": "127.0.0.1", "port": servers.plain_port}
    hour = timedelta(hours=1)
    stack.put_item(**device, paused=(datetime.now(UTC) + hour).isoformat())
    assert "Paused" == status_after_tick(stack, sensor)
    stack.put_item(**device, paused=(datetime.now(UTC) - hour).isoformat())
    assert "Up" == status_after_tick(stack, sensor)


def test_moved_to_another_parent(stack: DeployedStack, sensor: str) -> None:
    stack.put_item(id="life-other", kind="device", host="127.0.0.1", port=1, warning_scans=0)
    stack.put_item(id=sensor, parent="life-other")
    assert "Down" == status_after_tick(stack, sensor)


def test_broken_and_mended(stack: DeployedStack, sensor: str) -> None:
    stack.put_item(id=sensor, parent="life-device", prot=1)
    assert "Unknown" == status_after_tick(stack, sensor)
    stack.put_item(id=sensor, parent="life-device")
    assert "Up" == status_after_tick(stack, sensor)


def test_its_device_broken_and_mended(stack: DeployedStack, sensor: str, servers: MailServers) -> None:
    stack.put_item(id="life-device", kind="device", hst="127.0.0.1")
    assert "Unknown" == status_after_tick(stack, sensor)
    expected = "parent: life-device, above this sensor, is invalid: hst: there is no such attribute; did you mean host?"
    assert stack.states()[sensor]["message"]["S"].startswith(expected)
    stack.put_item(id="life-device", kind="device", host="127.0.0.1", port=servers.plain_port)
    assert "Up" == status_after_tick(stack, sensor)


def test_deleted(stack: DeployedStack, sensor: str) -> None:
    stack.delete_item(sensor)
    assert status_after_tick(stack, sensor) is None


def test_every_change_of_status_is_one_event_and_nothing_else_is(stack: DeployedStack, sensor: str) -> None:
    with stack.status_events() as events:
        stack.tick()
        stack.tick()
        stack.put_item(id=sensor, host="127.0.0.1", port=1, warning_scans=1)
        for _ in range(4):
            stack.tick()
        seen: list[dict[str, Any]] = [one for one in events() if one["detail"]["sensor_id"] == sensor]
    assert [("Up", "Warning"), ("Warning", "Down")] == [
        (one["detail"]["previous_status"], one["detail"]["status"]) for one in seen
    ]
    assert {("pop3-sensor", "Sensor Status Change")} == {(one["source"], one["detail-type"]) for one in seen}
    documented = section("reference.md", "Status event").rows("key")
    assert {row["key"] for row in documented} == set(seen[0]["detail"])
    assert "refused" == json.loads(json.dumps(seen[-1]))["detail"]["reason"]
