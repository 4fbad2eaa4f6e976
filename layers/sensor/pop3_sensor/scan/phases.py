"""One scan: the phases in their order, each timed; it always returns what it saw."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from .. import protocol as pop3
from ..model import Observation, Phase, Reason, ScanError, Settings, TlsFacts, Trouble
from ..model.authorities import trust
from ..model.channels import MAILBOX
from ..model.observation import Mailbox
from ..model.text import printable
from ..model.vocabulary import ANSWERS, BLAMELESS
from .answers import accepted, broken_reason, refuse_system_failure
from .certificates import inspect
from .credentials import Credentials
from .dialogue import Dialogue, Record
from .login import log_in, method_of
from .lookup import lookup
from .networks import Network, forbidding_network
from .stopwatch import Stopwatch
from .transport import Connection, HandshakeError, translated


async def scan(
    settings: Settings,
    credentials: Credentials | None = None,
    *,
    forbidden: Sequence[Network] = (),
    seconds: float | None = None,
) -> Observation:
    """Scans once, within `seconds` or else the sensor's `timeout`. Never raises for the server's sake."""
    return await _Scan(settings, credentials, forbidden).run(settings.timeout if seconds is None else seconds)


class _Scan:
    def __init__(self, settings: Settings, credentials: Credentials | None, forbidden: Sequence[Network]) -> None:
        self._settings = settings
        self._credentials = credentials
        self._forbidden = forbidden
        self._host = settings.host.rstrip(".")  # neither SNI nor a certificate knows the root's dot
        self._authorities = trust(settings.trusted_ca)  # before the clock starts: our own work is nobody's latency
        self._watch = Stopwatch()
        self._record = Record(self._watch)
        if credentials:  # a server may echo at once what it was sent by the scan before
            self._record.hide([credentials.password.get_secret_value()])
        self._seen = Observation(at=datetime.now(UTC))
        self._deadline = asyncio.timeout(None)
        self._phase = Phase.LOOKUP  # under way: to blame for what goes wrong now
        self._dialogue: Dialogue | None = None

    async def run(self, seconds: float) -> Observation:
        self._deadline = asyncio.timeout(seconds)
        trouble = None
        try:
            try:
                async with self._deadline:
                    with translated():  # nothing that a connection or a certificate raises is a fault of ours
                        await self._work()
            except TimeoutError:
                trouble = self._trouble(Reason.TIMEOUT, self._late(seconds))
            except ScanError as error:
                trouble = self._trouble(error.reason, error.message, error.said)
            except pop3.RemoteProtocolError as error:
                trouble = self._trouble(broken_reason(error), str(error), error.said)
            if trouble:
                self._record.note("*", f"{trouble.reason}: {trouble.message}")
            if self._dialogue:
                await self._dialogue.part()
        finally:
            if self._dialogue:
                self._dialogue.close()
        return replace(self._seen, phases=self._watch.phases, trouble=trouble, dialogue=tuple(self._record.lines))

    async def _work(self) -> None:
        await self._look_up()
        dialogue = await self._connect()
        if self._settings.implicit_tls:
            dialogue = await self._implicit_tls(dialogue)
            greeting = await self._greet(dialogue)
        else:
            greeting = await self._greet(dialogue)
            with self._in(Phase.SECURITY):
                await self._starttls(dialogue)
        await self._login(dialogue, greeting)

    @contextmanager
    def _in(self, phase: Phase) -> Iterator[None]:
        """Books the time on this phase once it is done; an answer that ends the scan is its end, too."""
        self._phase = phase
        try:
            yield
        except ScanError as error:
            if error.reason in ANSWERS:
                self._watch.lap(phase)
            raise
        self._watch.lap(phase)

    async def _look_up(self) -> None:
        with self._in(Phase.LOOKUP):
            address = await lookup(self._settings.host, self._settings.ip_version, self._watch.hear)
            self._seen = replace(self._seen, address=address)
            if network := forbidding_network(address, self._forbidden):
                where = f"{self._settings.host} is at {address}, in {network}"
                raise ScanError(Reason.ADDRESS_FORBIDDEN, f"{where}, where scans may not connect (ForbiddenNetworks)")

    async def _connect(self) -> Dialogue:
        address, port = self._seen.address, self._settings.port
        with self._in(Phase.CONNECT):
            self._dialogue = Dialogue(await Connection.open(address, port, self._watch), self._record, self._deadline)
            self._record.note("*", f"connected to {address} port {port}")
        return self._dialogue

    async def _greet(self, dialogue: Dialogue) -> str:
        """The greeting's text, where APOP finds its challenge."""
        with self._in(Phase.GREETING):
            return accepted(await dialogue.listen(), "the server refuses service").text

    async def _implicit_tls(self, dialogue: Dialogue) -> Dialogue:
        with self._in(Phase.SECURITY):
            try:
                self._secured(await dialogue.start_implicit_tls(self._host), dialogue)
            except HandshakeError as error:
                if not error.met_pop3:
                    raise
                said = error.received.decode("utf-8", "replace").partition("\n")[0]
                if self._settings.tls_required:
                    message = f"port {self._settings.port} speaks POP3 without TLS"
                    raise ScanError(Reason.TLS_NOT_SUPPORTED, message, said) from error
            else:
                return dialogue
            # The server itself said, in plain POP3, that it has no TLS here.
            self._record.note("S", said)
            self._record.note("*", "no TLS on this port: connecting again in the clear")
            dialogue.close()
        self._watch.rebook(Phase.CONNECT, onto=Phase.SECURITY)  # the whole first attempt was about security
        return await self._connect()

    async def _starttls(self, dialogue: Dialogue) -> None:
        required = self._settings.tls_required
        offered = await dialogue.offered()
        if offered and not offered.offers("STLS"):
            if required:
                raise ScanError(Reason.TLS_NOT_OFFERED, "the server does not offer STLS among its capabilities")
            return
        if not offered and not required:
            return  # no CAPA: a server of RFC 1939, which knows no STLS either
        reply = await dialogue.say(pop3.Stls())
        if isinstance(reply, pop3.Ok):
            self._secured(await dialogue.start_tls(self._host), dialogue)
            return
        refuse_system_failure(reply)
        if required:
            reason = Reason.TLS_REFUSED if offered else Reason.TLS_NOT_OFFERED
            raise ScanError(reason, "the server refuses STLS", reply.status_line)

    def _secured(self, tls: TlsFacts, dialogue: Dialogue) -> None:
        facts = inspect(dialogue.tls, self._host, self._authorities).masked(self._record.mask.hide)
        self._seen = replace(self._seen, tls=tls, certificate=facts)
        self._record.note("*", f"certificate of {facts.subject}, valid {facts.validity}: {facts.verdict}")
        if facts.problem and self._settings.certificate_check == "verify":
            raise ScanError(facts.problem, facts.complaint)

    async def _login(self, dialogue: Dialogue, greeting: str) -> None:
        method = method_of(self._settings.authentication)
        if method is None:
            return
        with self._in(Phase.LOGIN):
            if self._credentials is None:
                raise ScanError(Reason.SECRET_MISSING, "this sensor logs in, but was given no credentials")
            await log_in(dialogue, method, self._credentials, self._settings, greeting)
            if MAILBOX.intersection((*self._settings.channels, *self._settings.limits)):
                stat = accepted(await dialogue.say(pop3.Stat()), "the server does not answer STAT")
                self._seen = replace(self._seen, mailbox=Mailbox(*pop3.mailbox_of(stat)))

    def _trouble(self, reason: Reason, message: str, said: str = "") -> Trouble:
        quoted = self._record.mask.quote(said)
        text = printable(f"{message}: {quoted}" if quoted else message)
        return Trouble(reason, None if reason in BLAMELESS else self._phase, text)

    def _late(self, seconds: float) -> str:
        waiting = {
            Phase.LOOKUP: f"looking up {self._settings.host}",
            Phase.CONNECT: f"connecting to {self._seen.address} port {self._settings.port}",
            Phase.GREETING: "waiting for the greeting",
            Phase.SECURITY: "securing the connection",
            Phase.LOGIN: "logging in",
        }[self._phase]
        return f"not done within {seconds:.3g} s, while {waiting}"
