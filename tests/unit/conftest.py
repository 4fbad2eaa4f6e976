"""What several of these tests need: a clock to skip hours, and what the package logged."""

import logging
import time
from collections.abc import Iterator

import pytest

from tests.fakes.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In place of time.monotonic, which asyncio's loops read too."""
    skipping = Clock(time.monotonic)
    monkeypatch.setattr(time, "monotonic", skipping)
    return skipping


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    """Not caplog: that listens at the root, where the package's records need not come."""
    kept = _Kept()
    logger = logging.getLogger("pop3_sensor")
    logger.addHandler(kept)
    yield kept.records
    logger.removeHandler(kept)
