"""What several of these tests need: a clock to skip hours."""

import time

import pytest

from tests.fakes.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In place of time.monotonic, which asyncio's loops read too."""
    skipping = Clock(time.monotonic)
    monkeypatch.setattr(time, "monotonic", skipping)
    return skipping
