"""The counts of one invocation."""

from collections import Counter
from dataclasses import dataclass, field

from ..model import Reason, Status
from ..status import Report


@dataclass(slots=True)
class Counts:
    """`statuses`: of the sensors that it attended to; `reasons`: why, where not Up.

    `handed_on`: due sensors that other invocations scan; `for_half_minute`: those that are scanned in 30 seconds again.
    """

    sensors: int
    invalid: int = 0
    handed_on: int = 0
    for_half_minute: int = 0
    failed_calls: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)

    def note(self, report: Report) -> None:
        self.statuses[report.verdict.status] += 1
        if report.verdict.trouble:
            self.reasons[report.verdict.trouble.reason] += 1

    @property
    def scanned(self) -> int:
        attended = self.statuses.total() - self.statuses[Status.PAUSED] - self.invalid
        return attended - self.reasons[Reason.NOT_RUN]

    def as_json(self) -> dict[str, int]:
        """The summary (docs/reference.md#summary-of-a-tick)."""
        return {
            "sensors": self.sensors,
            "due": self.scanned + self.reasons[Reason.NOT_RUN] + self.handed_on,
            "scanned": self.scanned,
            "handed_on": self.handed_on + self.for_half_minute,
            "paused": self.statuses[Status.PAUSED],
            "invalid": self.invalid,
            "up": self.statuses[Status.UP],
            "warning": self.statuses[Status.WARNING],
            "down": self.statuses[Status.DOWN],
            "unknown": self.statuses[Status.UNKNOWN],
        }
