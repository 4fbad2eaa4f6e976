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

MAX_HANDSHAKE = 256 * 1024  # a chain of certificates may have 100 KiB: more than that OpenSSL refuses
MAX_RECEIVED = 1024 * 1024  # in one connection, as it comes over the wire; the longest reply has 64 KiB
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

# Our key share in TLS 1.3 for ffdhe6144 and for ffdhe8192, as its extension begins (RFC 8446 section 4.2.8). OpenSSL
# offers these groups, Python cannot take them out, and what follows costs up to 0.1 s of processor. No server needs
# them: every one knows secp256r1 (RFC 8446 section 9.1).
_COSTLY_SHARES = (
    b"\x00\x33\x03\x06\x03\x04\x01\x03\x03\x00",
    b"\x00\x33\x04\x06\x04\x04\x01\x04\x04\x00",
)

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
    # Python's own list but for DHE: there the server chooses the prime, and one of 10,000 bits costs 2 s of processor.
    # Not "DEFAULT:!kDHE", which would let in what Python's list leaves out: key exchange by RSA, SHA-1.
    context.set_ciphers(":".join(one["name"] for one in context.get_ciphers() if one["kea"] != "kx-dhe"))
    return context


class Connection:
    def __init__(self, sock: socket.socket, watch: Stopwatch) -> None:
        self._socket = sock
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._received = 0  # bytes

    @classmethod
    async def open(cls, address: str, port: int, watch: Stopwatch) -> "Connection":
        """Connects to exactly this address; `watch` is told what is awaited from now on. Raises ScanError."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with translated():
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
        """Some bytes, at most 16 KiB; `b""` at the end of the connection. Raises ScanError."""
        if self._tls is None:
            return await self._receive()
        with translated():
            while True:
                try:
                    return self._tls.read(_CHUNK)
                except ssl.SSLWantReadError:
                    await self._flush()
                    if not await self._feed():
                        return b""  # without close_notify: many servers part like this, and a cut reply is seen anyway
                except ssl.SSLZeroReturnError:
                    return b""

    async def send(self, data: bytes) -> None:
        """Raises ScanError."""
        if self._tls is None:
            await self._transmit(data)
            return
        with translated():
            self._tls.write(data)
        await self._flush()

    def received_already(self) -> bytes:
        """What is here now, without waiting: nobody asked for it yet."""
        try:
            data = self._socket.recv(_CHUNK)
        except OSError:
            data = b""
        self._received += len(data)
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
        received, before = b"", self._received
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                hello = self._outgoing.read()
                if any(share in hello for share in _COSTLY_SHARES):
                    raise HandshakeError("the server wants a key exchange that costs too much", received) from None
                if hello:
                    await self._transmit(hello)
                data = await self._feed()
                if not data:
                    raise ScanError(Reason.CLOSED, "the server closed the connection during the handshake") from None
                received = (received + data)[:_SHOWN]
                if received.startswith((b"+OK", b"-ERR")):  # OpenSSL would wait for a fifth byte of a bare "+OK"
                    raise HandshakeError("the server answers in plain POP3", received) from None
                if self._received - before > MAX_HANDSHAKE:
                    raise HandshakeError(f"no TLS after a handshake of {MAX_HANDSHAKE // 1024} KiB", received) from None
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
        with suppress(OSError):  # of what was lost; nobody waits for it any more
            self._socket.close()

    async def _receive(self) -> bytes:
        with translated():
            if (arrived := self._arrived()) is not None:
                await asyncio.sleep(0)  # a flood would keep the loop from every deadline
            while arrived is None:  # also after a wait: Linux may wake us for nothing (select(2))
                await self._readable()
                arrived = self._arrived()
        self._received += len(arrived)
        if self._received > MAX_RECEIVED:
            raise ScanError(Reason.REPLY_TOO_LONG, f"the server sent more than {MAX_RECEIVED // 1024} KiB")
        return arrived

    def _arrived(self) -> bytes | None:
        """What is here by now; None where nothing is."""
        try:
            data, ago = received(self._socket, _CHUNK)
        except BlockingIOError:
            return None
        self._watch.hear(ago)
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
        with translated():
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
    reason = getattr(error, "reason", None)  # only what OpenSSL raised has one
    return (reason or "the server's answer makes no sense").replace("_", " ").lower()


@contextmanager
def translated() -> Iterator[None]:
    """Foreign errors become ours here and nowhere else: what goes wrong on a connection is the server's fault."""
    try:
        yield
    except ssl.SSLError as error:
        raise ScanError(Reason.TLS_FAILED, f"TLS broke: {_words(error)}") from error
    except TimeoutError as error:
        # asyncio's own deadline is cancellation and never passes here; this is the kernel's ETIMEDOUT.
        raise ScanError(*_REASONS[errno.ETIMEDOUT]) from error
    except OSError as error:
        if error.errno in _OURS:
            raise ScanError(Reason.INTERNAL_ERROR, f"no connection can be made from here: {error.strerror}") from error
        default = (Reason.UNREACHABLE, f"the address cannot be reached: {error.strerror or type(error).__name__}")
        raise ScanError(*_REASONS.get(error.errno or 0, default)) from error
