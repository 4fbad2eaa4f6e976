"""Logins by SASL over a socket: what each method says, and why it fails."""

import asyncio
import re
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac
from typing import ClassVar, get_args

import pytest

from pop3_sensor import protocol as pop3
from pop3_sensor.model import Observation, Phase
from pop3_sensor.model.settings import Authentication
from pop3_sensor.protocol.sasl import Plain
from pop3_sensor.scan.dialogue import Dialogue, Record
from pop3_sensor.scan.stopwatch import Stopwatch
from pop3_sensor.scan.transport import Connection
from tests.samples import PASSWORD, USERNAME, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.sasl import (
    SALT,
    Scram,
    base64,
    login_cram_md5,
    login_oauthbearer,
    login_plain,
    login_xoauth2,
)
from tests.servers.scripted import (
    Close,
    Expect,
    Script,
    Send,
    Server,
    StartTls,
    Step,
    answer,
    capa,
    greeting,
    quit_answer,
    scripted,
)
from tests.wire.provoking import outcome, run_scan

LOGIN = "in login after lookup connect greeting security"
GOOD = "good after lookup connect greeting security login"
UNDER_TLS = "in login after lookup connect security greeting"
GOOD_UNDER_TLS = "good after lookup connect security greeting login"

Login = Callable[[bool], Sequence[Step]]
PASSWORDS: dict[str, tuple[str, Login]] = {
    "plain": ("PLAIN", lambda ok: login_plain(USERNAME, PASSWORD, ok=ok)),
    "cram_md5": ("CRAM-MD5", lambda ok: login_cram_md5(USERNAME, PASSWORD, ok=ok)),
    "scram_sha_1": ("SCRAM-SHA-1", lambda ok: [Scram("sha1", USERNAME, PASSWORD if ok else "another")]),
    "scram_sha_256": ("SCRAM-SHA-256", lambda ok: [Scram("sha256", USERNAME, PASSWORD if ok else "another")]),
}
TOKENS: dict[str, tuple[str, Login]] = {
    "xoauth2": ("XOAUTH2", lambda ok: login_xoauth2(USERNAME, PASSWORD, ok=ok)),
    "oauthbearer": ("OAUTHBEARER", lambda ok: login_oauthbearer(USERNAME, PASSWORD, ok=ok)),
}
ALL = PASSWORDS | TOKENS


def test_every_method_by_sasl_is_tried() -> None:
    assert {*ALL, "none", "user_password", "apop"} == set(get_args(Authentication))


def play(script: Script, **changes: object) -> Observation:
    """The script itself tells what the client must say, QUIT too."""
    with scripted(script) as server:
        seen = run_scan(a_sensor(port=server.port, **changes))
    assert [] == server.failures
    return seen


def in_the_clear(authentication: str, *steps: Step, **changes: object) -> Observation:
    return play([*greeting(), *steps], authentication=authentication, **changes)


@pytest.fixture
def under_tls(authority: Authority) -> Changes:
    return {"transport_security": "tls_required", "trusted_ca": authority.pem}


@pytest.mark.parametrize("authentication", PASSWORDS)
def test_it_logs_in(authentication: str) -> None:
    name, login = PASSWORDS[authentication]
    seen = in_the_clear(authentication, *capa(f"SASL {name}"), *login(True), *quit_answer())
    assert GOOD == outcome(seen)


@pytest.mark.parametrize("authentication", PASSWORDS)
def test_it_is_rejected(authentication: str) -> None:
    name, login = PASSWORDS[authentication]
    seen = in_the_clear(authentication, *capa(f"SASL {name}"), *login(False), *quit_answer())
    assert f"login_rejected {LOGIN}" == outcome(seen)
    assert seen.trouble
    assert "the login was rejected: -ERR wrong user name or password" == seen.trouble.message


@pytest.mark.parametrize(("ok", "expected"), [(True, GOOD_UNDER_TLS), (False, f"login_rejected {UNDER_TLS}")])
@pytest.mark.parametrize("authentication", ALL)
def test_the_same_under_tls(
    authentication: str, ok: bool, expected: str, under_tls: Changes, tls: ssl.SSLContext
) -> None:
    name, login = ALL[authentication]
    script = [StartTls(tls), *greeting(), *capa(f"SASL {name}"), *login(ok), *quit_answer()]
    assert expected == outcome(play(script, authentication=authentication, **under_tls))


