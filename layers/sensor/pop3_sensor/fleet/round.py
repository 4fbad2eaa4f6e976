"""One pass over sensors: masters before those that wait for them, each scanned, found paused, or left alone."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from ..model import Settings, State
from ..ports import Now
from ..status import Report, pause_of, report_of_pause, report_of_scan
from .due import is_due
from .job import Job, Scanner

logger = logging.getLogger(__name__)

MakeJob = Callable[[Settings], Job]


class Round:
    """`take` is called with each report as soon as its scan ends. `states`: the freshest that are known."""

    def __init__(
        self, engine: Scanner, make_job: MakeJob, states: Mapping[str, State], take: Callable[[Report], None], now: Now
    ) -> None:
        self._engine = engine
        self._now = now
        self._make_job = make_job
        self.states = dict(states)
        self._take = take
        self._clients: dict[str, list[Settings]] = {}  # by sensor under way: who waits for its result
        self._hindered: dict[str, set[str]] = {}  # by sensor that waits: the masters that it waits for

    async def tick(self, sensors: Iterable[Settings], at: datetime) -> None:
        """Scans those of the sensors that are due at this tick. They come in the order of `masters_first`."""
        async with asyncio.TaskGroup() as group:

            async def scan(settings: Settings) -> None:
                await self._scan(settings)
                settled = [settings.id]
                while settled:  # a loop and no recursion: a chain of dependencies may be long
                    for client in self._released(settled.pop()):
                        if self._is_to_scan(client, at):
                            group.create_task(scan(client))
                        else:
                            settled.append(client.id)

            for settings in sensors:
                if self._waits(settings):
                    self._clients[settings.id] = []
                elif self._is_to_scan(settings, at):
                    self._clients[settings.id] = []
                    group.create_task(scan(settings))

    async def now(self, sensors: Iterable[Settings]) -> None:
        """Scans these sensors, whether due or not, paused or not."""
        async with asyncio.TaskGroup() as group:
            for settings in sensors:
                group.create_task(self._scan(settings))

    def _waits(self, settings: Settings) -> bool:
        """Whether a master of this sensor is scanned in this tick: its result decides whether the sensor is paused."""
        masters = self._clients.keys() & settings.masters
        for master in masters:
            self._clients[master].append(settings)
        self._hindered[settings.id] = masters
        return bool(masters)

    def _released(self, master_id: str) -> Iterator[Settings]:
        """The sensors for which this was the last master to wait for."""
        for client in self._clients.pop(master_id):
            masters = self._hindered[client.id]
            masters.discard(master_id)
            if not masters:
                yield client

    def _is_to_scan(self, settings: Settings, at: datetime) -> bool:
        if self._is_paused(settings, at) or not is_due(settings, self.states.get(settings.id), at):
            return False
        state = self.states.get(settings.id)
        if state and state.is_claimed(self._now()):
            logger.info("still being scanned by another invocation", extra={"sensor_id": settings.id})
            return False
        return True

    def _is_paused(self, settings: Settings, at: datetime) -> bool:
        previous = self.states.get(settings.id)
        pause = pause_of(settings, previous, self.states, at, self._now())
        if pause.reasons:
            self._report(report_of_pause(settings, pause, previous, self._now()))
        return bool(pause.reasons)

    async def _scan(self, settings: Settings) -> None:
        seen = await self._engine.scan(self._make_job(settings))
        self._report(report_of_scan(settings.id, settings, seen, self.states.get(settings.id)))

    def _report(self, report: Report) -> None:
        self.states[report.sensor_id] = report.state
        self._take(report)
