"""A server that gives the password away: it is seen nowhere, however the server wraps it."""

import json
import logging
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import SecretStr

from pop3_sensor.model.text import printable
from pop3_sensor.protocol import LocalProtocolError
from pop3_sensor.scan import Credentials
from tests.fakes.left_behind import left_behind
from tests.samples import PASSWORD, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Close,
    Expect,
    ReadSome,
    Script,
    Send,
    StartTls,
    Step,
    answer,
    capa,
    greeting,
    login_user,
    quit_answer,
    scripted,
)
from tests.wire.provoking import Answer, run_scan

LOG_IN: Changes = {"authentication": "user_password", "channels": ("MessageCount",)}
APOP: Changes = {"authentication": "apop"}
REQUIRED: Changes = {"transport_security": "tls_required", "authentication": "user_password"}
IF_AVAILABLE: Changes = {"transport_security": "tls_if_available", "authentication": "user_password"}

PASSWORDS = {
    "letters and digits": PASSWORD,
    "metacharacters": r"a.*(b|c)[^d]{2}\1$",
    "format specifiers": "%s %(x)d {0} {x!r} \\n",
    "markup": "<b>&amp;\"'</b>",
    "quotation marks": '"\'`\\"',
    "spaces": "  correct horse  ",
    "letters outside ASCII": "größe Ελλάς 日本 🎉",
    "letters that are composed": unicodedata.normalize("NFD", "größe"),
    "control characters": "tan\tstaaf\x1b[31m\x7f",
    "invisible characters": "tan\u200bsta\u202eaf",
    "JSON": '{"password": "tanstaaf"}',
    "a command": "QUIT now",
    "a very long one": "0123456789abcdef" * 64,
}


def refused(password: str, reply: str) -> list[Script]:
    return [
        [*greeting(), *capa("USER"), *answer("USER ann", "+OK"), *answer(f"PASS {password}", reply), *quit_answer()]
    ]


def broken(password: str, data: bytes, *steps: Step) -> list[Script]:
    script = [*greeting(), *capa("USER"), *answer("USER ann", "+OK"), Expect(f"PASS {password}"), Send(data), *steps]
    return [script]


def welcomed(password: str, *steps: Step) -> list[Script]:
    return [[*greeting(), *capa("USER"), *login_user("ann", password), *steps]]


def between(gap: str, password: str) -> str:
    return gap.join(password)


ECHOES: dict[str, tuple[Callable[[str], list[Script]], Changes]] = {
    "as a line": (lambda p: broken(p, f"{p}\r\n".encode()), LOG_IN),
    "with the command": (lambda p: broken(p, f"PASS {p}\r\n-ERR\r\n".encode()), LOG_IN),
    "as all of a refusal": (lambda p: refused(p, f"-ERR {p}"), LOG_IN),
    "in a refusal": (lambda p: refused(p, f"-ERR wrong password '{p}'!"), LOG_IN),
    "twice": (lambda p: refused(p, f"-ERR {p}{p}"), LOG_IN),
    "in other letters": (lambda p: refused(p, f"-ERR {p.swapcase()}"), LOG_IN),
    "in base64": (lambda p: refused(p, f"-ERR bad {b64encode(p.encode()).decode()}"), LOG_IN),
    "in hex": (lambda p: refused(p, f"-ERR bad {p.encode().hex()}"), LOG_IN),
    "as a code": (lambda p: refused(p, f"-ERR [{p}] no"), LOG_IN),
    "at the end of what is quoted": (lambda p: refused(p, f"-ERR {'x' * 190}{p}"), LOG_IN),
    "behind control characters": (lambda p: refused(p, f"-ERR {between(chr(0), p)}"), LOG_IN),
    "behind escape characters": (lambda p: refused(p, f"-ERR {between(chr(27), p)}"), LOG_IN),
    "behind carriage returns": (lambda p: refused(p, f"-ERR {between(chr(13), p)}"), LOG_IN),
    "behind invisible characters": (lambda p: refused(p, f"-ERR {between(chr(0x200B), p)}"), LOG_IN),
    "behind marks that turn it round": (lambda p: refused(p, f"-ERR {chr(0x202E)}{between(chr(0x2066), p)}"), LOG_IN),
    "without a line end": (lambda p: broken(p, f"-ERR {p}".encode(), Close()), LOG_IN),
    "in a line that is too long": (lambda p: broken(p, f"-ERR {p} ".encode() * 8192), LOG_IN),
    "in a welcome": (lambda p: broken(p, f"+OK {p}\r\n".encode(), *answer("STAT", "+OK 1 2"), *quit_answer()), LOG_IN),
    "behind a welcome": (lambda p: broken(p, f"+OK\r\n{p}\r\n".encode()), LOG_IN),
    "in the answer to STAT": (lambda p: welcomed(p, *answer("STAT", f"+OK {p}"), *quit_answer()), LOG_IN),
    "in the answer to QUIT": (
        lambda p: welcomed(p, *answer("STAT", "+OK 1 2"), *answer("QUIT", f"+OK bye {p}")),
        LOG_IN,
    ),
    "in a broken answer to QUIT": (lambda p: welcomed(p, *answer("STAT", "+OK 1 2"), *answer("QUIT", p)), LOG_IN),
    "in the greeting": (
        lambda p: [[*greeting(p), *capa(), *quit_answer()]],
        LOG_IN,
    ),
    "as the greeting": (lambda p: [[Send(f"{p}\r\n".encode())]], LOG_IN),
    "behind the greeting": (lambda p: [[Send(f"+OK\r\n{p}\r\n".encode())]], LOG_IN),
    "in the greeting of APOP": (lambda p: [[*greeting(p), *capa(), *quit_answer()]], APOP),
    "among the capabilities": (
        lambda p: [[*greeting(), *capa(p, f"X-{p}", between("\0", p)), *quit_answer()]],
        LOG_IN,
    ),
    "behind the +OK to STLS": (
        lambda p: [[*greeting(), *capa("STLS"), *answer("STLS", "+OK", p)]],
        LOG_IN,
    ),
    "in place of a handshake": (lambda p: [[Answer(f"{p}\r\n".encode())]], REQUIRED),
    "in plain POP3 in place of a handshake": (lambda p: [[*greeting(p), ReadSome()]], REQUIRED),
    "before the second connection": (
        lambda p: [[*greeting(p), ReadSome()], [*greeting(p), *capa(), *quit_answer()]],
        IF_AVAILABLE,
    ),
}


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
@pytest.mark.parametrize(("scripts", "changes"), ECHOES.values(), ids=ECHOES)
def test_the_password(
    caplog: pytest.LogCaptureFixture, scripts: Callable[[str], list[Script]], changes: Changes, password: str
) -> None:
    caplog.set_level(logging.DEBUG)
    assert_hidden(everything_said(scripts(password), password, changes) + caplog.text, password)


