"""What a subscriber of the topic receives, to the letter, with a second stack beside the first."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.emulator.sam import deploy
from tests.emulator.stack import DeployedStack
from tests.servers.scripted import Send, quit_answer, refused_port, scripted

NAME = 'Say "hi" \\ there 👋 שלום'
SAID = '-ERR "no" \\o/'


@pytest.fixture(scope="module")
def other(stack: DeployedStack, built: Path) -> Iterator[DeployedStack]:
    """A second stack in the same account and region, with a namespace of its own."""
    name = "mail-test"
    yield deploy(stack.emulator, built / "template.yaml", name, MetricsNamespace="MailTest", SecretPrefix="mail-test/")
    cloudformation = stack.emulator.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)


@pytest.fixture
def refusing() -> Iterator[int]:
    """The port of a server that refuses service in words that are hard to carry."""
    script = [Send(f"{SAID}\r\n".encode()), *quit_answer()]
    with scripted(*[script] * 5) as server:  # the stack's own schedule may tick meanwhile
        yield server.port


def test_each_stack_tells_its_own_in_words_that_arrive_whole(
    stack: DeployedStack, other: DeployedStack, refusing: int
) -> None:
    with refused_port() as refused, stack.told() as told, other.told() as told_by_the_other:
        stack.put_item(id="odd", name=NAME, host="127.0.0.1", port=refusing, warning_scans=0)
        other.put_item(id="plain", host="127.0.0.1", port=refused, warning_scans=0)
        stack.tick()
        other.tick()
        here = [json.loads(message) for message in told()]  # EventBridge hands on a text as JSON
        there = [json.loads(message) for message in told_by_the_other()]
    (line,) = [one for one in here if "(odd)" in one]
    assert (
        f"{NAME} (odd) is Down, since {since(stack, 'odd')} [127.0.0.1:{refusing}] "
        f"error_reply: {stack.states()['odd']['message']['S']}"
    ) == line
    assert SAID in line
    expected = f"plain is Down, since {since(other, 'plain')} [127.0.0.1:{refused}] refused: "
    assert [expected + other.states()["plain"]["message"]["S"]] == there
    assert [] == [one for one in here if one.startswith("plain")]


@pytest.fixture(autouse=True)
def forgotten(stack: DeployedStack) -> Iterator[None]:
    yield
    stack.delete_item("odd")
    stack.tick()


def since(stack: DeployedStack, sensor_id: str) -> str:
    return f"{datetime.fromisoformat(stack.states()[sensor_id]['since']['S']):%Y-%m-%d %H:%M:%S} UTC"
