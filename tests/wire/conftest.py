"""Certificates for scripted servers, made once for the whole run, and a resolver that says what a test wants."""

import socket

import pytest

pytest.register_assert_rewrite("tests.wire.provoking")


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """For each question the next of these addresses."""
    addresses: list[str] = []

    def getaddrinfo(*_question: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses.pop(0), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return addresses
