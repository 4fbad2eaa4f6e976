"""Do people learn of it?"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.first_day.account import SENSOR, TOLD, Account, Skipped, Wrong

LATE = 3  # times as much patience for alarms: one over a query is some minutes behind its metrics
NAME = 'Say "hi" \\ there 👋'


def status_message(account: Account) -> str:
    """A subscriber of the topic reads the sensor's name to the letter."""
    account.forget(TOLD)
    with _subscribed(account) as url:
        account.write_sensor(TOLD, name=NAME)
        account.invoke("ScanNowFunctionName", {"sensor_ids": [TOLD]})
        bodies = account.wait_for(lambda: [one for one in _received(account, url) if TOLD in one])
    return judge_message(bodies)


def judge_message(bodies: Sequence[str]) -> str:
    if not bodies:
        raise Wrong("no message came")
    for body in bodies:
        try:
            line = str(json.loads(body))  # EventBridge hands on a text as JSON
        except ValueError:
            line = body
        if not line.startswith(f"{NAME} ({TOLD}) is Down"):
            raise Wrong(f"the message is not the sensor's line: {line}")
    return f"the message came whole: {NAME} is Down"


@contextmanager
def _subscribed(account: Account) -> Iterator[str]:
    """The URL of a queue that gets what the topic tells, as long as the context is open."""
    sqs, sns, topic = account.client("sqs"), account.client("sns"), account.outputs["AlarmTopicArn"]
    url = sqs.create_queue(QueueName=f"first-day-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        raw = {"RawMessageDelivery": "true"}
        subscribed = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw, ReturnSubscriptionArn=True
        )
        try:
            yield url
        finally:
            sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    finally:
        sqs.delete_queue(QueueUrl=url)


def _received(account: Account, url: str) -> list[str]:
    sqs = account.client("sqs")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def alarms(account: Account) -> str:
    wanted = _alarms(account)
    account.wait_for(lambda: not _unexpected(_states(account, wanted)), LATE)
    return judge_alarms(_states(account, wanted))


def judge_alarms(states: Mapping[str, str]) -> str:
    if unexpected := _unexpected(states):
        raise Wrong(", ".join(f"{name} is {states.get(name, 'missing')}" for name in unexpected))
    down = [name for name, state in states.items() if state == "ALARM"]
    return f"of {len(states)} alarms, in ALARM: {', '.join(sorted(down))}"


def _unexpected(states: Mapping[str, str]) -> list[str]:
    """The step's own sensor is Down, and nothing else is wrong."""
    must = {name: name == "SensorDownAlarm" for name in states if name == "SensorDownAlarm" or "SensorDown" not in name}
    return [name for name, on in must.items() if (states[name] == "ALARM") != on]


def contributors(account: Account) -> str:
    name = _alarms(account)["SensorDownAlarm"]

    def named() -> list[Any]:
        answer = account.client("cloudwatch").describe_alarm_contributors(AlarmName=name)
        return [one for one in answer["AlarmContributors"] if SENSOR in one["ContributorAttributes"].values()]

    return judge_contributors(account.wait_for(named, LATE))


def judge_contributors(named: Sequence[Any]) -> str:
    if not named:
        raise Wrong("no contributor of SensorDownAlarm names the sensor")
    return "SensorDownAlarm names the sensor"


def _alarms(account: Account) -> dict[str, str]:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    if found := {logical: name for kind in kinds for logical, name in account.resources(kind).items()}:
        return found
    raise Skipped("the stack has no alarms: Alarms=disabled")


def _states(account: Account, wanted: Mapping[str, str]) -> dict[str, str]:
    answer = account.client("cloudwatch").describe_alarms(
        AlarmNames=list(wanted.values()), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    states = {one["AlarmName"]: one["StateValue"] for one in [*answer["MetricAlarms"], *answer["CompositeAlarms"]]}
    return {logical: states.get(name, "missing") for logical, name in wanted.items()}
