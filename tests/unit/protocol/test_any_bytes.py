"""Whatever a server sends, in whatever pieces: the same events, no foreign exception, no growing buffer."""

import itertools
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pop3_sensor.protocol import (
    Answer,
    Apop,
    Auth,
    Cancel,
    Capa,
    Command,
    Event,
    LocalProtocolError,
    Pass,
    Pop3Client,
    Quit,
    RemoteProtocolError,
    Stat,
    State,
    Stls,
    UnexpectedData,
    User,
)
from tests.unit.protocol.feeding import fault, hear_event

MAX_LINE = 8192
MAX_CHUNK = 16384  # what `transport` reads at once

COMMANDS: tuple[Command, ...] = (
    Capa(),
    Stls(),
    User("mrose"),
    Pass("secret"),
    Apop("mrose", "<1@x>", "secret"),
    Auth("PLAIN"),
    Answer(b"\0mrose\0secret", ("secret",)),
    Cancel(),
    Stat(),
    Quit(),
)
SAID = (
    *(b"+OK", b"-ERR", b"+OK ready <1@x>\r\n", b"-ERR [IN-USE] no\r\n", b"+OK 2 320\r\n", b"+OK\r\nSTLS\r\n.\r\n"),
    *(b"+ \r\n", b"+\r\n", b"+ dXNlcg==\r\n", b"+ dXNlcg\r\n"),
    *(b"\r\n", b"\n", b"\r", b".", b".\r\n", b" ", b"\0", b"\xff", b"x" * 4096, b"\r\n" * 2048),
)
anything = st.lists(st.sampled_from(SAID) | st.binary(max_size=12), max_size=12).map(b"".join)
good_answers = st.sampled_from([said for said in SAID if said.endswith(b"\r\n")])
answers = good_answers | anything

sessions = st.tuples(answers, st.lists(st.tuples(st.sampled_from(COMMANDS), answers), max_size=8))
Session = tuple[bytes, list[tuple[Command, bytes]]]


def in_chunks(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut at these places, as far as they lie inside."""
    edges = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if start < end]


def outcome(talk: Session, places: Iterable[int]) -> list[object]:
    """All replies of the session, and how it ended. What may not be said is passed over."""
    client, seen = Pop3Client(), list[object]()
    greeting, turns = talk
    try:
        seen.append(hear_event(client, in_chunks(greeting, places)))
        for command, answer in turns:
            try:
                client.send(command)
            except LocalProtocolError as error:
                seen.append(str(error))
                continue
            seen.append(hear_event(client, in_chunks(answer, places)))
            seen.append((client.state, client.capabilities))
            if client.state is State.STARTING_TLS:
                client.tls_started()
    except RemoteProtocolError as error:
        # Injected data breaks the session at its first chunk: how much of it is quoted depends on the network.
        seen.append(fault(error)[:2] if isinstance(error, UnexpectedData) else fault(error))
    return seen


@given(sessions, st.lists(st.integers(0, 50_000) | st.integers(0, 40), max_size=20))
def test_chunks_change_nothing(talk: Session, places: list[int]) -> None:
    assert outcome(talk, []) == outcome(talk, places)


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.binary(max_size=40) | good_answers), max_size=5))
def test_single_bytes_change_nothing(turns: list[tuple[Command, bytes]]) -> None:
    talk = (b"+OK ready\r\n", turns)
    assert outcome(talk, []) == outcome(talk, range(MAX_CHUNK))


class AnyServer(RuleBasedStateMachine):
    """A caller that keeps to the rules, and a server that may not."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Pop3Client()
        self.reply_is_due = True
        self.ended = False

    @precondition(lambda self: self.reply_is_due and not self.ended)
    @rule(chunk=answers.map(lambda data: data[:MAX_CHUNK]))
    def take(self, chunk: bytes) -> None:
        self.ended = not chunk
        self.client.receive_data(chunk)
        self.listen()

    @precondition(lambda self: not self.reply_is_due)
    @rule(command=st.sampled_from(COMMANDS))
    def say(self, command: Command) -> None:
        try:
            self.client.send(command)
        except LocalProtocolError:
            return
        except UnexpectedData:
            self.is_broken()
        else:
            self.reply_is_due = True
            self.listen()

    @precondition(lambda self: self.client.state is State.STARTING_TLS)
    @rule()
    def start_tls(self) -> None:
        self.client.tls_started()

    @precondition(lambda self: self.client.state is State.STARTING_TLS and not self.ended)
    @rule(chunk=st.binary(min_size=1, max_size=12))
    def inject(self, chunk: bytes) -> None:
        try:
            self.client.receive_data(chunk)
        except UnexpectedData:
            self.is_broken()
        else:
            raise AssertionError(chunk)

    @invariant()
    def the_buffer_stays_small(self) -> None:
        assert len(self.client._buffer) < MAX_LINE + MAX_CHUNK  # noqa: SLF001 - the one thing that only it knows

    def listen(self) -> None:
        try:
            reply: Event | None = self.client.next_event()
        except RemoteProtocolError:
            self.is_broken()
        else:
            self.reply_is_due = reply is None

    def is_broken(self) -> None:
        assert self.client.state is State.BROKEN
        self.reply_is_due = False


def test_no_server_can_do_harm() -> None:
    run_state_machine_as_test(AnyServer)


def test_the_buffer_holds_at_most_a_line_and_a_chunk() -> None:
    client = Pop3Client()
    client.receive_data(b"x" * (MAX_LINE - 1))
    assert client.next_event() is None
    client.receive_data(b"x" * MAX_CHUNK)
    expected = MAX_LINE - 1 + MAX_CHUNK
    assert expected == len(client._buffer)  # noqa: SLF001 - its bound is the test
