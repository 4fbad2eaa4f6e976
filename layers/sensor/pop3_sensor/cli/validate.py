"""Checks items before they are written: every error, and the settings in force with where each comes from."""

import argparse
import dataclasses
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..aws.values import plain_item
from ..items import InvalidSettings, Item, Resolved, hints, item_or_problems, read_all, resolve_all
from ..items.inheritance import INHERITED, Inheritance
from ..model import Settings
from ..model.text import printable

WRONG = 3  # as everywhere: 1 and 2 are of sensors that are in Warning and Down

_TYPES = frozenset({"S", "N", "BOOL", "L", "M", "SS", "NS", "NULL", "B", "BS"})
_SPACE = re.compile(r"\s*")
_NOT_SHOWN = frozenset({"id", "ancestors", "vanished_masters"})
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
        help="JSON of one item, of several one after the other or in a list, or the answer of dynamodb scan; plain or "
        "DynamoDB JSON. Name all parents' files too, in any order",
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints, and returns 0 where every item is good, else 3."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may not know every letter of a name
    try:
        files = {path: read_file(path) for path in arguments.files}
    except ValueError as error:
        print(error, file=sys.stderr)
        return WRONG
    nameless = [
        (f"{path}, item {number}", item_or_problems(item))
        for path, items in files.items()
        for number, item in enumerate(items, start=1)
        if item.get("id") is None
    ]
    resolved = resolve_all(read_all(item for items in files.values() for item in items if item.get("id") is not None))
    wrong = sum(_print_problems(place, found) for place, found in nameless)
    doubtful = 0
    for item_id, found in sorted(resolved.written.items()):
        one = _outcome(item_id, found, resolved)
        wrong += _print_problems(printable(item_id), one)
        if isinstance(one, Settings) and isinstance(found, Item):
            print(f"{item_id}: good")
            warnings = [f"  warning: {hint}" for hint in hints(one)]
            doubtful += bool(warnings)
            print(*warnings, *(f"  {row}" for row in _explained(one, found, resolved)), sep="\n")
        elif isinstance(one, Item):
            print(f"{item_id}: good ({one.kind})")
    count = len(nameless) + len(resolved.written)
    print(f"\n{_count(count, 'item')}, {wrong} with errors{f', {doubtful} with warnings' if doubtful else ''}")
    return WRONG if wrong else 0


def print_schema(_: argparse.Namespace) -> int:
    print(json.dumps(Item.model_json_schema(), indent=2))
    return 0


def read_file(path: Path) -> list[dict[str, Any]]:
    """The items in a file, in plain values. Raises ValueError that names the file."""
    try:
        held = _values(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise ValueError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is no text in UTF-8") from None
    except RecursionError:
        raise ValueError(f"{path}: is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"{path}: is no JSON, and nothing else is read: {error}") from None
    items = [item for value in held for item in _items_of(value)]
    if not items:
        raise ValueError(f"{path}: holds no item")
    if not all(isinstance(item, dict) for item in items):
        raise ValueError(f"{path}: must hold one item, a list of items, or the answer of dynamodb scan")
    try:
        return [plain_item(item) if _is_typed(item) else item for item in items]
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: is no DynamoDB JSON: {error}") from None


def _values(text: str) -> list[Any]:
    """One, or several one after the other, as a file has them that holds an item a line."""
    decoder = json.JSONDecoder()
    values = []
    at = _after_space(text, 0)
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        at = _after_space(text, at)
    return values


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _items_of(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("Items"), list):
        value = value["Items"]
    return value if isinstance(value, list) else [value]


def _is_typed(item: Mapping[str, Any]) -> bool:
    """DynamoDB JSON wraps each value in its type."""
    return bool(item) and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _TYPES for value in item.values()
    )


def _outcome(item_id: str, found: Item | InvalidSettings, resolved: Resolved) -> Settings | Item | InvalidSettings:
    """Of a sensor its settings, of a device or group itself, or what is wrong."""
    problem = resolved.branches.problems.get(item_id)
    if isinstance(found, Item) and problem:
        return InvalidSettings(found, problem)
    return resolved.sensors.get(item_id, found)


def _print_problems(name: str, found: object) -> bool:
    """Whether there are any."""
    if not isinstance(found, InvalidSettings):
        return False
    print(f"{name}: {_count(len(found.problems), 'error')}")
    print(*(f"  {problem}" for problem in found.problems), sep="\n")
    return True


def _explained(settings: Settings, item: Item, resolved: Resolved) -> Iterator[str]:
    above = resolved.branches.above(item)
    sources = above.sources if isinstance(above, Inheritance) else {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in _NOT_SHOWN or value in (None, "", (), {}):
            continue
        if getattr(item, _SUMS.get(field.name, field.name), None) is not None and field.name not in _SUMS:
            source = "here" if field.name != "tags" else "here and above"
        elif field.name in INHERITED and field.name in sources:
            source = f"from {sources[field.name]}"
        elif field.name in _SUMS or field.name == "tags":
            source = "here and above"
        else:
            source = "default"
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        yield f"{field.name:20} {str(shown)[:80]:40} {source}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
