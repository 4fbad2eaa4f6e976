"""The States table: one item for each sensor, written when something in it changes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..verdict import State
from ..vocabulary import Status
from .calls import translated
from .values import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StatesTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def load(self) -> Mapping[str, State]:
        with translated(f"reading the table {self._table}"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            items = [plain_item(item) for page in pages for item in page["Items"]]
        return {item["sensor_id"]: _state(item) for item in items}

    def save(self, sensor_id: str, state: State, at: datetime) -> None:
        """Unless the state of a later scan stands there: two invocations cannot undo each other."""
        with translated(f"writing the state of {sensor_id} to the table {self._table}"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "sensor_id": {"S": sensor_id},
                        "scanned_at": {"S": _text(at)},
                        "status": {"S": state.status},
                        "since": {"S": _text(state.since)},
                        "phase": {"S": state.phase},
                        "reason": {"S": state.reason},
                        "message": {"S": state.message},
                        "failures": {"N": str(state.failures)},
                        "pause_reasons": {"L": []},
                    },
                    ConditionExpression="attribute_not_exists(sensor_id) OR scanned_at < :at",
                    ExpressionAttributeValues={":at": {"S": _text(at)}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return


def _text(moment: datetime) -> str:
    """Of equal length for every moment, so that texts compare as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _state(item: Mapping[str, Any]) -> State:
    return State(
        status=Status(item["status"]),
        since=datetime.fromisoformat(item["since"]),
        phase=item["phase"],
        reason=item["reason"],
        message=item["message"],
        failures=item["failures"],
    )
