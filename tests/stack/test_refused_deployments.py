"""A deployment that cannot work is refused with a sentence, before anything is made; one that fails leaves nothing."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, WaiterError
from samtranslator.yaml_helper import yaml_parse

from tests.emulator.stack import DeployedStack
from tests.emulator.this_machine import PARAMETERS

NAME = "mail-refused"
KEPT = ["SensorsTable", "StatesTable", "ResultsBucket"]

# Parameters, the words of the refusal.
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "subnets alone": ({"SubnetIds": "subnet-0abc"}, "SubnetIds needs SecurityGroupIds"),
    "security groups alone": ({"SecurityGroupIds": "sg-0abc"}, "SecurityGroupIds needs SubnetIds"),
    "a namespace of AWS": ({"MetricsNamespace": "AWS/Mail"}, "which is AWS's own"),
    "a network that is none": ({"ForbiddenNetworks": "10.0.0.0/99"}, "as 10.0.0.0/8 or fe80::/10"),
    "a key by its alias": ({"SecretKeyArns": "alias/mail"}, "no aliases"),
}


@pytest.fixture(scope="module")
def template(stack: DeployedStack) -> str:
    """As it was deployed."""
    client = stack.emulator.client("cloudformation")
    return str(client.get_template(StackName="pop3-sensor", TemplateStage="Original")["TemplateBody"])


@pytest.fixture(autouse=True)
def removed(stack: DeployedStack) -> Iterator[None]:
    yield
    stack.emulator.client("cloudformation").delete_stack(StackName=NAME)
    stack.emulator.client("s3").delete_object(Bucket=stack.outputs["ResultsBucketName"], Key="template")


def create(stack: DeployedStack, template: str, **parameters: str) -> None:
    """Through S3, as `sam deploy` does: a template of more than 51,200 bytes is not taken otherwise."""
    bucket, key = stack.outputs["ResultsBucketName"], "template"
    stack.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=template.encode())
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in (PARAMETERS | parameters).items()]
    stack.emulator.client("cloudformation").create_stack(
        StackName=NAME,
        TemplateURL=f"{stack.emulator.url}/{bucket}/{key}",
        Parameters=given,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )


@pytest.mark.parametrize(("parameters", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(stack: DeployedStack, template: str, parameters: dict[str, str], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        create(stack, template, **parameters)
    with pytest.raises(ClientError, match="does not exist"):
        stack.emulator.client("cloudformation").describe_stacks(StackName=NAME)


def test_a_first_deployment_that_fails_leaves_nothing_behind(stack: DeployedStack, template: str) -> None:
    before = kept(stack)
    broken = yaml_parse(template)
    nobodys = {
        "PolicyName": "nobodys",
        "Roles": ["nobody"],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": []},
    }
    broken["Resources"]["Broken"] = {"Type": "AWS::IAM::Policy", "DependsOn": KEPT, "Properties": nobodys}
    create(stack, json.dumps(broken))
    cloudformation = stack.emulator.client("cloudformation")
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
    made = {one["LogicalResourceId"] for one in events if one["ResourceStatus"] == "CREATE_COMPLETE"}
    assert set(KEPT) <= made
    assert "ROLLBACK_COMPLETE" == cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]
    assert before == kept(stack)


def kept(stack: DeployedStack) -> tuple[list[str], list[str]]:
    tables: list[str] = stack.emulator.client("dynamodb").list_tables()["TableNames"]
    return tables, [one["Name"] for one in stack.emulator.client("s3").list_buckets()["Buckets"]]
