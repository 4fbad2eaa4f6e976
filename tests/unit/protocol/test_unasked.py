"""Bytes that nobody asked for: before a handshake somebody injected them, elsewhere the server broke the protocol."""

import pytest

from pop3_sensor.protocol import Apop, Capa, Command, Ok, Pop3Client, Quit, State, Stls, UnexpectedData, User
from tests.unit.protocol.feeding import LEFT_OVER, asking, fault, fault_in, hear, session

OK, ERR = b"+OK\r\n", b"-ERR no\r\n"
UNASKED = UnexpectedData("the server spoke without being asked", LEFT_OVER.decode())
INJECTED = "data in the clear after the +OK to STLS: it was injected"
INJECTIONS = {
    "a whole answer": b"+OK\r\nUSER\r\n.\r\n",
    "half a line": b"+O",
    "an empty line": b"\r\n",
    "a TLS record": b"\x16\x03\x03",
}


@pytest.mark.parametrize("injected", INJECTIONS.values(), ids=INJECTIONS)
def test_data_injected_with_the_answer_to_stls(injected: bytes) -> None:
    client = asking(Stls())
    expected = UnexpectedData(INJECTED, injected.decode())
    assert fault(expected) == fault_in(client, [b"+OK\r\n" + injected])
    assert client.state is State.BROKEN


@pytest.mark.parametrize("injected", INJECTIONS.values(), ids=INJECTIONS)
def test_data_injected_between_the_answer_to_stls_and_the_handshake(injected: bytes) -> None:
    client = session((Stls(), OK))
    with pytest.raises(UnexpectedData) as caught:
        client.receive_data(injected)
    assert fault(UnexpectedData(INJECTED, injected.decode())) == fault(caught.value)
    assert client.state is State.BROKEN


def test_what_follows_a_refused_stls_was_not_injected_but_unasked_for() -> None:
    client = session((Stls(), ERR + LEFT_OVER))
    with pytest.raises(UnexpectedData) as caught:
        client.send(Capa())
    assert fault(UNASKED) == fault(caught.value)


@pytest.mark.parametrize("chunks", [[OK + LEFT_OVER], [OK, LEFT_OVER], [OK, LEFT_OVER[:9], LEFT_OVER[9:]]])
@pytest.mark.parametrize(
    "command", [Capa(), Stls(), User("mrose"), Apop("mrose", "<1@x>", "secret")], ids=lambda command: command.keyword
)
def test_data_that_nobody_asked_for(chunks: list[bytes], command: Command) -> None:
    client = Pop3Client()
    assert Ok("") == hear(client, chunks)
    with pytest.raises(UnexpectedData) as caught:
        client.send(command)
    assert fault(UNASKED) == fault(caught.value)
    assert client.state is State.BROKEN


UNASKED_BEFORE_QUIT = {
    "nothing": b"",
    "a line": LEFT_OVER,
    "a line of failure": ERR,
    "half a line": b"+O",
    "what is not POP3": b"* BYE\r\n",
}


@pytest.mark.parametrize("more", UNASKED_BEFORE_QUIT.values(), ids=UNASKED_BEFORE_QUIT)
@pytest.mark.parametrize("greeting", [OK, ERR], ids=["after +OK", "after -ERR"])
def test_before_quit_it_is_harmless(greeting: bytes, more: bytes) -> None:
    client = session(greeting=greeting + more)
    expected = (True, b"QUIT\r\n")
    assert expected == (client.speaks_pop3, client.send(Quit()))
