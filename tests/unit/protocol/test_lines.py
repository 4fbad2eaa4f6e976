"""Bytes become lines, and nothing that a server sends grows without bound."""

import pytest

from pop3_sensor.protocol import Capa, ConnectionClosed, Ok, Pop3Client, ReplyTooLong
from tests.unit.protocol.feeding import Cut, asking, each_cut, each_feeding, fault, fault_in, hear, session

MAX_LINE = 8192
MAX_REPLY = 65536

GREETINGS = {
    "CRLF ends a line": (b"+OK ready\r\n", "ready"),
    "a bare LF is tolerated": (b"+OK ready\n", "ready"),
    "a bare CR ends no line": (b"+OK one\rtwo\r\n", "one\rtwo"),
    "NUL is a character like others": (b"+OK a\0b\r\n", "a\0b"),
    "UTF-8 is read as UTF-8": ("+OK grüß Gott\r\n".encode(), "grüß Gott"),
    "other bytes are replaced": (b"+OK gr\xfc\xdf\r\n", "gr\ufffd\ufffd"),
    "a line of 8192 bytes fits, CRLF included": (b"+OK " + b"x" * 8186 + b"\r\n", "x" * 8186),
    "a line of 8192 bytes fits, LF included": (b"+OK " + b"x" * 8187 + b"\n", "x" * 8187),
}


@each_feeding
@pytest.mark.parametrize(("sent", "text"), GREETINGS.values(), ids=GREETINGS)
def test_a_line(cut: Cut, sent: bytes, text: str) -> None:
    assert Ok(text) == hear(Pop3Client(), cut(sent))


LONG_LINES = {
    "one byte too many before CRLF": b"+OK " + b"x" * 8187 + b"\r\n",
    "one byte too many before LF": b"+OK " + b"x" * 8188 + b"\n",
    "no end in sight": b"+OK " + b"x" * 100_000,
    "no status either": b"\0" * 8193 + b"\r\n",
}


@each_feeding
@pytest.mark.parametrize("sent", LONG_LINES.values(), ids=LONG_LINES)
def test_a_line_that_is_too_long(cut: Cut, sent: bytes) -> None:
    expected = ReplyTooLong("a line is longer than 8192 bytes", sent[:MAX_LINE].decode())
    assert fault(expected) == fault_in(Pop3Client(), cut(sent))


def test_an_endless_line_is_refused_as_soon_as_it_cannot_fit() -> None:
    client = Pop3Client()
    client.receive_data(b"x" * (MAX_LINE - 1))
    assert client.next_event() is None
    client.receive_data(b"x")
    with pytest.raises(ReplyTooLong):
        client.next_event()


def reply_of(size: int, line: bytes = b"x" * 998 + b"\r\n") -> bytes:
    """An answer to CAPA of so many bytes, line ends included."""
    start, end = b"+OK\r\n", b".\r\n"
    count, rest = divmod(size - len(start) - len(end), len(line))
    return start + line * count + line[len(line) - rest :] + end


@each_feeding
@pytest.mark.parametrize("line", [b"x" * 998 + b"\r\n", b"\n"], ids=["of long lines", "of empty lines"])
def test_a_reply_of_64_kib_fits(cut: Cut, line: bytes) -> None:
    client, sent = asking(Capa()), reply_of(MAX_REPLY, line)
    lines = tuple(sent.decode().replace("\r\n", "\n").splitlines()[1:-1])
    assert (MAX_REPLY, Ok("", lines)) == (len(sent), hear(client, cut(sent)))


@each_feeding
def test_a_reply_of_one_byte_more_does_not_fit(cut: Cut) -> None:
    expected = ReplyTooLong("the reply is longer than 65536 bytes", ".")
    assert fault(expected) == fault_in(asking(Capa()), cut(reply_of(MAX_REPLY + 1)))


def test_an_endless_reply_is_refused_as_soon_as_it_cannot_fit() -> None:
    client = asking(Capa())
    line = b"x" * 1022 + b"\r\n"
    client.receive_data(b"+OK " + line[4:])
    for _ in range(63):
        client.receive_data(line)
        assert client.next_event() is None
    client.receive_data(b"\n")
    with pytest.raises(ReplyTooLong):
        client.next_event()


def test_each_reply_has_64_kib_of_its_own() -> None:
    sent = reply_of(MAX_REPLY)
    client = session((Capa(), sent), (Capa(), sent))
    client.send(Capa())
    assert Ok("") == hear(client, [b"+OK\r\n.\r\n"])


CUT_SHORT = {
    "before the greeting": (b"", ""),
    "within a line": (b"+OK rea", "+OK rea"),
    "between CR and LF": (b"+OK ready\r", "+OK ready\r"),
    "within a character": ("+OK grü".encode()[:-1], "+OK gr\ufffd"),
}


@each_cut
@pytest.mark.parametrize(("sent", "said"), CUT_SHORT.values(), ids=CUT_SHORT)
def test_a_greeting_that_is_cut_short(cut: Cut, sent: bytes, said: str) -> None:
    expected = ConnectionClosed("the server closed the connection", said)
    assert fault(expected) == fault_in(Pop3Client(), cut(sent))


BODIES_CUT_SHORT = {
    "after the status line": (b"+OK\r\n", ""),
    "within a line of the body": (b"+OK\r\nUSER\r\nST", "ST"),
    "before the final dot": (b"+OK\r\nUSER\r\n", ""),
    "after the final dot, before its line's end": (b"+OK\r\nUSER\r\n.", "."),
}


@each_cut
@pytest.mark.parametrize(("sent", "said"), BODIES_CUT_SHORT.values(), ids=BODIES_CUT_SHORT)
def test_a_multi_line_reply_that_is_cut_short(cut: Cut, sent: bytes, said: str) -> None:
    expected = ConnectionClosed("the server closed the connection", said)
    assert fault(expected) == fault_in(asking(Capa()), cut(sent))


@each_cut
def test_a_reply_counts_although_the_connection_ended_behind_it(cut: Cut) -> None:
    client = Pop3Client()
    assert Ok("ready") == hear(client, [*cut(b"+OK ready\r\n"), b""])
    client.send(Capa())
    assert fault(ConnectionClosed("the server closed the connection")) == fault_in(client, [])


def test_no_event_before_a_whole_reply_is_there() -> None:
    client = asking(Capa())
    for chunk in (b"", b"+OK", b"\r\nUSER", b"\r\n", b".", b"\r"):
        if chunk:
            client.receive_data(chunk)
        assert client.next_event() is None
    client.receive_data(b"\n")
    assert Ok("", ("USER",)) == client.next_event()
