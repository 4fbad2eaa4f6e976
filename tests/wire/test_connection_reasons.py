"""Why a connection does not come about, or does not last."""

import asyncio
import os
import resource
import ssl

import pytest

from pop3_sensor.model import Observation, Settings
from pop3_sensor.scan import scan
from tests.samples import CREDENTIALS, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Close,
    Expect,
    ReadSome,
    Reset,
    Send,
    StartTls,
    Step,
    answer,
    capa,
    greeting,
    refused_port,
)
from tests.wire.provoking import Answer, Case, assert_case, outcome, provoke, run_scan


def test_refused() -> None:
    with refused_port() as port:
        seen = run_scan(a_sensor(port=port))
    assert ("refused in connect after lookup", "127.0.0.1") == (outcome(seen), seen.address)


def test_unreachable() -> None:
    # No TCP connection leads to the broadcast address: the kernel says so itself, and nothing is sent.
    seen = run_scan(a_sensor(host="255.255.255.255"))
    assert ("unreachable in connect after lookup", "255.255.255.255") == (outcome(seen), seen.address)


def test_out_of_descriptors_is_no_word_about_the_server() -> None:
    async def starved(settings: Settings) -> Observation:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        next_one = os.dup(0)
        os.close(next_one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, limits[1]))
        try:
            return await scan(settings, CREDENTIALS)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    with refused_port() as port:
        seen = asyncio.run(starved(a_sensor(port=port)))
    assert "internal_error after lookup" == outcome(seen)


IMPLICIT: Changes = {"transport_security": "tls_required"}
LOGIN: Changes = {"authentication": "user_password", "channels": ("MessageCount",)}
APOP: Changes = {"authentication": "apop"}

BEGIN = greeting("<1.2@example.org>")
ASKED = [*BEGIN, Expect("CAPA")]
SECURED = [*BEGIN, *capa("STLS"), *answer("STLS", "+OK")]
KNOWN = [*BEGIN, *capa("USER")]
NAMED = [*KNOWN, *answer("USER ann", "+OK")]
PASS = Expect("PASS tanstaaf-8472")
STAT = [*NAMED, PASS, Send(b"+OK\r\n"), Expect("STAT")]

ENDED = {
    "without a greeting": Case([Close()], "closed in greeting after lookup connect"),
    "within the greeting": Case([Send(b"+OK re"), Close()], "closed in greeting after lookup connect", said="+OK re"),
    "before the handshake": Case([ReadSome(), Close()], "closed in security after lookup connect", changes=IMPLICIT),
    "within the handshake": Case(
        [Answer(b"\x16\x03\x03"), Close()], "closed in security after lookup connect", changes=IMPLICIT
    ),
    "upon CAPA": Case([*ASKED, Close()], "closed in security after lookup connect greeting"),
    "within the answer to CAPA": Case(
        [*ASKED, Send(b"+OK\r\nUSER\r\n"), Close()], "closed in security after lookup connect greeting"
    ),
    "upon STLS": Case(
        [*BEGIN, *capa("STLS"), Expect("STLS"), Close()], "closed in security after lookup connect greeting"
    ),
    "after the +OK to STLS": Case([*SECURED, ReadSome(), Close()], "closed in security after lookup connect greeting"),
    "upon USER": Case(
        [*KNOWN, Expect("USER ann"), Close()],
        "closed in login after lookup connect greeting security",
        changes=LOGIN,
    ),
    "upon PASS": Case([*NAMED, PASS, Close()], "closed in login after lookup connect greeting security", changes=LOGIN),
    "within the answer to PASS": Case(
        [*NAMED, PASS, Send(b"-ERR [AU"), Close()],
        "closed in login after lookup connect greeting security",
        said="-ERR [AU",
        changes=LOGIN,
    ),
    "upon STAT": Case([*STAT, Close()], "closed in login after lookup connect greeting security", changes=LOGIN),
}


@pytest.mark.parametrize("case", ENDED.values(), ids=ENDED)
def test_the_server_ends_the_connection(case: Case) -> None:
    assert_case(case, provoke(case.script, **case.changes))


# The same with RST. A server that resets at once may be met in `connect` or in `greeting`: that is a race of its own.
RESET = {
    "before the handshake": Case([ReadSome(), Reset()], "reset in security after lookup connect", changes=IMPLICIT),
    "upon CAPA": Case([*ASKED, Reset()], "reset in security after lookup connect greeting"),
    "after the +OK to STLS": Case([*SECURED, ReadSome(), Reset()], "reset in security after lookup connect greeting"),
    "upon PASS": Case([*NAMED, PASS, Reset()], "reset in login after lookup connect greeting security", changes=LOGIN),
    "upon STAT": Case([*STAT, Reset()], "reset in login after lookup connect greeting security", changes=LOGIN),
}


@pytest.mark.parametrize("case", RESET.values(), ids=RESET)
def test_the_server_resets_the_connection(case: Case) -> None:
    assert_case(case, provoke(case.script, **case.changes))


UNDER_TLS = {
    "ends it in order": (Close(), "closed in greeting after lookup connect security"),
    "cuts it off": (Close(close_notify=False), "closed in greeting after lookup connect security"),
    "resets it": (Reset(), "reset in greeting after lookup connect security"),
}


@pytest.mark.parametrize(("end", "expected"), UNDER_TLS.values(), ids=UNDER_TLS)
def test_under_tls_the_server(authority: Authority, tls: ssl.SSLContext, end: Step, expected: str) -> None:
    seen = provoke([StartTls(tls), end], trusted_ca=authority.pem, **IMPLICIT)
    assert expected == outcome(seen)
