"""Whatever goes wrong on a connection is told as the server's fault: every error, wherever it can be raised."""

import asyncio
import builtins
import errno
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pop3_sensor.model import Observation, Reason
from pop3_sensor.scan import scan
from tests.samples import CREDENTIALS, PASSWORD, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import capa, greeting, login_user, quit_answer, scripted, stat, stls

Fail = Callable[[], None]

CLASSES = sorted(
    {
        kind
        for module in (builtins, socket, ssl)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, OSError)
    },
    key=lambda kind: kind.__name__,
)
# No trouble of the server: this process is out of descriptors or memory.
OURS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}

# All that a scan calls of these two modules, and of asyncio on their behalf.
PLACES: dict[str, tuple[Any, str]] = {
    "the lookup": (socket, "getaddrinfo"),
    "a new socket": (socket.socket, "__init__"),
    "the socket is made non-blocking": (socket.socket, "setblocking"),
    "an option of the socket": (socket.socket, "setsockopt"),
    "the connection": (asyncio.SelectorEventLoop, "sock_connect"),
    "what the kernel knows of the connection": (socket.socket, "getsockopt"),
    "waiting for an answer": (asyncio.SelectorEventLoop, "add_reader"),
    "reading": (socket.socket, "recvmsg"),
    "looking for what nobody asked for": (socket.socket, "recv"),
    "writing": (asyncio.SelectorEventLoop, "sock_sendall"),
    "the beginning of TLS": (ssl.SSLContext, "wrap_bio"),
    "the handshake": (ssl.SSLObject, "do_handshake"),
    "reading under TLS": (ssl.SSLObject, "read"),
    "writing under TLS": (ssl.SSLObject, "write"),
    "the version of TLS": (ssl.SSLObject, "version"),
    "the cipher": (ssl.SSLObject, "cipher"),
    "the certificate": (ssl, "PEM_cert_to_DER_cert"),
    "the dates of the certificate": (ssl, "cert_time_to_seconds"),
    "the end": (socket.socket, "close"),
}


def an_error(kind: type[OSError], code: int = 1) -> OSError:
    error = kind(code, "boom")
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_code, error.verify_message = 1, "boom"
    return error


@contextmanager
def failing(owner: Any, name: str, error: Exception, turn: int) -> Iterator[list[Exception]]:
    """One call of the scan's fails, the others do what they do. What was raised is in the list."""
    original, scanning = getattr(owner, name), threading.current_thread()
    raised: list[Exception] = []
    turns = iter(range(1_000_000))

    def fail(*arguments: Any, **more: Any) -> Any:
        if threading.current_thread() is not scanning and threading.current_thread().name != "lookup":
            return original(*arguments, **more)
        now = next(turns)
        if now == turn and name != "close":
            raised.append(error)
            raise error
        result = original(*arguments, **more)
        if now == turn:  # closed it is all the same
            raised.append(error)
            raise error
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, fail)
        yield raised


def scan_with(
    owner: Any, name: str, error: Exception, turn: int, tls: tuple[Authority, ssl.SSLContext]
) -> Observation | None:
    """None where the scan makes fewer calls than that."""
    authority, context = tls

    async def run() -> Observation | None:
        with failing(owner, name, error, turn) as raised:
            seen = await scan(settings, CREDENTIALS)
        return seen if raised else None

    script = [
        *[*greeting(), *capa("STLS"), *stls(context), *capa("USER")],
        *[*login_user("ann", PASSWORD), *stat(2, 320), *quit_answer()],
    ]
    with scripted(script) as server:
        settings = a_sensor(
            host="localhost" if name == "getaddrinfo" else "127.0.0.1",
            port=server.port,
            timeout=1,
            trusted_ca=authority.pem,
            transport_security="starttls_required",
            authentication="user_password",
            channels=("MessageCount",),
        )
        return asyncio.run(run())


@pytest.mark.parametrize(("owner", "name"), PLACES.values(), ids=PLACES)
def test_every_kind_of_error_is_the_server_s(authority: Authority, tls: ssl.SSLContext, owner: Any, name: str) -> None:
    reasons = {
        kind.__name__: reason_of(scan_with(owner, name, an_error(kind), 0, (authority, tls))) for kind in CLASSES
    }
    assert {} == {kind: reason for kind, reason in reasons.items() if reason in {"never raised", Reason.INTERNAL_ERROR}}


@pytest.mark.parametrize("error", [an_error(ssl.SSLError), an_error(OSError, errno.EIO)], ids=["SSLError", "OSError"])
@pytest.mark.parametrize(("owner", "name"), PLACES.values(), ids=PLACES)
def test_every_call_may_fail(authority: Authority, tls: ssl.SSLContext, owner: Any, name: str, error: OSError) -> None:
    turn = 0
    while seen := scan_with(owner, name, error, turn, (authority, tls)):
        assert reason_of(seen) != Reason.INTERNAL_ERROR
        turn += 1
    assert turn


@pytest.mark.parametrize("place", ["the connection", "reading", "writing"])
def test_every_number_of_an_error_is_the_server_s_but_for_what_runs_out_here(
    authority: Authority, tls: ssl.SSLContext, place: str
) -> None:
    owner, name = PLACES[place]
    ours = {
        code
        for code in errno.errorcode
        if reason_of(scan_with(owner, name, OSError(code, "boom"), 0, (authority, tls))) == Reason.INTERNAL_ERROR
    }
    assert OURS == ours


def reason_of(seen: Observation | None) -> str:
    if seen is None:
        return "never raised"
    return seen.trouble.reason if seen.trouble else ""
