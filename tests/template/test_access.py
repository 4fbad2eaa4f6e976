"""Who may do what: the functions' roles, and the policies for people."""

from typing import Any

import pytest

from tests.template.resources import actions_of, resources_of, statements_of


def test_scan_may_do_just_this(translated: dict[str, Any]) -> None:
    table = {name: {"Fn::GetAtt": [name, "Arn"]} for name in ("SensorsTable", "StatesTable", "ScanLogGroup")}
    secrets = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretPrefix}*"
    queues = [{"Fn::GetAtt": ["ScanQueue", "Arn"]}, {"Fn::GetAtt": ["SlowScanQueue", "Arn"]}]
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
        (["kms:Decrypt"], {"Ref": "SecretKeyArns"}),
        (["cloudwatch:PutMetricData"], "*"),
        (["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queues),
        (["events:PutEvents"], {"Fn::Sub": bus}),
        (["s3:PutObject"], {"Fn::Sub": "${ResultsBucket.Arn}/sensors/*"}),
        (["logs:CreateLogStream", "logs:PutLogEvents"], table["ScanLogGroup"]),
    ]
    assert expected == [(actions_of(one), one["Resource"]) for one in statements_of(translated, "ScanRole")]


def test_scan_now_may_the_same_but_for_queues_and_for_forgetting(translated: dict[str, Any]) -> None:
    scan = {one["Sid"]: one for one in statements_of(translated, "ScanRole")}
    del scan["HandOn"]
    scan["KeepStates"] = scan["KeepStates"] | {"Action": ["dynamodb:Scan", "dynamodb:PutItem", "dynamodb:UpdateItem"]}
    scan["WriteLogs"] = scan["WriteLogs"] | {"Resource": {"Fn::GetAtt": ["ScanNowLogGroup", "Arn"]}}
    assert list(scan.values()) == statements_of(translated, "ScanNowRole")


@pytest.mark.parametrize("role", ["ScanRole", "ScanNowRole"])
def test_metrics_are_bound_to_the_namespace(translated: dict[str, Any], role: str) -> None:
    (statement,) = (one for one in statements_of(translated, role) if actions_of(one) == ["cloudwatch:PutMetricData"])
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


def test_keys_decrypt_secrets_and_nothing_else(translated: dict[str, Any]) -> None:
    (statement,) = (one for one in statements_of(translated, "ScanRole") if actions_of(one) == ["kms:Decrypt"])
    service = {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}
    assert {"StringEquals": {"kms:ViaService": service}} == statement["Condition"]
    assert translated["Conditions"]["SecretKeysGiven"]


def test_inside_a_vpc_lambda_handles_interfaces_and_the_code_does_not(translated: dict[str, Any]) -> None:
    policy = translated["Resources"]["ScanVpcPolicy"]
    allowed, denied = policy["Properties"]["PolicyDocument"]["Statement"]
    assert ("InVpc", "Allow", "Deny") == (policy["Condition"], allowed["Effect"], denied["Effect"])
    assert actions_of(allowed) == actions_of(denied)
    assert {"Null": {"lambda:SourceFunctionArn": "false"}} == denied["Condition"]


def test_nobody_gets_a_policy_of_aws_or_a_wildcard_action(translated: dict[str, Any]) -> None:
    in_vpc = {"Fn::If": ["InVpc", {"Ref": "ScanVpcPolicy"}, {"Ref": "AWS::NoValue"}]}
    for name, role in resources_of(translated, "AWS::IAM::Role").items():
        assert all(one == in_vpc for one in role["Properties"].get("ManagedPolicyArns", [])), name
        assert not [action for one in statements_of(translated, name) for action in actions_of(one) if "*" in action]


# ---- people ----------------------------------------------------------------------------------------------------------


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


def test_people_call_no_function_that_believes_batches_and_ticks(translated: dict[str, Any]) -> None:
    callable_ = {
        statement["Resource"]["Fn::GetAtt"][0]
        for policy in ("SensorViewerPolicy", "SensorEditorPolicy")
        for statement in policy_of(translated, policy).values()
        if "lambda:InvokeFunction" in actions_of(statement)
    }
    assert {"ScanNowFunction", "OverviewFunction"} == callable_


def test_viewers_policy_holds_nothing_that_writes(translated: dict[str, Any]) -> None:
    statements = policy_of(translated, "SensorViewerPolicy").values()
    actions = {action for statement in statements for action in actions_of(statement)}
    verbs = {action.split(":")[1] for action in actions - {"lambda:InvokeFunction"}}  # of the overview, which reads
    assert [] == [
        verb for verb in verbs if not verb.startswith(("Get", "BatchGet", "List", "Describe", "Query", "Scan"))
    ]
