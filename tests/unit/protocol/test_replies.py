"""What a server may answer: status lines, response codes, CAPA, STAT."""

import pytest

from pop3_sensor.protocol import Capa, Capabilities, Err, NotPop3, Ok, Pop3Client, Reply, mailbox_of
from tests.unit.protocol.feeding import Cut, asking, each_feeding, fault, fault_in, hear

STATUS_LINES: dict[str, tuple[bytes, Reply]] = {
    "+OK alone": (b"+OK\r\n", Ok("")),
    "+OK and a space": (b"+OK \r\n", Ok("")),
    "+OK and text": (b"+OK POP3 ready\r\n", Ok("POP3 ready")),
    "the text starts after one space and keeps the others": (b"+OK  ready \r\n", Ok(" ready ")),
    "a second status in the text means nothing": (b"+OK -ERR\r\n", Ok("-ERR")),
    "-ERR alone": (b"-ERR\r\n", Err("")),
    "-ERR and a space": (b"-ERR \r\n", Err("")),
    "-ERR and text": (b"-ERR [IN-USE] try later\r\n", Err("[IN-USE] try later")),
}


@each_feeding
@pytest.mark.parametrize(("sent", "reply"), STATUS_LINES.values(), ids=STATUS_LINES)
def test_a_status_line(cut: Cut, sent: bytes, reply: Reply) -> None:
    assert reply == hear(Pop3Client(), cut(sent))


NO_STATUS_LINES = {
    "lower case": "+ok ready",
    "mixed case": "+Ok ready",
    "-ERR in lower case": "-err no",
    "no sign": "OK ready",
    "the wrong sign": "-OK ready",
    "a longer word": "+OKAY",
    "a longer word for failure": "-ERROR",
    "a tab for the space": "+OK\tready",
    "a colon for the space": "-ERR: no",
    "a no-break space for the space": "+OK\u00a0ready",
    "a space before it": " +OK ready",
    "a space within it": "+ OK ready",
    "a carriage return too many": "+OK\r",
    "a NUL behind it": "+OK\0",
    "the sign alone": "+",
    "an empty line": "",
    "IMAP": "* OK IMAP4rev1 ready",
    "SMTP": "220 mail.example.org ESMTP",
    "HTTP": "HTTP/1.1 400 Bad Request",
    "a TLS alert": "\x15\x03\x01\x00\x02\x02",
    "a byte order mark before it": "\ufeff+OK",
    "full-width letters": "+\uff2f\uff2b",
}


@each_feeding
@pytest.mark.parametrize("line", NO_STATUS_LINES.values(), ids=NO_STATUS_LINES)
def test_no_status_line(cut: Cut, line: str) -> None:
    expected = NotPop3("the reply is neither +OK nor -ERR", line)
    assert fault(expected) == fault_in(Pop3Client(), cut(line.encode() + b"\r\n"))


SHOWN: dict[str, tuple[Reply, str]] = {
    "+OK with text": (Ok("2 320"), "+OK 2 320"),
    "+OK without text": (Ok(""), "+OK"),
    "+OK with a body": (Ok("list follows", ("USER",)), "+OK list follows"),
    "-ERR with text": (Err("no"), "-ERR no"),
    "-ERR without text": (Err(""), "-ERR"),
}


@pytest.mark.parametrize(("reply", "line"), SHOWN.values(), ids=SHOWN)
def test_a_reply_shows_its_status_line(reply: Reply, line: str) -> None:
    assert line == reply.status_line


