"""What a server may send where AUTH lets it challenge (RFC 5034 section 4), and where it may not."""

from collections.abc import Callable

import pytest

from pop3_sensor.protocol import (
    Answer,
    Auth,
    Cancel,
    Capa,
    Challenge,
    Command,
    NotPop3,
    Pass,
    Pop3Client,
    Quit,
    ReplyTooLong,
    Stat,
    State,
    Stls,
    UnexpectedData,
    User,
)
from tests.unit.protocol.feeding import LEFT_OVER, Cut, asking, each_feeding, fault, fault_in, hear_event, session

OK = b"+OK\r\n"
AUTH = Auth("XOAUTH2")
FIRST, SECOND = Answer(b"one"), Answer(b"two")

CHALLENGES = {
    "empty": (b"+ \r\n", b""),
    "empty, without the space": (b"+\r\n", b""),
    "a bare LF": (b"+ \n", b""),
    "a word": (b"+ dXNlcg==\r\n", b"user"),
    "every sign of base64": (b"+ +/+/09AZ\r\n", b"\xfb\xff\xbf\xd3\xd0\x19"),
    "bytes that are no text": (b"+ AP8N\r\n", b"\0\xff\r"),
    "a line break in it": (b"+ DQpRVUlUDQo=\r\n", b"\r\nQUIT\r\n"),
    "as long as a line may be": (b"+ " + b"AAAA" * 2047 + b"\r\n", bytes(3 * 2047)),
}


@each_feeding
@pytest.mark.parametrize("before", [[], [FIRST], [FIRST, SECOND]], ids=["at first", "after one", "after two"])
@pytest.mark.parametrize(("sent", "data"), CHALLENGES.values(), ids=CHALLENGES)
def test_a_challenge(cut: Cut, before: list[Command], sent: bytes, data: bytes) -> None:
    client = asking(AUTH)
    for answer in before:
        hear_event(client, [b"+ \r\n"])
        client.send(answer)
    assert Challenge(data) == hear_event(client, cut(sent))
    expected = (State.AUTHENTICATING, False)
    assert expected == (client.state, client.speaks_pop3)


NO_BASE64 = {
    "a word with a stray sign": "+ dXNl!cg==",
    "no padding": "+ dXNlcg",
    "half the padding": "+ dXNlcg=",
    "padding alone": "+ ====",
    "padding and more": "+ dXNlcg==dXNlcg==",
    "a space behind it": "+ dXNlcg== ",
    "two spaces before it": "+  dXNlcg==",
    "a space alone, twice": "+  ",
    "base64 for URLs": "+ -_-_",
    "prose": "+ go ahead",
    "letters of no alphabet": "+ größe",
    "IMAP": "+ idling",
}
# These are no challenges at all, and no status lines either.
NO_REPLY = {
    "joined to the sign": "+dXNlcg==",
    "a tab for the space": "+\tdXNlcg==",
    "a NUL": "+\0",
    "two signs": "++ dXNlcg==",
    "SMTP": "334 dXNlcg==",
}
UNREADABLE = {
    **{name: (line, "the challenge is no base64") for name, line in NO_BASE64.items()},
    **{name: (line, "the reply is neither +OK nor -ERR") for name, line in NO_REPLY.items()},
}


@each_feeding
@pytest.mark.parametrize("before", [[], [FIRST]], ids=["at first", "after one"])
@pytest.mark.parametrize(("line", "complaint"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_challenge(cut: Cut, before: list[Command], line: str, complaint: str) -> None:
    client = asking(AUTH)
    for answer in before:
        hear_event(client, [b"+ \r\n"])
        client.send(answer)
    assert fault(NotPop3(complaint, line)) == fault_in(client, cut(line.encode() + b"\r\n"))
    assert client.state is State.BROKEN


@each_feeding
def test_a_challenge_that_is_longer_than_a_line_may_be(cut: Cut) -> None:
    sent = b"+ " + b"AAAA" * 2048 + b"\r\n"
    expected = ReplyTooLong("a line is longer than 8192 bytes", sent[:8192].decode())
    assert fault(expected) == fault_in(asking(AUTH), cut(sent))


ELSEWHERE: dict[str, Callable[[], Pop3Client]] = {
    "as a greeting": Pop3Client,
    "to CAPA": lambda: asking(Capa()),
    "to STLS": lambda: asking(Stls()),
    "to USER": lambda: asking(User("mrose")),
    "to PASS": lambda: _said(session((User("mrose"), OK)), Pass("secret")),
    "to STAT": lambda: _said(session((AUTH, OK)), Stat()),
    "to QUIT": lambda: asking(Quit()),
    "to an end": lambda: _said(session((AUTH, b"+ \r\n")), Cancel()),
}


def _said(client: Pop3Client, command: Command) -> Pop3Client:
    client.send(command)
    return client


@each_feeding
@pytest.mark.parametrize("line", ["+ ", "+", "+ dXNlcg=="])
@pytest.mark.parametrize("place", ELSEWHERE)
def test_elsewhere_it_is_no_pop3(cut: Cut, place: str, line: str) -> None:
    client = ELSEWHERE[place]()
    assert fault(NotPop3("the reply is neither +OK nor -ERR", line)) == fault_in(client, cut(line.encode() + b"\r\n"))


def test_within_the_answer_to_capa_it_is_a_line() -> None:
    client = asking(Capa())
    hear_event(client, [b"+OK\r\n+ dXNlcg==\r\n.\r\n"])
    assert client.capabilities
    assert client.capabilities.offers("+")


@each_feeding
def test_it_is_heard_decoded(cut: Cut) -> None:
    """Somebody hides the secrets in what was heard: in base64 he would not find them all."""
    client = asking(AUTH)
    hear_event(client, cut(b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"))
    assert ['+ {"status":"401"}'] == client.heard


def test_what_is_no_text_is_heard_as_far_as_it_goes() -> None:
    client = asking(AUTH)
    hear_event(client, [b"+ AP8N\r\n"])
    assert ["+ \0\ufffd\r"] == client.heard


def test_what_follows_a_challenge_was_not_asked_for() -> None:
    client = asking(AUTH)
    hear_event(client, [b"+ \r\n" + LEFT_OVER])
    with pytest.raises(UnexpectedData) as caught:
        client.send(FIRST)
    assert fault(UnexpectedData("the server spoke without being asked", LEFT_OVER.decode())) == fault(caught.value)
