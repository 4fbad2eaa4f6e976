"""The client's side of a session: every rule about order stands here and nowhere else."""

from enum import Enum, auto

from .commands import Answer, Apop, Auth, Cancel, Capa, Command, Pass, Quit, Stat, Stls, User
from .errors import ConnectionClosed, LocalProtocolError, RemoteProtocolError, ReplyTooLong, UnexpectedData
from .lines import LineBuffer
from .replies import Capabilities, Challenge, Event, Ok, parse_challenge, parse_status_line

# A whole multi-line reply, line ends included. CAPA is the only one we ask for; a long one has 1 KiB.
MAX_REPLY = 64 * 1024
MAX_HEARD = 500  # lines of a reply that are kept to be shown; it may have tens of thousands


class State(Enum):
    GREETING = auto()  # the server speaks first (RFC 1939 section 4)
    REFUSED = auto()  # it spoke, and said -ERR
    AUTHORIZATION = auto()
    USER_ACCEPTED = auto()  # PASS is legal right after a successful USER only (RFC 1939 section 7)
    AUTHENTICATING = auto()  # a challenge came; nothing may be said but what answers it (RFC 5034 section 4)
    STARTING_TLS = auto()  # +OK to STLS; no byte may come or go until `tls_started` (RFC 2595 section 4)
    TRANSACTION = auto()
    CLOSED = auto()
    BROKEN = auto()  # the server broke the protocol: nothing more is believed


# Which command is legal where, and the state after its +OK.
MOVES: dict[State, dict[type[Command], State]] = {
    State.REFUSED: {Quit: State.CLOSED},
    State.AUTHORIZATION: {
        Capa: State.AUTHORIZATION,
        Stls: State.STARTING_TLS,
        User: State.USER_ACCEPTED,
        Apop: State.TRANSACTION,
        Auth: State.TRANSACTION,
        Quit: State.CLOSED,
    },
    State.AUTHENTICATING: {Answer: State.TRANSACTION, Cancel: State.TRANSACTION},
    State.USER_ACCEPTED: {Pass: State.TRANSACTION, Quit: State.CLOSED},
    State.TRANSACTION: {Capa: State.TRANSACTION, Stat: State.TRANSACTION, Quit: State.CLOSED},
}

# Where -ERR changes the state too. Everywhere else it leaves it as it was.
MOVES_ON_ERR: dict[tuple[State, type[Command] | None], State] = {
    (State.GREETING, None): State.REFUSED,
    (State.USER_ACCEPTED, Pass): State.AUTHORIZATION,
    (State.AUTHENTICATING, Answer): State.AUTHORIZATION,
    (State.AUTHENTICATING, Cancel): State.AUTHORIZATION,
}

# After which commands a challenge may come, and the state that it brings. Everywhere else it is no POP3.
MOVES_ON_CHALLENGE: dict[type, State] = {Auth: State.AUTHENTICATING, Answer: State.AUTHENTICATING}