CODES = {
    "RFC 2449: IN-USE": ("[IN-USE] locked by another session", "IN-USE"),
    "RFC 2449: LOGIN-DELAY": ("[LOGIN-DELAY] wait a minute", "LOGIN-DELAY"),
    "RFC 3206: SYS/TEMP": ("[SYS/TEMP] disk is slow", "SYS/TEMP"),
    "RFC 3206: SYS/PERM": ("[SYS/PERM] mailbox is broken", "SYS/PERM"),
    "RFC 3206: AUTH": ("[AUTH] wrong password", "AUTH"),
    "lower case": ("[in-use] locked", "IN-USE"),
    "mixed case": ("[Sys/Temp] slow", "SYS/TEMP"),
    "a third level": ("[SYS/TEMP/DISK] slow", "SYS/TEMP/DISK"),
    "a code that nobody knows": ("[X-WEATHER] rain", "X-WEATHER"),
    "nothing behind it": ("[AUTH]", "AUTH"),
    "no space behind it": ("[AUTH]wrong", "AUTH"),
    "the first of two": ("[AUTH] [IN-USE] both", "AUTH"),
    "not at the start": ("wrong [AUTH]", ""),
    "behind a second space": (" [AUTH] wrong", ""),
    "never closed": ("[AUTH wrong", ""),
    "empty": ("[] wrong", ""),
    "a space inside": ("[NOT A CODE] wrong", ""),
    "no brackets": ("AUTH wrong", ""),
    "no text at all": ("", ""),
}


@pytest.mark.parametrize(("text", "code"), CODES.values(), ids=CODES)
def test_a_response_code(text: str, code: str) -> None:
    assert code == Err(text).code


CAPABILITIES = {
    "the example of RFC 2449": (
        b"+OK Capability list follows\r\nTOP\r\nUSER\r\nSASL CRAM-MD5 KERBEROS_V4\r\nLOGIN-DELAY 900\r\n.\r\n",
        Ok("Capability list follows", ("TOP", "USER", "SASL CRAM-MD5 KERBEROS_V4", "LOGIN-DELAY 900")),
        {"TOP": (), "USER": (), "SASL": ("CRAM-MD5", "KERBEROS_V4"), "LOGIN-DELAY": ("900",)},
    ),
    "a capability on several lines": (
        b"+OK\r\nSASL PLAIN\r\nUSER\r\nsasl scram-sha-256\r\nSASL\r\n.\r\n",
        Ok("", ("SASL PLAIN", "USER", "sasl scram-sha-256", "SASL")),
        {"SASL": ("PLAIN", "scram-sha-256"), "USER": ()},
    ),
    "nothing is offered": (b"+OK\r\n.\r\n", Ok(""), {}),
    "names in lower case": (
        b"+OK\r\nstls\r\nSasl plain\r\n.\r\n",
        Ok("", ("stls", "Sasl plain")),
        {"STLS": (), "SASL": ("plain",)},
    ),
    "bare LF": (b"+OK\nSTLS\n.\n", Ok("", ("STLS",)), {"STLS": ()}),
    "a dot that is stuffed": (b"+OK\r\n..\r\n..X\r\n.\r\n", Ok("", (".", ".X")), {".": (), ".X": ()}),
    "a dot that should have been stuffed": (b"+OK\r\n.X\r\n.\r\n", Ok("", ("X",)), {"X": ()}),
    "only one dot is taken off": (b"+OK\r\n...\r\n.\r\n", Ok("", ("..",)), {"..": ()}),
    "a dot with a space behind it is no end": (b"+OK\r\n. \r\n.\r\n", Ok("", (" ",)), {}),
    "empty and blank lines": (b"+OK\r\n\r\n \t\r\nSTLS\r\n.\r\n", Ok("", ("", " \t", "STLS")), {"STLS": ()}),
    "spaces around the name": (b"+OK\r\n  STLS  \r\n.\r\n", Ok("", ("  STLS  ",)), {"STLS": ()}),
    "a status line in the body is only a line": (
        b"+OK\r\n-ERR no\r\n+OK\r\n.\r\n",
        Ok("", ("-ERR no", "+OK")),
        {"-ERR": ("no",), "+OK": ()},
    ),
    "bytes of no alphabet": (
        b"+OK\r\n\xff\xfe\r\nUSER\r\n.\r\n",
        Ok("", ("\ufffd\ufffd", "USER")),
        {"\ufffd\ufffd": (), "USER": ()},
    ),
}


