"""Many scans at once, bounded in number and in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ..model import Observation, Reason
from ..model.text import printable
from .job import Job, unscanned

logger = logging.getLogger(__name__)

# Scans mostly wait, but they share a processor. With so many at once, each answer is read within a millisecond or two
# (docs/benchmarks.md).
CONCURRENCY = 50
# A scan that has waited so long for its server does no work: it gives its place to the next one, so that servers
# that answer slowly or never hold up nobody.
PATIENCE_SECONDS = 2.0
MAX_OPEN = 400  # a hostile server costs up to 2 MiB, and a process has some thousand files
HOST_PACE_SECONDS = 0.02  # between the starts of two scans of one mail host


ScanOnce = Callable[[Job, float], Awaitable[Observation]]  # within so many seconds


class Engine:
    """Of one invocation, which ends in `seconds`."""

    def __init__(self, scan: ScanOnce, seconds: float, concurrency: int = CONCURRENCY) -> None:
        self._scan = scan
        self._whole = seconds
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds
        self._open = asyncio.Semaphore(MAX_OPEN)
        self._free = asyncio.Semaphore(concurrency)
        self._next_start: dict[str, float] = {}  # of each host

    async def scan(self, job: Job) -> Observation:
        """Never raises; returns within the invocation's time. What waits here is not on the scan's clock."""
        await self._turn(job.settings.host)
        async with self._open:
            await self._free.acquire()
            place = _Place(self._free)
            impatient = self._loop.call_later(PATIENCE_SECONDS, place.leave)
            try:
                return await self._scan_safely(job)
            finally:
                impatient.cancel()
                place.leave()

    async def _turn(self, host: str) -> None:
        """Sensors of one mail host start one after the other."""
        now = self._loop.time()
        start = self._next_start.get(host, now)
        self._next_start[host] = max(start, now) + HOST_PACE_SECONDS
        if start > now:
            await asyncio.sleep(start - now)

    async def _scan_safely(self, job: Job) -> Observation:
        timeout = job.settings.timeout
        left = self._end - self._loop.time()
        # A timeout that is longer than a whole invocation is cut. Any other scan starts only if all of its timeout
        # fits: our own deadline must not be reported as the server's.
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


class _Place:
    """Left once: by the scan when it ends, or before that when it has waited too long."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free

    def leave(self) -> None:
        if self._free:
            self._free.release()
            self._free = None