def test_the_capabilities_count_that_hold_under_tls(authority: Authority, tls: ssl.SSLContext) -> None:
    script = [
        *greeting(),
        *capa("STLS", "SASL"),
        *answer("STLS", "+OK"),
        StartTls(tls),
        *capa("SASL login", "USER", "SASL xoauth2"),
        *login_xoauth2(USERNAME, PASSWORD),
        *quit_answer(),
    ]
    seen = play(script, authentication="xoauth2", trusted_ca=authority.pem)
    assert GOOD == outcome(seen)


def test_oauthbearer_names_the_server(under_tls: Changes, tls: ssl.SSLContext) -> None:
    with scripted(
        [
            StartTls(tls),
            *greeting(),
            *capa("SASL OAUTHBEARER"),
            *login_oauthbearer(USERNAME, PASSWORD, r"127\.0\.0\.1\x01port=\d+"),
            *quit_answer(),
        ]
    ) as server:
        seen = run_scan(a_sensor(port=server.port, authentication="oauthbearer", **under_tls))
        where = f"\x01host=127.0.0.1\x01port={server.port}\x01".encode()
    assert ([], GOOD_UNDER_TLS) == (server.failures, outcome(seen))
    said = server.received[0]
    assert b64encode(f"n,a={USERNAME},".encode() + where + f"auth=Bearer {PASSWORD}\x01\x01".encode()) in said


# ---- not even tried --------------------------------------------------------------------------------------------------

OTHERS = {
    "none of its mechanisms is ours": capa("USER", "SASL LOGIN DIGEST-MD5 XPLAIN"),
    "it has SASL, but names no mechanism": capa("USER", "SASL"),
    "it has no SASL": capa("USER"),
    "it has no CAPA": answer("CAPA", "-ERR what?"),
}


