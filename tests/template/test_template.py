"""What the stack promises (docs/reference.md#names-of-the-stack), read off the translated template."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pop3_sensor import overview_function, scan_function
from pop3_sensor.aws.environment import Variables
from tests.root import ROOT
from tests.template.resources import resources_of

BIN = Path(sys.executable).parent
CHECKOV = BIN.parent / "checkov" / "bin" / "checkov"


LOGICAL_IDS = [
    "SensorsTable",
    "StatesTable",
    "ResultsBucket",
    "ScanFunction",
    "ScanQueue",
    "SlowScanQueue",
    "ScanDeadLetterQueue",
    "ScanNowFunction",
    "OverviewFunction",
    "Dashboard",
    "AlarmTopic",
    "SensorDownAlarm",
    "ScansMissingAlarm",
]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([BIN / "sam", "validate", "--lint", "--region", "eu-central-1"], id="sam validate --lint"),
        pytest.param([BIN / "cfn-lint", "--", "template.yaml"], id="cfn-lint"),
        # WS1000 wants tracing, which costs, and tells little of functions that call none. WS1004 looks for a log group
        # by the function's name, and does not know LoggingConfig.
        pytest.param(
            [
                BIN / "cfn-lint",
                *("--append-rules", "cfn_lint_serverless.rules"),
                *("--ignore-checks", "WS1000", "WS1004"),
                *("--", "template.yaml"),
            ],
            id="cfn-lint with the rules for serverless",
        ),
        pytest.param(
            [CHECKOV, "-f", "template.yaml", "--framework", "cloudformation", "--skip-download", "--compact"],
            id="checkov",
        ),
    ],
)
def test_linter_finds_nothing(command: list[str | Path]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_suppressed_finding_has_its_reason(written: dict[str, Any]) -> None:
    skips = [
        skip
        for one in written["Resources"].values()
        for skip in one.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert skips
    assert [] == [skip["id"] for skip in skips if len(skip["comment"]) < 20]


@pytest.mark.parametrize("name", LOGICAL_IDS)
def test_logical_id_is_there(translated: dict[str, Any], name: str) -> None:
    assert name in translated["Resources"]


@pytest.mark.parametrize(
    "name",
    [
        "SensorsTableName",
        "StatesTableName",
        "ResultsBucketName",
        "ScanFunctionName",
        "ScanNowFunctionName",
        "OverviewFunctionName",
        "DashboardUrl",
        "MetricsNamespace",
        "AddSensorCommand",
    ],
)
def test_output_is_there(translated: dict[str, Any], name: str) -> None:
    assert translated["Outputs"][name]["Description"]


def test_no_name_is_fixed_so_that_two_stacks_fit_in_one_account(translated: dict[str, Any]) -> None:
    # An EventInvokeConfig's FunctionName refers; it names nothing.
    fixed = {"TableName", "BucketName", "RoleName", "Name", "LogGroupName", "ManagedPolicyName", "DashboardName"}
    named = {
        name: fixed & set(one.get("Properties", {}))
        for name, one in translated["Resources"].items()
        if fixed & set(one.get("Properties", {}))
    }
    assert {} == named
    assert all(
        "FunctionName" not in one["Properties"] for one in resources_of(translated, "AWS::Lambda::Function").values()
    )


@pytest.mark.parametrize("table", ["SensorsTable", "StatesTable"])
def test_table_survives_the_stack_and_mistakes_but_no_failed_first_deployment(
    translated: dict[str, Any], table: str
) -> None:
    resource = translated["Resources"][table]
    assert ("RetainExceptOnCreate", "Retain") == (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
    assert resource["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_bucket_is_private_encrypted_and_cleans_itself_up(translated: dict[str, Any]) -> None:
    resource = translated["Resources"]["ResultsBucket"]
    assert ("RetainExceptOnCreate", "Retain") == (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
    properties = resource["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]
    assert properties["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30


def test_schedule_ticks_every_minute_and_repeats_nothing(translated: dict[str, Any]) -> None:
    ((_, schedule),) = resources_of(translated, "AWS::Scheduler::Schedule").items()
    properties = schedule["Properties"]
    assert properties["ScheduleExpression"] == "rate(1 minute)"
    assert properties["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert json.loads(properties["Target"]["Input"])["scheduled_time"] == "<aws.scheduler.scheduled-time>"
    invocations = translated["Resources"]["ScanInvocations"]["Properties"]
    assert (0, 60) == (invocations["MaximumRetryAttempts"], invocations["MaximumEventAgeInSeconds"])


def test_every_log_group_has_a_retention_and_every_function_a_log_group(translated: dict[str, Any]) -> None:
    groups = resources_of(translated, "AWS::Logs::LogGroup")
    assert all(group["Properties"]["RetentionInDays"] for group in groups.values())
    for function in resources_of(translated, "AWS::Lambda::Function").values():
        assert function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_functions_run_python_3_13_on_the_chosen_architecture_with_the_layer(translated: dict[str, Any]) -> None:
    for function in resources_of(translated, "AWS::Lambda::Function").values():
        properties = function["Properties"]
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == [{"Ref": "Architecture"}]
        assert properties["Layers"]


@pytest.mark.parametrize(
    ("function", "environment"),
    [
        ("ScanFunction", scan_function.Environment),
        ("ScanNowFunction", scan_function.Environment),
        ("OverviewFunction", overview_function.Environment),
    ],
)
def test_environment_names_are_those_that_the_code_reads(
    translated: dict[str, Any], function: str, environment: type[Variables]
) -> None:
    variables = translated["Resources"][function]["Properties"]["Environment"]["Variables"]
    own = {name for name in variables if not name.startswith("POWERTOOLS_")}
    assert {name.upper() for name in environment.model_fields} == own


def test_every_handler_can_be_imported(written: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    for function in resources_of(written, "AWS::Serverless::Function").values():
        properties = function["Properties"]
        module, name = properties["Handler"].split(".")
        folder = properties["CodeUri"].replace("/", ".")
        assert callable(getattr(importlib.import_module(f"{folder}.{module}"), name))
