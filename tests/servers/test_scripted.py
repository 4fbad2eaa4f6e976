"""The scripted server, seen by poplib and plain sockets, which share no code with it."""

import poplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
import trustme

from tests.servers.scripted import (
    Close,
    Drip,
    Expect,
    Flood,
    Hang,
    Read,
    ReadSome,
    Reset,
    Script,
    Send,
    Server,
    StartTls,
    answer,
    capa,
    greeting,
    login_apop,
    login_user,
    quit_answer,
    refused_port,
    scripted,
    stat,
    stls,
)

SOON = 2.0  # a server that has to stop at once stops well before


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


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


def connect(server: Server, *, timeout: float = SOON) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout)


def connect_tls(server: Server, trusting: ssl.SSLContext) -> ssl.SSLSocket:
    return trusting.wrap_socket(connect(server), server_hostname=server.host, suppress_ragged_eofs=False)


def read_all(client: socket.socket) -> bytes:
    """The raw bytes of TCP, also if the client speaks TLS."""
    return b"".join(iter(partial(socket.socket.recv, client, 4096), b""))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_well_behaved_script(host: str) -> None:
    script = [*greeting(), *capa("UIDL", "USER"), *login_user("ann", "secret"), *stat(2, 320), *quit_answer()]
    with scripted(script, host=host) as server:
        client = poplib.POP3(server.host, server.port, timeout=SOON)
        assert client.getwelcome() == b"+OK ready"
        assert client.capa() == {"UIDL": [], "USER": []}
        assert client.user("ann") == b"+OK"
        assert client.pass_("secret") == b"+OK welcome"
        assert client.stat() == (2, 320)
        assert client.quit() == b"+OK bye"
    assert server.failures == []
    assert server.received == [b"CAPA\r\nUSER ann\r\nPASS secret\r\nSTAT\r\nQUIT\r\n"]


def test_stls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    script = [*greeting(), *capa("STLS"), *stls(tls), *login_user("ann", "secret"), *quit_answer()]
    with scripted(script) as server:
        client = poplib.POP3(server.host, server.port, timeout=SOON)
        client.stls(trusting)
        client.user("ann")
        client.pass_("secret")
        client.quit()
    assert server.failures == []
    assert server.received == [b"CAPA\r\nSTLS\r\nUSER ann\r\nPASS secret\r\nQUIT\r\n"]


def test_implicit_tls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with scripted([StartTls(tls), *greeting(), *quit_answer()]) as server:
        poplib.POP3_SSL(server.host, server.port, context=trusting, timeout=SOON).quit()
    assert server.failures == []


def test_apop() -> None:
    challenge = "<1896.697170952@dbc.mtview.ca.us>"  # the example of RFC 1939 section 7
    script = [*greeting(challenge), *login_apop("mrose", "tanstaaf", challenge), *quit_answer()]
    with scripted(script) as server:
        client = poplib.POP3(server.host, server.port, timeout=SOON)
        client.apop("mrose", "tanstaaf")
        client.quit()
    assert server.failures == []
    assert b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n" in server.received[0]


@pytest.mark.parametrize("ok", [True, False])
def test_a_login_that_is_rejected(ok: bool) -> None:
    with scripted([*greeting(), *login_user("ann", "secret", ok=ok)]) as server:
        client = poplib.POP3(server.host, server.port, timeout=SOON)
        client.user("ann")
        if ok:
            client.pass_("secret")
        else:
            with pytest.raises(poplib.error_proto, match=r"-ERR wrong"):
                client.pass_("secret")
        client.close()
    assert server.failures == []


def test_an_untrusted_certificate_is_a_failure_on_both_sides(tls: ssl.SSLContext) -> None:
    with scripted([StartTls(tls), *greeting()]) as server, pytest.raises(ssl.SSLCertVerificationError):
        poplib.POP3_SSL(server.host, server.port, context=ssl.create_default_context(), timeout=SOON)
    [failure] = server.failures
    assert failure.startswith("connection 0: StartTls(): ")


def test_a_command_before_the_handshake_is_a_failure(tls: ssl.SSLContext) -> None:
    with scripted([Expect("STLS"), StartTls(tls)]) as server, connect(server) as client:
        client.sendall(b"STLS\r\nCAPA\r\n")
        assert read_all(client) == b""
    assert server.failures == [r"connection 0: StartTls(): before the handshake came b'CAPA\r\n'"]


def test_junk_in_place_of_a_server_hello() -> None:
    with scripted([ReadSome(), Send(b"-ERR speak POP3\r\n")]) as server, pytest.raises(ssl.SSLError):
        poplib.POP3_SSL(server.host, server.port, timeout=SOON)
    assert server.failures == []
    assert server.received[0].startswith(b"\x16\x03")  # the record of a ClientHello


