"""Takes reports as they come: metrics, states and their changes, result files, each on a lane of its own."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ..model import Status
from ..ports import (
    BatchQueue,
    EventBus,
    MetricSink,
    Patience,
    Point,
    ResultStore,
    ServiceError,
    StateStore,
    StatusChange,
)
from ..status import Report, result_files
from .failures import Failures
from .lane import Lane

T = TypeVar("T")

MAX_KEPT = 20_000  # points, or events, that wait for a service to come back
RESULTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Outlets:
    metrics: MetricSink
    states: StateStore
    events: EventBus
    queue: BatchQueue
    results: ResultStore


@dataclass(slots=True)
class Backlog:
    """What services did not take: it goes with what comes next, also in the next invocation of this process."""

    points: list[Point] = field(default_factory=list)
    unsaved: dict[str, Report] = field(default_factory=dict)  # the first report of each sensor: it says since when
    changes: list[StatusChange] = field(default_factory=list)


class Publisher:
    """Of one invocation."""

    def __init__(self, outlets: Outlets, backlog: Backlog, failures: Failures) -> None:
        self._outlets = outlets
        self._backlog = backlog
        self._failures = failures

    def catch_up(self) -> None:
        """Saves what could not be saved the last time; to be called before the states are read."""
        self._safely(self._record, ())

    async def run(self, reports: asyncio.Queue[Report | None]) -> None:
        """Until a None comes; whatever came before it is published when this returns."""
        # A service that is slow delays none of the others.
        lanes = [
            Lane(_is_measured, partial(self._safely, self._measure)),
            Lane(_is_changed, partial(self._safely, self._record)),
            Lane(result_files.is_stored, partial(self._safely, self._store)),
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

    def _safely(self, work: Callable[[Sequence[Report]], None], reports: Sequence[Report]) -> None:
        """A fault of our own ends neither the other lanes nor the scans."""
        try:
            work(reports)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is noted
            self._failed(error)

    def _measure(self, reports: Sequence[Report]) -> None:
        points = [
            Point(report.sensor_id, channel, value, report.seen.at)
            for report in reports
            for channel, value in report.channels.items()
        ]
        self._backlog.points = self._put(self._outlets.metrics.put, [*self._backlog.points, *points])

    def _record(self, reports: Sequence[Report]) -> None:
        """Of two invocations that saw the same change, the one whose write succeeds tells of it."""
        changed = [*self._backlog.unsaved.values(), *reports]
        self._backlog.unsaved = {}
        patience = Patience()
        saved = [report for report in changed if self._save(report, patience)]
        changes = [
            StatusChange(report.change(), report.seen.at)
            for report in saved
            if report.state.status is not report.status_before
        ]
        self._backlog.changes = self._put(self._outlets.events.put, [*self._backlog.changes, *changes])

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
        self._backlog.unsaved.setdefault(report.sensor_id, report)
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

    def _failed(self, error: Exception) -> None:
        self._failures.note("could not publish", error)


def _is_measured(report: Report) -> bool:
    return report.verdict.status is not Status.PAUSED


def _is_changed(report: Report) -> bool:
    return report.state != report.previous