CHALLENGE = "<1896.697170952@dbc.mtview.ca.us>"
DIGEST = md5(f"{CHALLENGE}{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
OF_APOP = {
    "in a refusal": f"-ERR {DIGEST}",
    "in capitals": f"-ERR {DIGEST.upper()}",
    "with the command": f"APOP ann {DIGEST}",
    "behind control characters": f"-ERR {between(chr(7), DIGEST)}",
    "with the password": f"-ERR {PASSWORD} makes {DIGEST}",
}


@pytest.mark.parametrize("reply", OF_APOP.values(), ids=OF_APOP)
def test_the_digest_of_apop_which_can_be_cracked(reply: str) -> None:
    script = [*greeting(CHALLENGE), *capa(), *answer(f"APOP ann {DIGEST}", reply)]
    text = everything_said([script if reply.startswith("APOP") else [*script, *quit_answer()]], PASSWORD, APOP)
    assert_hidden(text, PASSWORD)
    assert_hidden(text, DIGEST)


def test_a_certificate_that_holds_the_password(authority: Authority) -> None:
    context = authority.issue(common_name=PASSWORD).server_context()
    changes = REQUIRED | {"trusted_ca": authority.pem}
    script = [StartTls(context), *greeting(), *capa(), *quit_answer()]
    assert_hidden(everything_said([script], PASSWORD, changes), PASSWORD)


def test_a_user_name_that_is_the_password() -> None:
    script = [*greeting(), *capa("USER"), *answer(f"USER {PASSWORD}", f"-ERR no {PASSWORD}"), *quit_answer()]
    assert_hidden(everything_said([script], PASSWORD, LOG_IN, username=PASSWORD), PASSWORD)


UNSENDABLE = {"CR": "tanstaaf\rDELE 1", "LF": "tanstaaf\nDELE 1", "NUL": "tanstaaf\0"}


@pytest.mark.parametrize("text", UNSENDABLE.values(), ids=UNSENDABLE)
@pytest.mark.parametrize("changes", [LOG_IN, APOP], ids=["USER", "APOP"])
def test_what_cannot_be_sent_is_not_sent(changes: Changes, text: str) -> None:
    """No secret of this kind comes so far; if one did, it would be this software's fault, and say nothing."""
    for credentials in (Credentials("ann", SecretStr(text)), Credentials(text, SecretStr(text))):
        with scripted([*greeting(CHALLENGE), *capa("USER")]) as server:
            with pytest.raises(LocalProtocolError) as caught:
                run_scan(a_sensor(port=server.port, **changes), credentials)
            assert "tanstaaf" not in str(caught.value)
        assert [b"CAPA\r\n"] == server.received


# It begins with what no other text here has, so that a password of one space is not found everywhere.
passwords = st.text(st.characters(exclude_characters="\r\n\0*", exclude_categories=["Cs"])).map("Qx".__add__)


@examples(max_examples=50)
@given(passwords, st.text("\x01\x1b\u200b\u202e\ufeff", max_size=2), st.text(max_size=20))
def test_any_password(password: str, gap: str, around: str) -> None:
    around = around.replace("\n", "").encode(errors="replace").decode()
    reply = f"-ERR {around}{between(gap, password)}{around}"
    assert_hidden(everything_said(refused(password, reply), password, LOG_IN), password)


def everything_said(scripts: list[Script], password: str, changes: Changes, username: str = "ann") -> str:
    with scripted(*scripts) as server:
        settings = a_sensor(port=server.port, result_handling="store", **changes)
        seen = run_scan(settings, Credentials(username, SecretStr(password)))
    assert [] == server.failures
    return left_behind(settings, seen)


def assert_hidden(text: str, secret: str) -> None:
    raw = secret.encode()
    shown = {secret, printable(secret, len(secret) + 1), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    for form in shown | {b64encode(raw).decode(), raw.hex()}:
        assert form.lower() not in text.lower()
