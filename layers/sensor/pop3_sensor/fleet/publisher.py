"""Takes reports as they come and hands them on: nobody's metrics wait for a slow neighbour's scan, or for S3."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ..model import Status
from ..ports import (
    Batch,
    EventBus,
    HandOver,
    MetricSink,
    Patience,
    Point,
    ResultStore,
    ServiceError,
    StateStore,
    StatusChange,
)
from ..status import Report, result_files

logger = logging.getLogger(__name__)

T = TypeVar("T")

# A report waits at most so long for company; enough of them (about one PutMetricData) go at once.
MAX_WAIT_SECONDS = 2.0
MAX_REPORTS = 500
MAX_KEPT = 20_000  # points, or events, that wait for a service to come back
RESULTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Outlets:
    metrics: MetricSink
    states: StateStore
    events: EventBus
    others: HandOver
    results: ResultStore


class Publisher:
    """Lives as long as its process: what a service did not take goes with what comes next, also in the next call.

    `failures` of this call: each is logged, counted, and stops no other.
    """

    def __init__(self, outlets: Outlets) -> None:
        self.failures: list[str] = []
        self._outlets = outlets
        self._points: list[Point] = []
        self._unsaved: dict[str, Report] = {}  # the first of each sensor: it says since when
        self._changes: list[StatusChange] = []

    def begin(self) -> None:
        """Before the states are read: what could not be saved the last time."""
        self.failures.clear()
        self._safely(self._record, ())

    async def run(self, reports: asyncio.Queue[Report | None]) -> None:
        """Until a None comes; whatever came before it is published when this returns."""
        # A service that is slow delays none of the others.
        lanes = [
            _Lane(_is_measured, partial(self._safely, self._measure)),
            _Lane(_is_changed, partial(self._safely, self._record)),
            _Lane(result_files.is_stored, partial(self._safely, self._store)),
        ]
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(lane.run())
            report: Report | None = None
            while report := await reports.get():
                for lane in lanes:
                    lane.take(report)
            for lane in lanes:
                lane.end()

    def forget(self, sensor_ids: Iterable[str]) -> None:
        """The items of these sensors are gone, so a new one of the same id starts anew."""
        patience = Patience()
        for sensor_id in sensor_ids:
            try:
                if not patience.is_over:  # the next tick finds it gone, too
                    self._outlets.states.forget(sensor_id)
            except ServiceError as error:
                patience.fail()
                self._failed(error)

    def hand_on(self, batches: Sequence[Batch]) -> list[Batch]:
        """To other invocations of this function; the batches that could not be."""
        try:
            self._outlets.others.put(batches)
        except ServiceError as error:
            self._failed(error)
            return list(error.rest)
        return []

    def _safely(self, work: Callable[[Sequence[Report]], None], reports: Sequence[Report]) -> None:
        """A fault of ours ends neither the other lanes nor the scans."""
        try:
            work(reports)
        except Exception as error:
            self.failures.append(repr(error))
            logger.exception("could not publish")

    def _measure(self, reports: Sequence[Report]) -> None:
        points = [
            Point(report.sensor_id, channel, value, report.seen.at)
            for report in reports
            for channel, value in report.channels.items()
        ]
        self._points = self._put(self._outlets.metrics.put, [*self._points, *points])

    def _record(self, reports: Sequence[Report]) -> None:
        """The one that records a change is the one that tells of it."""
        changed = [*self._unsaved.values(), *reports]
        self._unsaved = {}
        patience = Patience()
        saved = [report for report in changed if self._save(report, patience)]
        changes = [
            StatusChange(report.change(), report.seen.at)
            for report in saved
            if report.state.status is not report.status_before
        ]
        self._changes = self._put(self._outlets.events.put, [*self._changes, *changes])

    def _save(self, report: Report, patience: Patience) -> bool:
        before = report.previous.scanned_at if report.previous else None
        if before and report.seen.at <= before:
            return False  # a clock that went backwards must not undo what a later scan saw
        try:
            if not patience.is_over:
                return self._outlets.states.save(report.sensor_id, report.state, report.previous)
        except ServiceError as error:
            patience.fail()
            self._failed(error)
        self._unsaved.setdefault(report.sensor_id, report)
        return False

    def _store(self, reports: Sequence[Report]) -> None:
        files = [file for report in reports for file in result_files.files(report)]
        with ThreadPoolExecutor(RESULTS_AT_ONCE) as pool:
            list(pool.map(partial(self._store_file, Patience()), files))

    def _store_file(self, patience: Patience, file: tuple[str, str]) -> None:
        try:
            if not patience.is_over:  # the next scan overwrites it anyway
                self._outlets.results.put(*file)
        except ServiceError as error:
            patience.fail()
            self._failed(error)

    def _put(self, put: Callable[[Sequence[T]], None], things: list[T]) -> list[T]:
        try:
            if things:
                put(things)
        except ServiceError as error:
            self._failed(error)
            return list(error.rest)[-MAX_KEPT:]
        return []

    def _failed(self, error: ServiceError) -> None:
        self.failures.append(str(error))
        logger.error("could not publish: %s", error)


def _is_measured(report: Report) -> bool:
    return report.verdict.status is not Status.PAUSED


def _is_changed(report: Report) -> bool:
    return report.state != report.previous


class _Lane:
    """Hands the reports that it wants to `work`, together with those that come soon after."""

    def __init__(self, wants: Callable[[Report], bool], work: Callable[[Sequence[Report]], None]) -> None:
        self._wants = wants
        self._work = work
        self._reports: asyncio.Queue[Report | None] = asyncio.Queue()

    def take(self, report: Report) -> None:
        if self._wants(report):
            self._reports.put_nowait(report)

    def end(self) -> None:
        self._reports.put_nowait(None)

    async def run(self) -> None:
        """Until the end; whatever came before it is worked on when this returns."""
        ended = False
        while not ended:
            reports, ended = await self._some()
            if reports:
                await asyncio.to_thread(self._work, reports)

    async def _some(self) -> tuple[list[Report], bool]:
        """And whether they are the last."""
        loop = asyncio.get_running_loop()
        reports: list[Report] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as wait:
                while len(reports) < MAX_REPORTS:
                    report = await self._reports.get()
                    if report is None:
                        return reports, True
                    if not reports:
                        wait.reschedule(loop.time() + MAX_WAIT_SECONDS)
                    reports.append(report)
        return reports, False