class Pop3Client:
    """`receive_data` what arrives, take `next_event`, `send` what is next.

    Every method may raise LocalProtocolError where it is called out of turn.
    """

    def __init__(self) -> None:
        self.state = State.GREETING
        self.capabilities: Capabilities | None = None
        self.secured = False
        self._buffer = LineBuffer()
        self._ended = False
        self._awaited: Command | None = None  # None with `_waiting`: the greeting
        self._waiting = True
        self._status: Ok | None = None  # the first line of a multi-line reply whose body is still coming
        self._body: list[str] = []
        self._reply_bytes = 0
        # The first lines of the last reply as they came, and what broke it, if it is broken. Only a challenge is
        # decoded.
        self.heard: list[str] = []

    @property
    def speaks_pop3(self) -> bool:
        """May QUIT still be said: the server kept to the rules and owes no reply."""
        return not self._waiting and Quit in MOVES.get(self.state, {})

    def receive_data(self, data: bytes) -> None:
        """Take what the server sent; `b""` is the end of the connection.

        Raises UnexpectedData for bytes in the clear between the +OK to STLS and the handshake:
        somebody on the path put them there (CVE-2020-14954 and its kin).
        """
        if not data:
            self._ended = True
        self._buffer.feed(data)
        self._refuse_injection()

    def send(self, command: Command) -> bytes:
        """The bytes to send. Raises UnexpectedData where the server spoke without being asked.

        QUIT is an exception: what came after the last reply that mattered changes nothing.
        """
        state_after = MOVES.get(self.state, {}).get(type(command))
        if self._waiting or state_after is None:
            raise LocalProtocolError(f"{command.keyword} is not legal in state {self.state.name}")
        if isinstance(command, Stls) and self.secured:
            raise LocalProtocolError("STLS is not legal under TLS")
        if self._buffer and not isinstance(command, Quit):
            raise self._broken(UnexpectedData("the server spoke without being asked", self._buffer.peek()))
        self._awaited, self._waiting, self.heard = command, True, []
        return command.encode()

    def next_event(self) -> Event | None:
        """The awaited reply, or None while more bytes are needed. Raises RemoteProtocolError."""
        if not self._waiting or self.state is State.BROKEN:
            raise LocalProtocolError(f"no reply is awaited in state {self.state.name}")
        try:
            reply = self._read_reply()
        except RemoteProtocolError as error:
            raise self._broken(error) from None
        if reply is not None:
            self._settle(reply)
            self._refuse_injection()
        elif self._ended:
            raise self._broken(ConnectionClosed("the server closed the connection", self._buffer.peek()))
        return reply

    def implicit_tls_started(self) -> None:
        """The handshake is done before the greeting (RFC 8314 section 3.3): STLS is not legal any more."""
        if self.state is not State.GREETING or self._buffer:
            raise LocalProtocolError(f"TLS cannot start in state {self.state.name}")
        self.secured = True

    def tls_started(self) -> None:
        """The handshake after STLS is done: what was learned in the clear is forgotten (RFC 2595 section 4)."""
        if self.state is not State.STARTING_TLS:
            raise LocalProtocolError(f"TLS cannot start in state {self.state.name}")
        self.state, self.secured, self.capabilities = State.AUTHORIZATION, True, None

    def _read_reply(self) -> Event | None:
        while (line := self._buffer.next_line()) is not None:
            if (reply := self._take(line)) is not None:
                return reply
        return None

    def _take(self, line: bytes) -> Event | None:
        text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        self._reply_bytes += len(line)
        if self._reply_bytes > MAX_REPLY:
            raise ReplyTooLong(f"the reply is longer than {MAX_REPLY} bytes", text)
        if type(self._awaited) in MOVES_ON_CHALLENGE and (challenge := parse_challenge(text)):
            self._hear(challenge.line)  # in base64 nobody would recognize a secret that it echoes
            return challenge
        if self._status is None:
            reply = parse_status_line(text)
            self._hear(text)
            if not (isinstance(reply, Ok) and self._awaited and self._awaited.multiline):
                return reply
            self._status = reply
        elif text == ".":
            return Ok(self._status.text, tuple(self._body))
        else:
            self._hear(text)
            self._body.append(text.removeprefix("."))  # byte-stuffing, RFC 1939 section 3
        return None

    def _settle(self, reply: Event) -> None:
        command = self._awaited
        self._awaited, self._waiting, self._status, self._body, self._reply_bytes = None, False, None, [], 0
        if isinstance(command, Quit):
            self.state = State.CLOSED  # whatever the answer
        elif isinstance(reply, Challenge):
            self.state = MOVES_ON_CHALLENGE[type(command)]
        elif not isinstance(reply, Ok):
            self.state = MOVES_ON_ERR.get((self.state, type(command) if command else None), self.state)
        else:
            self.state = MOVES[self.state][type(command)] if command else State.AUTHORIZATION
            if isinstance(command, Capa):
                self.capabilities = Capabilities.parse(reply.lines)

    def _refuse_injection(self) -> None:
        if self.state is State.STARTING_TLS and self._buffer:
            said = self._buffer.peek()
            raise self._broken(UnexpectedData("data in the clear after the +OK to STLS: it was injected", said))

    def _broken(self, error: RemoteProtocolError) -> RemoteProtocolError:
        self.state = State.BROKEN
        if error.said:
            for line in error.said.removesuffix("\n").split("\n"):
                self._hear(line.removesuffix("\r"))
        return error

    def _hear(self, line: str) -> None:
        if len(self.heard) < MAX_HEARD:
            self.heard.append(line)
