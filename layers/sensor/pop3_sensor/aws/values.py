"""Turns DynamoDB's typed JSON into plain Python values.

boto3's TypeDeserializer gives Decimals and Binary objects, which pydantic's strict models and JSON do not take.
"""

from collections.abc import Callable, Mapping
from typing import Any


def plain(value: Mapping[str, Any]) -> Any:
    """Numbers become int or float, sets become sorted lists; binary values stay bytes."""
    ((kind, held),) = value.items()
    read = _READERS.get(kind)
    return read(held) if read else held  # S, BOOL, B and BS are plain already


def plain_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: plain(value) for name, value in item.items()}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)  # "1E+2" and "60.0" are whole numbers too
        return int(number) if number.is_integer() else number


_READERS: dict[str, Callable[[Any], Any]] = {
    "N": _number,
    "L": lambda held: [plain(element) for element in held],
    "M": plain_item,
    "SS": sorted,
    "NS": lambda held: sorted(map(_number, held)),
    "NULL": lambda _: None,
}
