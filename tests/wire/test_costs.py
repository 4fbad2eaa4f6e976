"""What a server may cost us, and with us the others: little processor time, few bytes."""

import asyncio
import base64
import gc
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from math import factorial
from pathlib import Path

import pytest
import trustme

from pop3_sensor.scan import scan
from tests.fakes.stacks import MemoryStack, item
from tests.samples import CREDENTIALS, PASSWORD, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Await,
    Close,
    Expect,
    Flood,
    ReadSome,
    Script,
    Send,
    StartTls,
    Tell,
    answer,
    capa,
    greeting,
    quit_answer,
    scripted,
)
from tests.wire.provoking import FailTls, outcome, provoke

IMPLICIT: Changes = {"transport_security": "tls_required"}
STARTTLS: Changes = {"transport_security": "starttls_required"}
LOG_IN: Changes = {"authentication": "user_password"}
IN_SECURITY = "in security after lookup connect"
SECURED = "good after lookup connect security greeting"

ASKED = [*greeting(), Expect("CAPA"), Send(b"+OK\r\n")]
WHOLE = [Send(b".\r\n"), *quit_answer()]
NAMED = [*greeting(), *capa("USER"), *answer("USER ann", "+OK"), Expect(f"PASS {PASSWORD}")]


def some(unit: str, share: int, of: int) -> Send:
    """So much of this that a server may say it: eight shares are about as many bytes as there may be."""
    one = unit.encode()
    return Send(one * (of * share // 8 // len(one)))


REPLY, LINE = 60_000, 8_000
# What a server says, at a size of one to eight.
REPLIES: dict[str, tuple[Callable[[int], Script], Changes]] = {
    "lines of two bytes": (lambda n: [*ASKED, some("a\n", n, REPLY), *WHOLE], {}),
    "empty lines": (lambda n: [*ASKED, some("\n", n, REPLY), *WHOLE], {}),
    "lines of two bytes, then a line of vertical tabs": (
        lambda n: [*ASKED, some("a\n", n, REPLY), some("\v", n, LINE), Close()],
        {},
    ),
    "lines of separators": (lambda n: [*ASKED, some("\v" * 100 + "\n", n, REPLY), Close()], {}),
    "lines of letters outside ASCII": (lambda n: [*ASKED, some("é" * 100 + "\n", n, REPLY), *WHOLE], {}),
    "lines that nobody can see": (lambda n: [*ASKED, some("\u200b" * 100 + "\n", n, REPLY), *WHOLE], {}),
    "challenges that are none": (lambda n: [Send(b"+OK "), some("<a.", n, LINE), Send(b"\r\n"), *capa()], {}),
    "an answer to PASS of passwords": (lambda n: [*NAMED, Send(b"-ERR "), some(PASSWORD, n, LINE), Close()], LOG_IN),
    "an answer to PASS of beginnings": (
        lambda n: [*NAMED, Send(b"-ERR "), some(PASSWORD[:6] + " ", n, LINE), Close()],
        LOG_IN,
    ),
}


@pytest.mark.parametrize(("reply", "changes"), REPLIES.values(), ids=REPLIES)
def test_a_reply_costs_no_more_than_its_length(reply: Callable[[int], Script], changes: Changes) -> None:
    """Eight times as long, it costs at most some eight times as much: with the square it would be 64 times."""

    def cost(size: int) -> float:
        return min(processor_seconds(reply(size), changes) for _ in range(3))

    cost(1)  # what is made at first and kept
    assert cost(8) < 20 * cost(1)


def processor_seconds(script: Script, changes: Changes) -> float:
    """Of this thread alone, so that it does not matter what else the machine does."""
    gc.collect()
    with scripted(script) as server:
        settings = a_sensor(port=server.port, **changes)
        began = time.thread_time()
        asyncio.run(scan(settings, CREDENTIALS))
        return time.thread_time() - began


def test_five_hostile_servers_take_nobody_down() -> None:
    """They answer CAPA with as many lines as there may be, and more; the others speak once they have."""
    told = [threading.Event() for _ in range(5)]
    hostile = [[*ASKED, Send(b"a\n" * 28_600), Send(b"\v" * 9_000), Tell(event)] for event in told]
    well = [*map(Await, told), *greeting(), *capa(), *quit_answer()]
    with ExitStack() as stack:
        servers = [stack.enter_context(scripted(script)) for script in [*hostile, *[well] * 20]]
        memory = MemoryStack(
            [
                item(f"{number:02}", server, timeout=3, warning_scans=0, transport_security="starttls_if_available")
                for number, server in enumerate(servers)
            ]
        )
        memory.tick()
    assert [[]] * 25 == [server.failures for server in servers]
    found = [state.reason or state.status for _, state in sorted(memory.states.load().items())]
    assert ["reply_too_long"] * 5 + ["Up"] * 20 == found


HELLO_REQUEST = b"\x16\x03\x03\x00\x04\0\0\0\0"  # OpenSSL passes over any number of these
ENDLESS = Flood(HELLO_REQUEST * 7000, 2**27)

HANDSHAKES: dict[str, tuple[Script, str, Changes]] = {
    "without an end": ([ReadSome(), ENDLESS], f"tls_failed {IN_SECURITY}", IMPLICIT),
    "without an end, after STLS": (
        [*greeting(), *capa("STLS"), *answer("STLS", "+OK"), ReadSome(), ENDLESS],
        f"tls_failed {IN_SECURITY} greeting",
        STARTTLS,
    ),
}


@pytest.mark.parametrize(("script", "expected", "changes"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_a_handshake(script: Script, expected: str, changes: Changes) -> None:
    assert expected == outcome(provoke(script, **changes))


def test_a_handshake_of_250_kib(authority: Authority, tls: ssl.SSLContext) -> None:
    script: Script = [Send(HELLO_REQUEST * 28_000), StartTls(tls), *greeting(), *quit_answer()]
    assert SECURED == outcome(provoke(script, trusted_ca=authority.pem, **IMPLICIT))


def test_a_handshake_of_more_than_256_kib(tls: ssl.SSLContext) -> None:
    script: Script = [Send(HELLO_REQUEST * 30_000), FailTls(tls)]
    assert f"tls_failed {IN_SECURITY}" == outcome(provoke(script, **IMPLICIT))


# A server may send any number of tickets, which we never use: each has some 250 bytes.
TICKETS: dict[str, tuple[int, Callable[[ssl.SSLContext], Script], str]] = {
    "some": (100, lambda tls: [StartTls(tls), *greeting(), *quit_answer()], SECURED),
    "more than 1 MiB": (5000, lambda tls: [FailTls(tls)], "reply_too_long in greeting after lookup connect security"),
}


@pytest.mark.parametrize(("tickets", "script", "expected"), TICKETS.values(), ids=TICKETS)
def test_tickets_of_tls_1_3(
    authority: Authority, tickets: int, script: Callable[[ssl.SSLContext], Script], expected: str
) -> None:
    context = authority.issue().server_context()
    context.num_tickets = tickets
    assert expected == outcome(provoke(script(context), trusted_ca=authority.pem, **IMPLICIT))


def test_a_key_exchange_with_a_prime_of_the_server_s_choice(tmp_path: Path) -> None:
    """DHE: a prime of 10,000 bits costs seconds."""
    authority = Authority(tmp_path, trustme.CA(key_type=trustme.KeyType.RSA))
    leaf = authority.ca.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    parameters = tmp_path / "dh.pem"
    parameters.write_text(ffdhe2048())
    context.load_dh_params(str(parameters))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE")
    assert f"tls_failed {IN_SECURITY}" == outcome(provoke([FailTls(context)], trusted_ca=authority.pem, **IMPLICIT))


def ffdhe2048() -> str:
    """RFC 7919 section A.1, whose prime is made of the digits of e, as PKCS #3 has it."""
    e = sum(2**2000 // factorial(number) for number in range(300)) >> 82
    prime = int(2**2048 - 2**1984 + (e + 560316) * 2**64 - 1)
    der = bytes.fromhex("30820108 02820101 00") + prime.to_bytes(256, "big") + bytes.fromhex("020102")
    return f"-----BEGIN DH PARAMETERS-----\n{base64.encodebytes(der).decode()}-----END DH PARAMETERS-----\n"


GROUPS = {
    "secp256r1": ("prime256v1", SECURED),
    "ffdhe2048": ("ffdhe2048", SECURED),
    "ffdhe6144": ("ffdhe6144", f"tls_failed {IN_SECURITY}"),
    "ffdhe8192": ("ffdhe8192", f"tls_failed {IN_SECURITY}"),
}


@pytest.mark.parametrize(("group", "expected"), GROUPS.values(), ids=GROUPS)
def test_a_key_exchange_of_tls_1_3_by(authority: Authority, group: str, expected: str) -> None:
    context = authority.issue().server_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_ecdh_curve(group)
    script: Script = [StartTls(context), *greeting(), *quit_answer()] if expected == SECURED else [FailTls(context)]
    assert expected == outcome(provoke(script, trusted_ca=authority.pem, **IMPLICIT))
