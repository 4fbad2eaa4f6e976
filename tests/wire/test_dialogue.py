"""What was said, as the result file shows it."""

import ssl

import pytest

from pop3_sensor.model import Observation
from tests.samples import PASSWORD, Changes
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Close,
    Expect,
    Script,
    Send,
    answer,
    capa,
    greeting,
    login_apop,
    login_user,
    quit_answer,
    stat,
    stls,
)
from tests.wire.provoking import provoke

LOG_IN: Changes = {"authentication": "user_password", "channels": ("MessageCount",)}
CHALLENGE = "<1.2@example.org>"


def said(seen: Observation) -> list[str]:
    return [f"{line.who}: {line.text}" for line in seen.dialogue if line.who != "*"]


WHOLE: dict[str, tuple[Script, Changes, list[str]]] = {
    "a login": (
        [*greeting(), *capa("USER", "UIDL"), *login_user("ann", PASSWORD), *stat(2, 320), *quit_answer()],
        LOG_IN,
        [
            "S: +OK ready",
            "C: CAPA",
            "S: +OK",
            "S: USER",
            "S: UIDL",
            "C: USER ann",
            "S: +OK",
            "C: PASS ***",
            "S: +OK welcome",
            "C: STAT",
            "S: +OK 2 320",
            "C: QUIT",
            "S: +OK bye",
        ],
    ),
    "a login by APOP": (
        [*greeting(CHALLENGE), *answer("CAPA", "-ERR"), *login_apop("ann", PASSWORD, CHALLENGE), *quit_answer()],
        {"authentication": "apop"},
        [
            "S: +OK {1.2@example.org}",
            "C: CAPA",
            "S: -ERR",
            "C: APOP ***",
            "S: +OK welcome",
            "C: QUIT",
            "S: +OK bye",
        ],
    ),
    "a refusal": (
        [Send(b"-ERR go away\r\n"), *quit_answer()],
        {},
        ["S: -ERR go away", "C: QUIT", "S: +OK bye"],
    ),
    "what is no POP3": ([Send(b"220 mail ESMTP\r\n")], {}, ["S: 220 mail ESMTP"]),
    "what nobody asked for": (
        [Send(b"+OK ready\r\n+OK really\r\n")],
        {},
        ["S: +OK ready", "S: +OK really"],
    ),
    "an answer that breaks off": (
        [*greeting(), Expect("CAPA"), Send(b"+OK\r\nUSER\r\nUI"), Close()],
        {},
        ["S: +OK ready", "C: CAPA", "S: +OK", "S: USER", "S: UI"],
    ),
}


@pytest.mark.parametrize(("script", "changes", "expected"), WHOLE.values(), ids=WHOLE)
def test_the_whole_of(script: Script, changes: Changes, expected: list[str]) -> None:
    assert expected == said(provoke(script, **changes))


def test_the_whole_of_a_conversation_under_tls(authority: Authority, tls: ssl.SSLContext) -> None:
    script = [*greeting(), *capa("STLS"), *stls(tls), *capa("USER"), *login_user("ann", PASSWORD), *quit_answer()]
    seen = provoke(script, trusted_ca=authority.pem, authentication="user_password")
    expected = [
        "S: +OK ready",
        "C: CAPA",
        "S: +OK",
        "S: STLS",
        "C: STLS",
        "S: +OK begin TLS",
        "C: CAPA",
        "S: +OK",
        "S: USER",
        "C: USER ann",
        "S: +OK",
        "C: PASS ***",
        "S: +OK welcome",
        "C: QUIT",
        "S: +OK bye",
    ]
    assert expected == said(seen)


def test_every_line_has_its_time() -> None:
    seen = provoke([*greeting(), *capa("USER"), *quit_answer()])
    times = [line.milliseconds for line in seen.dialogue]
    assert sorted(times) == times
    assert 0 <= times[0]
    [quitting] = [line.milliseconds for line in seen.dialogue if line.text == "QUIT"]
    assert seen.response_time <= quitting
