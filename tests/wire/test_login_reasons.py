"""Why a login fails. Each case ends in QUIT, so one answer is never tried to be bettered by another login."""

from collections.abc import Callable
from hashlib import md5

import pytest
from pydantic import SecretStr

from pop3_sensor.scan import Credentials
from tests.samples import PASSWORD, Changes
from tests.servers.scripted import Script, Send, Step, answer, capa, greeting, login_user, quit_answer
from tests.wire.provoking import Case, assert_case, outcome, provoke

LOGIN = "in login after lookup connect greeting security"
# The login was answered, and not by a no: its phase has ended, and its time belongs to the Response Time.
ANSWERED = f"{LOGIN} login"
GOOD = "good after lookup connect greeting security login"

CHALLENGE = "<1896.697170952@dbc.mtview.ca.us>"
BY_PASSWORD: Changes = {"authentication": "user_password"}
BY_APOP: Changes = {"authentication": "apop"}
KNOWN = [*greeting(f"POP3 server ready {CHALLENGE}"), *capa("USER")]


def digest(challenge: str) -> str:
    return md5(f"{challenge}{PASSWORD}".encode(), usedforsecurity=False).hexdigest()


COMMANDS: dict[str, tuple[Changes, Callable[[str], list[Step]]]] = {
    "USER": (BY_PASSWORD, lambda reply: answer("USER ann", reply)),
    "PASS": (BY_PASSWORD, lambda reply: [*answer("USER ann", "+OK"), *answer(f"PASS {PASSWORD}", reply)]),
    "APOP": (BY_APOP, lambda reply: answer(f"APOP ann {digest(CHALLENGE)}", reply)),
}
REPLIES = {
    "-ERR": ("-ERR", f"login_rejected {LOGIN}"),
    "-ERR with words": ("-ERR wrong user name or password", f"login_rejected {LOGIN}"),
    "[AUTH]": ("-ERR [AUTH] no", f"login_rejected {LOGIN}"),
    "[IN-USE]": ("-ERR [IN-USE] locked by another session", f"mailbox_in_use {ANSWERED}"),
    "[in-use]": ("-ERR [in-use]", f"mailbox_in_use {ANSWERED}"),
    "[LOGIN-DELAY]": ("-ERR [LOGIN-DELAY] wait 5 minutes", f"login_delay {ANSWERED}"),
    "[SYS/TEMP]": ("-ERR [SYS/TEMP] no database", f"temporary_failure {LOGIN}"),
    "[SYS/PERM]": ("-ERR [SYS/PERM] mailbox moved", f"permanent_failure {LOGIN}"),
    "an unknown code": ("-ERR [UNAVAILABLE] no", f"login_rejected {LOGIN}"),
    "a code further on": ("-ERR wrong [IN-USE]", f"login_rejected {LOGIN}"),
}


