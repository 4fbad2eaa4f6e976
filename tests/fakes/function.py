"""The scan function, deployed to moto with the template's own environment."""

import importlib
import io
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from pop3_sensor import scan_function
from tests.fakes.deployed import deploy
from tests.root import ROOT

TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
QUEUES = ("ScanQueue", "SlowScanQueue", "ScanDeadLetterQueue")
TICK = json.loads((ROOT / "events/schedule.json").read_text())


@dataclass(frozen=True)
class Context:
    """The context of an invocation with this much time left."""

    milliseconds: int = 900_000
    function_name: str = "scan"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:scan"
    aws_request_id: str = "6f0a3c1e"

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def variables(names: dict[str, str]) -> dict[str, str]:
    """The environment variables that the template gives the function."""
    defaults = {name: str(facts.get("Default", "")) for name, facts in TEMPLATE["Parameters"].items()}
    written = TEMPLATE["Resources"]["ScanFunction"]["Properties"]["Environment"]["Variables"]
    known = defaults | names
    return {name: known[value["Ref"]] if isinstance(value, dict) else str(value) for name, value in written.items()}


@dataclass
class Function:
    """The function, deployed."""

    session: boto3.Session
    names: dict[str, str]
    log: io.StringIO
    handler: Any

    def add(self, *items: dict[str, Any]) -> None:
        table = self.session.resource("dynamodb").Table(self.names["SensorsTable"])
        for item in items:
            table.put_item(Item=item)

    def states(self) -> dict[str, tuple[Any, Any]]:
        items = self.session.resource("dynamodb").Table(self.names["StatesTable"]).scan()["Items"]
        return {str(item["sensor_id"]): (item["status"], item["reason"]) for item in items if "status" in item}

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    package_log = logging.getLogger("pop3_sensor")
    before = (package_log.handlers, package_log.level, package_log.propagate)
    with mock_aws():
        session = boto3.Session()
        names = deploy(session, "SensorsTable", "StatesTable", "ResultsBucket", *QUEUES)
        for name, value in variables(names).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FORBIDDEN_NETWORKS", "")  # the tests' servers are on loopback
        app = importlib.reload(importlib.import_module("functions.scan.app"))  # its import reads the environment
        log = io.StringIO()
        (output,) = [one for one in app.logger.handlers if type(one) is logging.StreamHandler]
        output.setStream(log)
        scan_function.monitor.cache_clear()
        yield Function(session, names, log, app.handler)
        scan_function.monitor.cache_clear()
    package_log.handlers, package_log.level, package_log.propagate = before


def emf(printed: str) -> dict[str, Any]:
    """The line from which CloudWatch makes the function's own metrics."""
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    assert 1 == len(lines)
    return dict(lines[0])
