"""Reads the Sensors table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .calls import part, translated
from .values import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class SensorsTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._kept: dict[str, tuple[object, dict[str, Any]]] = {}  # each item by id: DynamoDB's own form, plain values

    def load(self) -> Sequence[dict[str, Any]]:
        """Reads the whole table: at any size, one scan a minute costs less than an index that would avoid it."""
        with translated(f"reading the table {self._table}"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            given = {item["id"]["S"]: item for page in pages for item in part(page, "Items")}
        kept, self._kept = self._kept, {}
        for sensor_id, item in given.items():
            before = kept.get(sensor_id)
            self._kept[sensor_id] = before if before and before[0] == item else (item, plain_item(item))
        return [attributes for _, attributes in self._kept.values()]