@pytest.mark.parametrize(("reply", "expected"), REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize(("changes", "exchange"), COMMANDS.values(), ids=COMMANDS)
def test_the_answer_to(changes: Changes, exchange: Callable[[str], list[Step]], reply: str, expected: str) -> None:
    case = Case([*KNOWN, *exchange(reply), *quit_answer()], expected, reply)
    assert_case(case, provoke(case.script, **changes))


@pytest.mark.parametrize(("reply", "reason"), [("[IN-USE] wait", "mailbox_in_use"), ("[LOGIN-DELAY]", "login_delay")])
def test_the_greeting_may_answer_already(reply: str, reason: str) -> None:
    case = Case(
        [Send(f"-ERR {reply}\r\n".encode()), *quit_answer()], f"{reason} in greeting after lookup connect greeting"
    )
    assert_case(case, provoke(case.script, **BY_PASSWORD))


NOT_EVEN_TRIED = {
    "USER is not among the capabilities": Case(
        [*greeting(), *capa("UIDL", "SASL PLAIN", "USERS"), *quit_answer()],
        f"method_not_offered {LOGIN}",
        changes=BY_PASSWORD,
    ),
    "no challenge for APOP": Case(
        [*greeting("ready"), *capa("USER"), *quit_answer()], f"method_not_offered {LOGIN}", "ready", BY_APOP
    ),
    "a login in the clear is to be refused": Case(
        [*KNOWN, *quit_answer()], f"cleartext_refused {LOGIN}", changes=BY_PASSWORD | {"cleartext_login": "refuse"}
    ),
    "a login in the clear is to be refused, and CAPA was": Case(
        [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()],
        f"cleartext_refused {LOGIN}",
        changes=BY_PASSWORD | {"cleartext_login": "refuse"},
    ),
}


@pytest.mark.parametrize("case", NOT_EVEN_TRIED.values(), ids=NOT_EVEN_TRIED)
def test_nothing_is_tried(case: Case) -> None:
    assert_case(case, provoke(case.script, **case.changes))


# CVE-2007-1558: what is no msg-id may be one half of an MD5 collision.
IMPROPER = {
    "no brackets": "1.2@example.org",
    "no domain": "<1.2@>",
    "no local part": "<@example.org>",
    "no at sign": "<1.2>",
    "two at signs": "<1@2@example.org>",
    "a space": "<1.2 @example.org>",
    "a control character": "<1.2\x01@example.org>",
    "a letter outside ASCII": "<größe@example.org>",
    "no end": "<1.2@example.org",
}


@pytest.mark.parametrize("challenge", IMPROPER.values(), ids=IMPROPER)
def test_an_improper_challenge(challenge: str) -> None:
    seen = provoke([*greeting(f"hi {challenge}"), *capa("USER"), *quit_answer()], **BY_APOP)
    assert f"method_not_offered {LOGIN}" == outcome(seen)


ANYWHERE = {
    "at the start": ("<1.2@example.org> ready", "<1.2@example.org>"),
    "at the end": ("ready <1.2@example.org>", "<1.2@example.org>"),
    "within a word": ("ready:<1.2@example.org>!", "<1.2@example.org>"),
    "behind an improper one": ("<me> <1.2@example.org>", "<1.2@example.org>"),
    "before another": ("<1.2@example.org> <3.4@example.org>", "<1.2@example.org>"),
    "with a domain literal": ("<1.2@[192.0.2.1]>", "<1.2@[192.0.2.1]>"),
}


@pytest.mark.parametrize(("text", "challenge"), ANYWHERE.values(), ids=ANYWHERE)
def test_a_challenge(text: str, challenge: str) -> None:
    script = [*greeting(text), *capa(), *answer(f"APOP ann {digest(challenge)}", "+OK"), *quit_answer()]
    assert GOOD == outcome(provoke(script, **BY_APOP))


def test_apop_reveals_no_password_so_it_may_be_said_in_the_clear() -> None:
    script = [*KNOWN, *answer(f"APOP ann {digest(CHALLENGE)}", "+OK"), *quit_answer()]
    assert GOOD == outcome(provoke(script, **BY_APOP, cleartext_login="refuse"))


def test_where_capa_is_refused_user_is_tried() -> None:
    script = [*greeting(), *answer("CAPA", "-ERR"), *login_user("ann", PASSWORD), *quit_answer()]
    assert GOOD == outcome(provoke(script, **BY_PASSWORD))


def test_without_credentials() -> None:
    expected = "secret_missing after lookup connect greeting security"
    assert expected == outcome(provoke([*KNOWN, *quit_answer()], credentials=None, **BY_PASSWORD))


SENT_AS_THEY_ARE = {
    "spaces": ("ann@example.org", " correct  horse "),
    "letters outside ASCII": ("jörg", "größe"),
    "characters that mean something elsewhere": ("a;b|c", "%s{}\\n'\"*<>&$(rm)`\t\x1b"),
    "a very long password": ("ann", "x" * 5000),
}


@pytest.mark.parametrize(("username", "password"), SENT_AS_THEY_ARE.values(), ids=SENT_AS_THEY_ARE)
def test_user_name_and_password_are_sent_as_they_are(username: str, password: str) -> None:
    script: Script = [*KNOWN, *login_user(username, password), *quit_answer()]
    assert GOOD == outcome(provoke(script, credentials=Credentials(username, SecretStr(password)), **BY_PASSWORD))
