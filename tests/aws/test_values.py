"""DynamoDB's typed JSON as plain Python values."""

from typing import Any

import pytest

from pop3_sensor.aws.values import plain, plain_item

VALUES: dict[str, tuple[dict[str, Any], Any]] = {
    "a text": ({"S": "110"}, "110"),
    "an empty text": ({"S": ""}, ""),
    "a whole number": ({"N": "110"}, 110),
    "a negative number": ({"N": "-5"}, -5),
    "a whole number, written with a point": ({"N": "60.0"}, 60),
    "a whole number, written with an exponent": ({"N": "1E+2"}, 100),
    "a number with a fraction": ({"N": "0.5"}, 0.5),
    "a number of 38 digits": ({"N": "9" * 38}, int("9" * 38)),
    "the greatest number": ({"N": "9.9999999999999999999999999999999999999E+125"}, int(1e126)),
    "the smallest number": ({"N": "1E-130"}, 1e-130),
    "true": ({"BOOL": True}, True),
    "false": ({"BOOL": False}, False),
    "null": ({"NULL": True}, None),
    "a list": ({"L": [{"S": "a"}, {"N": "1"}, {"L": []}]}, ["a", 1, []]),
    "a map": ({"M": {"a": {"M": {"b": {"N": "2.50"}}}, "c": {"NULL": True}}}, {"a": {"b": 2.5}, "c": None}),
    "a set of texts": ({"SS": ["b", "a"]}, ["a", "b"]),
    "a set of numbers": ({"NS": ["10", "9", "0.5"]}, [0.5, 9, 10]),
    "binary data": ({"B": b"\x00"}, b"\x00"),
    "a set of binary data": ({"BS": [b"b", b"a"]}, [b"b", b"a"]),
}


@pytest.mark.parametrize(("typed", "expected"), VALUES.values(), ids=VALUES)
def test_plain(typed: dict[str, Any], expected: object) -> None:
    found = plain(typed)
    assert (type(expected), expected) == (type(found), found)


def test_an_item() -> None:
    assert {"id": "a", "port": 110} == plain_item({"id": {"S": "a"}, "port": {"N": "110"}})


def test_an_empty_item() -> None:
    assert {} == plain_item({})
