"""The messages of the alarm topic, for whoever is woken at night: one line for each change that is told."""

import json
from collections.abc import Callable
from datetime import datetime

from tests.emulator.stack import DeployedStack
from tests.required import require
from tests.servers.dovecot import dovecot, missing


def test_a_mail_server_dies_and_comes_back(stack: DeployedStack) -> None:
    require(missing())
    with stack.told() as told:
        with dovecot(identity=None) as mail:
            stack.put_item(id="night", name="Mail of the night", host=mail.host, port=mail.port)
            stack.tick()
            assert [] == changes(told)  # new, and well
        stack.tick()
        assert [] == changes(told)  # a Warning is no trouble yet
        stack.tick()
        (line,) = lines(told)
        state = stack.states()["night"]
        since = datetime.fromisoformat(state["since"]["S"])
        assert (
            f"Mail of the night (night) is Down, was Warning, since {since:%Y-%m-%d %H:%M:%S} UTC "
            f"[{mail.host}:{mail.port}] refused: {state['message']['S']}"
        ) == line
        stack.tick()
        assert [] == changes(told)  # it stays Down
        with dovecot(identity=None, again_at=mail):
            stack.tick()
            assert ["is Up, was Down"] == changes(told)
            stack.tick()
            assert [] == changes(told)


def test_pauses_wake_nobody(stack: DeployedStack) -> None:
    """Somebody asked for the pause and for its end; but who heard of a trouble hears what became of it."""
    require(missing())
    with dovecot(identity=None) as mail, stack.told() as told:
        item = {"id": "night", "host": mail.host, "port": mail.port}
        stack.put_item(**item)
        stack.tick()
        told()
        stack.put_item(**item, paused=True)
        stack.tick()
        stack.put_item(**item)
        stack.tick()
        assert [] == changes(told)
        stack.put_item(**item, paused=True)
        stack.tick()
    with stack.told() as told:
        stack.put_item(**item, warning_scans=0)
        stack.tick()
        assert ["is Down, was Paused"] == changes(told)
        stack.put_item(**item, paused=True)
        stack.tick()
        assert ["is Paused, was Down"] == changes(told)


def test_a_new_sensor_that_cannot_be_scanned_is_told(stack: DeployedStack) -> None:
    with stack.told() as told:
        stack.put_item(id="night-shift", hots="mail.example.org")
        stack.tick()
        (line,) = lines(told, "night-shift")
        assert line.startswith("night-shift is Unknown, since ")
        assert " settings_invalid: hots: there is no such attribute; did you mean host?; host: is missing" in line
        stack.tick()
        assert [] == lines(told, "night-shift")
    stack.delete_item("night-shift")
    stack.tick()


def lines(told: Callable[[], list[str]], sensor_id: str = "night") -> list[str]:
    """Of the sensor of this test; the others of the stack have theirs. EventBridge hands on a text as JSON."""
    told_lines: list[str] = [json.loads(message) for message in told()]
    return [line for line in told_lines if f"({sensor_id}) is" in line or line.startswith(f"{sensor_id} is")]


def changes(told: Callable[[], list[str]]) -> list[str]:
    return [line[line.index("is ") : line.index(", since")] for line in lines(told)]
