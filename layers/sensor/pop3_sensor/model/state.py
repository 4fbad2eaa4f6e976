"""What is remembered of a sensor from one scan to the next."""

from dataclasses import dataclass, field
from datetime import datetime

from .vocabulary import PauseReason, Status


@dataclass(frozen=True, slots=True)
class State:
    """A row of the States table. `phase` and `reason` may be empty.

    `fingerprint`: of the settings of a sensor with a long interval, which is scanned at once when they change.
    `last_scan`: where the interval is so long that a missed minute is made up for.
    `scanned_at` tells two writers apart. Until `claimed_until` another invocation is scanning the sensor. Neither is
    compared: a state that differs only in them has not changed.
    """

    status: Status
    since: datetime
    phase: str = ""
    reason: str = ""
    message: str = ""
    failures: int = 0
    pause_reasons: tuple[PauseReason, ...] = ()
    masters_well_since: datetime | None = None
    fingerprint: str = ""
    last_scan: datetime | None = None
    scanned_at: datetime | None = field(default=None, compare=False)
    claimed_until: datetime | None = field(default=None, compare=False)

    def is_claimed(self, now: datetime) -> bool:
        """Whether another invocation is scanning the sensor."""
        return self.claimed_until is not None and now < self.claimed_until
