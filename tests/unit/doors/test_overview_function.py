"""The overview function as Lambda calls it: the template's own environment, AWS by moto."""

import importlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from pop3_sensor import overview_function
from pop3_sensor.aws.results_bucket import ResultsBucket
from pop3_sensor.aws.states_table import StatesTable
from pop3_sensor.model import Status
from pop3_sensor.status.result_files import file_names
from tests.fakes.deployed import deploy
from tests.fakes.looking import Page, event, state
from tests.root import ROOT

RESOURCES = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]


@dataclass(frozen=True)
class Context:
    function_name: str = "overview"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:overview"
    aws_request_id: str = "6f0a3c1e"


@dataclass
class Function:
    session: boto3.Session
    names: dict[str, str]
    log: io.StringIO
    handler: Any


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
        names = deploy(session, "SensorsTable", "StatesTable", "ResultsBucket")
        written = RESOURCES["OverviewFunction"]["Properties"]["Environment"]["Variables"]
        for name, value in written.items():
            known = {**names, "MetricsNamespace": "POP3Sensor"}
            monkeypatch.setenv(name, known[value["Ref"]] if isinstance(value, dict) else value)
        app = importlib.reload(importlib.import_module("functions.overview.app"))
        log = io.StringIO()
        (output,) = [one for one in app.logger.handlers if type(one) is logging.StreamHandler]
        output.setStream(log)
        overview_function.overview.cache_clear()
        yield Function(session, names, log, app.handler)
        overview_function.overview.cache_clear()
    package_log.handlers, package_log.level, package_log.propagate = before


def fill(function: Function) -> None:
    item = {"id": {"S": "a"}, "name": {"S": "Mail A"}, "host": {"S": "mail.example.org"}}
    dynamodb = function.session.client("dynamodb")
    dynamodb.put_item(TableName=function.names["SensorsTable"], Item=item)
    down = state(Status.DOWN, "refused", "nobody there")
    StatesTable(dynamodb, function.names["StatesTable"]).save("a", down, None)
    results = ResultsBucket(lambda: function.session.client("s3"), function.names["ResultsBucket"])
    results.put(file_names("a")[0], "Sensor a, scan of today\n")


def test_the_tree_and_a_sensor(function: Function) -> None:
    fill(function)
    tree = Page(function.handler(event(), Context()))
    assert ([], 1) == (tree.notes, len(tree.lines()))
    assert tree.lines()[0].startswith("Down Mail A no response time of late refused nobody there since ")
    sensor = Page(function.handler(event(go={"sensor": "a"}), Context()))
    assert [] == sensor.notes
    assert "Sensor a, scan of today" in sensor.text
    assert Context().invoked_function_arn in tree.html


def test_described(function: Function) -> None:
    assert function.handler({"describe": True}, Context()).startswith("## POP3 sensors")


def test_what_fails_is_on_the_page_and_in_the_log(function: Function) -> None:
    fill(function)
    function.session.client("dynamodb").delete_table(TableName=function.names["StatesTable"])
    page = Page(function.handler(event(), Context()))
    (logged,) = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert [logged["message"]] == page.notes
    assert ("WARNING", "6f0a3c1e") == (logged["level"], logged["function_request_id"])


def test_clients_outlive_an_invocation(function: Function) -> None:
    function.handler({}, Context())
    made = overview_function.overview()
    function.handler({}, Context())
    assert made is overview_function.overview()


def test_no_scan_loads_the_overview_or_its_templates() -> None:
    """A scan's cold start is paid every time that one more invocation is needed."""
    program = "import sys, pop3_sensor.scan_function, functions.scan.app; print(*sys.modules)"
    environment = {**os.environ, "POWERTOOLS_METRICS_NAMESPACE": "t", "POWERTOOLS_SERVICE_NAME": "t"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True)
    loaded = done.stdout.decode().split()
    assert "pop3_sensor.scan_function" in loaded
    assert [] == [one for one in loaded if one == "jinja2" or one.startswith("pop3_sensor.overview")]
