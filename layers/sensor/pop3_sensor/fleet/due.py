"""Which sensors a tick of the schedule scans."""

import hashlib
from datetime import datetime

from ..model import Reason, Settings, State, Status
from ..model.settings import MINUTE

# What was kept from being scanned is as good as new.
NEVER_REACHED = frozenset({Reason.SETTINGS_INVALID, Reason.NOT_RUN})


def is_due(settings: Settings, state: State | None, tick: datetime) -> bool:
    """Long intervals have a minute of their own, stable and evenly spread over the ids.

    What is new, changed, no longer paused, or was kept from being scanned does not wait for it.
    """
    if settings.interval <= MINUTE or state is None or state.status is Status.PAUSED or state.reason in NEVER_REACHED:
        return True
    if state.fingerprint != settings.fingerprint:
        return True
    minutes = settings.interval // MINUTE
    own = int.from_bytes(hashlib.sha256(settings.id.encode()).digest()[:8], "big")
    return int(tick.timestamp() // MINUTE) % minutes == own % minutes
