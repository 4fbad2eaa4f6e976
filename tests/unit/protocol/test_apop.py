"""The challenge that a greeting may hold, and the digest that answers it (RFC 1939 section 7)."""

import pytest

from pop3_sensor.protocol import Apop, Ok, Pop3Client, apop_challenge
from tests.unit.protocol.feeding import Cut, each_feeding, hear

CHALLENGES = {
    "the example of RFC 1939": (
        "POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
        "<1896.697170952@dbc.mtview.ca.us>",
    ),
    "alone": ("<1@x>", "<1@x>"),
    "at the start": ("<1@x> ready", "<1@x>"),
    "in the middle": ("Hello <1@x> ready", "<1@x>"),
    "joined to words": ("Hello<1@x>ready", "<1@x>"),
    "base64 in it, as Dovecot has": (
        "<7c1.1.5d1f.P3PmCXKu5hKNGYhMLJVmIg==@mail>",
        "<7c1.1.5d1f.P3PmCXKu5hKNGYhMLJVmIg==@mail>",
    ),
    "every sign of an atom": ("<!#$%&'*+-/=?^_`{|}~@a>", "<!#$%&'*+-/=?^_`{|}~@a>"),
    "a domain literal": ("<1.2@[192.0.2.1]>", "<1.2@[192.0.2.1]>"),
    "a domain literal of IPv6": ("<1.2@[IPv6:2001:db8::1]>", "<1.2@[IPv6:2001:db8::1]>"),
    "the first of two": ("<1@x> <2@x>", "<1@x>"),
    "the first proper one": ("<hello> <a@b@c> <2@x>", "<2@x>"),
    "the inner one of two pairs of brackets": ("<<1@x>>", "<1@x>"),
    "behind a bracket that is never closed": ("<ready <1@x>", "<1@x>"),
}


@pytest.mark.parametrize(("greeting", "challenge"), CHALLENGES.values(), ids=CHALLENGES)
def test_a_challenge(greeting: str, challenge: str) -> None:
    assert challenge == apop_challenge(greeting)


# CVE-2007-1558: whoever sits between picks challenges that collide under MD5 and reads the password out of the answers.
NO_CHALLENGES = {
    "no brackets": "ready 1@x",
    "no text": "",
    "empty brackets": "<>",
    "no @": "<1896.697170952.dbc.mtview.ca.us>",
    "@ alone": "<@>",
    "two @": "<1@x@y>",
    "nothing before the @": "<@x>",
    "nothing behind the @": "<1@>",
    "never closed": "<1@x",
    "never opened": "1@x>",
    "a space": "<1 2@x>",
    "a space behind the @": "<1@ x>",
    "a tab": "<1\t@x>",
    "a control character": "<1\x01@x>",
    "NUL": "<1\0@x>",
    "DEL": "<1\x7f@x>",
    "a carriage return": "<1\r@x>",
    "a line break": "<1@x\n>",
    "8-bit characters": "<1\xe9@x>",
    "8-bit characters behind the @": "<1@x\xe9>",
    "what 8-bit bytes are replaced by": "<1\ufffd@x>",
    "digits of another script": "<\u0661@x>",
    "a quoted string": '<"1 2"@x>',
    "a comment": "<1(2)@x>",
    "a backslash": "<1\\2@x>",
    "a colon, a comma, a semicolon": "<1:2,3;4@x>",
    "a domain literal that is empty": "<1@[]>",
    "a domain literal that is never closed": "<1@[192.0.2.1>",
    "a domain literal with a space": "<1@[192.0.2.1 ]>",
    "a domain literal with a backslash": "<1@[\\]]>",
    "a domain literal before the @": "<[192.0.2.1]@x>",
    "a domain literal and more": "<1@[192.0.2.1]x>",
    "a dot at the start": "<.1@x>",
    "a dot at the end": "<1.@x>",
    "two dots in a row": "<1..2@x>",
    "dots alone": "<.@.>",
    "two dots in the domain": "<1@x..y>",
}


@pytest.mark.parametrize("greeting", NO_CHALLENGES.values(), ids=NO_CHALLENGES)
def test_no_challenge(greeting: str) -> None:
    assert apop_challenge(greeting) is None


@each_feeding
def test_8_bit_bytes_on_the_wire_make_no_challenge(cut: Cut) -> None:
    reply = hear(Pop3Client(), cut(b"+OK <1\xe9@x>\r\n"))
    assert apop_challenge(reply.text) is None


@each_feeding
def test_the_example_of_rfc_1939(cut: Cut) -> None:
    client = Pop3Client()
    greeting = hear(client, cut(b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"))
    assert Ok("POP3 server ready <1896.697170952@dbc.mtview.ca.us>") == greeting
    command = Apop("mrose", apop_challenge(greeting.text) or "", "tanstaaf")
    expected = b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"
    assert expected == command.encode()


def test_a_password_outside_ascii_is_digested_as_utf_8() -> None:
    # printf '<1@x>pässwörd' | md5sum
    expected = "ab92e1ecd605e7ed04a38a711fc3879e"
    assert expected == Apop("ann", "<1@x>", "pässwörd").digest
