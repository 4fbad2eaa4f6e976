"""The account under test, and how a step ends: with what it saw, with what is wrong, or with why it was skipped."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

# The sensors that steps write: one for all of them, one at a server that the person named, one with an odd name.
SENSOR, SERVER, TOLD = SENSORS = ("first-day", "first-day-server", "first-day-told")
# RFC 2606 keeps this name for hosts that do not exist, so that the sensor is Down without a server to break.
NOBODY = "first-day.invalid"


class Wrong(Exception):
    """The step ran, and what it saw is not what it must be."""


class Skipped(Exception):
    """The step could not run here. Says why."""


Ask = Callable[[str], bool | None]
T = TypeVar("T")


def nobody_answers(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """One deployed stack.

    `ask`: puts a question to the person; None where nobody is there to answer. `host`: a public POP3 server with TLS
    that the person named. `remove`: the person wants the stack deleted.
    """

    client: Callable[[str], Any]
    stack: str
    ask: Ask = nobody_answers
    host: str = ""
    port: int = 995
    remove: bool = False
    patience_seconds: float = 130.0  # two ticks of the schedule

    @property
    def outputs(self) -> Mapping[str, str]:
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}

    def resources(self, kind: str) -> dict[str, str]:
        """Physical ids by logical ids, of one kind as `AWS::SQS::Queue`."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.stack)
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == kind
        }

    def is_emulated(self) -> bool:
        return "amazonaws" not in self.client("cloudformation").meta.endpoint_url

    def function(self, output: str) -> Any:
        """The configuration of the function that this output names."""
        return self.client("lambda").get_function_configuration(FunctionName=self.outputs[output])

    def invoke(self, output: str, event: Mapping[str, object]) -> Any:
        answer = self.client("lambda").invoke(FunctionName=self.outputs[output], Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise Wrong(f"the function failed: {payload}")
        return payload

    def write_sensor(self, sensor_id: str, **attributes: str | int) -> None:
        """Down at its first scan unless `attributes` name a host that answers."""
        item = {"id": sensor_id, "host": NOBODY, "warning_scans": 0} | attributes
        typed = {name: {"S" if isinstance(value, str) else "N": str(value)} for name, value in item.items()}
        self.client("dynamodb").put_item(TableName=self.outputs["SensorsTableName"], Item=typed)

    def state(self, sensor_id: str) -> dict[str, Any]:
        """What the last scan found; empty before the first one."""
        key = {"sensor_id": {"S": sensor_id}}
        answer = self.client("dynamodb").get_item(TableName=self.outputs["StatesTableName"], Key=key)
        found: dict[str, Any] = answer.get("Item", {})
        return found if "status" in found else {}

    def forget(self, sensor_id: str) -> None:
        """Of a run before this one there may be a state; the schedule forgets it once the item is gone."""
        key = {"id": {"S": sensor_id}}
        self.client("dynamodb").delete_item(TableName=self.outputs["SensorsTableName"], Key=key)
        if not self.wait_for(lambda: not self.state(sensor_id)):
            raise Wrong("the schedule does not forget a sensor that was deleted")

    def clear(self) -> None:
        """Deletes the sensors that steps wrote."""
        table = self.outputs["SensorsTableName"]
        for sensor_id in SENSORS:
            self.client("dynamodb").delete_item(TableName=table, Key={"id": {"S": sensor_id}})

    def wait_for(self, look: Callable[[], T], times: int = 1) -> T:
        """What `look` sees as soon as it is anything; empty once patience has ended, or so many times of it."""
        end = time.monotonic() + times * self.patience_seconds
        while not (seen := look()) and time.monotonic() < end:
            time.sleep(1)
        return seen
