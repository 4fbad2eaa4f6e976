"""The project's template, deployed by `sam deploy` to an emulator that enforces its roles."""

from collections.abc import Iterator

import pytest

from tests.demo.demonstration import MailServers, mail_servers
from tests.emulator.emulator import emulator, missing
from tests.emulator.stack import DeployedStack, build, deploy
from tests.required import require
from tests.servers.background import in_background


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    require(missing())
    folder = tmp_path_factory.mktemp("stack")
    with emulator(folder / "emulator") as running:
        yield deploy(running, build(folder / "build"), "pop3-sensor")


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    with in_background(mail_servers()) as running:
        yield running
