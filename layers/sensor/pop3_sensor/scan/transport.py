"""One TCP connection, with or without TLS. It reads and writes; it decides nothing.

Sockets and a memory BIO instead of asyncio's streams: those buffer ahead, and what a server (or somebody between)
sends in the clear before the handshake would come out afterwards as if it had been encrypted (python/cpython#142352).
"""

import asyncio
import errno
import functools
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..model import Reason, ScanError, TlsFacts
from .stopwatch import Stopwatch, note_arrivals, received

_CHUNK = 16 * 1024
_SHOWN = 512  # bytes of a failed handshake that are kept to say what came instead

_REASONS = {
    errno.ECONNREFUSED: (Reason.REFUSED, "nothing accepts connections on this port"),
    errno.ECONNRESET: (Reason.RESET, "the connection was reset"),
    errno.EPIPE: (Reason.CLOSED, "the server closed the connection"),
    errno.ECONNABORTED: (Reason.RESET, "the connection was reset"),
    errno.ETIMEDOUT: (Reason.TIMEOUT, "the network gave up waiting for an answer"),
}
# Out of descriptors or memory: that is this process's trouble and no word about the server.
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


_TLS_RECORDS = (b"\x14", b"\x15", b"\x16", b"\x17")  # RFC 8446 section 5.1


class HandshakeError(ScanError):
    """`received`: the first bytes that came in place of a handshake; `said` where they are no TLS at all."""

    def __init__(self, message: str, received: bytes) -> None:
        words = "" if received.startswith(_TLS_RECORDS) else received.partition(b"\n")[0].decode("utf-8", "replace")
        super().__init__(Reason.TLS_FAILED, message, words)
        self.received = received

    @property
    def met_pop3(self) -> bool:
        return self.received.startswith((b"+OK", b"-ERR"))


@functools.cache
def _client_context() -> ssl.SSLContext:
    """Never touched after creation. It accepts any chain: `certificates` judges it before anything is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8314 section 4.1
    context.options |= ssl.OP_NO_RENEGOTIATION  # a chain that was judged must stay the one in force
    return context


class Connection:
    def __init__(self, sock: socket.socket, watch: Stopwatch) -> None:
        self._socket = sock
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()

    @classmethod
    async def open(cls, address: str, port: int, watch: Stopwatch) -> "Connection":
        """Connects to exactly this address; `watch` is told what is awaited from now on. Raises ScanError."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with _translated():
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                note_arrivals(sock)
                watch.ask()
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
                watch.hear_connected(sock)
            except BaseException:
                sock.close()
                raise
        return cls(sock, watch)

    async def receive(self) -> bytes:
        """Some bytes, at most 16 KiB; `b""` at the end of the connection."""
        if self._tls is None:
            return await self._receive()
        while True:
            try:
                return self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._feed():
                    return b""  # without close_notify: many servers part like this, and a cut reply is seen anyway
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise ScanError(Reason.TLS_FAILED, f"TLS broke: {_words(error)}") from error

    async def send(self, data: bytes) -> None:
        if self._tls is None:
            await self._transmit(data)
        else:
            self._tls.write(data)
            await self._flush()

    def received_already(self) -> bytes:
        """What is here now, without waiting: nobody asked for it yet."""
        try:
            data = self._socket.recv(_CHUNK)
        except OSError:
            data = b""
        if self._tls is None:
            return data
        self._incoming.write(data)
        try:
            return self._tls.read(_CHUNK)
        except ssl.SSLError:
            return b""  # nothing; or an end or a fault, which the next `receive` meets again

    async def start_tls(self, host: str) -> None:
        """The handshake; SNI for names only (RFC 6066 section 3).

        Raises HandshakeError, or another ScanError where the network is to blame.
        """
        tls = _client_context().wrap_bio(self._incoming, self._outgoing, server_hostname=_server_name(host))
        received = b""
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._feed()
                if not data:
                    raise ScanError(Reason.CLOSED, "the server closed the connection during the handshake") from None
                received = (received + data)[:_SHOWN]
                if received.startswith((b"+OK", b"-ERR")):  # OpenSSL would wait for a fifth byte of a bare "+OK"
                    raise HandshakeError("the server answers in plain POP3", received) from None
            except ssl.SSLError as error:
                await self._send_alert()
                raise HandshakeError(f"the TLS handshake failed: {_words(error)}", received) from error
        await self._flush()
        self._tls = tls

    @property
    def tls(self) -> ssl.SSLObject:
        """Only under TLS."""
        if self._tls is None:
            raise RuntimeError("the connection is not encrypted")
        return self._tls

    def close(self) -> None:
        self._socket.close()

    async def _receive(self) -> bytes:
        with _translated():
            try:
                data, ago = received(self._socket, _CHUNK)
            except BlockingIOError:
                await self._readable()
                data, ago = received(self._socket, _CHUNK)
                self._watch.hear(ago)
            else:
                self._watch.hear(ago)
                await asyncio.sleep(0)  # a flood would keep the loop from every deadline
        return data

    async def _readable(self) -> None:
        ready: asyncio.Future[None] = self._loop.create_future()

        def wake() -> None:
            if not ready.done():  # the scan may have timed out in the same turn
                ready.set_result(None)

        self._loop.add_reader(self._socket, wake)
        try:
            await ready
        finally:
            self._loop.remove_reader(self._socket)

    async def _feed(self) -> bytes:
        data = await self._receive()
        self._incoming.write(data)
        return data

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._transmit(self._outgoing.read())

    async def _transmit(self, data: bytes) -> None:
        self._watch.ask()
        with _translated():
            await self._loop.sock_sendall(self._socket, data)

    async def _send_alert(self) -> None:
        with suppress(ScanError):  # a courtesy; the handshake has failed already
            await self._flush()


def tls_facts(tls: ssl.SSLObject, started_by: str) -> TlsFacts:
    cipher = tls.cipher()
    return TlsFacts(tls.version() or "", cipher[0] if cipher else "", started_by)


def _server_name(host: str) -> str | None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return None


def _words(error: ssl.SSLError) -> str:
    return (error.reason or "the server's answer makes no sense").replace("_", " ").lower()


@contextmanager
def _translated() -> Iterator[None]:
    """Foreign errors become ours here and nowhere else."""
    try:
        yield
    except TimeoutError as error:
        # asyncio's own deadline is cancellation and never passes here; this is the kernel's ETIMEDOUT.
        raise ScanError(*_REASONS[errno.ETIMEDOUT]) from error
    except OSError as error:
        if error.errno in _OURS:
            raise ScanError(Reason.INTERNAL_ERROR, f"no connection can be made from here: {error.strerror}") from error
        default = (Reason.UNREACHABLE, f"the address cannot be reached: {error.strerror}")
        raise ScanError(*_REASONS.get(error.errno or 0, default)) from error
