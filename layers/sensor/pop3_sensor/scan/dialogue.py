"""A session with one server: the protocol joined to a connection, and the record of what was said."""

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .. import protocol as pop3
from ..model import ScanError, TlsFacts
from ..model.observation import Line
from ..model.text import Mask, printable
from ..protocol.sasl import Mechanism
from .answers import refuse_system_failure
from .stopwatch import Stopwatch
from .transport import Connection, tls_facts

QUIT_SECONDS = 2.0
MAX_SHOWN_LINE = 1000
MAX_SHOWN_LINES = 500

# What a hostile server may ask of SCRAM takes as long as a scan, and the other scans must go on meanwhile.
_ARITHMETIC = ThreadPoolExecutor(2, thread_name_prefix="arithmetic")


class Record:
    """The dialogue as a person may read it: what was said is masked before it is kept.

    Our own words (`*`) are not: "***ted" in place of "connected" would tell how the secret begins.
    """

    def __init__(self, watch: Stopwatch) -> None:
        self.lines: list[Line] = []
        self.mask = Mask()
        self._secrets: frozenset[str] = frozenset()
        self._watch = watch

    def hide(self, secrets: Iterable[str]) -> None:
        """From now on; what is kept already was said before the server could know them from this scan."""
        if new := frozenset(secrets) - self._secrets:
            self._secrets |= new
            self.mask = Mask(self._secrets)

    def note(self, who: str, text: str) -> None:
        if len(self.lines) < MAX_SHOWN_LINES:
            shown = printable(text, MAX_SHOWN_LINE) if who == "*" else self.mask.quote(text, MAX_SHOWN_LINE)
            self.lines.append(Line(self._watch.elapsed() / 1000, who, shown))


class Dialogue:
    """`deadline`: the scan's; our own arithmetic does not count."""

    def __init__(self, connection: Connection, record: Record, deadline: asyncio.Timeout) -> None:
        self._connection = connection
        self._record = record
        self._deadline = deadline
        self._client = pop3.Pop3Client()
        self._asked_capabilities = False

    @property
    def tls(self) -> ssl.SSLObject:
        """Only under TLS."""
        return self._connection.tls

    @property
    def is_encrypted(self) -> bool:
        return self._client.secured

    async def offered(self) -> pop3.Capabilities | None:
        """The server's capabilities; None where it refuses CAPA, as a server of RFC 1939 does.

        Asked for once in the clear and once under TLS: what was learned in the clear is forgotten then.
        """
        if not self._asked_capabilities:
            self._asked_capabilities = True
            refuse_system_failure(await self.say(pop3.Capa()))
        return self._client.capabilities

    async def say(self, command: pop3.Command) -> pop3.Reply:
        """Sends one command and returns its reply; what is secret in it is hidden before it goes out.

        Raises RemoteProtocolError, or ScanError for the network.
        """
        return _no_challenge(await self._exchange(command))

    async def authenticate(self, mechanism: Mechanism) -> pop3.Reply:
        """The whole of an AUTH. Raises ServerNotProven, RemoteProtocolError, or ScanError for the network."""
        event = await self._exchange(pop3.Auth(mechanism.name))
        while isinstance(event, pop3.Challenge):
            try:
                answer = await self._answer(mechanism, event.data)
            except pop3.ServerNotProven:
                await self._exchange(pop3.Cancel())
                raise
            event = await self._exchange(answer)
        if isinstance(event, pop3.Ok):
            mechanism.conclude()
        return event

    async def _answer(self, mechanism: Mechanism, challenge: bytes) -> pop3.Answer:
        if not mechanism.computes:
            return mechanism.answer(challenge)
        loop = asyncio.get_running_loop()
        left = (self._deadline.when() or 0.0) - loop.time()
        self._deadline.reschedule(None)
        try:
            return await loop.run_in_executor(_ARITHMETIC, mechanism.answer, challenge)
        finally:
            self._deadline.reschedule(loop.time() + left)

    async def listen(self) -> pop3.Reply:
        """The greeting."""
        return _no_challenge(await self._hear())

    async def _exchange(self, command: pop3.Command) -> pop3.Event:
        self._record.hide(command.secrets)
        with self._recorded():
            if not isinstance(command, pop3.Quit) and (unasked := self._connection.received_already()):
                self._client.receive_data(unasked)
            data = self._client.send(command)
        self._record.note("C", command.masked())
        await self._connection.send(data)
        return await self._hear()

    async def _hear(self) -> pop3.Event:
        """The reply that is due."""
        with self._recorded():
            while (event := self._client.next_event()) is None:
                self._note_heard()  # a long reply is not left for one turn of the loop
                self._client.receive_data(await self._connection.receive())
        return event

    async def start_implicit_tls(self, host: str) -> TlsFacts:
        """The handshake before the greeting. Raises HandshakeError."""
        facts = await self._handshake(host, "implicit")
        self._client.implicit_tls_started()
        return facts

    async def start_tls(self, host: str) -> TlsFacts:
        """The handshake after the `+OK` to STLS. Raises UnexpectedData for what was injected before it."""
        with self._recorded():
            if injected := self._connection.received_already():
                self._client.receive_data(injected)
        facts = await self._handshake(host, "STLS")
        self._client.tls_started()
        self._asked_capabilities = False
        return facts

    async def part(self) -> None:
        """QUIT where the server still speaks POP3, then close.

        Without QUIT a mailbox may stay locked (RFC 1939 section 6). Its failure changes nothing.
        """
        now, end = asyncio.get_running_loop().time(), self._deadline.when() or 0.0
        try:
            if self._client.speaks_pop3 and now < end:
                async with asyncio.timeout_at(min(end, now + QUIT_SECONDS)):
                    await self.say(pop3.Quit())
        except TimeoutError:
            self._record.note("*", "no answer to QUIT in time")
        except (ScanError, pop3.RemoteProtocolError) as error:
            self._record.note("*", f"QUIT failed: {error}")
        finally:
            self.close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Every line that came, also of a reply that breaks off or that nobody wanted."""
        try:
            yield
        finally:
            self._note_heard()

    def _note_heard(self) -> None:
        for line in self._client.heard:
            self._record.note("S", line)
        self._client.heard = []

    async def _handshake(self, host: str, started_by: str) -> TlsFacts:
        await self._connection.start_tls(host)
        facts = tls_facts(self._connection.tls, started_by)
        self._record.note("*", f"{facts.version} with {facts.cipher}")
        return facts


def _no_challenge(event: pop3.Event) -> pop3.Reply:
    if isinstance(event, pop3.Challenge):  # the protocol lets it come after AUTH alone
        raise TypeError("AUTH is said by a mechanism, which answers the challenge")
    return event
