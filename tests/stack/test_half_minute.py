"""The 30-second interval: the schedule's tick scans at :00, the queue brings :30."""

import time
from datetime import UTC, datetime, timedelta

from tests.demo.demonstration import MailServers
from tests.emulator.stack import DeployedStack


def test_sensor_of_thirty_seconds_is_scanned_twice_a_minute(stack: DeployedStack, servers: MailServers) -> None:
    stack.put_item(id="twice", host="127.0.0.1", port=servers.plain_port, interval=30)
    tick = datetime.now(UTC) - timedelta(seconds=25)  # a late schedule, so that the test waits only five seconds
    summary = stack.tick(tick)
    assert 1 == summary["handed_on"]
    end = time.monotonic() + 30
    while stack.counted("twice", "Downtime") < 2 and time.monotonic() < end:
        time.sleep(0.2)
    assert 2 == stack.counted("twice", "Downtime")
    stack.delete_item("twice")
