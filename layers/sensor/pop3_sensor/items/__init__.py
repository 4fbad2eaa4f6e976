"""What people write into the Sensors table, and the settings in force that come of it, or what is wrong with it."""

from .dependencies import masters_first
from .in_force import settings_of
from .inheritance import Inheritance
from .item import Item
from .problems import InvalidSettings, Problem
from .reading import item_or_problems, read_item
from .resolving import Resolved, read_all, resolve_all

__all__ = [
    "Inheritance",
    "InvalidSettings",
    "Item",
    "Problem",
    "Resolved",
    "item_or_problems",
    "masters_first",
    "read_all",
    "read_item",
    "resolve_all",
    "settings_of",
]
