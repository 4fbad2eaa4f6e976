"""Never two scans of one sensor at the same time, by whatever invocation: a scan that lasts is claimed.

Only what lasts: a claim is a write, and a fleet where all is well writes nothing; the next tick comes later than that.
What ends is not released: its new state takes the claim's place, or the claim expires, as one does whose invocation
broke off.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from .engine import Job, Scanner
from .observation import Observation
from .patience import Patience
from .ports import ServiceError, StateStore

logger = logging.getLogger(__name__)

EVERY_SECONDS = 10.0  # what was under way the last time and still is, is claimed, again and again
VALID = timedelta(seconds=25)


class Claims:
    """Stands before an engine."""

    def __init__(self, engine: Scanner, states: StateStore, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._states = states
        self._now = now
        self._under_way: set[str] = set()
        self.failures: list[str] = []

    async def scan(self, job: Job) -> Observation:
        sensor_id = job.settings.id
        self._under_way.add(sensor_id)
        try:
            return await self._engine.scan(job)
        finally:
            self._under_way.discard(sensor_id)

    async def keep(self, every: float = EVERY_SECONDS) -> None:
        """Until cancelled."""
        before: frozenset[str] = frozenset()
        while True:
            await asyncio.sleep(every)
            if lasting := before & self._under_way:
                await asyncio.to_thread(self._claim, lasting)
            before = frozenset(self._under_way)

    def _claim(self, sensor_ids: Collection[str]) -> None:
        patience = Patience()
        for sensor_id in sensor_ids:
            if patience.is_over or sensor_id not in self._under_way:
                continue
            now = self._now()
            try:
                self._states.claim(sensor_id, now, now + VALID)
            except ServiceError as error:
                patience.fail()
                self.failures.append(str(error))
                logger.error("could not claim a scan: %s", error)  # noqa: TRY400 - the text says it all
            except Exception as error:
                self.failures.append(repr(error))
                logger.exception("could not claim a scan")
