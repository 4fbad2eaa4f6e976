"""AWS in this process: no credentials, endpoints or profiles from outside reach a test."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws


@pytest.fixture(scope="session")
def clients() -> boto3.Session:
    """One for all tests: it keeps the models of the services, which take long to read."""
    return boto3.Session("testing", "testing", "testing", "eu-central-1")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, clients: boto3.Session) -> Iterator[boto3.Session]:
    """An empty account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    with mock_aws():
        yield clients


@dataclass
class Calls:
    """The parameters of each call that the session's clients make, by operation."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.made if name == operation]


@pytest.fixture
def calls(session: boto3.Session) -> Iterator[Calls]:
    """Sees the clients that are made after it."""
    seen = Calls()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.made.append((model.name, params))

    session.events.register("provide-client-params", note)
    yield seen
    session.events.unregister("provide-client-params", note)
