"""A POP3 server in a process of its own: quick, exact, and it says how long it kept each client waiting.

One turn of an epoll loop takes some ten microseconds, so it is never the bottleneck; within a millisecond and a half of
a deadline it does not sleep. What it tells of a session is what it did, by the system's clock, and not what it meant
to do:

held   from the moment the kernel received what the client sent (SO_TIMESTAMPNS), or from the accepted connection, to
       the moment the answer was sent, summed over all answers before QUIT. No client can be quicker than this.
late   at most so long the accepted connection had waited for this server to look: while it was at work elsewhere, or
       while the kernel gave it no processor (tcpi_last_ack_recv, of TCP's own ticks)
"""

import heapq
import json
import select
import socket
import ssl
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.bench.child import Child, child, own_answers

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module does not name it
_LAST_ACK = struct.Struct("56xI")  # tcpi_last_ack_recv of struct tcp_info, linux/tcp.h
_SPIN_NS = 1_500_000  # epoll may sleep a millisecond longer than it is told
_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class Port:
    """`delay_ms` passes before the greeting; None: it never comes."""

    host: str = "127.0.0.1"
    delay_ms: float | None = 0.0
    tls: Literal["none", "starttls", "implicit"] = "none"


@dataclass(frozen=True, slots=True)
class Mail:
    """The server, seen from outside; `ports` in the order of what was asked for."""

    process: Child
    ports: list[int]

    @property
    def pid(self) -> int:
        return self.process.process.pid

    def sessions(self) -> list[dict[str, float]]:
        """Each session since the last call: index of its `port`, and `held` and `late` in milliseconds."""
        found: list[dict[str, float]] = self.process.ask()
        return found


@contextmanager
def mail(ports: list[Port], chain: str = "", key: str = "") -> Iterator[Mail]:
    """`chain` and `key`: files, needed for TLS."""
    with child("mail") as process:
        asked = [[port.host, port.delay_ms, port.tls] for port in ports]
        yield Mail(process, process.ask(ports=asked, chain=chain, key=key))


@dataclass(slots=True, eq=False)
class _Session:
    sock: socket.socket
    index: int
    port: Port
    since: int  # what came then is not answered yet
    late: int
    held: int = 0
    tls: ssl.SSLObject | None = None
    secured: bool = False
    line: bytes = b""
    incoming: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    outgoing: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)

    def send(self, data: bytes) -> None:
        if self.secured and self.tls:
            self.tls.write(data)
            self.flush()
        else:
            self._send(data)

    def flush(self) -> None:
        if self.outgoing.pending:
            self._send(self.outgoing.read())

    def _send(self, data: bytes) -> None:
        # Before, for the client may have it before the call returns.
        if self.since:
            self.held += time.time_ns() - self.since
            self.since = 0
        self.sock.send(data)


