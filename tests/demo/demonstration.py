"""What `make run` watches: three mail servers on loopback and seven sensors, the failing kinds among them."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import trustme

from tests.emulator.stack import DeployedStack
from tests.servers.mail_server import mail_server

PHASES = ("lookup", "connect", "greeting", "security", "login")
LOGIN = {"username": "demo", "password": "correct horse battery staple"}


@dataclass(frozen=True)
class MailServers:
    """A good one, one without TLS, and one whose certificate nobody trusts; `ca` vouches for the first."""

    port: int
    tls_port: int
    plain_port: int
    untrusted_port: int
    ca: str


@asynccontextmanager
async def mail_servers() -> AsyncIterator[MailServers]:
    authority, stranger = trustme.CA(), trustme.CA()
    accounts = {LOGIN["username"]: LOGIN["password"]}
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(mail_server(accounts=accounts, tls=_context(authority)))
        plain = await stack.enter_async_context(mail_server(accounts=accounts, tls=None, delay_seconds=0.05))
        untrusted = await stack.enter_async_context(mail_server(accounts=accounts, tls=_context(stranger)))
        assert good.tls_port
        ca = authority.cert_pem.bytes().decode()
        yield MailServers(good.port, good.tls_port, plain.port, untrusted.port, ca)


def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def write_samples(stack: DeployedStack, servers: MailServers) -> None:
    """Seven sensors in a group: four are well, one fails to log in, one finds nobody, one has a misspelt setting."""
    stack.put_secret("pop3-sensor/demo", LOGIN)
    stack.put_secret("pop3-sensor/wrong", LOGIN | {"password": "battery horse"})
    everything = [f"{phase.title()}Time" for phase in PHASES] + ["CertificateDaysLeft", "MessageCount"]
    login = {"authentication": "user_password", "secret_id": "pop3-sensor/demo"}
    stack.put_item(id="demo", kind="group", name="Demonstration", tags=["demo"])
    trusted = {
        "parent": "demo",
        "host": "localhost",
        "trusted_ca": servers.ca,
        "channels": everything,
        "timeout": 10,
    }
    apop = {"authentication": "apop", "secret_id": "pop3-sensor/demo"}
    stack.put_item(id="starttls-login", port=servers.port, result_handling="store", **trusted, **login)
    stack.put_item(id="implicit-tls-apop", port=servers.tls_port, transport_security="tls_required", **trusted, **apop)
    stack.put_item(id="plain-no-login", port=servers.plain_port, **trusted)
    stack.put_item(id="untrusted-but-warned", port=servers.untrusted_port, certificate_check="warn", **trusted)
    stack.put_item(id="wrong-password", port=servers.port, **trusted, **login | {"secret_id": "pop3-sensor/wrong"})
    stack.put_item(id="nobody-there", port=1, **trusted)
    stack.put_item(id="misspelt", prot=servers.port, **trusted)
