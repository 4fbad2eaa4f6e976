"""Which sensors a tick of the schedule scans."""

import hashlib
from datetime import datetime

from .settings import Settings
from .verdict import State
from .vocabulary import Reason

# What was kept from being scanned is as good as new.
NEVER_REACHED = frozenset({Reason.SETTINGS_INVALID, Reason.NOT_RUN})


def is_due(settings: Settings, state: State | None, tick: datetime) -> bool:
    """New sensors at once; intervals over a minute in a minute of their own, stable and evenly spread over ids."""
    minutes = settings.interval // 60
    if state is None or state.reason in NEVER_REACHED or minutes <= 1:
        return True
    spread = int.from_bytes(hashlib.sha256(settings.id.encode()).digest()[:8], "big")
    return int(tick.timestamp() // 60) % minutes == spread % minutes
