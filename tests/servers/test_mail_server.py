"""The well-behaved server, seen by poplib and plain sockets, which share no code with it."""

import asyncio
import poplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
import trustme

from tests.servers.mail_server import MailServer, listing, mail_server, multi_line

ACCOUNTS = {"ann": "pass with spaces", "jörg": "größer"}
SOON = 2.0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def visit(client: Callable[[MailServer], None], *, tls: ssl.SSLContext | None = None, delay_seconds: float = 0) -> None:
    async def run() -> None:
        async with mail_server(accounts=ACCOUNTS, tls=tls, delay_seconds=delay_seconds) as server:
            await asyncio.to_thread(client, server)

    asyncio.run(run())


def plain(server: MailServer) -> poplib.POP3:
    return poplib.POP3(server.host, server.port, timeout=SOON)


def dialogue(server: MailServer, sent: bytes) -> list[bytes]:
    """All the server's lines after its greeting, when all commands are sent at once."""
    with socket.create_connection((server.host, server.port), SOON) as client, client.makefile("rb") as stream:
        assert stream.readline().startswith(b"+OK ")
        client.sendall(sent)
        return stream.read().splitlines(keepends=True)


def log_in_and_look(client: poplib.POP3) -> None:
    client.user("ann")
    client.pass_(ACCOUNTS["ann"])
    assert client.stat() == (2, 320)
    assert client.list()[1] == [b"1 120", b"2 200"]
    assert client.uidl()[1] == [b"1 whqtswO00WBw418f9t5JxYwZ", b"2 QhdPYR:00WBw1Ph7x7"]
    assert client.uidl(2) == b"+OK 2 QhdPYR:00WBw1Ph7x7"
    client.noop()
    client.rset()
    assert client.quit() == b"+OK bye"


def test_plain() -> None:
    def client(server: MailServer) -> None:
        assert server.tls_port is None
        session = plain(server)
        assert session.capa() == {"USER": [], "UIDL": [], "RESP-CODES": [], "AUTH-RESP-CODE": []}
        log_in_and_look(session)

    visit(client)


def test_stls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    def client(server: MailServer) -> None:
        session = plain(server)
        assert "STLS" in session.capa()
        session.stls(trusting)
        assert "STLS" not in session.capa()
        log_in_and_look(session)

    visit(client, tls=tls)


def test_implicit_tls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    def client(server: MailServer) -> None:
        assert server.tls_port
        session = poplib.POP3_SSL(server.host, server.tls_port, context=trusting, timeout=SOON)
        assert "STLS" not in session.capa()
        log_in_and_look(session)

    visit(client, tls=tls)


def test_a_handshake_that_fails_harms_nobody_else(tls: ssl.SSLContext) -> None:
    def client(server: MailServer) -> None:
        assert server.tls_port
        with pytest.raises(ssl.SSLCertVerificationError):
            poplib.POP3_SSL(server.host, server.tls_port, context=ssl.create_default_context(), timeout=SOON)
        with socket.create_connection((server.host, server.tls_port), SOON) as junk:
            junk.sendall(b"CAPA\r\n" * 10)
            assert b"+OK" not in junk.recv(100)
        plain(server).quit()

    visit(client, tls=tls)


def test_apop() -> None:
    def client(server: MailServer) -> None:
        session = plain(server)
        with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
            session.apop("ann", "wrong")
        with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
            session.apop("nobody", "")
        assert session.apop("ann", ACCOUNTS["ann"]) == b"+OK welcome"
        session.quit()

    visit(client)


def test_each_greeting_has_its_own_challenge() -> None:
    def client(server: MailServer) -> None:
        first, second = plain(server), plain(server)
        assert first.getwelcome() != second.getwelcome()
        first.quit()
        second.quit()

    visit(client)


@pytest.mark.parametrize(
    ("sent", "replies"),
    [
        ("USER ann\r\nPASS wrong\r\n", ["+OK and the password?", "-ERR [AUTH] wrong user name or password"]),
        ("USER nobody\r\nPASS \r\n", ["+OK and the password?", "-ERR [AUTH] wrong user name or password"]),
        ("user jörg\r\npass größer\r\n", ["+OK and the password?", "+OK welcome"]),
        ("PASS pass with spaces\r\n", ["-ERR USER comes first"]),
        (
            "USER ann\r\nCAP\r\nPASS x\r\n",
            ["+OK and the password?", "-ERR unknown command, or not now", "-ERR USER comes first"],
        ),
        ("STAT\r\n", ["-ERR unknown command, or not now"]),
        ("XYZZY\r\n", ["-ERR unknown command, or not now"]),
        ("\r\n", ["-ERR unknown command, or not now"]),
        ("STLS\r\n", ["-ERR no TLS to begin"]),
        ("NOOP\n", ["-ERR a line ends in CRLF"]),
        (f"USER {'x' * 248}\r\n", ["+OK and the password?"]),
    ],
    ids=[
        "a wrong password",
        "nobody's password",
        "UTF-8, and commands in small letters",
        "PASS without USER",
        "PASS not right after USER",
        "STAT before the login",
        "an unknown command",
        "an empty line",
        "STLS without TLS",
        "a bare LF",
        "255 octets",
    ],
)
def test_replies(sent: str, replies: list[str]) -> None:
    def client(server: MailServer) -> None:
        lines = dialogue(server, f"{sent}QUIT\r\n".encode())
        assert lines == [f"{reply}\r\n".encode() for reply in [*replies, "+OK bye"]]

    visit(client)


