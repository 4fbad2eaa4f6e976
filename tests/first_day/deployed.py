"""Is all there that the template makes, and does it run?"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.first_day.account import SENSOR, Account, Skipped, Wrong

OUTPUTS = (
    "SensorsTableName",
    "StatesTableName",
    "ResultsBucketName",
    "ScanFunctionName",
    "ScanNowFunctionName",
    "OverviewFunctionName",
    "DashboardUrl",
    "MetricsNamespace",
    "AlarmTopicArn",
    "PagerTopicArn",
    "SensorEditorPolicyArn",
    "SensorViewerPolicyArn",
    "AddSensorCommand",
)
DEAD_LETTERS = ("ScanDeadLetterQueue", "UndeliveredQueue")
REMOVAL_SECONDS = 3000  # network interfaces in a VPC take up to 40 minutes


def outputs(account: Account) -> str:
    there = account.outputs
    if missing := [name for name in OUTPUTS if not there.get(name)]:
        raise Wrong(f"missing: {', '.join(missing)}")
    return f"{len(OUTPUTS)} outputs are there"


def queues(account: Account) -> str:
    name = account.outputs["ScanFunctionName"]
    sources = account.client("lambda").list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    states = [one["State"] for one in sources]
    if len(states) != len(account.resources("AWS::Lambda::EventSourceMapping")) or set(states) != {"Enabled"}:
        raise Wrong(f"the event source mappings of ScanFunction are {', '.join(states) or 'missing'}")
    return f"{len(states)} event source mappings are Enabled"


def schedule(account: Account) -> str:
    found = account.resources("AWS::Scheduler::Schedule").values()
    states = [_schedule(account, name) for name in found]
    if states != ["ENABLED"]:
        raise Wrong(f"the schedule is {', '.join(states) or 'missing'}")
    return "the schedule is ENABLED"


def _schedule(account: Account, name: str) -> str:
    return str(account.client("scheduler").get_schedule(Name=name.rpartition("/")[2])["State"])


def vpc(account: Account) -> str:
    said = judge_vpc(account.function("ScanNowFunctionName"))
    account.invoke("ScanNowFunctionName", {"sensor_ids": [SENSOR]})
    return said


def judge_vpc(function: Mapping[str, Any]) -> str:
    if not function.get("VpcConfig", {}).get("SubnetIds"):
        raise Skipped("SubnetIds is empty: this stack scans from outside a VPC")
    if (state := function["State"]) != "Active":
        raise Wrong(f"the function in the VPC is {state}: {function.get('StateReason', '')}")
    return "the function is Active in its subnets, and reaches the tables"


def dead_letters(account: Account) -> str:
    urls = account.resources("AWS::SQS::Queue")
    counted = {name: _waiting(account, urls[name]) for name in DEAD_LETTERS}
    if full := [f"{number} in {name}" for name, number in counted.items() if number]:
        raise Wrong(", ".join(full))
    return f"{' and '.join(DEAD_LETTERS)} are empty"


def _waiting(account: Account, url: str) -> int:
    asked = "ApproximateNumberOfMessages"
    answer = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[asked])
    return int(answer["Attributes"][asked])


def removal(account: Account) -> str:
    if not account.remove:
        raise Skipped("nobody asked for it: --remove deletes the stack, and looks at what stays")
    names = account.outputs
    account.clear()
    cloudformation = account.client("cloudformation")
    cloudformation.delete_stack(StackName=account.stack)
    waiter = {"Delay": 5, "MaxAttempts": REMOVAL_SECONDS // 5}
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=account.stack, WaiterConfig=waiter)
    kept = {
        "SensorsTable": lambda: account.client("dynamodb").describe_table(TableName=names["SensorsTableName"]),
        "StatesTable": lambda: account.client("dynamodb").describe_table(TableName=names["StatesTableName"]),
        "ResultsBucket": lambda: account.client("s3").head_bucket(Bucket=names["ResultsBucketName"]),
    }
    return judge_removal({name: _is_there(look) for name, look in kept.items()})


def judge_removal(there: Mapping[str, bool]) -> str:
    if gone := [name for name, stays in there.items() if not stays]:
        raise Wrong(f"gone, with their data: {', '.join(gone)}")
    return f"the stack is gone; {', '.join(there)} stay"


def _is_there(look: Any) -> bool:
    try:
        look()
    except ClientError:
        return False
    return True
