"""The Sensors table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .calls import translated
from .values import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class SensorsTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def load(self) -> Sequence[dict[str, Any]]:
        """Every item: at any size a whole scan each minute costs less than an index to avoid it."""
        with translated(f"reading the table {self._table}"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            return [plain_item(item) for page in pages for item in page["Items"]]
