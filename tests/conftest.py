"""What every test stands on."""

import logging
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.fakes.clock import Clock
from tests.servers.certificates import Authority

# No deadline: these machines are noisy, and speed is measured by `make bench`, never by a test.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


class OneProcessEach(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Tests that share something large, an emulator or a browser, run one after the other; all others side by side.

    xdist's own groups write into an attribute that pytest no longer has.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in ("tests/stack/", "tests/browser/") if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProcessEach:
    return OneProcessEach(config, log)


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


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def tls(authority: Authority) -> ssl.SSLContext:
    """Of a server where nothing is wrong, for a sensor with this authority as its `trusted_ca`."""
    return authority.issue().server_context()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In place of time.monotonic, which asyncio's loops read too."""
    skipping = Clock(time.monotonic)
    monkeypatch.setattr(time, "monotonic", skipping)
    return skipping