def test_after_the_login_there_is_no_other() -> None:
    def client(server: MailServer) -> None:
        session = plain(server)
        session.user("ann")
        session.pass_(ACCOUNTS["ann"])
        with pytest.raises(poplib.error_proto, match="not now"):
            session.user("ann")
        with pytest.raises(poplib.error_proto, match="no such message"):
            session.list(3)
        session.quit()

    visit(client)


def test_a_line_too_long_ends_the_session() -> None:
    def client(server: MailServer) -> None:
        assert dialogue(server, b"USER " + b"x" * 249 + b"\r\n") == [b"-ERR the line is too long\r\n"]

    visit(client)


def test_a_command_in_the_clear_after_stls_is_refused(tls: ssl.SSLContext) -> None:
    def client(server: MailServer) -> None:
        assert dialogue(server, b"STLS\r\nCAPA\r\n") == [b"-ERR a command before TLS\r\n"]

    visit(client, tls=tls)


def test_a_user_named_in_the_clear_is_forgotten_inside_tls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    def client(server: MailServer) -> None:
        session = plain(server)
        session.user("ann")
        session.stls(trusting)
        with pytest.raises(poplib.error_proto, match="USER comes first"):
            session.pass_(ACCOUNTS["ann"])
        session.quit()

    visit(client, tls=tls)


def test_the_greeting_can_be_late() -> None:
    def client(server: MailServer) -> None:
        asked = time.monotonic()
        plain(server).quit()
        assert time.monotonic() - asked >= 0.02

    visit(client, delay_seconds=0.02)


def test_a_dot_is_stuffed() -> None:
    assert multi_line("two", [".", "a.b"]) == b"+OK two\r\n..\r\na.b\r\n.\r\n"


def test_an_empty_listing() -> None:
    assert listing("", ()) == b"+OK 0 messages\r\n.\r\n"


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_many_at_once(tls: ssl.SSLContext, trusting: ssl.SSLContext, secured: bool) -> None:
    """All have their greetings before the first one says anything."""

    async def run() -> None:
        async with mail_server(accounts=ACCOUNTS, tls=tls) as server:
            everyone = asyncio.Barrier(50)

            async def client() -> bytes:
                reader, writer = await asyncio.open_connection(
                    server.host, server.tls_port if secured else server.port, ssl=trusting if secured else None
                )
                await reader.readline()
                await everyone.wait()
                writer.write(b"USER ann\r\nPASS pass with spaces\r\nSTAT\r\nQUIT\r\n")
                replies = await reader.read()
                writer.close()
                await writer.wait_closed()
                return replies

            async with asyncio.timeout(10):
                assert set(await asyncio.gather(*(client() for _ in range(50)))) == {
                    b"+OK and the password?\r\n+OK welcome\r\n+OK 2 320\r\n+OK bye\r\n"
                }

    asyncio.run(run())


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("port", ["port", "tls_port"])
@pytest.mark.parametrize("sent", [b"", b"CAPA\r\nSTLS\r\n", b"\x16\x03\x01"], ids=["silent", "plain", "half a hello"])
def test_closing_waits_for_nobody(tls: ssl.SSLContext, port: str, sent: bytes, turns: int) -> None:
    """Closing may find a connection not yet accepted, before its greeting, or after it."""

    async def run() -> None:
        with ExitStack() as clients:
            async with mail_server(accounts=ACCOUNTS, tls=tls, delay_seconds=0) as server:
                for _ in range(3):
                    client = clients.enter_context(socket.create_connection((server.host, getattr(server, port))))
                    client.sendall(sent)
                for _ in range(turns):
                    await asyncio.sleep(0)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    began = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - began < SOON


def test_a_client_that_does_not_answer_the_end_of_tls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with ExitStack() as clients:

        def client(server: MailServer) -> None:
            raw = socket.create_connection((server.host, server.tls_port), SOON)
            secured = clients.enter_context(trusting.wrap_socket(raw, server_hostname=server.host))
            secured.sendall(b"QUIT\r\n")
            assert secured.recv(100).startswith(b"+OK ready")
            assert secured.recv(100) == b"+OK bye\r\n"

        began = time.monotonic()
        visit(client, tls=tls)
        assert time.monotonic() - began < SOON
