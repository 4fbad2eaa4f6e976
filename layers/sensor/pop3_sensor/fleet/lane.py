"""Reports on their way to one service: nobody's metrics wait for a slow neighbour's scan, or for S3."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from ..status import Report

# A report waits at most so long for company; enough of them (about one PutMetricData) go at once.
MAX_WAIT_SECONDS = 2.0
MAX_REPORTS = 500


class Lane:
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
