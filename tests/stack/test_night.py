"""The messages of the alarm topic, for whoever is woken at night: one line for each change of status."""

import re
from collections.abc import Callable

from tests.emulator.stack import DeployedStack
from tests.required import require
from tests.servers.dovecot import dovecot, missing

LINE = re.compile(
    r'"?(?P<name>.+) \((?P<id>\S+)\) is (?P<status>\w+), was (?P<before>\w+), since (?P<since>\S+) '
    r'\[(?P<host>\S+):(?P<port>\d+)\] (?P<why>.*?)"?'
)


def test_a_mail_server_dies_and_comes_back(stack: DeployedStack) -> None:
    require(missing())
    with stack.told() as told:
        with dovecot(identity=None) as mail:
            stack.put_item(id="night", name="Mail of the night", host=mail.host, port=mail.port)
            stack.tick()
            assert [("Up", "Unknown")] == changes(told)
        stack.tick()
        (line,) = lines(told)
        assert ("Warning", "Up") == (line["status"], line["before"])
        stack.tick()
        (line,) = lines(told)
        state = stack.states()["night"]
        expected = {
            "name": "Mail of the night",
            "id": "night",
            "status": "Down",
            "before": "Warning",
            "since": state["since"]["S"],
            "why": f"refused {state['message']['S']}",
            "host": mail.host,
            "port": str(mail.port),
        }
        assert expected == line.groupdict()
        stack.tick()
        assert [] == changes(told)  # it stays Down
        with dovecot(identity=None, again_at=mail):
            stack.tick()
            assert [("Up", "Down")] == changes(told)
            stack.tick()
            assert [] == changes(told)


def test_pauses_wake_nobody(stack: DeployedStack) -> None:
    """Somebody asked for the pause and for its end, so neither is news."""
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
        assert [("Down", "Paused")] == changes(told)


def lines(told: Callable[[], list[str]]) -> list[re.Match[str]]:
    """The lines about this test's sensor; the topic also has those of the stack's other sensors."""
    found = [LINE.fullmatch(message) for message in told() if "(night)" in message]
    assert None not in found
    return [line for line in found if line]


def changes(told: Callable[[], list[str]]) -> list[tuple[str, str]]:
    return [(line["status"], line["before"]) for line in lines(told)]
