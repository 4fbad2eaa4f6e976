"""A small well-behaved POP3 server on loopback, for `make run` and for measuring load.

RFC 1939 with a mailbox that can be counted but not read, CAPA and response codes (RFC 2449, RFC 3206), STLS (RFC 2595),
implicit TLS on a port of its own. No mailbox is locked: hundreds of connections may use the same account at once.
"""

import asyncio
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import md5
from typing import TypeAlias, cast

HOST = "127.0.0.1"
SIZES = (120, 200)  # the two messages of RFC 1939's own example
UNIQUE_IDS = ("whqtswO00WBw418f9t5JxYwZ", "QhdPYR:00WBw1Ph7x7")


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    tls_port: int | None  # None: a server without TLS, which does not offer STLS either


class Session:
    """The state machine: a command line goes in, the whole reply comes out. It never waits."""

    def __init__(self, accounts: Mapping[str, str], *, offers_stls: bool) -> None:
        self.offers_stls = offers_stls
        self.starts_tls = self.over = False
        self._accounts = accounts
        # RFC 1939 section 7: different in each greeting. Not by email.utils.make_msgid: it draws from `random`, and
        # Hypothesis takes that for a fault of the test that runs in another thread.
        self._challenge = f"<{secrets.token_hex(8)}@localhost>"
        self.greeting = ok(f"ready {self._challenge}")
        self._commands = AUTHORIZATION
        self._user: str | None = None

    def reply(self, line: bytes) -> bytes:
        if not line.endswith(b"\r\n"):
            return err("a line ends in CRLF")
        verb, _, argument = line[:-2].decode(errors="replace").partition(" ")
        if verb.upper() != "PASS":
            self._user = None  # PASS is only allowed directly after USER (RFC 1939 section 7)
        command = self._commands.get(verb.upper())
        return command(self, argument) if command else err("unknown command, or not now")

    def capa(self, _: str) -> bytes:
        capabilities = ["USER", "UIDL", "RESP-CODES", "AUTH-RESP-CODE"]
        return multi_line("capabilities follow", [*capabilities, "STLS"] if self.offers_stls else capabilities)

    def stls(self, _: str) -> bytes:
        self.starts_tls = self.offers_stls
        return ok("begin TLS") if self.starts_tls else err("no TLS to begin")

    def user(self, name: str) -> bytes:
        self._user = name
        return ok("and the password?")  # also for unknown names, so that nobody can find out the known ones

    def password(self, password: str) -> bytes:
        if self._user is None:
            return err("USER comes first")
        name, self._user = self._user, None
        return self._log_in(welcome=self._accounts.get(name) == password)

    def apop(self, argument: str) -> bytes:
        name, _, digest = argument.rpartition(" ")
        right = md5(f"{self._challenge}{self._accounts.get(name, '')}".encode(), usedforsecurity=False).hexdigest()
        return self._log_in(welcome=name in self._accounts and digest == right)

    def _log_in(self, *, welcome: bool) -> bytes:
        if not welcome:
            return err("[AUTH] wrong user name or password")
        self._commands = TRANSACTION
        return ok("welcome")

    def quit(self, _: str) -> bytes:
        self.over = True
        return ok("bye")


Command: TypeAlias = Callable[[Session, str], bytes]
ANYWHERE: Mapping[str, Command] = {"CAPA": Session.capa, "QUIT": Session.quit}
AUTHORIZATION: Mapping[str, Command] = {
    **ANYWHERE,
    "STLS": Session.stls,
    "USER": Session.user,
    "PASS": Session.password,
    "APOP": Session.apop,
}
TRANSACTION: Mapping[str, Command] = {
    **ANYWHERE,
    "STAT": lambda *_: ok(f"{len(SIZES)} {sum(SIZES)}"),
    "LIST": lambda _, argument: listing(argument, SIZES),
    "UIDL": lambda _, argument: listing(argument, UNIQUE_IDS),
    "NOOP": lambda *_: ok("nothing done"),
    "RSET": lambda *_: ok("nothing was marked as deleted"),
}


