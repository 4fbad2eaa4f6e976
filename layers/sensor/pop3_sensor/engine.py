"""Many scans at once: bounded, before a deadline, each reported the moment it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .credentials import Credentials
from .networks import Network
from .observation import Observation, ScanError, Trouble
from .scan import scan
from .settings import Settings
from .text import printable
from .vocabulary import Reason

logger = logging.getLogger(__name__)

# Scans spend their time waiting; what they share is this process's processor. So many at once keep the added
# response time of each below a millisecond or two.
CONCURRENCY = 50


@dataclass(frozen=True, slots=True)
class Job:
    """One sensor to scan. `credentials`: what to log in with, or why that cannot be known."""

    settings: Settings
    credentials: Credentials | ScanError | None


Renew = Callable[[Job], Awaitable[Credentials | None]]


def unscanned(reason: Reason, message: str) -> Observation:
    """What is seen where no scan takes place."""
    return Observation(at=datetime.now(UTC), trouble=Trouble(reason, None, printable(message)))


class Engine:
    """Of one invocation, which ends in `seconds`. `renew` fetches credentials past every cache; None: nothing new."""

    def __init__(
        self, forbidden: Sequence[Network], renew: Renew, seconds: float, concurrency: int = CONCURRENCY
    ) -> None:
        self._forbidden = forbidden
        self._renew = renew
        self._whole = seconds
        self._end = asyncio.get_running_loop().time() + seconds
        self._free = asyncio.Semaphore(concurrency)

    async def scan(self, job: Job) -> Observation:
        """Never raises; returns within the invocation's time."""
        async with self._free:  # the scan's clock starts inside: waiting here is nobody's latency
            return await self._scan_safely(job)

    async def _scan_safely(self, job: Job) -> Observation:
        timeout = job.settings.timeout
        left = self._end - asyncio.get_running_loop().time()
        # A timeout that not even a whole invocation holds is cut; any other scan starts only if all of it fits, so
        # that our own deadline is never reported as the server's.
        if left < (timeout if timeout <= self._whole else self._whole / 2):
            return unscanned(
                Reason.NOT_RUN, f"the invocation had no time left for this sensor's timeout of {timeout} s"
            )
        try:
            seen = await self._scan(job, min(timeout, left))
        except Exception:
            logger.exception("scan failed", extra={"sensor_id": job.settings.id})
            return unscanned(Reason.INTERNAL_ERROR, "a fault of this software: its log says more")
        if left < timeout and seen.trouble and seen.trouble.reason is Reason.TIMEOUT:
            message = f"{seen.trouble.message}; timeout is {timeout} s, but the invocation could not hold more"
            return replace(seen, trouble=replace(seen.trouble, message=printable(message)))
        return seen

    async def _scan(self, job: Job, seconds: float) -> Observation:
        if isinstance(job.credentials, ScanError):
            return unscanned(job.credentials.reason, job.credentials.message)
        end = asyncio.get_running_loop().time() + seconds
        seen = await scan(job.settings, job.credentials, forbidden=self._forbidden, seconds=seconds)
        if not (job.credentials and seen.trouble and seen.trouble.reason is Reason.LOGIN_REJECTED):
            return seen
        renewed = await self._renew(job)  # a rotated secret must not page anyone
        left = end - asyncio.get_running_loop().time()
        if renewed is None or left <= 0:
            return seen
        return await scan(job.settings, renewed, forbidden=self._forbidden, seconds=left)