@each_feeding
@pytest.mark.parametrize(("sent", "reply", "offered"), CAPABILITIES.values(), ids=CAPABILITIES)
def test_capa(cut: Cut, sent: bytes, reply: Reply, offered: dict[str, tuple[str, ...]]) -> None:
    client = asking(Capa())
    assert (reply, Capabilities(offered)) == (hear(client, cut(sent)), client.capabilities)


@each_feeding
def test_capa_refused(cut: Cut) -> None:
    client = asking(Capa())
    reply = hear(client, cut(b"-ERR what?\r\n"))
    assert (Err("what?"), None) == (reply, client.capabilities)


def test_a_capability_is_offered_by_its_name_alone() -> None:
    capabilities = Capabilities.parse(("SASL STLS", "UIDL"))
    assert {"SASL", "UIDL"} == {name for name in ("SASL", "STLS", "UIDL", "USER") if capabilities.offers(name)}


# The lines of CAPA, and which of PLAIN, XOAUTH2 and SCRAM-SHA-1 they offer.
MECHANISMS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "Exchange Online": (("SASL PLAIN XOAUTH2",), {"PLAIN", "XOAUTH2"}),
    "lower case": (("sasl plain scram-sha-1",), {"PLAIN", "SCRAM-SHA-1"}),
    "on two lines": (("SASL PLAIN", "USER", "SASL XOAUTH2"), {"PLAIN", "XOAUTH2"}),
    "a longer name": (("SASL SCRAM-SHA-1-PLUS XPLAIN",), set()),
    "none, as Dovecot has it before TLS": (("SASL",), set()),
    "no SASL at all": (("PLAIN", "USER"), set()),
    "an old habit": (("SASL=PLAIN", "AUTH PLAIN"), set()),
}


@pytest.mark.parametrize(("lines", "offered"), MECHANISMS.values(), ids=MECHANISMS)
def test_which_mechanisms_are_offered(lines: tuple[str, ...], offered: set[str]) -> None:
    capabilities = Capabilities.parse(lines)
    assert offered == {one for one in ("PLAIN", "XOAUTH2", "SCRAM-SHA-1") if capabilities.offers_mechanism(one)}


MAILBOXES = {
    "the example of RFC 1939": ("2 320", (2, 320)),
    "empty": ("0 0", (0, 0)),
    "further text": ("2 320 (3 deleted)", (2, 320)),
    "a space behind it": ("2 320 ", (2, 320)),
    "leading zeros": ("002 0320", (2, 320)),
    "as long as numbers may be": (f"{'9' * 18} {'8' * 18}", (int("9" * 18), int("8" * 18))),
}


@pytest.mark.parametrize(("text", "mailbox"), MAILBOXES.values(), ids=MAILBOXES)
def test_the_mailbox(text: str, mailbox: tuple[int, int]) -> None:
    assert mailbox == mailbox_of(Ok(text))


NO_MAILBOXES = {
    "nothing": "",
    "one number": "2",
    "one number and a space": "2 ",
    "words": "two 320",
    "text before it": "messages: 2 320",
    "a negative number": "-1 320",
    "a fraction": "2 3.5",
    "a comma": "2,320",
    "two spaces": "2  320",
    "a tab": "2\t320",
    "a word joined to it": "2 320octets",
    "digits of another script": "\u0662 \u0663\u0662\u0660",
    "a number without end": f"2 {'9' * 5000}",
}


@pytest.mark.parametrize("text", NO_MAILBOXES.values(), ids=NO_MAILBOXES)
def test_no_mailbox(text: str) -> None:
    stat = Ok(text)
    with pytest.raises(NotPop3) as caught:
        mailbox_of(stat)
    expected = NotPop3("the answer to STAT holds no two numbers", stat.status_line)
    assert fault(expected) == fault(caught.value)
