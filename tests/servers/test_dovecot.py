"""Dovecot and the certificates behave as other tests expect; `poplib` is an independent witness."""

import poplib
import re
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path

import pytest

from tests.required import require
from tests.servers.certificates import HOSTILE_NAME, TOMORROW, YESTERDAY, Authority, Identity, self_signed
from tests.servers.dovecot import MESSAGES, Dovecot, dovecot, missing

MAILBOX = (len(MESSAGES), sum(map(len, MESSAGES)))


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    require(missing())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Dovecot]:
    with dovecot(identity=authority.issue()) as server:
        yield server


@pytest.fixture(scope="module")
def without_tls() -> Iterator[Dovecot]:
    with dovecot(identity=None, apop=False) as server:
        yield server


@pytest.fixture(scope="module")
def strict(authority: Authority) -> Iterator[Dovecot]:
    with dovecot(identity=authority.issue(), cleartext_login=False) as server:
        yield server


@pytest.fixture(scope="module")
def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.pem)


def plain(server: Dovecot) -> AbstractContextManager[poplib.POP3]:
    return closing(poplib.POP3(server.host, server.port, timeout=10))


def implicit_tls(server: Dovecot, context: ssl.SSLContext) -> AbstractContextManager[poplib.POP3]:
    assert server.tls_port
    return closing(poplib.POP3_SSL(server.host, server.tls_port, timeout=10, context=context))


def log_in(client: poplib.POP3, server: Dovecot) -> None:
    client.user(server.username)
    client.pass_(server.password)


def test_a_login_in_the_clear_finds_two_messages(server: Dovecot) -> None:
    with plain(server) as client:
        assert {"STLS", "USER"} <= client.capa().keys()
        log_in(client, server)
        assert client.stat() == MAILBOX
        client.quit()


def test_stls(server: Dovecot, trusting: ssl.SSLContext) -> None:
    with plain(server) as client:
        client.stls(trusting)
        log_in(client, server)
        assert client.stat() == MAILBOX


def test_implicit_tls(server: Dovecot, trusting: ssl.SSLContext) -> None:
    with implicit_tls(server, trusting) as client:
        log_in(client, server)
        assert client.stat() == MAILBOX


def test_apop(server: Dovecot) -> None:
    with plain(server) as client:
        client.apop(server.username, server.password)
        assert client.stat() == MAILBOX


def test_a_wrong_password_is_refused_and_logged_without_it(server: Dovecot) -> None:
    with plain(server) as client:
        client.user(server.username)
        with pytest.raises(poplib.error_proto, match=re.escape("-ERR [AUTH]")):
            client.pass_("not the password")
    with plain(server) as client:
        log_in(client, server)
    assert "Password mismatch" in server.log()
    assert "not the password" not in server.log()


def test_no_tls_and_no_apop_at_all(without_tls: Dovecot) -> None:
    assert without_tls.tls_port is None
    with plain(without_tls) as client:
        assert b"<" not in client.getwelcome()
        assert "STLS" not in client.capa()
        with pytest.raises(poplib.error_proto):
            client.stls()
        log_in(client, without_tls)
        assert client.stat() == MAILBOX


def test_no_login_in_the_clear(strict: Dovecot, trusting: ssl.SSLContext) -> None:
    with plain(strict) as client:
        assert "USER" not in client.capa()
        with pytest.raises(poplib.error_proto, match="Plaintext authentication disallowed"):
            client.user(strict.username)
    with plain(strict) as client:
        client.stls(trusting)
        assert "USER" in client.capa()
        log_in(client, strict)
        assert client.stat() == MAILBOX


def test_apop_needs_no_tls_where_a_login_in_the_clear_is_forbidden(strict: Dovecot) -> None:
    with plain(strict) as client:
        client.apop(strict.username, strict.password)
        assert client.stat() == MAILBOX


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_chain_is_trusted_by_its_root_alone(authority: Authority, trusting: ssl.SSLContext, name: str) -> None:
    with dovecot(identity=authority.intermediate().intermediate().issue(name)) as server:
        assert server.tls_port
        with closing(poplib.POP3_SSL(name, server.tls_port, timeout=10, context=trusting)) as client:
            assert client.getwelcome().startswith(b"+OK Dovecot")


def test_a_hostile_subject_arrives_as_it_is(authority: Authority, trusting: ssl.SSLContext) -> None:
    with (
        dovecot(identity=authority.issue(common_name=HOSTILE_NAME)) as server,
        implicit_tls(server, trusting) as client,
    ):
        assert isinstance(client.sock, ssl.SSLSocket)
        certificate = client.sock.getpeercert()
        assert certificate
        assert (("commonName", HOSTILE_NAME),) in certificate["subject"]


@pytest.mark.parametrize(
    ("issue", "reason"),
    [
        pytest.param(lambda a: a.issue(not_after=YESTERDAY), "certificate has expired", id="expired"),
        pytest.param(lambda a: a.issue(not_before=TOMORROW), "certificate is not yet valid", id="not yet valid"),
        pytest.param(lambda a: a.issue("wrong.example.org"), "IP address mismatch", id="wrong host"),
        pytest.param(
            lambda a: Authority(a.directory).issue(), "unable to get local issuer certificate", id="unknown authority"
        ),
        pytest.param(lambda a: self_signed(a.directory), "self-signed certificate", id="self-signed"),
        pytest.param(
            lambda a: a.intermediate(not_after=YESTERDAY).issue(), "certificate has expired", id="expired intermediate"
        ),
    ],
)
def test_a_bad_certificate_is_rejected_for_its_reason(
    authority: Authority, trusting: ssl.SSLContext, issue: Callable[[Authority], Identity], reason: str
) -> None:
    with dovecot(identity=issue(authority)) as server:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            implicit_tls(server, trusting)
        assert reason in caught.value.verify_message


def test_several_run_at_once_and_are_gone_afterwards() -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(dovecot(identity=None)) for _ in range(3)]
        assert len({server.port for server in servers}) == len(servers)
        for server in servers:
            with plain(server) as client:
                log_in(client, server)
    for server in servers:
        with pytest.raises(ConnectionRefusedError):
            plain(server)
        assert not server.log_file.parent.exists()


def test_why_it_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    too_long_for_its_sockets = tmp_path / ("x" * 108)
    too_long_for_its_sockets.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(too_long_for_its_sockets))
    with pytest.raises(RuntimeError, match=r"(?s)Dovecot did not start:.*Fatal: "), dovecot(identity=None):
        pytest.fail("it started")
