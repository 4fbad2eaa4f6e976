"""The States table: one item for each sensor, written when something in it changes."""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..model import PauseReason, State, Status
from .calls import part, translated
from .values import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


BATCH = 100  # BatchGetItem takes at most so many
ONCE = "#"  # begins the key of a tick or batch; no sensor's id can
NEVER_SCANNED = "its first scan is under way"

logger = logging.getLogger(__name__)


class StatesTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def load(self, sensor_ids: Collection[str] | None = None) -> Mapping[str, State]:
        """A row that cannot be read is left out: its sensor is scanned like a new one, and no other is harmed."""
        with translated(f"reading the table {self._table}"):
            rows = self._scan() if sensor_ids is None else self._get(list(sensor_ids))
            items = [plain_item(row) for row in rows]
        states = {}
        for item in items:
            if item["sensor_id"].startswith(ONCE):
                continue
            try:
                states[item["sensor_id"]] = _state(item)
            except (KeyError, ValueError, TypeError):
                logger.exception("a row of the States table cannot be read", extra={"sensor_id": item["sensor_id"]})
        return states

    def _scan(self) -> "Iterator[dict[str, AttributeValueTypeDef]]":
        for page in self._client.get_paginator("scan").paginate(TableName=self._table):
            yield from part(page, "Items")

    def _get(self, sensor_ids: list[str]) -> "Iterator[dict[str, AttributeValueTypeDef]]":
        keys: list[Mapping[str, AttributeValueTypeDef]] = [{"sensor_id": {"S": sensor_id}} for sensor_id in sensor_ids]
        while keys:
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys[:BATCH]}})
            yield from part(answer, "Responses").get(self._table, [])
            # DynamoDB gives back the keys for which it had no capacity: they are asked for again, with the rest.
            left = answer.get("UnprocessedKeys", {})
            keys = [*keys[BATCH:], *(left[self._table]["Keys"] if left else [])]

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        """Writes only if nobody else wrote since `previous` was read: of two invocations, one records a change.

        A retry after a lost answer must succeed: our own earlier write has our own `scanned_at`.
        """
        read = _text(previous.scanned_at) if previous and previous.scanned_at else "never"
        item = _item(sensor_id, state)
        with translated(f"writing the state of {sensor_id} to the table {self._table}"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(scanned_at) OR scanned_at IN (:read, :own)",
                    ExpressionAttributeValues={":read": {"S": read}, ":own": item["scanned_at"]},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        """For a sensor that was never scanned this makes a whole row, which says that the first scan is under way."""
        first = {"since": _text(now), "status": Status.UNKNOWN, "phase": "", "reason": "", "message": NEVER_SCANNED}
        names = {"#until": "claimed_until", "#failures": "failures", **{f"#{name}": name for name in first}}
        values: dict[str, AttributeValueTypeDef] = {":until": {"S": _text(until)}, ":failures": {"N": "0"}}
        for name, text in first.items():
            values[f":{name}"] = {"S": text}
        kept = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in ("failures", *first))
        with translated(f"claiming {sensor_id} in the table {self._table}"):
            self._client.update_item(
                TableName=self._table,
                Key={"sensor_id": {"S": sensor_id}},
                UpdateExpression=f"SET #until = :until, {kept}",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )

    def claim_once(self, what: str, by: str, until: datetime) -> bool:
        """DynamoDB deletes the row some time after `until` (the table's time to live).

        A retry after a lost answer must succeed: our own earlier write names us.
        """
        with translated(f"claiming {what} in the table {self._table}"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "sensor_id": {"S": f"{ONCE}{what}"},
                        "by": {"S": by},
                        "expires": {"N": str(int(until.timestamp()))},
                    },
                    ConditionExpression="attribute_not_exists(sensor_id) OR #by = :by",
                    ExpressionAttributeNames={"#by": "by"},
                    ExpressionAttributeValues={":by": {"S": by}},
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
        "last_scan": {"S": _text(state.last_scan) if state.last_scan else ""},
        "scanned_at": {"S": _text(state.scanned_at or state.since)},
    }


def _text(moment: datetime) -> str:
    """Every moment gives a text of the same length, so that the texts sort as the moments do."""
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
        last_scan=datetime.fromisoformat(last) if (last := item.get("last_scan")) else None,
        scanned_at=datetime.fromisoformat(scanned) if (scanned := item.get("scanned_at")) else None,
        claimed_until=datetime.fromisoformat(claimed) if (claimed := item.get("claimed_until")) else None,
    )
