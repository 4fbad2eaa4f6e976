"""What people write into the Sensors table, and the settings in force that come of it, or what is wrong with it."""

from .dependencies import masters_first
from .hints import hints
from .in_force import settings_of
from .item import Item
from .problems import InvalidSettings, Problem
from .reading import item_or_problems, read_all, read_item
from .resolving import Resolved, resolve_all

__all__ = [
    "InvalidSettings",
    "Item",
    "Problem",
    "Resolved",
    "hints",
    "item_or_problems",
    "masters_first",
    "read_all",
    "read_item",
    "resolve_all",
    "settings_of",
]
