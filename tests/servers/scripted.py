"""A POP3 server that does just what a test tells it, however odd: for each connection a script, a plain list of steps.

    with scripted([*greeting(), Expect("CAPA"), Reset()]) as server:
        ...  # anything that connects to server.host, server.port
    assert server.failures == []

Threads and blocking sockets, so that clients in this process and in others are tested alike.
"""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import md5
from itertools import count
from typing import Protocol, TypeAlias

JOIN_SECONDS = 5.0  # far more than a thread needs whose socket was shut down


@dataclass
class Server:
    """`received` and `failures` are complete once the context is left."""

    host: str
    port: int
    received: list[bytes] = field(default_factory=list)  # by connection; what came inside TLS is decrypted
    failures: list[str] = field(default_factory=list)


class OutOfScript(Exception):
    """The client did something else than the script foresaw."""


class Connection:
    """One accepted client, as the steps see it. Only `stop` is called from another thread."""

    def __init__(self, accepted: socket.socket, server: Server) -> None:
        self.stopping = threading.Event()
        self._socket = accepted
        self._hand_over = threading.Lock()  # `stop` must not meet the socket while it changes owner
        self._unread = b""
        self._ended = False
        self._server = server
        self._number = len(server.received)
        server.received.append(b"")

    def play(self, script: "Script") -> None:
        for step in script:
            try:
                step.play(self)
            except OutOfScript as error:
                self._server.failures.append(f"connection {self._number}: {step}: {error}")
                break
        self.end()
        self._socket.close()

    def write(self, data: bytes) -> bool:
        """Whether it went out. That the client has gone is no failure here: the kernel tells so by chance."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def read(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._receive()
        data, self._unread = self._unread[:size], self._unread[size:]
        return data

    def read_line(self) -> bytes:
        while b"\r\n" not in self._unread:
            self._receive()
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line

    def read_some(self) -> bytes:
        if not self._unread:
            self._receive()
        data, self._unread = self._unread, b""
        return data

    def read_until_gone(self) -> None:
        with suppress(OutOfScript):
            while True:
                self._receive()

    def start_tls(self, context: ssl.SSLContext) -> None:
        if self._unread:
            raise OutOfScript(f"before the handshake came {self._unread!r}")
        try:
            with self._hand_over:
                self._socket = secured = context.wrap_socket(
                    self._socket, server_side=True, do_handshake_on_connect=False
                )
            secured.do_handshake()
        except OSError as error:
            raise OutOfScript(str(error)) from error

    def end(self, *, close_notify: bool = True) -> None:
        """End our side, then listen until the client has gone.

        To close with bytes unread would send RST, and that destroys what the client has not read yet.
        """
        if self._ended:
            return
        self._ended = True
        with suppress(OSError):  # the client went first
            if close_notify and isinstance(self._socket, ssl.SSLSocket):
                self._socket.setblocking(False)  # say it, but do not wait for the client's own
                with suppress(ssl.SSLError):
                    self._socket.unwrap()
                self._socket.setblocking(True)
            shut_down(self._socket, socket.SHUT_WR)
        self.read_until_gone()

    def reset(self) -> None:
        self._ended = True
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def stop(self) -> None:
        self.stopping.set()
        with self._hand_over, suppress(OSError):  # closed already
            shut_down(self._socket, socket.SHUT_RDWR)

    def _receive(self) -> None:
        try:
            data = self._socket.recv(65536)
        except OSError as error:
            raise OutOfScript(f"{error} after {self._unread!r}") from error
        if not data:
            raise OutOfScript(f"the connection ended after {self._unread!r}")
        self._unread += data
        self._server.received[self._number] += data


def shut_down(connected: socket.socket, how: int) -> None:
    socket.socket.shutdown(connected, how)  # SSLSocket's own forgets the keys: what comes after would be ciphertext


class Step(Protocol):
    def play(self, connection: Connection, /) -> None: ...


Script: TypeAlias = Sequence[Step]


@dataclass(frozen=True)
class Send:
    data: bytes

    def play(self, connection: Connection) -> None:
        connection.write(self.data)


@dataclass(frozen=True)
class Drip:
    """One byte per gap, until the client goes or the server closes."""

    data: bytes
    gap_seconds: float

    def play(self, connection: Connection) -> None:
        for byte in self.data:
            if connection.stopping.wait(self.gap_seconds) or not connection.write(bytes([byte])):
                return


@dataclass(frozen=True)
class Flood:
    """The chunk over and over, until so many bytes are sent or the client goes."""

    chunk: bytes
    total_bytes: int

    def play(self, connection: Connection) -> None:
        left = self.total_bytes
        while left > 0 and connection.write(self.chunk[:left]):
            left -= len(self.chunk)


@dataclass(frozen=True)
class Expect:
    """One line, without its CRLF: equal to the text, or matched in full by the pattern."""

    wanted: str | re.Pattern[str]

    def play(self, connection: Connection) -> None:
        line = connection.read_line().decode(errors="backslashreplace")
        if not (line == self.wanted if isinstance(self.wanted, str) else self.wanted.fullmatch(line)):
            raise OutOfScript(f"got {line!r}")


@dataclass(frozen=True)
class Read:
    size: int

    def play(self, connection: Connection) -> None:
        connection.read(self.size)


@dataclass(frozen=True)
class ReadSome:
    """Whatever comes next, a ClientHello for instance."""

    def play(self, connection: Connection) -> None:
        connection.read_some()


@dataclass(frozen=True)
class StartTls:
    """The handshake; all later steps are inside TLS. As the first step it makes the TLS implicit."""

    context: ssl.SSLContext = field(repr=False)

    def play(self, connection: Connection) -> None:
        connection.start_tls(self.context)


@dataclass(frozen=True)
class Hang:
    """Listen and never speak, until the client goes or the server closes."""

    def play(self, connection: Connection) -> None:
        connection.read_until_gone()


@dataclass(frozen=True)
class Close:
    """How every script ends by itself; without `close_notify` TLS is cut off, as many servers do."""

    close_notify: bool = True

    def play(self, connection: Connection) -> None:
        connection.end(close_notify=self.close_notify)


@dataclass(frozen=True)
class Reset:
    """Close with RST."""

    def play(self, connection: Connection) -> None:
        connection.reset()


def greeting(text: str = "ready") -> list[Step]:
    return [Send(f"+OK {text}\r\n".encode())]


def answer(command: str, *lines: str) -> list[Step]:
    """Wait for the command, then say these lines as they are: `answer("CAPA", "-ERR what?")`."""
    return [Expect(command), Send("".join(f"{line}\r\n" for line in lines).encode())]


def capa(*capabilities: str) -> list[Step]:
    return answer("CAPA", "+OK", *capabilities, ".")


def stls(context: ssl.SSLContext) -> list[Step]:
    return [*answer("STLS", "+OK begin TLS"), StartTls(context)]


def login_user(username: str, password: str, *, ok: bool = True) -> list[Step]:
    verdict = "+OK welcome" if ok else "-ERR wrong user name or password"
    return [*answer(f"USER {username}", "+OK"), *answer(f"PASS {password}", verdict)]


def login_apop(username: str, password: str, challenge: str, *, ok: bool = True) -> list[Step]:
    """`challenge` with its angle brackets, as it stands in the greeting."""
    digest = md5(f"{challenge}{password}".encode(), usedforsecurity=False).hexdigest()
    return answer(f"APOP {username} {digest}", "+OK welcome" if ok else "-ERR wrong user name or password")


def stat(messages: int, size: int) -> list[Step]:
    return answer("STAT", f"+OK {messages} {size}")


def quit_answer() -> list[Step]:
    return answer("QUIT", "+OK bye")


@contextmanager
def scripted(*scripts: Script, host: str = "127.0.0.1") -> Iterator[Server]:
    """The first connection plays the first script, and so on; each in its own thread.

    A connection too many is closed without a word, and is a failure; so is one that never came. A script
    that still waits for the client when the context is left is a failure too.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener, socket.socket(family) as last_caller:
        last_caller.bind((host, 0))  # wakes `accept`, after all who called before, on every platform
        last_call = last_caller.getsockname()
        server = Server(host, listener.getsockname()[1])
        connections: list[Connection] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            for number in count():
                accepted, caller = listener.accept()
                if caller == last_call:
                    accepted.close()
                    return
                connection = Connection(accepted, server)
                connections.append(connection)
                script = scripts[number] if number < len(scripts) else ()
                threads.append(threading.Thread(target=connection.play, args=(script,), daemon=True))
                threads[-1].start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield server
        finally:
            last_caller.connect(listener.getsockname())
            acceptor.join(JOIN_SECONDS)
            for connection in connections:
                connection.stop()
            for thread in threads:
                thread.join(JOIN_SECONDS)
            if len(connections) != len(scripts):
                server.failures.append(f"connections: {len(connections)} came, {len(scripts)} were foreseen")
            server.failures.extend(f"{thread.name} did not end" for thread in threads if thread.is_alive())


@contextmanager
def refused_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port where nobody listens: held, so that nobody else can take it, but only bound."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as held:
        held.bind((host, 0))
        yield held.getsockname()[1]
