"""One sensor to scan, who scans it, and what is seen where no scan takes place."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ..model import Observation, Reason, ScanError, Settings, Trouble
from ..model.text import printable
from ..scan import Credentials


@dataclass(frozen=True, slots=True)
class Job:
    """`credentials`: what to log in with, or why that cannot be known; None for a sensor that does not log in."""

    settings: Settings
    credentials: Credentials | ScanError | None


class Scanner(Protocol):
    async def scan(self, job: Job) -> Observation:
        """Never raises."""


def unscanned(reason: Reason, message: str) -> Observation:
    return Observation(at=datetime.now(UTC), trouble=Trouble(reason, None, printable(message)))
