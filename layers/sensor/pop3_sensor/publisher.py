"""Takes reports as they come and hands them on in batches: nobody's metrics wait for a slow neighbour's."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from . import result_files
from .batches import Batch
from .ports import EventBus, HandOver, MetricSink, Point, ResultStore, ServiceError, StateStore
from .report import Report

logger = logging.getLogger(__name__)

# A report waits at most so long for company; enough of them (about one PutMetricData) go at once.
MAX_WAIT_SECONDS = 2.0
MAX_REPORTS = 500


@dataclass(frozen=True, slots=True)
class Outlets:
    metrics: MetricSink
    states: StateStore
    events: EventBus
    others: HandOver
    results: ResultStore


class Publisher:
    """`failed` counts what could not be handed on; each failure is logged, and none stops another."""

    def __init__(self, outlets: Outlets) -> None:
        self.failed = 0
        self._outlets = outlets

    async def run(self, reports: asyncio.Queue[Report | None]) -> None:
        """Until a None comes; whatever came before it is published when this returns."""
        loop = asyncio.get_running_loop()
        batch: list[Report] = []
        due = 0.0
        report: Report | None
        while True:
            try:
                if reports.empty():
                    async with asyncio.timeout_at(due if batch else None):
                        report = await reports.get()
                else:
                    report = reports.get_nowait()
            except TimeoutError:
                await asyncio.to_thread(self.publish, batch)
                batch = []
                continue
            if not batch:
                due = loop.time() + MAX_WAIT_SECONDS
            if report is not None:
                batch.append(report)
            if batch and (report is None or len(batch) >= MAX_REPORTS):
                await asyncio.to_thread(self.publish, batch)
                batch = []
            if report is None:
                return

    def publish(self, reports: Sequence[Report]) -> None:
        points = [
            Point(report.sensor_id, channel, value, report.seen.at)
            for report in reports
            for channel, value in report.channels.items()
        ]
        if points:
            self._attempt(lambda: self._outlets.metrics.put(points))
        saved = [report for report in reports if report.state != report.previous and self._save(report)]
        if changes := [report.change() for report in saved if report.state.status is not report.status_before]:
            self._attempt(lambda: self._outlets.events.put(changes))
        for report in reports:
            self._store(report)

    def forget(self, sensor_ids: Iterable[str]) -> None:
        """The items of these sensors are gone, so a new one of the same id starts anew."""
        for sensor_id in sensor_ids:
            self._attempt(partial(self._outlets.states.forget, sensor_id))

    def hand_on(self, batches: Sequence[Batch], delay_seconds: int) -> None:
        """To other invocations of this function."""
        if batches:
            self._attempt(lambda: self._outlets.others.put(batches, delay_seconds))

    def _save(self, report: Report) -> bool:
        """Whether this is the one that recorded the state: only that one tells of it."""
        before = report.previous.scanned_at if report.previous else None
        if before and report.seen.at <= before:
            return False  # a clock that went backwards must not undo what a later scan saw
        won = False

        def save() -> None:
            nonlocal won
            won = self._outlets.states.save(report.sensor_id, report.state, report.previous)

        self._attempt(save)
        return won

    def _store(self, report: Report) -> None:
        if result_files.is_stored(report):
            summary, dialogue = result_files.file_names(report.sensor_id)
            self._attempt(lambda: self._outlets.results.put(summary, result_files.summary(report)))
            self._attempt(lambda: self._outlets.results.put(dialogue, result_files.dialogue(report)))

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except ServiceError as error:
            self.failed += 1
            logger.error("could not publish: %s", error)  # noqa: TRY400 - the text says it all; no traceback to read
