"""More sensors than one invocation scans: the rest goes through the queue to other invocations of the function."""

import time
from collections.abc import Iterator

import pytest

from pop3_sensor.fleet.division import INLINE
from tests.demo.demonstration import MailServers
from tests.emulator.stack import DeployedStack, typed

SENSORS = 450
SOON = 60.0  # seconds; the test waits no longer for the scans


@pytest.fixture
def many(stack: DeployedStack, servers: MailServers) -> Iterator[list[str]]:
    ids = [f"many-{number}" for number in range(SENSORS)]
    write(
        stack,
        [
            {"PutRequest": {"Item": {"id": typed(one), "host": typed("127.0.0.1"), "port": typed(servers.plain_port)}}}
            for one in ids
        ],
    )
    yield ids
    write(stack, [{"DeleteRequest": {"Key": {"id": typed(one)}}} for one in ids])
    stack.tick()


def write(stack: DeployedStack, requests: list[object]) -> None:
    client = stack.emulator.client("dynamodb")
    for start in range(0, len(requests), 25):
        client.batch_write_item(RequestItems={stack.outputs["SensorsTableName"]: requests[start : start + 25]})


def test_every_sensor_is_scanned_once_whoever_does_it(stack: DeployedStack, many: list[str]) -> None:
    summary = stack.tick()
    assert summary["due"] >= SENSORS  # other tests have sensors of their own
    assert (INLINE, summary["due"] - INLINE) == (summary["scanned"], summary["handed_on"])
    deadline = time.monotonic() + SOON
    while len(stack.states().keys() & set(many)) < SENSORS and time.monotonic() < deadline:
        pass
    states = stack.states()
    assert {"Up"} == {states[one]["status"]["S"] for one in many}
    assert dict.fromkeys(many, 1) == {one: stack.counted(one, "Downtime") for one in many}
