"""Checks items before they are written: every error, and the settings in force with where each comes from."""

import argparse
import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..aws.values import plain_item
from ..items import Inheritance, InvalidSettings, Item, read_all, resolve_all
from ..items.inheritance import INHERITED
from ..model import Settings

_TYPES = frozenset({"S", "N", "BOOL", "L", "M", "SS", "NS", "NULL", "B", "BS"})
_SUMS = {
    "schedules": "schedule",
    "maintenance_windows": "maintenance_windows",
    "paused": "paused",
    "masters": "depends_on",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="JSON of one item, a list of items, or the answer of dynamodb scan; plain or DynamoDB JSON. Name all "
        "parents' files too, in any order",
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints, and returns 0 where every item is good, else 1."""
    try:
        resolved = resolve_all(read_all(item for path in arguments.files for item in read_file(path)))
    except (OSError, ValueError) as error:
        print(error)
        return 1
    wrong = 0
    for item_id, item in sorted(resolved.written.items()):
        found = resolved.sensors.get(item_id, item)
        if isinstance(found, InvalidSettings):
            wrong += 1
            print(f"{item_id}: {_count(len(found.problems), 'error')}")
            print(*(f"  {problem}" for problem in found.problems), sep="\n")
        elif isinstance(found, Settings) and isinstance(item, Item):
            print(f"{item_id}: good")
            print(*(f"  {line}" for line in _explained(found, item, resolved.branches.above(item))), sep="\n")
        else:
            print(f"{item_id}: good ({item.kind})" if isinstance(item, Item) else item_id)
    print(f"\n{_count(len(resolved.written), 'item')}, {wrong} with errors")
    return 1 if wrong else 0


def print_schema(_: argparse.Namespace) -> int:
    print(json.dumps(Item.model_json_schema(), indent=2))
    return 0


def read_file(path: Path) -> list[dict[str, Any]]:
    """The items in a file, in plain values. Raises ValueError that names the file."""
    try:
        held = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: is no JSON: {error}") from None
    if isinstance(held, dict) and isinstance(held.get("Items"), list):
        held = held["Items"]
    items = held if isinstance(held, list) else [held]
    if not all(isinstance(item, dict) for item in items):
        raise ValueError(f"{path}: must hold one item, a list of items, or the answer of dynamodb scan")
    return [plain_item(item) if _is_typed(item) else item for item in items]


def _is_typed(item: Mapping[str, Any]) -> bool:
    """DynamoDB JSON wraps each value in its type."""
    return bool(item) and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _TYPES for value in item.values()
    )


def _explained(settings: Settings, item: Item, above: Inheritance) -> Iterator[str]:
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in ("id", "ancestors") or value in (None, "", (), {}):
            continue
        if getattr(item, _SUMS.get(field.name, field.name), None) is not None and field.name not in _SUMS:
            source = "here" if field.name != "tags" else "here and above"
        elif field.name in INHERITED and field.name in above.sources:
            source = f"from {above.sources[field.name]}"
        elif field.name in _SUMS or field.name == "tags":
            source = "here and above"
        else:
            source = "default"
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        yield f"{field.name:20} {str(shown)[:80]:40} {source}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
