"""Takes reports as they come and hands them on in batches: nobody's metrics wait for a slow neighbour's."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import result_files
from .ports import MetricSink, Point, ResultStore, ServiceError, StateStore
from .report import Report

logger = logging.getLogger(__name__)

# A report waits at most so long for company; enough of them (about one PutMetricData) go at once.
MAX_WAIT_SECONDS = 2.0
MAX_REPORTS = 500


@dataclass(frozen=True, slots=True)
class Outlets:
    metrics: MetricSink
    states: StateStore
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
        while True:
            try:
                async with asyncio.timeout_at(due if batch else None):
                    report = await reports.get()
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
        self._attempt(lambda: self._outlets.metrics.put(points))
        for report in reports:
            self._save(report)
            self._store(report)

    def _save(self, report: Report) -> None:
        state = report.state
        if state != report.previous:
            self._attempt(lambda: self._outlets.states.save(report.sensor_id, state, report.seen.at))

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