def test_tls_ends_with_close_notify_and_the_server_listens_on(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with scripted([StartTls(tls), Close()]) as server, connect_tls(server, trusting) as client:
        assert client.recv(1) == b""
        client.sendall(b"still here")
    assert server.failures == []
    assert server.received == [b"still here"]


def test_tls_that_is_cut_off(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    script: Script = [StartTls(tls), Close(close_notify=False)]
    with scripted(script) as server, connect_tls(server, trusting) as client, pytest.raises(ssl.SSLEOFError):
        client.recv(1)
    assert server.failures == []


def test_reset_is_a_reset() -> None:
    with scripted([*greeting(), Expect("CAPA"), Reset()]) as server, connect(server) as client:
        client.sendall(b"CAPA\r\n")
        with pytest.raises(ConnectionResetError):
            read_all(client)
    assert server.failures == []


def test_reset_inside_tls(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    script = [StartTls(tls), *answer("CAPA", "+OK"), Reset()]
    with scripted(script) as server, connect_tls(server, trusting) as client:
        client.sendall(b"CAPA\r\n")
        with pytest.raises(ConnectionResetError):
            read_all(client)  # SSLSocket.recv itself calls a reset an EOF, before Python 3.11.9 and 3.12.3
    assert server.failures == []


def test_the_last_words_arrive_although_the_client_went_on_talking() -> None:
    with scripted([*greeting("full"), Close()]) as server, connect(server) as client:
        client.sendall(b"CAPA\r\n" * 1000)
        assert read_all(client) == b"+OK full\r\n"
    assert server.received == [b"CAPA\r\n" * 1000]


def test_hang_outlasts_the_client() -> None:
    with scripted([Hang()]) as server, connect(server, timeout=0.05) as client:
        client.sendall(b"CAPA\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert (server.failures, server.received) == ([], [b"CAPA\r\n"])


def test_drip_arrives_byte_by_byte() -> None:
    with scripted([Drip(b"+OK\r\n", 0.002)]) as server, connect(server) as client:
        assert client.recv(100) == b"+"
        assert read_all(client) == b"OK\r\n"


def test_flood_is_bounded() -> None:
    with scripted([Flood(b"+OK x\r\n", 100_000)]) as server, connect(server) as client:
        assert len(read_all(client)) == 100_000


def test_read_takes_so_many_bytes() -> None:
    with scripted([Read(3), Expect("PA"), Send(b"+OK\r\n")]) as server, connect(server) as client:
        client.sendall(b"xx")
        client.sendall(b"xPA\r\n")
        assert read_all(client) == b"+OK\r\n"
    assert server.failures == []


@pytest.mark.parametrize(
    ("wanted", "failure"),
    [
        ("CAPA", []),
        (re.compile("[A-Z]+"), []),
        ("QUIT", ["connection 0: Expect(wanted='QUIT'): got 'CAPA'"]),
        (re.compile("CAP"), ["connection 0: Expect(wanted=re.compile('CAP')): got 'CAPA'"]),
    ],
    ids=["text", "pattern", "another text", "pattern of a part"],
)
def test_expect(wanted: str | re.Pattern[str], failure: list[str]) -> None:
    with scripted([Expect(wanted)]) as server, connect(server) as client:
        client.sendall(b"CAPA\r\n")
        assert read_all(client) == b""
    assert server.failures == failure


def test_a_client_that_leaves_early_is_a_failure() -> None:
    with scripted([*greeting(), *quit_answer()]) as server, connect(server) as client:
        client.recv(100)  # whoever leaves with bytes unread resets the connection
        client.sendall(b"QUI")
    assert server.failures == ["connection 0: Expect(wanted='QUIT'): the connection ended after b'QUI'"]


def test_each_connection_has_its_script() -> None:
    scripts = [answer("CAPA", "-ERR one"), answer("CAPA", "-ERR two")]
    with scripted(*scripts) as server, connect(server) as first, connect(server) as second:
        second.sendall(b"CAPA\r\n")
        assert read_all(second) == b"-ERR two\r\n"
        first.sendall(b"CAPA\r\n")
        assert read_all(first) == b"-ERR one\r\n"
    assert (server.failures, server.received) == ([], [b"CAPA\r\n", b"CAPA\r\n"])


def test_a_connection_too_many_is_closed_and_told() -> None:
    with scripted() as server, connect(server) as client:
        assert read_all(client) == b""
    assert server.failures == ["connections: 1 came, 0 were foreseen"]
    assert server.received == [b""]


def test_a_connection_that_never_came_is_told() -> None:
    with scripted(greeting()) as server:
        pass
    assert server.failures == ["connections: 0 came, 1 were foreseen"]


@pytest.mark.parametrize(
    "step",
    [Hang(), Expect("QUIT"), Drip(b"slow", 3600.0), Flood(b"x" * 65536, 1 << 40)],
    ids=lambda step: type(step).__name__,
)
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_closing_waits_for_nobody(
    tls: ssl.SSLContext, trusting: ssl.SSLContext, secured: bool, step: Hang | Expect | Drip | Flood
) -> None:
    with scripted([StartTls(tls), *greeting(), step] if secured else [*greeting(), step]) as server:
        client = connect_tls(server, trusting) if secured else connect(server)
        assert client.recv(3) == b"+OK"
        leaving = time.monotonic()
    assert time.monotonic() - leaving < SOON
    client.close()


def test_closing_during_a_handshake(tls: ssl.SSLContext) -> None:
    with scripted([StartTls(tls)]) as server:
        client = connect(server)
    client.close()
    assert len(server.failures) == 1


def test_closing_although_the_test_failed() -> None:
    with pytest.raises(ZeroDivisionError), scripted([Hang()]) as server, connect(server):
        _ = 1 / 0
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_what_a_client_sent_last_is_recorded() -> None:
    for _ in range(50):
        with scripted([*greeting(), Hang()]) as server, connect(server) as client:
            client.sendall(b"PASS secret\r\n")
        assert server.received == [b"PASS secret\r\n"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_refused_port(host: str) -> None:
    with refused_port(host) as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), SOON)
