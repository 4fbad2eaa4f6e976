"""Never two scans of one sensor at the same time, by whatever invocation: a scan that lasts is claimed.

Only what lasts: a claim is a write, and a fleet where all is well writes nothing; the next tick comes later than that.
The claim of an invocation that broke off expires.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from ..model import Observation
from ..ports import Patience, ServiceError, StateStore
from .engine import Job, Scanner

logger = logging.getLogger(__name__)

EVERY_SECONDS = 5.0  # what was under way the last time and still is, is claimed, again and again
CLAIMED_AFTER_SECONDS = 2 * EVERY_SECONDS
VALID = timedelta(seconds=20)


class Claims:
    """Stands before an engine."""

    def __init__(self, engine: Scanner, states: StateStore, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._states = states
        self._now = now
        self._under_way: set[str] = set()
        self._claimed: set[str] = set()
        self.failures: list[str] = []

    async def scan(self, job: Job) -> Observation:
        sensor_id = job.settings.id
        self._under_way.add(sensor_id)
        try:
            return await self._engine.scan(job)
        finally:
            self._under_way.discard(sensor_id)
            if sensor_id in self._claimed:
                self._claimed.discard(sensor_id)
                await asyncio.to_thread(self._claim, [sensor_id], timedelta())

    async def keep(self, every: float = EVERY_SECONDS) -> None:
        """Until cancelled."""
        before: frozenset[str] = frozenset()
        while True:
            await asyncio.sleep(every)
            if lasting := before & self._under_way:
                await asyncio.to_thread(self._claim, lasting, VALID)
            before = frozenset(self._under_way)

    def _claim(self, sensor_ids: Collection[str], valid: timedelta) -> None:
        """For so long; for no time at all once the scan has ended."""
        patience = Patience()
        for sensor_id in sensor_ids:
            if patience.is_over or (valid and sensor_id not in self._under_way):
                continue
            now = self._now()
            try:
                self._states.claim(sensor_id, now, now + valid)
                if valid:
                    self._claimed.add(sensor_id)
            except ServiceError as error:
                patience.fail()
                self.failures.append(str(error))
                logger.error("could not claim a scan: %s", error)  # noqa: TRY400 - the text says it all
            except Exception as error:
                self.failures.append(repr(error))
                logger.exception("could not claim a scan")
