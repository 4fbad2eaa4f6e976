"""The States table: one item for each sensor, written when something in it changes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..verdict import State
from ..vocabulary import PauseReason, Status
from .calls import translated
from .values import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class StatesTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def load(self) -> Mapping[str, State]:
        with translated(f"reading the table {self._table}"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            items = [plain_item(item) for page in pages for item in page["Items"]]
        return {item["sensor_id"]: _state(item) for item in items}

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        """Only where nobody wrote since `previous` was read: of two invocations one records, and tells of, a change."""
        read = _text(previous.scanned_at) if previous and previous.scanned_at else "never"
        with translated(f"writing the state of {sensor_id} to the table {self._table}"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(sensor_id, state),
                    ConditionExpression="attribute_not_exists(sensor_id) OR scanned_at = :read",
                    ExpressionAttributeValues={":read": {"S": read}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def forget(self, sensor_id: str) -> None:
        with translated(f"deleting the state of {sensor_id} from the table {self._table}"):
            self._client.delete_item(TableName=self._table, Key={"sensor_id": {"S": sensor_id}})


def _item(sensor_id: str, state: State) -> "dict[str, AttributeValueTypeDef]":
    return {
        "sensor_id": {"S": sensor_id},
        "status": {"S": state.status},
        "since": {"S": _text(state.since)},
        "phase": {"S": state.phase},
        "reason": {"S": state.reason},
        "message": {"S": state.message},
        "failures": {"N": str(state.failures)},
        "pause_reasons": {"L": [{"S": reason} for reason in state.pause_reasons]},
        "masters_well_since": {"S": _text(state.masters_well_since) if state.masters_well_since else ""},
        "fingerprint": {"S": state.fingerprint},
        "scanned_at": {"S": _text(state.scanned_at or state.since)},
    }


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
        pause_reasons=tuple(PauseReason(reason) for reason in item.get("pause_reasons", [])),
        masters_well_since=datetime.fromisoformat(well) if (well := item.get("masters_well_since")) else None,
        fingerprint=item.get("fingerprint", ""),
        scanned_at=datetime.fromisoformat(item["scanned_at"]),
    )
