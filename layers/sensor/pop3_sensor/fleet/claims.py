"""Never two scans of one sensor at the same time, in whatever invocation: a scan that lasts is claimed.

A claim is a write, and a fleet where all is well writes nothing. So only scans that last long enough to meet the next
tick are claimed. A claim expires, in case its invocation breaks off.
"""

import asyncio
from collections.abc import Collection
from datetime import timedelta

from ..model import Observation
from ..ports import Now, Patience, ServiceError, StateStore
from .failures import Failures
from .job import Job, Scanner

EVERY_SECONDS = 5.0  # a scan that is under way at two looks is claimed, and again at each further look
CLAIMED_AFTER_SECONDS = 2 * EVERY_SECONDS
VALID = timedelta(seconds=20)


class Claims:
    """An engine that claims what lasts."""

    def __init__(self, engine: Scanner, states: StateStore, now: Now, failures: Failures) -> None:
        self._engine = engine
        self._states = states
        self._now = now
        self._under_way: set[str] = set()
        self._claimed: set[str] = set()
        self._failures = failures

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
        """Claims, from time to time, the scans that last. Runs until it is cancelled."""
        before: frozenset[str] = frozenset()
        while True:
            await asyncio.sleep(every)
            if lasting := before & self._under_way:
                await asyncio.to_thread(self._claim, lasting, VALID)
            before = frozenset(self._under_way)

    def _claim(self, sensor_ids: Collection[str], valid: timedelta) -> None:
        """`valid`: zero gives the claim up, once the scan has ended."""
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
                self._failures.note("could not claim a scan", error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is noted, and the scan goes on
                self._failures.note("could not claim a scan", error)
