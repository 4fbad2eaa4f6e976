"""Reads what somebody wrote into the table: an item, or every problem that it has."""

import logging
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from .item import Item
from .problems import InvalidSettings, Problem, problems_of, unknown_attributes

logger = logging.getLogger(__name__)

Written = Mapping[str, Item | InvalidSettings]  # by id

_ATTRIBUTES = frozenset(Item.model_fields)


def read_item(written: Mapping[str, Any]) -> Item:
    """Raises InvalidSettings with every problem. NULL is as not there."""
    there = {name: value for name, value in written.items() if value is not None}
    unknown = [name for name in there if name not in _ATTRIBUTES]
    known = {name: there[name] for name in there if name in _ATTRIBUTES} if unknown else there
    problems = list(unknown_attributes(unknown))
    try:
        item = Item.model_validate(known)
    except ValidationError as error:
        problems = [*problems_of(error.errors(include_url=False)), *problems]
        item = _what_is_good(known, {problem.outermost for problem in problems})
    if problems:
        raise InvalidSettings(item, *problems)
    return item


def item_or_problems(written: Mapping[str, Any]) -> Item | InvalidSettings:
    """For where a bad item must harm only itself: returns what is wrong, and never raises."""
    try:
        return read_item(written)
    except InvalidSettings as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever an item holds, the others must be scanned
        # Where it came up, but not its words: they may hold what the item holds.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        logger.error("an item cannot be read: %s at %s", type(error).__name__, where)  # noqa: TRY400 - no words, no trace
        item = Item.model_construct(id=str(written.get("id")))
        return InvalidSettings(item, Problem("", "this item cannot be read, and the log says where that failed"))


def read_all(items: Iterable[Mapping[str, Any]]) -> Written:
    return {str(attributes.get("id")): item_or_problems(attributes) for attributes in items}


def _what_is_good(known: Mapping[str, Any], bad: set[str]) -> Item:
    good = {name: value for name, value in known.items() if name not in bad}
    # Whatever the id is, it is what the item is found by.
    return Item.model_validate({**good, "id": "a"}).model_copy(update={"id": str(known.get("id"))})
