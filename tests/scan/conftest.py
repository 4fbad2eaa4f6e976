"""Certificates for scripted servers, made once for the whole run, and a resolver that says what a test wants."""

import socket
import ssl

import pytest

from tests.servers.certificates import Authority

pytest.register_assert_rewrite("tests.scan.provoking")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def tls(authority: Authority) -> ssl.SSLContext:
    """Of a server where nothing is wrong, for a sensor with this authority as its `trusted_ca`."""
    return authority.issue().server_context()


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """For each question the next of these addresses."""
    addresses: list[str] = []

    def getaddrinfo(*_question: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses.pop(0), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return addresses
