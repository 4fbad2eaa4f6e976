"""The order of a session: what may be said when, what each answer changes, what ends all trust."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from pop3_sensor.protocol import (
    Answer,
    Apop,
    Auth,
    Cancel,
    Capa,
    Capabilities,
    Challenge,
    Command,
    ConnectionClosed,
    Err,
    LocalProtocolError,
    NotPop3,
    Ok,
    Pass,
    Pop3Client,
    Quit,
    RemoteProtocolError,
    ReplyTooLong,
    Stat,
    State,
    Stls,
    User,
)
from tests.unit.protocol.feeding import Cut, asking, each_cut, fault, fault_in, hear, hear_event, session

OK, ERR = b"+OK\r\n", b"-ERR no\r\n"
CAPA_STLS = b"+OK\r\nSTLS\r\n.\r\n"
APOP = Apop("mrose", "<1@x>", "secret")
AUTH, ANSWER = Auth("PLAIN"), Answer(b"\0mrose\0secret", ("secret",))
CHALLENGED = (AUTH, b"+ \r\n")
LOGIN = ((User("mrose"), OK), (Pass("secret"), OK))


def sending(command: Command) -> Callable[[Pop3Client], object]:
    return lambda client: client.send(command)


# Everything that a caller can do, but for taking bytes, which is always allowed.
COMMANDS = (Capa(), Stls(), User("mrose"), Pass("secret"), APOP, AUTH, ANSWER, Cancel(), Stat(), Quit())
MOVES: dict[str, Callable[[Pop3Client], object]] = {
    **{command.keyword: sending(command) for command in COMMANDS},
    "next_event": Pop3Client.next_event,
    "tls_started": Pop3Client.tls_started,
    "implicit_tls_started": Pop3Client.implicit_tls_started,
}
LISTEN = {"next_event"}
BEFORE_LOGIN = {"CAPA", "STLS", "USER", "APOP", "AUTH", "QUIT"}
CHALLENGE_IS_DUE = {ANSWER.keyword, "*"}
AFTER_LOGIN = {"CAPA", "STAT", "QUIT"}


def secured() -> Pop3Client:
    client = session((Stls(), OK))
    client.tls_started()
    return client


def broken() -> Pop3Client:
    client = Pop3Client()
    fault_in(client, [b"HTTP/1.1 400 Bad Request\r\n"])
    return client


# How a client got where it is: its state, and all that is legal there.
SITUATIONS: dict[str, tuple[Callable[[], Pop3Client], State, set[str]]] = {
    "before the greeting": (Pop3Client, State.GREETING, LISTEN | {"implicit_tls_started"}),
    "greeted": (session, State.AUTHORIZATION, BEFORE_LOGIN),
    "greeted with -ERR": (lambda: session(greeting=ERR), State.REFUSED, {"QUIT"}),
    "while an answer is due": (lambda: asking(Capa()), State.AUTHORIZATION, LISTEN),
    "CAPA accepted": (lambda: session((Capa(), CAPA_STLS)), State.AUTHORIZATION, BEFORE_LOGIN),
    "CAPA refused": (lambda: session((Capa(), ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "STLS accepted": (lambda: session((Stls(), OK)), State.STARTING_TLS, {"tls_started"}),
    "STLS refused": (lambda: session((Stls(), ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "under TLS": (secured, State.AUTHORIZATION, BEFORE_LOGIN - {"STLS"}),
    "USER accepted": (lambda: session((User("mrose"), OK)), State.USER_ACCEPTED, {"PASS", "QUIT"}),
    "USER refused": (lambda: session((User("mrose"), ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "PASS accepted": (lambda: session(*LOGIN), State.TRANSACTION, AFTER_LOGIN),
    "PASS refused": (
        lambda: session((User("mrose"), OK), (Pass("secret"), ERR)),
        State.AUTHORIZATION,
        BEFORE_LOGIN,
    ),
    "APOP accepted": (lambda: session((APOP, OK)), State.TRANSACTION, AFTER_LOGIN),
    "APOP refused": (lambda: session((APOP, ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "AUTH refused": (lambda: session((AUTH, ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "AUTH accepted at once": (lambda: session((AUTH, OK)), State.TRANSACTION, AFTER_LOGIN),
    "challenged": (lambda: session(CHALLENGED), State.AUTHENTICATING, CHALLENGE_IS_DUE),
    "challenged again": (
        lambda: session(CHALLENGED, (ANSWER, b"+ dj1y\r\n")),
        State.AUTHENTICATING,
        CHALLENGE_IS_DUE,
    ),
    "an answer accepted": (lambda: session(CHALLENGED, (ANSWER, OK)), State.TRANSACTION, AFTER_LOGIN),
    "an answer refused": (lambda: session(CHALLENGED, (ANSWER, ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "AUTH cancelled": (lambda: session(CHALLENGED, (Cancel(), ERR)), State.AUTHORIZATION, BEFORE_LOGIN),
    "AUTH cancelled too late": (lambda: session(CHALLENGED, (Cancel(), OK)), State.TRANSACTION, AFTER_LOGIN),
    "CAPA accepted after the login": (
        lambda: session((APOP, OK), (Capa(), CAPA_STLS)),
        State.TRANSACTION,
        AFTER_LOGIN,
    ),
    "STAT accepted": (lambda: session((APOP, OK), (Stat(), b"+OK 2 320\r\n")), State.TRANSACTION, AFTER_LOGIN),
    "STAT refused": (lambda: session((APOP, OK), (Stat(), ERR)), State.TRANSACTION, AFTER_LOGIN),
    "QUIT accepted": (lambda: session((Quit(), OK)), State.CLOSED, set()),
    "QUIT refused": (lambda: session((Quit(), ERR)), State.CLOSED, set()),
    "QUIT after a greeting with -ERR": (lambda: session((Quit(), OK), greeting=ERR), State.CLOSED, set()),
    "QUIT between USER and PASS": (lambda: session((User("mrose"), OK), (Quit(), OK)), State.CLOSED, set()),
    "QUIT after the login": (lambda: session(*LOGIN, (Quit(), OK)), State.CLOSED, set()),
    "the protocol is broken": (broken, State.BROKEN, set()),
}


def legal(make: Callable[[], Pop3Client], move: Callable[[Pop3Client], object]) -> bool:
    """Whether the move is legal; one that is not leaves the client as it was."""
    client = make()
    before = (client.state, client.secured, client.speaks_pop3)
    try:
        move(client)
    except LocalProtocolError:
        assert before == (client.state, client.secured, client.speaks_pop3)
        return False
    return True


@pytest.mark.parametrize(("make", "state", "moves"), SITUATIONS.values(), ids=SITUATIONS)
def test_what_is_legal(make: Callable[[], Pop3Client], state: State, moves: set[str]) -> None:
    found = {name for name, move in MOVES.items() if legal(make, move)}
    assert (state, moves, "QUIT" in moves) == (make().state, found, make().speaks_pop3)


ILLEGAL: dict[str, tuple[Callable[[], object], str]] = {
    "a command out of turn": (lambda: session().send(Stat()), "STAT is not legal in state AUTHORIZATION"),
    "a command before the last answer": (
        lambda: asking(Capa()).send(Quit()),
        "QUIT is not legal in state AUTHORIZATION",
    ),
    "a second STLS": (lambda: secured().send(Stls()), "STLS is not legal under TLS"),
    "a handshake that nobody agreed on": (lambda: session().tls_started(), "TLS cannot start in state AUTHORIZATION"),
    "an answer without a challenge": (
        lambda: session().send(ANSWER),
        "an answer to a challenge is not legal in state AUTHORIZATION",
    ),
    "QUIT in place of an answer": (
        lambda: session(CHALLENGED).send(Quit()),
        "QUIT is not legal in state AUTHENTICATING",
    ),
    "an answer that nobody asked for": (lambda: session().next_event(), "no reply is awaited in state AUTHORIZATION"),
}


@pytest.mark.parametrize(("move", "message"), ILLEGAL.values(), ids=ILLEGAL)
def test_what_is_illegal_says_so(move: Callable[[], object], message: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        move()
    assert message == str(caught.value)


@each_cut
def test_a_whole_session(cut: Cut) -> None:
    client = Pop3Client()
    turns: list[tuple[Command | None, bytes]] = [
        (None, b"+OK ready <1@x>\r\n"),
        (Capa(), b"+OK list\r\nSTLS\r\n.\r\n"),
        (User("mrose"), b"+OK\r\n"),
        (Pass("wrong"), b"-ERR [AUTH] no\r\n"),
        (User("mrose"), b"+OK\r\n"),
        (Pass("secret"), b"+OK welcome\r\n"),
        (Stat(), b"+OK 2 320\r\n"),
        (Quit(), b"+OK bye\r\n"),
    ]
    heard = []
    for command, answer in turns:
        if command:
            client.send(command)
        heard.append(hear(client, cut(answer)))
    expected = [
        Ok("ready <1@x>"),
        Ok("list", ("STLS",)),
        Ok(""),
        Err("[AUTH] no"),
        Ok(""),
        Ok("welcome"),
        Ok("2 320"),
        Ok("bye"),
    ]
    assert expected == heard


@each_cut
def test_a_whole_session_with_auth(cut: Cut) -> None:
    """The exchange of RFC 2195 section 2, then one that the client gives up."""
    client = Pop3Client()
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    turns: list[tuple[Command | None, bytes]] = [
        (None, b"+OK ready\r\n"),
        (Auth("CRAM-MD5"), b"+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"),
        (Cancel(), b"-ERR as you like\r\n"),
        (Auth("CRAM-MD5"), b"+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"),
        (Answer(b"tim b913a602c7eda7a495b4e6e7334d3890", ("tanstaaftanstaaf",)), b"+\r\n"),
        (Answer(b""), b"+OK welcome\r\n"),
        (Stat(), b"+OK 2 320\r\n"),
    ]
    sent, heard = [], []
    for command, answer in turns:
        if command:
            sent.append(client.send(command))
        heard.append(hear_event(client, cut(answer)))
    assert [
        b"AUTH CRAM-MD5\r\n",
        b"*\r\n",
        b"AUTH CRAM-MD5\r\n",
        b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n",
        b"\r\n",
        b"STAT\r\n",
    ] == sent
    assert [
        Ok("ready"),
        Challenge(challenge),
        Err("as you like"),
        Challenge(challenge),
        Challenge(b""),
        Ok("welcome"),
        Ok("2 320"),
    ] == heard


HEARD = {
    "a whole reply, but for its final dot": (b"+OK list\r\nSTLS\r\n..\r\n.\r\n", ["+OK list", "STLS", ".."]),
    "a refusal": (b"-ERR no\r\n", ["-ERR no"]),
    "a reply that breaks off": (b"+OK\r\nSTLS\r\nUS", ["+OK", "STLS", "US"]),
    "what is not POP3": (b"hello\r\nSTLS\r\n", ["hello"]),
    "nothing": (b"", []),
}


@each_cut
@pytest.mark.parametrize(("sent", "lines"), HEARD.values(), ids=HEARD)
def test_what_was_heard_is_kept_as_it_came(cut: Cut, sent: bytes, lines: list[str]) -> None:
    client = asking(Capa())
    with suppress(RemoteProtocolError):
        hear(client, cut(sent))
    assert lines == client.heard


def test_capabilities_learned_in_the_clear_are_forgotten_under_tls() -> None:
    client = session((Capa(), CAPA_STLS), (Stls(), OK))
    assert (Capabilities({"STLS": ()}), False) == (client.capabilities, client.secured)
    client.tls_started()
    expected = (None, True)
    assert expected == (client.capabilities, client.secured)


def test_capabilities_are_kept_where_stls_is_refused() -> None:
    client = session((Capa(), CAPA_STLS), (Stls(), ERR))
    assert (Capabilities({"STLS": ()}), False) == (client.capabilities, client.secured)


def test_data_under_tls_is_the_answer() -> None:
    client = secured()
    client.send(Capa())
    assert Ok("", ("USER",)) == hear(client, [b"+OK\r\nUSER\r\n.\r\n"])


def test_the_end_of_the_connection_is_told_when_an_answer_is_due() -> None:
    client = session()
    client.receive_data(b"")
    client.send(Capa())
    assert fault(ConnectionClosed("the server closed the connection")) == fault_in(client, [])
    assert_broken(client)


BREAKING = {
    "what is not POP3": (NotPop3, b"hello\r\n"),
    "a line without end": (ReplyTooLong, b"x" * 8193),
    "the end of the connection": (ConnectionClosed, b"+O"),
}


@each_cut
@pytest.mark.parametrize(("kind", "sent"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_the_protocol_ends_all_trust(cut: Cut, kind: type[RemoteProtocolError], sent: bytes) -> None:
    client = Pop3Client()
    assert kind is fault_in(client, cut(sent))[0]
    assert_broken(client)


def assert_broken(client: Pop3Client) -> None:
    """Nothing works any more, and good bytes do not repair it."""
    for data in (b"", OK):
        client.receive_data(data)
        moves = {name for name, move in MOVES.items() if legal(lambda: client, move)}
        expected = (State.BROKEN, False, set[str]())
        assert expected == (client.state, client.speaks_pop3, moves)