class _Server:
    def __init__(self, ports: list[Port], context: ssl.SSLContext | None) -> None:
        self._context = context
        self._poll = select.epoll()
        self._listeners: dict[int, tuple[socket.socket, int, Port]] = {}
        self._sessions: dict[int, _Session] = {}
        self._greetings: list[tuple[int, int, _Session]] = []  # a heap: when, then who
        self.told: list[dict[str, float]] = []
        self.ports = []
        for index, port in enumerate(ports):
            listener = socket.create_server((port.host, 0), backlog=1024)
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)  # sessions inherit both
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._listeners[listener.fileno()] = listener, index, port
            self._poll.register(listener, select.EPOLLIN)
            self.ports.append(listener.getsockname()[1])

    def run(self) -> None:
        """Until the standard input ends; each of its lines is answered with what there is to tell."""
        self._poll.register(sys.stdin, select.EPOLLIN)
        before = time.time_ns()
        while True:
            asleep = time.time_ns()
            wait = self._greetings[0][0] - asleep if self._greetings else 1_000_000_000
            events = self._poll.poll(0 if wait < _SPIN_NS else (wait - _SPIN_NS) / 1e9)
            now = time.time_ns()
            # Who woke it has just come; what was there already came after it had last looked.
            looked, before = before if now - asleep < 50_000 else now, now
            for number, _ in events:
                if number == sys.stdin.fileno():
                    if not sys.stdin.readline():
                        return
                    _tell(self.told)
                    self.told = []
                elif number in self._listeners:
                    self._accept(number, looked)
                else:
                    with suppress(OSError):
                        self._read(self._sessions[number])
            while self._greetings and self._greetings[0][0] <= time.time_ns():
                self._greet(heapq.heappop(self._greetings)[2])

    def _accept(self, number: int, looked: int) -> None:
        listener, index, port = self._listeners[number]
        with suppress(BlockingIOError):
            while True:
                sock, _ = listener.accept()
                sock.setblocking(False)
                now = time.time_ns()
                stood_ms = _LAST_ACK.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_ACK.size))[0]
                session = _Session(sock, index, port, now, max(now - looked, stood_ms * 1_000_000))
                self._sessions[sock.fileno()] = session
                self._poll.register(sock, select.EPOLLIN)
                if port.tls == "implicit":
                    self._start_tls(session)
                else:
                    self._await_greeting(session)

    def _await_greeting(self, session: _Session) -> None:
        if session.port.delay_ms == 0:
            self._greet(session)
        elif session.port.delay_ms is not None:
            due = session.since + round(session.port.delay_ms * 1_000_000)
            heapq.heappush(self._greetings, (due, id(session), session))

    def _greet(self, session: _Session) -> None:
        with suppress(OSError, ssl.SSLError):  # the client has gone
            session.send(b"+OK ready\r\n")

    def _start_tls(self, session: _Session) -> None:
        if self._context:
            session.tls = self._context.wrap_bio(session.incoming, session.outgoing, server_side=True)

    def _read(self, session: _Session) -> None:
        data, ancillary, *_ = session.sock.recvmsg(_CHUNK, 64)
        if not data:
            self._end(session)
            return
        seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
        session.since = seconds * 1_000_000_000 + nanoseconds
        if session.tls is None:
            session.line += data
        else:
            session.incoming.write(data)
            if not session.secured and not self._shake_hands(session):
                return
            with suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                session.line += session.tls.read(_CHUNK)
        if session.line.endswith(b"\n"):
            verb, session.line = session.line[:4].upper(), b""
            self._answer(session, verb)

    def _shake_hands(self, session: _Session) -> bool:
        try:
            if session.tls:
                session.tls.do_handshake()
        except ssl.SSLWantReadError:
            session.flush()
            return False
        except ssl.SSLError:
            self._end(session)
            return False
        session.secured = True
        since, session.since = session.since, 0
        session.flush()  # session tickets, which no client waits for
        session.since = since
        if session.port.tls == "implicit":
            self._await_greeting(session)
        return True

    def _answer(self, session: _Session, verb: bytes) -> None:
        if verb == b"QUIT":
            self.told.append({"port": session.index, "held": session.held / 1e6, "late": session.late / 1e6})
            session.send(b"+OK bye\r\n")
            self._end(session)
            return
        offers_stls = session.port.tls == "starttls" and not session.tls
        if verb == b"CAPA":
            session.send(b"+OK\r\nUSER\r\nUIDL\r\n" + (b"STLS\r\n" if offers_stls else b"") + b".\r\n")
        elif verb == b"STLS" and offers_stls:
            session.send(b"+OK begin\r\n")
            self._start_tls(session)
        else:
            session.send(b"+OK 2 320\r\n")  # USER, PASS, STAT

    def _end(self, session: _Session) -> None:
        self._sessions.pop(session.sock.fileno(), None)
        session.sock.close()


def _context(chain: str, key: str) -> ssl.SSLContext | None:
    if not chain:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


_answers = sys.stdout


def _tell(answer: Any) -> None:
    _answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    _answers = own_answers()
    asked = json.loads(sys.stdin.readline())
    server = _Server([Port(*port) for port in asked["ports"]], _context(asked["chain"], asked["key"]))
    _tell(server.ports)
    server.run()
