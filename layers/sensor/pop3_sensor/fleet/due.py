"""Which sensors a tick of the schedule scans."""

import hashlib
from datetime import datetime

from ..model import Reason, Settings, State, Status
from ..model.settings import MINUTE

# These reasons say that no scan took place: such a sensor does not wait for its minute, as a new one does not.
NEVER_REACHED = frozenset({Reason.SETTINGS_INVALID, Reason.NOT_RUN})


def is_due(settings: Settings, state: State | None, tick: datetime) -> bool:
    """A sensor with a long interval has a minute of its own, always the same and evenly spread over the ids.

    Not all wait for it. A sensor is scanned at once when it is new, changed, or no longer paused, when something kept
    it from being scanned, and while a failed scan is only a Warning: Down is known after minutes then, not hours.
    """
    if settings.interval <= MINUTE or state is None or state.status is Status.PAUSED or state.reason in NEVER_REACHED:
        return True
    if state.fingerprint != settings.fingerprint or (state.status is Status.WARNING and state.failures):
        return True
    minutes = settings.interval // MINUTE
    own = int.from_bytes(hashlib.sha256(settings.id.encode()).digest()[:8], "big") % minutes
    now = int(tick.timestamp() // MINUTE)
    since_own = (now - own) % minutes
    return since_own == 0 or _is_missed(state, now - since_own)


def _is_missed(state: State, own_minute: int) -> bool:
    """Where the state knows of no scan since then: a clock that is a minute off counts as having been there."""
    return state.last_scan is not None and state.last_scan.timestamp() // MINUTE < own_minute - 1
