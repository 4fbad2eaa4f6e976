"""What docs/alarms.md says about status events: who gets which event, and what they read."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pop3_sensor.status.event_text import event_text
from tests.documents import section
from tests.emulator.stack import DeployedStack

ROUTING = section("alarms.md", "Another topic, a chat or a pager")
(PATTERN,) = ROUTING.of("json")
EVENT: dict[str, Any] = {
    "sensor_id": "night",
    "name": "Mail of the night",
    "tags": ["mailsensor", "pop3sensor"],
    "priority": 3,
    "host": "mail.example.org",
    "port": 110,
    "status": "Down",
    "previous_status": "Warning",
    "since": "2027-01-31T02:14:07.120000+00:00",
    "phase": "connect",
    "reason": "refused",
    "message": "nothing accepts connections on this port",
    "response_time_ms": None,
    "namespace": "POP3Sensor",
}
EVENT["text"] = event_text(EVENT)
Received = Callable[[], list[str]]


def targets() -> list[dict[str, Any]]:
    """The targets in the commands of the two rules: the pager's and the chat's."""
    written = re.findall(r"--targets '(.+?)'$", "".join(ROUTING.of("sh")), re.MULTILINE | re.DOTALL)
    return [json.loads(text.replace("'\"$urgent\"'", "queue"))[0] for text in written]


@pytest.fixture(scope="module")
def queue(stack: DeployedStack) -> Iterator[tuple[str, Received]]:
    """The queue's ARN, and a function that empties it."""
    with stack.queue("routed") as found:
        yield found


def routed(stack: DeployedStack, queue: tuple[str, Received], target: dict[str, Any], **changes: object) -> list[str]:
    """The messages that the document's rule makes of one event."""
    arn, received = queue
    events = stack.emulator.client("events")
    events.put_rule(Name="routed", EventPattern=PATTERN)
    events.put_targets(Rule="routed", Targets=[target | {"Arn": arn}])
    entry = {"Source": "pop3-sensor", "DetailType": "Sensor Status Change", "Detail": json.dumps(EVENT | changes)}
    events.put_events(Entries=[entry])
    messages = received()
    events.remove_targets(Rule="routed", Ids=[target["Id"]])
    events.delete_rule(Name="routed")
    return messages


@pytest.mark.parametrize(
    ("changes", "arrives"),
    [
        pytest.param({}, False, id="Down with the usual priority stays with the first topic"),
        pytest.param({"priority": 5}, True, id="Down with priority 5 goes to the pager"),
        pytest.param({"tags": ["mailsensor", "orders"]}, True, id="Down with the tag goes to the pager"),
        pytest.param({"priority": 5, "status": "Warning", "previous_status": "Up"}, False, id="Warning does not"),
        pytest.param({"priority": 5, "status": "Up", "previous_status": "Down"}, True, id="the way back to Up does"),
        pytest.param(
            {"priority": 5, "status": "Up", "previous_status": "Paused"}, False, id="the end of a pause does not"
        ),
    ],
)
def test_pattern_routes_what_is_urgent(
    stack: DeployedStack, queue: tuple[str, Received], changes: dict[str, object], arrives: bool
) -> None:
    assert int(arrives) == len(routed(stack, queue, {"Id": "plain"}, **changes))


def test_pager_reads_one_line(stack: DeployedStack, queue: tuple[str, Received]) -> None:
    (message,) = routed(stack, queue, targets()[0], priority=5)
    assert EVENT["text"] == json.loads(message)


def test_chat_gets_the_form_that_it_wants(stack: DeployedStack, queue: tuple[str, Received]) -> None:
    """Names and servers' words may hold quotation marks."""
    (message,) = routed(stack, queue, targets()[1], priority=5, name='The "night"', text='The "night" (night) is Down')
    expected = {
        "textType": "client-markdown",
        "title": 'The "night"',
        "description": 'The "night" (night) is Down',
    }
    assert {"version": "1.0", "source": "custom", "content": expected} == json.loads(message)


def test_line_in_the_document_is_what_the_topic_says(stack: DeployedStack) -> None:
    (shown,) = section("alarms.md", "What a message looks like").of("text")
    assert shown == f"{EVENT['text']}\n"
    with stack.told() as told:
        entry = {"Source": "pop3-sensor", "DetailType": "Sensor Status Change", "Detail": json.dumps(EVENT)}
        stack.emulator.client("events").put_events(Entries=[entry])
        (line,) = [message for message in told() if "(night)" in message]
    assert EVENT["text"] == json.loads(line)


def test_every_field_of_the_detail_is_named() -> None:
    assert [] == [name for name in EVENT if f"`{name}`" not in ROUTING.text]
