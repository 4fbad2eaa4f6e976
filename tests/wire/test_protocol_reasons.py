"""Servers that refuse, or that break the protocol."""

import pytest

from tests.samples import Changes
from tests.servers.scripted import Expect, Flood, Send, Step, answer, capa, greeting, login_user, quit_answer
from tests.wire.provoking import Case, assert_case, outcome, provoke

GREETING = "in greeting after lookup connect"
SECURITY = "in security after lookup connect greeting"
LOGIN = "in login after lookup connect greeting security"

LOG_IN: Changes = {"authentication": "user_password", "channels": ("MailboxSize",)}
ASKED = [*greeting(), Expect("CAPA")]
KNOWN = [*greeting(), *capa("USER")]
WELCOME = [*KNOWN, *login_user("ann", "tanstaaf-8472")]


def line(text: str) -> Send:
    return Send(f"{text}\r\n".encode())


REFUSALS = {
    "the greeting": Case([line("-ERR go away"), *quit_answer()], f"error_reply {GREETING}", said="-ERR go away"),
    "the greeting, without a word": Case([line("-ERR"), *quit_answer()], f"error_reply {GREETING}", said="-ERR"),
    "the greeting, for now": Case(
        [line("-ERR [SYS/TEMP] disk full"), *quit_answer()],
        f"temporary_failure {GREETING}",
        said="-ERR [SYS/TEMP] disk full",
    ),
    "the greeting, for good": Case(
        [line("-ERR [sys/perm] moved"), *quit_answer()],
        f"permanent_failure {GREETING}",
        said="-ERR [sys/perm] moved",
    ),
    "the greeting, with a code that is not at the start": Case(
        [line("-ERR sorry [SYS/TEMP]"), *quit_answer()], f"error_reply {GREETING}", said="-ERR sorry [SYS/TEMP]"
    ),
    "the greeting, with an unknown code": Case(
        [line("-ERR [SYS/TEMPO] presto"), *quit_answer()], f"error_reply {GREETING}", said="-ERR [SYS/TEMPO] presto"
    ),
    "the greeting, with a finer code than ours": Case(
        [line("-ERR [SYS/TEMP/DISK] full"), *quit_answer()],
        f"temporary_failure {GREETING}",
        said="-ERR [SYS/TEMP/DISK] full",
    ),
    "CAPA, for now": Case(
        [*greeting(), *answer("CAPA", "-ERR [SYS/TEMP] busy"), *quit_answer()],
        f"temporary_failure {SECURITY}",
        said="-ERR [SYS/TEMP] busy",
    ),
    "CAPA, for good": Case(
        [*greeting(), *answer("CAPA", "-ERR [SYS/PERM] broken"), *quit_answer()],
        f"permanent_failure {SECURITY}",
        said="-ERR [SYS/PERM] broken",
    ),
    "STLS, for now": Case(
        [*greeting(), *capa("STLS"), *answer("STLS", "-ERR [SYS/TEMP] no key"), *quit_answer()],
        f"temporary_failure {SECURITY}",
        said="-ERR [SYS/TEMP] no key",
    ),
    "STLS, for good": Case(
        [*greeting(), *capa("STLS"), *answer("STLS", "-ERR [SYS/PERM] no key"), *quit_answer()],
        f"permanent_failure {SECURITY}",
        said="-ERR [SYS/PERM] no key",
    ),
    "STAT": Case(
        [*WELCOME, *answer("STAT", "-ERR no mailbox"), *quit_answer()],
        f"error_reply {LOGIN}",
        said="-ERR no mailbox",
        changes=LOG_IN,
    ),
    "STAT, for now": Case(
        [*WELCOME, *answer("STAT", "-ERR [SYS/TEMP] index"), *quit_answer()],
        f"temporary_failure {LOGIN}",
        said="-ERR [SYS/TEMP] index",
        changes=LOG_IN,
    ),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_the_server_refuses(case: Case) -> None:
    assert_case(case, provoke(case.script, **case.changes))


# After these there is no QUIT: nothing that such a server says is believed.
BREACHES = {
    "another protocol": Case([line("220 mail ESMTP")], f"not_pop3 {GREETING}", said="220 mail ESMTP"),
    "lower case": Case([line("+ok ready")], f"not_pop3 {GREETING}", said="+ok ready"),
    "no space": Case([line("+OKAY")], f"not_pop3 {GREETING}", said="+OKAY"),
    "an empty line": Case([line("")], f"not_pop3 {GREETING}"),
    "bytes of all kinds": Case([Send(b"\x00\x1b[2J\xff<\xe2\x80\xae>\r\n")], f"not_pop3 {GREETING}", said="[2J�{}"),
    "CAPA answered by its list at once": Case([*ASKED, line("USER")], f"not_pop3 {SECURITY}", said="USER"),
    "an echo of the command": Case([*ASKED, line("CAPA"), line("+OK")], f"not_pop3 {SECURITY}", said="CAPA"),
    "PASS answered by a question": Case(
        [*KNOWN, *answer("USER ann", "+OK"), *answer("PASS tanstaaf-8472", "what?")],
        f"not_pop3 {LOGIN}",
        said="what?",
        changes=LOG_IN,
    ),
    "an endless greeting": Case([Flood(b"x" * 65536, 2**24)], f"reply_too_long {GREETING}", said="x" * 199 + "…"),
    "a greeting that is one byte too long": Case(
        [Send(b"+OK " + b"x" * (8192 - 4 - 2 + 1) + b"\r\n")],
        f"reply_too_long {GREETING}",
        said="+OK " + "x" * 195 + "…",
    ),
    "an endless line within CAPA": Case(
        [*ASKED, line("+OK"), Flood(b"x" * 65536, 2**24)], f"reply_too_long {SECURITY}", said="x" * 199 + "…"
    ),
    "endless lines of CAPA": Case(
        [*ASKED, line("+OK"), Flood(b"X-LINE\r\n" * 1000, 2**24)], f"reply_too_long {SECURITY}", said="X-LINE"
    ),
    "a line behind the greeting": Case(
        [Send(b"+OK ready\r\n+OK really\r\n")], f"unexpected_data {SECURITY}", said="+OK really"
    ),
    "half a line behind the greeting": Case([Send(b"+OK ready\r\n-ER")], f"unexpected_data {SECURITY}", said="-ER"),
    "a line behind CAPA": Case(
        [*greeting(), *answer("CAPA", "+OK", "USER", ".", "+OK welcome")],
        f"unexpected_data {LOGIN}",
        said="+OK welcome",
        changes=LOG_IN,
    ),
    "a line behind the refusal of CAPA": Case(
        [*greeting(), *answer("CAPA", "-ERR what?", "USER", ".")],
        f"unexpected_data {LOGIN}",
        said="USER.",
        changes=LOG_IN,
    ),
    "a line behind the answer to USER": Case(
        [*KNOWN, *answer("USER ann", "+OK", "+OK welcome")],
        f"unexpected_data {LOGIN}",
        said="+OK welcome",
        changes=LOG_IN,
    ),
    "a line behind the answer to PASS": Case(
        [*KNOWN, *answer("USER ann", "+OK"), *answer("PASS tanstaaf-8472", "+OK", "+OK 1 2")],
        f"unexpected_data {LOGIN}",
        said="+OK 1 2",
        changes=LOG_IN,
    ),
}


@pytest.mark.parametrize("case", BREACHES.values(), ids=BREACHES)
def test_the_server_breaks_the_protocol(case: Case) -> None:
    assert_case(case, provoke(case.script, **case.changes))


NO_MAILBOX = {
    "nothing": "+OK",
    "words": "+OK two messages",
    "one number": "+OK 2",
    "a negative number": "+OK 2 -320",
    "digits of another alphabet": "+OK ٢ ٣٢٠",
    "an endless number": f"+OK 2 {'9' * 8000}",
}


@pytest.mark.parametrize("reply", NO_MAILBOX.values(), ids=NO_MAILBOX)
def test_a_well_formed_answer_to_stat_that_holds(reply: str) -> None:
    said = reply if len(reply) <= 200 else reply[:199] + "…"
    case = Case([*WELCOME, *answer("STAT", reply), *quit_answer()], f"not_pop3 {LOGIN}", said, LOG_IN)
    seen = provoke(case.script, **case.changes)
    assert_case(case, seen)
    assert seen.mailbox is None


TOLERATED = {
    "bare line feeds": [Send(b"+OK ready\n"), Expect("CAPA"), Send(b"+OK\nUIDL\n.\n")],
    "an empty status text": [Send(b"+OK\r\n"), *capa()],
    "a greeting of exactly 8 KiB": [Send(b"+OK " + b"x" * (8192 - 4 - 2) + b"\r\n"), *capa()],
    "bytes that are no UTF-8": [Send(b"+OK gr\xf6\xdfe\r\n"), *capa()],
    "odd lines inside CAPA": [*greeting(), *capa("", "  ", "-ERR", "+OK", "..", "\0\x1b[2J", "größe", "USER")],
    "CAPA of 60 KiB": [*greeting(), *capa(*["X" * 1022] * 60)],
    "CAPA refused": [*greeting(), *answer("CAPA", "-ERR")],
}


@pytest.mark.parametrize("script", TOLERATED.values(), ids=TOLERATED)
def test_what_is_tolerated(script: list[Step]) -> None:
    seen = provoke([*script, *quit_answer()])
    assert "good after lookup connect greeting security" == outcome(seen)
