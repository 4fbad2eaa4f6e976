"""The Sensors table: at any size, whatever somebody wrote into it."""

from decimal import Decimal
from typing import Any

import boto3
import pytest

from pop3_sensor.aws.sensors_table import SensorsTable
from pop3_sensor.items import Item, read_item
from tests.aws.conftest import Calls
from tests.fakes.deployed import deploy


@pytest.fixture
def table(session: boto3.Session) -> str:
    return deploy(session, "SensorsTable")["SensorsTable"]


def load(session: boto3.Session, table: str) -> list[dict[str, Any]]:
    return list(SensorsTable(session.client("dynamodb"), table).load())


def test_an_empty_table(session: boto3.Session, table: str) -> None:
    assert [] == load(session, table)


# An item as somebody writes it with boto3's resource interface; the item as it is read.
ITEMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "every type": (
        {
            "id": "a",
            "text": "größe",
            "number": Decimal(110),
            "fraction": Decimal("0.5"),
            "yes": True,
            "no": False,
            "nothing": None,
            "list": ["a", Decimal(1), [Decimal("1.5")]],
            "map": {"a": {"b": Decimal(1)}, "c": None},
            "texts": {"b", "a"},
            "numbers": {Decimal(2), Decimal(1)},
            "bytes": b"\x00\xff",
            "bytes in a set": {b"\x00"},
        },
        {
            "id": "a",
            "text": "größe",
            "number": 110,
            "fraction": 0.5,
            "yes": True,
            "no": False,
            "nothing": None,
            "list": ["a", 1, [1.5]],
            "map": {"a": {"b": 1}, "c": None},
            "texts": ["a", "b"],
            "numbers": [1, 2],
            "bytes": b"\x00\xff",
            "bytes in a set": [b"\x00"],
        },
    ),
    "the id alone": ({"id": "a"}, {"id": "a"}),
}


@pytest.mark.parametrize(("written", "read"), ITEMS.values(), ids=ITEMS)
def test_an_item(session: boto3.Session, table: str, written: dict[str, Any], read: dict[str, Any]) -> None:
    session.resource("dynamodb").Table(table).put_item(Item=written)
    assert [read] == load(session, table)


def test_what_is_written_is_an_item_of_ours(session: boto3.Session, table: str) -> None:
    """Numbers, lists and sets come in forms that the strict model takes."""
    session.resource("dynamodb").Table(table).put_item(
        Item={
            "id": "mail-1",
            "host": "mail.example.org",
            "port": Decimal("1.1E+2"),
            "tags": {"Berlin"},
            "channels": ["Status"],
            "interval": Decimal("300.0"),
        }
    )
    (written,) = load(session, table)
    expected = Item(
        id="mail-1", host="mail.example.org", port=110, tags=("Berlin",), channels=("Status",), interval=300
    )
    assert expected == read_item(written)


def test_more_than_one_page(session: boto3.Session, table: str, calls: Calls) -> None:
    """DynamoDB gives 1 MB at a time."""
    client = session.client("dynamodb")
    for number in range(12):
        item = {"id": {"S": f"mail-{number:02}"}, "comment": {"S": "x" * 100_000}}
        client.put_item(TableName=table, Item=item)
    assert {f"mail-{number:02}" for number in range(12)} == {item["id"] for item in load(session, table)}
    assert 2 == len(calls.of("Scan"))


def test_an_item_that_nobody_changed_is_the_object_of_the_call_before(session: boto3.Session, table: str) -> None:
    """Equality would not do: in Python 1 equals true."""
    items = session.resource("dynamodb").Table(table)
    for item_id in ("kept", "changed", "deleted"):
        items.put_item(Item={"id": item_id, "port": Decimal(1)})
    sensors = SensorsTable(session.client("dynamodb"), table)
    before = {one["id"]: one for one in sensors.load()}
    items.put_item(Item={"id": "changed", "port": True})
    items.delete_item(Key={"id": "deleted"})
    after = {one["id"]: one for one in sensors.load()}
    assert {"kept": True, "changed": False} == {one: before[one] is attributes for one, attributes in after.items()}
    assert after["changed"]["port"] is True
