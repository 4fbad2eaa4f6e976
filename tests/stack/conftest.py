"""The project's own template, deployed by `sam deploy` to an emulator that enforces its roles."""

from collections.abc import Iterator

import pytest

from tests.local.background import in_background
from tests.local.demonstration import MailServers, mail_servers
from tests.local.emulator import emulator, missing
from tests.local.stack import Stack, build, deploy
from tests.required import require


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    require(missing())
    folder = tmp_path_factory.mktemp("stack")
    with emulator(folder / "emulator") as running:
        yield deploy(running, build(folder / "build"), "pop3-sensor")


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    with in_background(mail_servers()) as running:
        yield running
