"""The project's template, deployed by `sam deploy` to an emulator that enforces its roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.demonstration import MailServers, mail_servers
from tests.emulator.emulator import emulator, missing
from tests.emulator.stack import DeployedStack, build, deploy
from tests.required import require
from tests.servers.background import in_background


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template, as `sam build` leaves it."""
    require(missing())
    return build(tmp_path_factory.mktemp("build") / "build")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[DeployedStack]:
    with emulator(tmp_path_factory.mktemp("stack") / "emulator") as running:
        yield deploy(running, built, "pop3-sensor")


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    with in_background(mail_servers()) as running:
        yield running
