"""A POP3 server that does what a test tells it, however odd. Each connection has a script, a plain list of steps.

    with scripted([*greeting(), Expect("CAPA"), Reset()]) as server:
        ...  # anything that connects to server.host, server.port
    assert server.failures == []

It uses threads and blocking sockets, so that it serves clients in this process and in others.
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

JOIN_SECONDS = 5.0  # far more than a thread needs to end once its socket is shut down


@dataclass
class Server:
    """`received` and `failures` are complete when the context has ended."""

    host: str
    port: int
    received: list[bytes] = field(default_factory=list)  # by connection; bytes inside TLS are decrypted
    failures: list[str] = field(default_factory=list)


class OutOfScript(Exception):
    """The client did something that the script does not expect."""


class Connection:
    """One accepted client, as the steps see it. Only `stop` is called from another thread."""

    def __init__(self, accepted: socket.socket, server: Server) -> None:
        self.stopping = threading.Event()
        self._socket = accepted
        self._hand_over = threading.Lock()  # `stop` must not touch the socket while TLS takes it over
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
        """Whether the data went out. A client that is gone is no failure here: the kernel notices it only by chance."""
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

    def wait_at_most(self, seconds: float) -> None:
        """For the client, at each step."""
        self._socket.settimeout(seconds)

    def end(self, *, close_notify: bool = True) -> None:
        """Ends our side, then listens until the client has gone.

        Closing with unread bytes would send RST, which destroys what the client has not read yet.
        """
        if self._ended:
            return
        self._ended = True
        with suppress(OSError):  # the client has gone already
            if close_notify and isinstance(self._socket, ssl.SSLSocket):
                self._socket.setblocking(False)  # send close_notify, but do not wait for the client's
                with suppress(ssl.SSLError, ValueError):  # ValueError: its handshake failed
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
    # SSLSocket.shutdown would drop the keys, and what the client still sends would stay encrypted.
    socket.socket.shutdown(connected, how)


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
    """Sends one byte after each gap, until the client goes or the server closes."""

    data: bytes
    gap_seconds: float

    def play(self, connection: Connection) -> None:
        for byte in self.data:
            if connection.stopping.wait(self.gap_seconds) or not connection.write(bytes([byte])):
                return


@dataclass(frozen=True)
class Flood:
    """Sends the chunk again and again, until `total_bytes` are sent or the client goes."""

    chunk: bytes
    total_bytes: int

    def play(self, connection: Connection) -> None:
        left = self.total_bytes
        while left > 0 and connection.write(self.chunk[:left]):
            left -= len(self.chunk)


@dataclass(frozen=True)
class Expect:
    """Reads one line, which without its CRLF must equal the text or fully match the pattern."""

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
    """Reads whatever comes next, a ClientHello for example."""

    def play(self, connection: Connection) -> None:
        connection.read_some()


@dataclass(frozen=True)
class StartTls:
    """Makes the handshake; all later steps are inside TLS. As the first step it is implicit TLS."""

    context: ssl.SSLContext = field(repr=False)

    def play(self, connection: Connection) -> None:
        connection.start_tls(self.context)


@dataclass(frozen=True)
class Hang:
    """Listens without a word, until the client goes or the server closes."""

    def play(self, connection: Connection) -> None:
        connection.read_until_gone()


@dataclass(frozen=True)
class Tell:
    event: threading.Event

    def play(self, _connection: Connection) -> None:
        self.event.set()


@dataclass(frozen=True)
class Await:
    event: threading.Event

    def play(self, _connection: Connection) -> None:
        if not self.event.wait(JOIN_SECONDS):
            raise OutOfScript("what it waited for never came")


@dataclass(frozen=True)
class Close:
    """Ends the connection, like the end of a script. Without `close_notify` TLS is cut off, as many servers do."""

    close_notify: bool = True

    def play(self, connection: Connection) -> None:
        connection.end(close_notify=self.close_notify)


@dataclass(frozen=True)
class Reset:
    """Closes with RST."""

    def play(self, connection: Connection) -> None:
        connection.reset()


def greeting(text: str = "ready") -> list[Step]:
    return [Send(f"+OK {text}\r\n".encode())]


def answer(command: str, *lines: str) -> list[Step]:
    """Waits for the command, then sends these lines as they are: `answer("CAPA", "-ERR what?")`."""
    return [Expect(command), Send("".join(f"{line}\r\n" for line in lines).encode())]


def capa(*capabilities: str) -> list[Step]:
    return answer("CAPA", "+OK", *capabilities, ".")


def stls(context: ssl.SSLContext) -> list[Step]:
    return [*answer("STLS", "+OK begin TLS"), StartTls(context)]


def login_user(username: str, password: str, *, ok: bool = True) -> list[Step]:
    verdict = "+OK welcome" if ok else "-ERR wrong user name or password"
    return [*answer(f"USER {username}", "+OK"), *answer(f"PASS {password}", verdict)]


def login_apop(username: str, password: str, challenge: str, *, ok: bool = True) -> list[Step]:
    """`challenge` is written with its angle brackets, as in the greeting."""
    digest = md5(f"{challenge}{password}".encode(), usedforsecurity=False).hexdigest()
    return answer(f"APOP {username} {digest}", "+OK welcome" if ok else "-ERR wrong user name or password")


def stat(messages: int, size: int) -> list[Step]:
    return answer("STAT", f"+OK {messages} {size}")


def quit_answer() -> list[Step]:
    return answer("QUIT", "+OK bye")


@contextmanager
def scripted(*scripts: Script, host: str = "127.0.0.1") -> Iterator[Server]:
    """The first connection plays the first script, and so on; each in its own thread.

    These are failures: a connection too many, which is closed without a word; a connection that never comes; a script
    that still waits for the client when the context ends.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener, socket.socket(family) as last_caller:
        last_caller.bind((host, 0))  # its call ends `accept` after all earlier calls, on every platform
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
    """A port where nobody listens. It is bound all the while, so that nobody else can take it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as held:
        held.bind((host, 0))
        yield held.getsockname()[1]
