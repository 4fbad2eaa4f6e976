"""Why a scan ends before it connects, and where it connects to."""

import socket
import ssl

import pytest

from pop3_sensor.scan import parse_networks
from tests.samples import Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import StartTls, capa, greeting, quit_answer, scripted
from tests.wire.provoking import outcome, provoke, run_scan

HOSTS = {
    "an IPv6 address where IPv4 is wanted": ({"host": "::1"}, "no_address in lookup after nothing"),
    "an IPv4 address where IPv6 is wanted": ({"ip_version": "ipv6"}, "no_address in lookup after nothing"),
    "what can be no name": ({"host": "mail..example.org"}, "name_not_found in lookup after nothing"),
}


@pytest.mark.parametrize(("changes", "expected"), HOSTS.values(), ids=HOSTS)
def test_a_host_that_will_not_do(changes: Changes, expected: str) -> None:
    seen = run_scan(a_sensor(**changes))
    assert (expected, "") == (outcome(seen), seen.address)


ANSWERS = {
    "no such name": ("EAI_NONAME", "name_not_found in lookup after nothing"),
    "no answer for now": ("EAI_AGAIN", "lookup_failed in lookup after nothing"),
    "a failure for good": ("EAI_FAIL", "lookup_failed in lookup after nothing"),
    "a name without addresses": ("EAI_NODATA", "no_address in lookup after nothing"),
    "a name without addresses of this family": ("EAI_ADDRFAMILY", "no_address in lookup after nothing"),
}


@pytest.mark.parametrize(("error", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_a_resolver_that_knows_none(monkeypatch: pytest.MonkeyPatch, error: str, expected: str) -> None:
    def getaddrinfo(*_question: object) -> list[object]:
        raise socket.gaierror(getattr(socket, error), f"{error} happened")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    seen = run_scan(a_sensor(host="mail.example.org"))
    assert (expected, "") == (outcome(seen), seen.address)
    assert seen.trouble
    assert "mail.example.org" in seen.trouble.message


FORBIDDEN = {
    "an address": ("127.0.0.1", "ipv4", "127.0.0.1"),
    "a name": ("localhost", "ipv4", "127.0.0.1"),
    "an address in another spelling": ("127.1", "ipv4", "127.0.0.1"),
    "an address in the dress of IPv6": ("::ffff:127.0.0.1", "ipv6", "::ffff:"),
}


@pytest.mark.parametrize(("host", "ip_version", "address"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_address_is_never_connected_to(host: str, ip_version: str, address: str) -> None:
    with scripted() as server:
        settings = a_sensor(host=host, ip_version=ip_version, port=server.port)
        seen = run_scan(settings, forbidden=parse_networks("127.0.0.0/8"))
    assert [] == server.failures  # no connection was foreseen, and none came
    assert "address_forbidden in lookup after nothing" == outcome(seen)
    assert seen.address.startswith(address)
    assert seen.trouble
    assert "127.0.0.0/8" in seen.trouble.message


def test_the_address_that_is_judged_is_the_one_that_is_connected_to(resolver: list[str]) -> None:
    """A name server that answers differently each time (DNS rebinding) is asked once."""
    resolver += ["127.0.0.1", "127.0.0.2"]
    seen = provoke([*greeting(), *capa(), *quit_answer()], host="mail.example.org")
    expected = ("good after lookup connect greeting security", "127.0.0.1", ["127.0.0.2"])
    assert expected == (outcome(seen), seen.address, resolver)


IPV6 = {
    "the address itself": ("::1", "ipv6", "::1"),
    "spelled out": ("0:0:0:0:0:0:0:1", "ipv6", "::1"),
    "any version": ("::1", "any", "::1"),
}


@pytest.mark.parametrize(("host", "ip_version", "address"), IPV6.values(), ids=IPV6)
def test_ipv6(authority: Authority, tls: ssl.SSLContext, host: str, ip_version: str, address: str) -> None:
    with scripted([StartTls(tls), *greeting(), *quit_answer()], host="::1") as server:
        changes = {"transport_security": "tls_required", "trusted_ca": authority.pem}
        seen = run_scan(a_sensor(host=host, ip_version=ip_version, port=server.port, **changes))
    assert [] == server.failures
    assert ("good after lookup connect security greeting", address) == (outcome(seen), seen.address)