@pytest.mark.parametrize("capabilities", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("authentication", PASSWORDS)
def test_what_is_not_offered_is_not_asked_for(authentication: str, capabilities: list[Step]) -> None:
    seen = in_the_clear(authentication, *capabilities, *quit_answer())
    assert f"method_not_offered {LOGIN}" == outcome(seen)
    assert seen.trouble
    assert f"the server does not offer {PASSWORDS[authentication][0]} without TLS" == seen.trouble.message


@pytest.mark.parametrize("authentication", [*TOKENS, "plain"])
def test_what_can_be_used_again_is_not_said_in_the_clear(authentication: str) -> None:
    seen = in_the_clear(
        authentication, *capa("SASL PLAIN XOAUTH2 OAUTHBEARER"), *quit_answer(), cleartext_login="refuse"
    )
    assert f"cleartext_refused {LOGIN}" == outcome(seen)


@pytest.mark.parametrize("authentication", TOKENS)
def test_a_token_is_never_said_in_the_clear(authentication: str) -> None:
    """Also where a password may be."""
    seen = in_the_clear(authentication, *capa("SASL XOAUTH2 OAUTHBEARER"), *quit_answer())
    assert f"cleartext_refused {LOGIN}" == outcome(seen)
    assert seen.trouble
    message = "the connection is not encrypted, and a token is sent under TLS only: not even the user name was sent"
    assert message == seen.trouble.message


@pytest.mark.parametrize("authentication", ["cram_md5", "scram_sha_1", "scram_sha_256"])
def test_what_reveals_no_password_may_be_said_in_the_clear(authentication: str) -> None:
    name, login = PASSWORDS[authentication]
    script = [*capa(f"SASL {name}"), *login(True), *quit_answer()]
    assert GOOD == outcome(in_the_clear(authentication, *script, cleartext_login="refuse"))


# ---- what the server says --------------------------------------------------------------------------------------------

REPLIES = {
    "-ERR": f"login_rejected {LOGIN}",
    "-ERR [AUTH] no": f"login_rejected {LOGIN}",
    "-ERR [IN-USE] locked": f"mailbox_in_use {LOGIN} login",
    "-ERR [LOGIN-DELAY] wait": f"login_delay {LOGIN} login",
    "-ERR [SYS/TEMP] Temporary authentication failure.": f"temporary_failure {LOGIN}",
    "-ERR [SYS/PERM] moved": f"permanent_failure {LOGIN}",
}


@pytest.mark.parametrize(("reply", "expected"), REPLIES.items(), ids=REPLIES)
@pytest.mark.parametrize("at_once", [True, False], ids=["to AUTH", "to the answer"])
def test_the_servers_no(reply: str, expected: str, at_once: bool) -> None:
    said = [*answer("AUTH PLAIN", "+ "), *answer(base64(f"\0{USERNAME}\0{PASSWORD}"), reply)]
    exchange = answer("AUTH PLAIN", reply) if at_once else said
    assert expected == outcome(in_the_clear("plain", *capa("SASL PLAIN"), *exchange, *quit_answer()))


SAY_PASSWORD = base64(f"\0{USERNAME}\0{PASSWORD}")
ANYTHING = re.compile(".*")
# What ends trust: nothing more is said, not even QUIT.
BROKEN: dict[str, tuple[str, list[Step], str]] = {
    "no base64": ("plain", answer("AUTH PLAIN", "+ go ahead"), "not_pop3"),
    "a challenge that is not due": (
        "plain",
        [*answer("AUTH PLAIN", "+ "), *answer(SAY_PASSWORD, "+ ")],
        "not_pop3",
    ),
    "a challenge that is longer than a line may be": (
        "plain",
        answer("AUTH PLAIN", f"+ {'A' * 8192}"),
        "reply_too_long",
    ),
    "no POP3": ("plain", answer("AUTH PLAIN", "334 "), "not_pop3"),
    "the end": ("plain", [Expect("AUTH PLAIN"), Send(b"+ "), Close()], "closed"),
    "more than a challenge": ("plain", [Expect("AUTH PLAIN"), Send(b"+ \r\n+OK\r\n")], "unexpected_data"),
    "SCRAM that cannot be read": (
        "scram_sha_256",
        [*answer("AUTH SCRAM-SHA-256", "+ "), Expect(ANYTHING), Send(b"+ bT14LHI9YQ==\r\n")],
        "not_pop3",
    ),
    "SCRAM that takes for ever": ("scram_sha_256", [Scram("sha256", USERNAME, PASSWORD, 1_000_001)], "not_pop3"),
    "SCRAM that is too weak": ("scram_sha_256", [Scram("sha256", USERNAME, PASSWORD, 4095)], "not_pop3"),
}


@pytest.mark.parametrize(("authentication", "exchange", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_exchange(authentication: str, exchange: list[Step], reason: str) -> None:
    with scripted([*greeting(), *capa("SASL PLAIN SCRAM-SHA-256"), *exchange]) as server:
        seen = run_scan(a_sensor(port=server.port, authentication=authentication))
    assert f"{reason} {LOGIN}" == outcome(seen)
    assert b"QUIT" not in server.received[0]
    assert b"p=" not in b"".join(map(decoded, server.received[0].splitlines()))


def decoded(line: bytes) -> bytes:
    with suppress(ValueError):
        return b64decode(line, validate=True)
    return line


def test_a_login_that_is_accepted_before_anything_was_said() -> None:
    seen = in_the_clear("plain", *capa("SASL PLAIN"), *answer("AUTH PLAIN", "+OK"), *quit_answer())
    assert f"not_pop3 {LOGIN}" == outcome(seen)
    assert seen.trouble
    assert "the server accepted a login before it was told whose" == seen.trouble.message


UNPROVEN = {
    "no signature": ([Scram("sha256", USERNAME, PASSWORD, proves=False)], "did not prove that it knows the password"),
    "a wrong signature": (
        [Scram("sha256", USERNAME, PASSWORD, signs_with="another"), *answer("*", "-ERR as you like")],
        "the server's proof that it knows the password is wrong",
    ),
}


@pytest.mark.parametrize(("exchange", "words"), UNPROVEN.values(), ids=UNPROVEN)
def test_a_server_that_does_not_know_the_password(exchange: list[Step], words: str) -> None:
    seen = in_the_clear("scram_sha_256", *capa("SASL SCRAM-SHA-256"), *exchange, *quit_answer())
    assert f"login_rejected {LOGIN}" == outcome(seen)
    assert seen.trouble
    assert words in seen.trouble.message


def test_exchange_online_says_nothing_so_the_message_names_the_usual_causes(
    authority: Authority, resolver: list[str]
) -> None:
    refusal = "-ERR Authentication failure: unknown user name or bad password."
    said = base64(f"user={USERNAME}\x01auth=Bearer {PASSWORD}\x01\x01")
    script = [
        StartTls(authority.issue("outlook.office365.com").server_context()),
        *greeting("The Microsoft Exchange POP3 service is ready. [TABTAEEA]"),
        *capa("TOP", "UIDL", "SASL PLAIN XOAUTH2"),
        *answer("AUTH XOAUTH2", "+"),
        *answer(said, refusal),
        *quit_answer(),
    ]
    resolver.append("127.0.0.1")
    seen = play(
        script,
        host="Outlook.Office365.com.",
        authentication="xoauth2",
        transport_security="tls_required",
        trusted_ca=authority.pem,
    )
    assert f"login_rejected {UNDER_TLS}" == outcome(seen)
    assert seen.trouble
    expected = (
        "the login was rejected; usual causes: service principal not registered, or by the wrong object id; "
        f"no permission for the mailbox; POP off; wrong user name: {refusal}"
    )
    assert expected == seen.trouble.message


# ---- the record, and the clock ---------------------------------------------------------------------------------------


def test_the_dialogue_shows_an_error_challenge_decoded(under_tls: Changes, tls: ssl.SSLContext) -> None:
    script = [
        StartTls(tls),
        *greeting(),
        *capa("SASL XOAUTH2"),
        *login_xoauth2(USERNAME, PASSWORD, ok=False),
        *quit_answer(),
    ]
    seen = play(script, authentication="xoauth2", **under_tls)
    said = [f"{line.who}: {line.text}" for line in seen.dialogue if line.who != "*"]
    assert [
        "C: AUTH XOAUTH2",
        "S: +",
        "C: ***",
        'S: + {"status":"401","schemes":"bearer"}',
        "C: ",
        "S: -ERR wrong user name or password",
    ] == said[4:10]


def test_our_own_arithmetic_is_on_nobodys_clock() -> None:
    """A million rounds take a third of a second; the server has done its own beforehand."""
    iterations = 1_000_000
    started = time.perf_counter()
    salted = pbkdf2_hmac("sha256", PASSWORD.encode(), SALT, iterations)
    arithmetic = time.perf_counter() - started
    scram = Scram("sha256", USERNAME, PASSWORD, iterations, salted=salted)
    seen = in_the_clear("scram_sha_256", *capa("SASL SCRAM-SHA-256"), scram, *quit_answer())
    assert GOOD == outcome(seen)
    assert seen.phases[Phase.LOGIN] / 1_000_000 < arithmetic / 2


@dataclass(slots=True)
class Watching(Plain):
    """As slow as SCRAM may be; it notes the deadline meanwhile."""

    computes: ClassVar[bool] = True
    deadline: asyncio.Timeout
    ends: list[float | None] = field(default_factory=list)

    def answer(self, challenge: bytes) -> pop3.Answer:
        self.ends.append(self.deadline.when())
        return Plain.answer(self, challenge)


def test_the_deadline_waits_for_our_own_arithmetic() -> None:
    async def talk(server: Server) -> tuple[list[float | None], float, float]:
        async with asyncio.timeout(10) as deadline:
            watch = Stopwatch()
            dialogue = Dialogue(await Connection.open(server.host, server.port, watch), Record(watch), deadline)
            await dialogue.listen()
            before = deadline.when() or 0.0
            mechanism = Watching(USERNAME, PASSWORD, deadline)
            await dialogue.authenticate(mechanism)
            await dialogue.part()
            return mechanism.ends, before, deadline.when() or 0.0

    with scripted([*greeting(), *login_plain(USERNAME, PASSWORD), *quit_answer()]) as server:
        during, before, after = asyncio.run(talk(server))
    assert ([], [None]) == (server.failures, during)
    assert before < after
