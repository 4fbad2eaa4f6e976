"""What people write into the Sensors table, and the settings in force that come of it, or what is wrong with it."""

from .dependencies import masters_first, with_masters
from .inheritance import resolve
from .item import Item
from .problems import InvalidSettings, Problem
from .reading import read_item, understand

__all__ = ["InvalidSettings", "Item", "Problem", "masters_first", "read_item", "resolve", "understand", "with_masters"]
