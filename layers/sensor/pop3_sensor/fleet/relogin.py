"""A rejected login is tried once more where its secret has changed: a rotated secret must not page anyone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..model import Observation, Reason, ScanError
from ..scan import Credentials, Network, scan
from .job import Job, unscanned

Renew = Callable[[Job], Awaitable[Credentials | None]]  # credentials past every cache; None: there are no others


@dataclass(frozen=True, slots=True)
class Relogin:
    forbidden: Sequence[Network]
    renew: Renew

    async def scan(self, job: Job, seconds: float) -> Observation:
        """Both scans, and what lies between them, within so many seconds."""
        if isinstance(job.credentials, ScanError):
            return unscanned(job.credentials.reason, job.credentials.message)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        seen = await scan(job.settings, job.credentials, forbidden=self.forbidden, seconds=seconds)
        if not (job.credentials and seen.trouble and seen.trouble.reason is Reason.LOGIN_REJECTED):
            return seen
        renewed = None
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                renewed = await self.renew(job)
        left = end - loop.time()
        if renewed is None or left <= 0:
            return seen
        return await scan(job.settings, renewed, forbidden=self.forbidden, seconds=left)
