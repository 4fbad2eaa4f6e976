"""Reads what somebody wrote into the table: an item, or every problem that it has."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .item import Item
from .problems import InvalidSettings, problem_of


def read_item(written: Mapping[str, Any]) -> Item:
    """Raises InvalidSettings with one problem for each attribute at fault. NULL is as not there."""
    try:
        return Item.model_validate({name: value for name, value in written.items() if value is not None})
    except ValidationError as error:
        first_of_each: dict[str, ErrorDetails] = {}
        for detail in error.errors(include_url=False):
            first_of_each.setdefault(str(detail["loc"][0]), detail)
        problems = map(problem_of, first_of_each.values())
        raise InvalidSettings(*problems, kind=written.get("kind", "sensor")) from None


def item_or_problems(written: Mapping[str, Any]) -> Item | InvalidSettings:
    """For where a bad item must harm only itself: what is wrong is returned, not raised."""
    try:
        return read_item(written)
    except InvalidSettings as error:
        return error
