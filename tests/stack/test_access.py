"""What people may do with the stack's two policies, tried at an emulator that enforces them.

The emulator does not know the condition `dynamodb:LeadingKeys`, on which EditorIdPrefix relies: tests/template checks
only how the policy words it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.demo.demonstration import MailServers
from tests.emulator.emulator import REGION
from tests.emulator.stack import DeployedStack

Client = Callable[[str], Any]
Act = Callable[[Client, DeployedStack], object]

VIEWER = "SensorViewerPolicyArn"
EDITOR = "SensorEditorPolicyArn"
PEOPLE = {"nobody": (), "viewer": (VIEWER,), "editor": (VIEWER, EDITOR)}
SECRET = "pop3-sensor/access"
KEY = {"id": {"S": "access"}}


@pytest.fixture(scope="module")
def people(stack: DeployedStack) -> Iterator[dict[str, Client]]:
    """A client for each service, by person."""
    iam = stack.emulator.client("iam")
    keys = {}
    for name, policies in PEOPLE.items():
        iam.create_user(UserName=name)
        for policy in policies:
            iam.attach_user_policy(UserName=name, PolicyArn=stack.outputs[policy])
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
    yield {name: client_of(stack, key["AccessKeyId"], key["SecretAccessKey"]) for name, key in keys.items()}
    for name, policies in PEOPLE.items():
        iam.delete_access_key(UserName=name, AccessKeyId=keys[name]["AccessKeyId"])
        for policy in policies:
            iam.detach_user_policy(UserName=name, PolicyArn=stack.outputs[policy])
        iam.delete_user(UserName=name)


@pytest.fixture(scope="module", autouse=True)
def sensor(stack: DeployedStack, servers: MailServers) -> Iterator[None]:
    stack.put_item(id="access", host="127.0.0.1", port=servers.plain_port, result_handling="store")
    stack.put_secret(SECRET, {"username": "demo", "password": "not for people"})
    stack.scan("access")
    yield
    stack.delete_item("access")
    stack.emulator.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    stack.tick()


def client_of(stack: DeployedStack, key_id: str, secret: str) -> Client:
    def client(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service, by name
            endpoint_url=stack.emulator.url,
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    return client


def read_sensor(client: Client, stack: DeployedStack) -> object:
    return client("dynamodb").get_item(TableName=stack.outputs["SensorsTableName"], Key=KEY)["Item"]


def list_sensors(client: Client, stack: DeployedStack) -> object:
    return client("dynamodb").scan(TableName=stack.outputs["SensorsTableName"])["Items"]


def read_state(client: Client, stack: DeployedStack) -> object:
    key = {"sensor_id": {"S": "access"}}
    return client("dynamodb").get_item(TableName=stack.outputs["StatesTableName"], Key=key)["Item"]


def list_results(client: Client, stack: DeployedStack) -> object:
    return client("s3").list_objects_v2(Bucket=stack.outputs["ResultsBucketName"])["Contents"]


def read_result(client: Client, stack: DeployedStack) -> object:
    key = "sensors/Result of Sensor access.txt"
    return client("s3").get_object(Bucket=stack.outputs["ResultsBucketName"], Key=key)


def read_metric(client: Client, stack: DeployedStack) -> object:
    return client("cloudwatch").list_metrics(Namespace=stack.outputs["MetricsNamespace"])["Metrics"]


def read_alarms(client: Client, _: DeployedStack) -> object:
    return client("cloudwatch").describe_alarms()


def put_sensor(client: Client, stack: DeployedStack) -> object:
    table = stack.outputs["SensorsTableName"]
    item = client("dynamodb").get_item(TableName=table, Key=KEY)["Item"]
    return client("dynamodb").put_item(TableName=table, Item=item)


def pause_sensor(client: Client, stack: DeployedStack) -> object:
    return client("dynamodb").update_item(
        TableName=stack.outputs["SensorsTableName"],
        Key=KEY,
        UpdateExpression="SET paused = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )


def delete_sensor(client: Client, stack: DeployedStack) -> object:
    key = {"id": {"S": "access-that-is-not-there"}}
    return client("dynamodb").delete_item(TableName=stack.outputs["SensorsTableName"], Key=key)


def scan_now(client: Client, stack: DeployedStack) -> object:
    event = json.dumps({"sensor_ids": ["access"]})
    answer = client("lambda").invoke(FunctionName=stack.outputs["ScanNowFunctionName"], Payload=event)
    return json.load(answer["Payload"])["results"]


def forge_a_batch(client: Client, stack: DeployedStack) -> object:
    """The scan function believes what it is given."""
    return client("lambda").invoke(FunctionName=stack.outputs["ScanFunctionName"], Payload='{"Records": []}')


def send_a_batch(client: Client, stack: DeployedStack) -> object:
    function = stack.emulator.client("lambda").get_function_configuration(
        FunctionName=stack.outputs["ScanFunctionName"]
    )
    url = function["Environment"]["Variables"]["SCAN_QUEUE_URL"]
    return client("sqs").send_message(QueueUrl=url, MessageBody="{}")


def list_tables(client: Client, _: DeployedStack) -> object:
    return client("dynamodb").list_tables()["TableNames"]


def read_outputs(client: Client, _: DeployedStack) -> object:
    return client("cloudformation").describe_stacks(StackName="pop3-sensor")["Stacks"]


def write_state(client: Client, stack: DeployedStack) -> object:
    item = {"sensor_id": {"S": "access"}, "status": {"S": "Up"}}
    return client("dynamodb").put_item(TableName=stack.outputs["StatesTableName"], Item=item)


def delete_state(client: Client, stack: DeployedStack) -> object:
    key = {"sensor_id": {"S": "access-that-is-not-there"}}
    return client("dynamodb").delete_item(TableName=stack.outputs["StatesTableName"], Key=key)


def read_secret(client: Client, _: DeployedStack) -> object:
    return client("secretsmanager").get_secret_value(SecretId=SECRET)


def delete_table(client: Client, stack: DeployedStack) -> object:
    return client("dynamodb").delete_table(TableName=stack.outputs["StatesTableName"])


def write_result(client: Client, stack: DeployedStack) -> object:
    key = "sensors/Result of Sensor access.txt"
    return client("s3").put_object(Bucket=stack.outputs["ResultsBucketName"], Key=key, Body=b"all is well")


def publish_metric(client: Client, stack: DeployedStack) -> object:
    data = [{"MetricName": "Downtime", "Value": 0}]
    return client("cloudwatch").put_metric_data(Namespace=stack.outputs["MetricsNamespace"], MetricData=data)


def change_function(client: Client, stack: DeployedStack) -> object:
    name = stack.outputs["ScanFunctionName"]
    return client("lambda").update_function_configuration(FunctionName=name, Description="mine")


LOOKING: tuple[Act, ...] = (
    read_sensor,
    list_sensors,
    read_state,
    list_results,
    read_result,
    read_metric,
    read_alarms,
    list_tables,
    read_outputs,
)
EDITING: tuple[Act, ...] = (put_sensor, pause_sensor, delete_sensor, scan_now)
FORBIDDEN: tuple[Act, ...] = (
    write_state,
    delete_state,
    read_secret,
    delete_table,
    write_result,
    publish_metric,
    change_function,
    forge_a_batch,
    send_a_batch,
)


def cases(person: str, acts: tuple[Act, ...], word: str) -> list[Any]:
    return [pytest.param(person, act, id=f"{person} {word} {act.__name__.replace('_', ' ')}") for act in acts]


@pytest.mark.parametrize(
    ("person", "act"),
    [*cases("viewer", LOOKING, "may"), *cases("editor", LOOKING, "may"), *cases("editor", EDITING, "may")],
)
def test_may(stack: DeployedStack, people: dict[str, Client], person: str, act: Act) -> None:
    assert act(people[person], stack)


@pytest.mark.parametrize(
    ("person", "act"),
    [
        *cases("nobody", (*LOOKING, *EDITING, *FORBIDDEN), "may not"),
        *cases("viewer", (*EDITING, *FORBIDDEN), "may not"),
        *cases("editor", FORBIDDEN, "may not"),
    ],
)
def test_may_not(stack: DeployedStack, people: dict[str, Client], person: str, act: Act) -> None:
    with pytest.raises(ClientError) as refused:
        act(people[person], stack)
    assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_viewers_hands_stop_at_the_write_itself(stack: DeployedStack, people: dict[str, Client]) -> None:
    """`put_sensor` reads before it writes, and a viewer may read: it is the write that is refused."""
    with pytest.raises(ClientError, match="dynamodb:PutItem"):
        put_sensor(people["viewer"], stack)
