"""The function for people as Lambda calls it: it scans whom it is given, and does nothing else."""

import importlib
from typing import Any

import pytest

from tests.fakes.function import TICK, Context, Function, emf
from tests.servers.scripted import Script, answer, greeting, quit_answer, scripted

HEALTHY: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()]

# Powertools says so at every invocation that ends in an error.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def handler(function: Function) -> Any:  # noqa: ARG001 - it makes the environment
    return importlib.reload(importlib.import_module("functions.scan_now.app")).handler


def test_it_scans_whom_it_is_given(function: Function, handler: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(HEALTHY) as server, scripted() as other:
        function.add(
            {"id": "a", "host": server.host, "port": server.port, "interval": 864_000},
            {"id": "b", "host": other.host, "port": other.port},
        )
        (result,) = handler({"sensor_ids": ["a"]}, Context())["results"]
    assert ([], []) == (server.failures, other.failures)
    assert ("a", "Up") == (result["sensor_id"], result["status"])
    assert {"a": ("Up", "")} == function.states()
    measured = emf(capsys.readouterr().out)
    assert ("pop3-sensor", [0]) == (measured["service"], measured["FailedCalls"])
    assert "Sensors" not in measured  # by which ScansMissingAlarm knows a tick


@pytest.mark.parametrize("event", [TICK, {"Records": []}], ids=["a tick", "batches"])
def test_it_takes_no_event_of_the_others(function: Function, handler: Any, event: dict[str, Any]) -> None:
    function.add({"id": "a", "host": "127.0.0.1", "port": 1})
    with pytest.raises(ValueError, match="this event is not understood"):
        handler(event, Context())
    assert {} == function.states()
