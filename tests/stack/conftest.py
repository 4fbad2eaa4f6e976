"""The project's template, deployed by `sam deploy` to an emulator that enforces its roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.demonstration import MailServers, mail_servers
from tests.emulator.emulator import emulator, missing
from tests.emulator.sam import build, deploy
from tests.emulator.stack import DeployedStack
from tests.required import require
from tests.servers.background import in_background


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `sam build` put the template and its artifacts."""
    folder = tmp_path_factory.mktemp("build")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def stack(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    require(missing())
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield deploy(running, built / "template.yaml", "pop3-sensor")


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    with in_background(mail_servers()) as running:
        yield running
