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
from pop3_sensor.scan.networks import DEFAULT_FORBIDDEN
from tests.root import ROOT

BIN = Path(sys.executable).parent
CHECKOV = BIN.parent / "checkov" / "bin" / "checkov"


LOGICAL_IDS = [
    "SensorsTable",
    "StatesTable",
    "ResultsBucket",
    "ScanFunction",
    "ScanQueue",
    "ScanDeadLetterQueue",
    "OverviewFunction",
    "Dashboard",
]


def resources_of(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([BIN / "sam", "validate", "--lint", "--region", "eu-central-1"], id="sam validate --lint"),
        pytest.param([BIN / "cfn-lint", "--", "template.yaml"], id="cfn-lint"),
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
        "OverviewFunctionName",
        "DashboardUrl",
        "MetricsNamespace",
        "AddSensorCommand",
    ],
)
def test_output_is_there(translated: dict[str, Any], name: str) -> None:
    assert translated["Outputs"][name]["Description"]


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("MetricsNamespace", "POP3Sensor"),
        ("SecretPrefix", "pop3-sensor/"),
        ("ForbiddenNetworks", DEFAULT_FORBIDDEN),
        ("CleartextLogin", "by_sensor"),
        ("SubnetIds", ""),
        ("SecurityGroupIds", ""),
        ("ScanConcurrency", 50),
        ("ScanMemory", 1769),
        ("LogRetentionDays", 30),
        ("Architecture", "arm64"),
    ],
)
def test_parameter_has_its_default_and_says_what_it_is(translated: dict[str, Any], name: str, default: object) -> None:
    assert translated["Parameters"][name]["Default"] == default
    assert translated["Parameters"][name]["Description"]


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
def test_table_survives_the_stack_and_mistakes(translated: dict[str, Any], table: str) -> None:
    resource = translated["Resources"][table]
    assert ("Retain", "Retain") == (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
    assert resource["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_bucket_is_private_encrypted_and_cleans_itself_up(translated: dict[str, Any]) -> None:
    properties = translated["Resources"]["ResultsBucket"]["Properties"]
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
    [("ScanFunction", scan_function.Environment), ("OverviewFunction", overview_function.Environment)],
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


# ---- who may do what -------------------------------------------------------------------------------------------------


def statements_of(translated: dict[str, Any], role: str) -> list[dict[str, Any]]:
    inline = translated["Resources"][role]["Properties"].get("Policies", [])
    attached = [
        policy["Properties"]
        for policy in resources_of(translated, "AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"] and "Condition" not in policy
    ]
    return [statement for policy in inline + attached for statement in policy["PolicyDocument"]["Statement"]]


def actions_of(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_scan_may_do_just_this(translated: dict[str, Any]) -> None:
    table = {name: {"Fn::GetAtt": [name, "Arn"]} for name in ("SensorsTable", "StatesTable", "ScanLogGroup")}
    secrets = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretPrefix}*"
    queue = {"Fn::GetAtt": ["ScanQueue", "Arn"]}
    bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"
    expected = [
        (["dynamodb:Scan"], table["SensorsTable"]),
        (
            [
                "dynamodb:Scan",
                "dynamodb:BatchGetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            ],
            table["StatesTable"],
        ),
        (["secretsmanager:GetSecretValue"], {"Fn::Sub": secrets}),
        (["secretsmanager:BatchGetSecretValue"], "*"),
        (["cloudwatch:PutMetricData"], "*"),
        (["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue),
        (["events:PutEvents"], {"Fn::Sub": bus}),
        (["s3:PutObject"], {"Fn::Sub": "${ResultsBucket.Arn}/sensors/*"}),
        (["logs:CreateLogStream", "logs:PutLogEvents"], table["ScanLogGroup"]),
    ]
    assert expected == [(actions_of(one), one["Resource"]) for one in statements_of(translated, "ScanRole")]


def test_metrics_are_bound_to_the_namespace(translated: dict[str, Any]) -> None:
    (statement,) = (
        one for one in statements_of(translated, "ScanRole") if actions_of(one) == ["cloudwatch:PutMetricData"]
    )
    assert statement["Condition"] == {"StringEqualsIfExists": {"cloudwatch:namespace": {"Ref": "MetricsNamespace"}}}


def test_schedule_may_call_the_scan_function_only(translated: dict[str, Any]) -> None:
    expected = [(["lambda:InvokeFunction"], {"Fn::GetAtt": ["ScanFunction", "Arn"]})]
    assert expected == [(actions_of(one), one["Resource"]) for one in statements_of(translated, "ScheduleRole")]


def test_overview_may_just_read_and_write_its_log(translated: dict[str, Any]) -> None:
    tables = [{"Fn::GetAtt": ["SensorsTable", "Arn"]}, {"Fn::GetAtt": ["StatesTable", "Arn"]}]
    expected = [
        (["dynamodb:Scan"], tables),
        (["cloudwatch:GetMetricData"], "*"),
        (["s3:GetObject"], {"Fn::Sub": "${ResultsBucket.Arn}/sensors/*"}),
        (["s3:ListBucket"], {"Fn::GetAtt": ["ResultsBucket", "Arn"]}),
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["OverviewLogGroup", "Arn"]}),
    ]
    assert expected == [(actions_of(one), one["Resource"]) for one in statements_of(translated, "OverviewRole")]


def test_nobody_gets_a_managed_policy_or_a_wildcard_action(translated: dict[str, Any]) -> None:
    for name, role in resources_of(translated, "AWS::IAM::Role").items():
        assert not role["Properties"].get("ManagedPolicyArns"), name
        assert not [action for one in statements_of(translated, name) for action in actions_of(one) if "*" in action]


# ---- the dashboard ---------------------------------------------------------------------------------------------------


@pytest.fixture
def widgets(translated: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By title, with what CloudFormation fills in left as it is written."""
    text, values = translated["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return {one["properties"]["title"]: one for one in json.loads(text)["widgets"]}


def test_overview_is_on_top_and_follows_the_dashboard(widgets: dict[str, dict[str, Any]]) -> None:
    overview = min(widgets.values(), key=lambda one: int(one["y"]))
    assert ("custom", "${OverviewFunction.Arn}") == (overview["type"], overview["properties"]["endpoint"])
    assert overview["properties"]["updateOn"] == {"refresh": True, "resize": True, "timeRange": True}
    assert 24 == overview["width"]


@pytest.mark.parametrize(("title", "metric"), [("Response times", "ResponseTime"), ("Downtime", "Downtime")])
def test_new_sensors_appear_in_the_graphs_by_themselves(
    widgets: dict[str, dict[str, Any]], title: str, metric: str
) -> None:
    (((search,),),) = (widgets[title]["properties"]["metrics"],)
    assert (
        f"SEARCH('{{\"${{MetricsNamespace}}\",SensorId}} MetricName=\"{metric}\"', 'Average')" == search["expression"]
    )


def test_slowest_ten_are_asked_of_all_sensors(widgets: dict[str, dict[str, Any]]) -> None:
    (((query,),),) = (widgets["Slowest ten"]["properties"]["metrics"],)
    expected = 'SELECT MAX(ResponseTime) FROM SCHEMA("${MetricsNamespace}", SensorId) GROUP BY SensorId'
    assert f"{expected} ORDER BY MAX() DESC LIMIT 10" == query["expression"]


def test_own_health_is_that_of_the_metrics_which_the_scan_function_writes(
    widgets: dict[str, dict[str, Any]], translated: dict[str, Any]
) -> None:
    variables = translated["Resources"]["ScanFunction"]["Properties"]["Environment"]["Variables"]
    first, *others = widgets["The monitoring itself: sensors"]["properties"]["metrics"]
    assert ["${MetricsNamespace}", "Sensors", "service", variables["POWERTOOLS_SERVICE_NAME"]] == first[:4]
    source = Path(scan_function.__file__).read_text()
    own = [first, *(one for one in others if one[0] == "." and one[1] != ".")]
    assert ["Sensors", "Due", "Scanned", "Invalid", "FailedCalls"] == [one[1] for one in own]
    assert [] == [one[1] for one in own if f'"{one[1]}"' not in source]


def test_no_two_widgets_overlap(widgets: dict[str, dict[str, Any]]) -> None:
    cells = [
        (x, y)
        for one in widgets.values()
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def policy_of(translated: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    statements = translated["Resources"][name]["Properties"]["PolicyDocument"]["Statement"]
    return {statement["Sid"]: statement for statement in statements}


def test_editors_write_only_ids_that_begin_with_their_prefix(translated: dict[str, Any]) -> None:
    """Each action has a key that DynamoDB compares, so that `ForAllValues` never holds of nothing."""
    statement = policy_of(translated, "SensorEditorPolicy")["WriteSensors"]
    keys = {"dynamodb:LeadingKeys": [{"Fn::Sub": "${EditorIdPrefix}*"}]}
    assert {"ForAllValues:StringLike": keys} == statement["Condition"]
    assert ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"] == actions_of(statement)
    assert {"Fn::GetAtt": ["SensorsTable", "Arn"]} == statement["Resource"]


def test_viewers_policy_holds_nothing_that_writes(translated: dict[str, Any]) -> None:
    statements = policy_of(translated, "SensorViewerPolicy").values()
    actions = {action for statement in statements for action in actions_of(statement)}
    verbs = {action.split(":")[1] for action in actions - {"lambda:InvokeFunction"}}  # of the overview, which reads
    assert [] == [
        verb for verb in verbs if not verb.startswith(("Get", "BatchGet", "List", "Describe", "Query", "Scan"))
    ]