def ok(text: str) -> bytes:
    return f"+OK {text}\r\n".encode()


def err(text: str) -> bytes:
    return f"-ERR {text}\r\n".encode()


def multi_line(text: str, lines: Iterable[str]) -> bytes:
    """A line that begins with a dot gets another one in front (RFC 1939 section 3)."""
    stuffed = (f".{line}" if line.startswith(".") else line for line in lines)
    return ok(text) + "".join(f"{line}\r\n" for line in (*stuffed, ".")).encode()


def listing(argument: str, facts: Sequence[object]) -> bytes:
    lines = {str(number): f"{number} {fact}" for number, fact in enumerate(facts, start=1)}
    if not argument:
        return multi_line(f"{len(lines)} messages", lines.values())
    return ok(lines[argument]) if argument in lines else err("no such message")


async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What has arrived and is not yet read. Nothing more arrives until `start_tls` resumes reading."""
    cast("asyncio.Transport", writer.transport).pause_reading()
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            return await reader.read(1)
    return b""


async def converse(
    session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext | None
) -> None:
    writer.write(session.greeting)
    while not session.over:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            writer.write(err("the line is too long"))
            return
        reply = session.reply(line)
        if session.starts_tls and await arrived(reader, writer):  # somebody may have injected it: RFC 2595 section 4
            writer.write(err("a command before TLS"))
            return
        writer.write(reply)
        if session.starts_tls and tls:
            await writer.start_tls(tls)
            session.starts_tls = session.offers_stls = False
        await writer.drain()


@asynccontextmanager
async def mail_server(
    *, accounts: Mapping[str, str], tls: ssl.SSLContext | None, delay_seconds: float = 0.0, max_line: int = 255
) -> AsyncIterator[MailServer]:
    """`delay_seconds` pass before each greeting; `max_line` counts the CRLF (RFC 2449 section 4)."""
    loop = asyncio.get_running_loop()
    sessions: set[asyncio.Task[None]] = set()

    async def serve(accepted: socket.socket, implicit: ssl.SSLContext | None) -> None:
        reader = asyncio.StreamReader(max_line - 1)
        connected: asyncio.Future[asyncio.StreamWriter] = loop.create_future()
        protocol = asyncio.StreamReaderProtocol(reader, lambda _, writer: connected.set_result(writer))
        with suppress(OSError, EOFError):  # the handshake fails, or the client goes away
            await loop.connect_accepted_socket(lambda: protocol, accepted, ssl=implicit)
            writer = connected.result()
            try:
                await asyncio.sleep(delay_seconds)
                await converse(Session(accounts, offers_stls=bool(tls) and not implicit), reader, writer, tls)
                writer.close()
                await writer.wait_closed()
            finally:
                writer.transport.abort()

    def accept(listener: socket.socket, implicit: ssl.SSLContext | None) -> None:
        with suppress(OSError):  # the client went away before it was accepted
            accepted, _ = listener.accept()
            # asyncio sets this only on sockets that it makes itself. Nagle's algorithm would add 40 ms to an answer.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = asyncio.create_task(serve(accepted, implicit))
            session.add_done_callback(lambda _: accepted.close())  # also if the task is cancelled before it starts
            session.add_done_callback(sessions.discard)
            sessions.add(session)

    def listen(listeners: ExitStack, implicit: ssl.SSLContext | None) -> int:
        """Does not use asyncio.Server: its close leaks connections that it has accepted but not yet handed over."""
        listener = listeners.enter_context(socket.create_server((HOST, 0), backlog=1024))
        listener.setblocking(False)
        loop.add_reader(listener, accept, listener, implicit)
        listeners.callback(loop.remove_reader, listener)
        return int(listener.getsockname()[1])

    try:
        with ExitStack() as listeners:
            yield MailServer(HOST, listen(listeners, None), listen(listeners, tls) if tls else None)
    finally:
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
