"""The deployed stack, as its users have it: items in, results and channels out."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.emulator.emulator import Emulator


@dataclass(frozen=True, slots=True)
class DeployedStack:
    emulator: Emulator
    outputs: Mapping[str, str]

    @classmethod
    def named(cls, running: Emulator, name: str) -> "DeployedStack":
        (stack,) = running.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return cls(running, {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]})

    def put_item(self, **attributes: object) -> None:
        """An item in plain Python values."""
        item = {name: typed(value) for name, value in attributes.items()}
        self.emulator.client("dynamodb").put_item(TableName=self.outputs["SensorsTableName"], Item=item)

    def delete_item(self, item_id: str) -> None:
        key = {"id": {"S": item_id}}
        self.emulator.client("dynamodb").delete_item(TableName=self.outputs["SensorsTableName"], Key=key)

    def put_secret(self, name: str, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        secrets = self.emulator.client("secretsmanager")
        try:
            secrets.create_secret(Name=name, SecretString=text)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=name, SecretString=text)

    def invoke(self, event: Mapping[str, object], function: str = "ScanFunctionName") -> Any:
        """The answer of the function that this output names. Raises RuntimeError with what it said where it failed."""
        answer = self.emulator.client("lambda").invoke(FunctionName=self.outputs[function], Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise RuntimeError(f"{self.outputs[function]} failed: {payload}")
        return payload

    def overview(self, event: Mapping[str, object]) -> str:
        """The page that the dashboard's widget shows."""
        return str(self.invoke(event, "OverviewFunctionName"))

    def tick(self, at: datetime | None = None) -> Any:
        """What the schedule does, at once."""
        return self.invoke({"scheduled_time": (at or datetime.now(UTC)).isoformat()})

    def scan(self, *sensor_ids: str) -> dict[str, Any]:
        results = self.invoke({"sensor_ids": sensor_ids}, "ScanNowFunctionName")["results"]
        return {result["sensor_id"]: result for result in results}

    def states(self) -> dict[str, dict[str, Any]]:
        pages = (
            self.emulator.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["StatesTableName"])
        )
        return {item["sensor_id"]["S"]: item for page in pages for item in page["Items"] if "status" in item}

    def values(self, sensor_id: str, channel: str) -> list[float]:
        """What CloudWatch holds of a channel, oldest first; one value a second at most."""
        points = self._statistics(sensor_id, channel, "Average")
        return [point["Average"] for point in sorted(points, key=lambda point: point["Timestamp"])]

    def _statistics(self, sensor_id: str, channel: str, statistic: str) -> list[Any]:
        answer = self.emulator.client("cloudwatch").get_metric_statistics(
            Namespace=self.outputs["MetricsNamespace"],
            MetricName=channel,
            Dimensions=[{"Name": "SensorId", "Value": sensor_id}],
            StartTime=datetime(2000, 1, 1, tzinfo=UTC),
            EndTime=datetime(2100, 1, 1, tzinfo=UTC),
            Period=1,
            Statistics=[statistic],
        )
        points: list[Any] = answer["Datapoints"]
        return points

    def counted(self, sensor_id: str, channel: str) -> int:
        """How many values CloudWatch has of a channel."""
        answer = self._statistics(sensor_id, channel, "SampleCount")
        return int(sum(point["SampleCount"] for point in answer))

    @contextmanager
    def status_events(self) -> Iterator[Callable[[], list[Any]]]:
        """Yields what returns the status events since, in their order."""
        events = self.emulator.client("events")
        with self.queue("status-events") as (arn, received):
            events.put_rule(Name="status-events", EventPattern=json.dumps({"source": ["pop3-sensor"]}))
            events.put_targets(Rule="status-events", Targets=[{"Id": "queue", "Arn": arn}])
            try:
                yield lambda: [json.loads(body) for body in received()]
            finally:
                events.remove_targets(Rule="status-events", Ids=["queue"])
                events.delete_rule(Name="status-events")

    @contextmanager
    def told(self) -> Iterator[Callable[[], list[str]]]:
        """Yields what returns the messages of the alarm topic since, as a subscriber reads them."""
        sns = self.emulator.client("sns")
        topic = self.outputs["AlarmTopicArn"]
        with self.queue(f"messages-of-{topic.rpartition(':')[2]}") as (arn, received):
            raw = {"RawMessageDelivery": "true"}
            subscription = sns.subscribe(
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=arn,
                Attributes=raw,
                ReturnSubscriptionArn=True,
            )
            try:
                yield received
            finally:
                sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    @contextmanager
    def queue(self, name: str) -> Iterator[tuple[str, Callable[[], list[str]]]]:
        """Its ARN, and what empties it."""
        sqs = self.emulator.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        everybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = {"Version": "2012-10-17", "Statement": [everybody]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})

        def received() -> list[str]:
            bodies: list[str] = []
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    bodies.append(message["Body"])
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return bodies

        try:
            yield arn, received
        finally:
            sqs.delete_queue(QueueUrl=url)

    def result_files(self) -> dict[str, str]:
        bucket, s3 = self.outputs["ResultsBucketName"], self.emulator.client("s3")
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}


def typed(value: object) -> dict[str, Any]:
    """A plain value as DynamoDB's typed JSON."""
    match value:
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [typed(element) for element in value]}
        case dict():
            return {"M": {name: typed(element) for name, element in value.items()}}
        case set():
            return {"SS": sorted(value)}
        case _:
            raise TypeError(f"DynamoDB has no type for {value!r}")
