"""All sensors, every minute: read, divided among invocations, scanned many at once, published."""

from .keyring import Keyring
from .monitor import Monitor
from .publisher import Outlets
from .reader import Policy

__all__ = ["Keyring", "Monitor", "Outlets", "Policy"]
