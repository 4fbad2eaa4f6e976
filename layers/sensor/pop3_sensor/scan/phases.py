"""One scan: the phases in their order, each timed; it always returns what it saw."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from .. import protocol as pop3
from ..model import CertificateFacts, Observation, Phase, Reason, ScanError, Settings, TlsFacts, Trouble
from ..model.authorities import trust
from ..model.channels import MAILBOX
from ..model.observation import Mailbox
from ..model.text import Mask, printable
from ..model.vocabulary import ANSWERS, BLAMELESS
from .certificates import inspect
from .credentials import Credentials
from .dialogue import Dialogue, Record
from .lookup import lookup
from .networks import Network, forbidding_network
from .stopwatch import Stopwatch
from .transport import Connection, HandshakeError

_BROKEN_BY_SERVER: dict[type[pop3.RemoteProtocolError], Reason] = {
    pop3.NotPop3: Reason.NOT_POP3,
    pop3.ReplyTooLong: Reason.REPLY_TOO_LONG,
    pop3.UnexpectedData: Reason.UNEXPECTED_DATA,
    pop3.ConnectionClosed: Reason.CLOSED,
}

# RFC 2449 section 8.1 and RFC 3206; codes are hierarchical, so SYS/TEMP/DISK is a SYS/TEMP.
_CODES = {
    "IN-USE": Reason.MAILBOX_IN_USE,
    "LOGIN-DELAY": Reason.LOGIN_DELAY,
    "SYS/TEMP": Reason.TEMPORARY_FAILURE,
    "SYS/PERM": Reason.PERMANENT_FAILURE,
    "AUTH": Reason.LOGIN_REJECTED,
}
_SYSTEM_FAILURES = {Reason.TEMPORARY_FAILURE, Reason.PERMANENT_FAILURE}


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
        self._at = datetime.now(UTC)
        self._watch = Stopwatch()
        self._record = Record(self._watch, Mask([credentials.password.get_secret_value()] if credentials else []))
        self._dialogue: Dialogue | None = None
        self._phase = Phase.LOOKUP
        self._address = ""
        self._greeting = ""
        self._tls: TlsFacts | None = None
        self._certificate: CertificateFacts | None = None
        self._mailbox: Mailbox | None = None

    async def run(self, seconds: float) -> Observation:
        end = asyncio.get_running_loop().time() + seconds
        trouble = None
        try:
            try:
                async with asyncio.timeout_at(end):
                    await self._work()
            except TimeoutError:
                trouble = self._trouble(Reason.TIMEOUT, self._late(seconds))
            except ScanError as error:
                trouble = self._trouble(error.reason, error.message, error.said)
                if error.reason in ANSWERS:
                    self._watch.lap(self._phase)  # the answer ends its phase
            except pop3.RemoteProtocolError as error:
                trouble = self._trouble(_BROKEN_BY_SERVER[type(error)], str(error), error.said)
            if trouble:
                self._record.note("*", f"{trouble.reason}: {trouble.message}")
            if self._dialogue:
                await self._dialogue.part(end)
        finally:
            if self._dialogue:
                self._dialogue.close()
        return Observation(
            at=self._at,
            address=self._address,
            phases=self._watch.phases,
            trouble=trouble,
            tls=self._tls,
            certificate=self._certificate,
            mailbox=self._mailbox,
            dialogue=tuple(self._record.lines),
        )

    async def _work(self) -> None:
        settings = self._settings
        self._address = await lookup(settings.host, settings.ip_version, self._watch.hear)
        if network := forbidding_network(self._address, self._forbidden):
            where = f"{settings.host} is at {self._address}, in {network}"
            raise ScanError(Reason.ADDRESS_FORBIDDEN, f"{where}, where scans may not connect (ForbiddenNetworks)")
        self._watch.lap(Phase.LOOKUP)
        dialogue = await self._connect()
        if settings.implicit_tls:
            dialogue = await self._implicit_tls(dialogue)
            await self._greet(dialogue)
        else:
            await self._greet(dialogue)
            self._phase = Phase.SECURITY
            await self._starttls(dialogue)
            self._watch.lap(Phase.SECURITY)
        if settings.authentication != "none":
            self._phase = Phase.LOGIN
            await self._login(dialogue)
            self._watch.lap(Phase.LOGIN)

    async def _connect(self) -> Dialogue:
        self._phase = Phase.CONNECT
        connection = await Connection.open(self._address, self._settings.port, self._watch)
        self._dialogue = Dialogue(connection, self._record)
        self._record.note("*", f"connected to {self._address} port {self._settings.port}")
        self._watch.lap(Phase.CONNECT)
        return self._dialogue

    async def _greet(self, dialogue: Dialogue) -> None:
        self._phase = Phase.GREETING
        self._greeting = _accepted(await dialogue.listen(), "the server refuses service").text
        self._watch.lap(Phase.GREETING)

    async def _implicit_tls(self, dialogue: Dialogue) -> Dialogue:
        self._phase = Phase.SECURITY
        try:
            self._secured(await dialogue.start_implicit_tls(self._host), dialogue)
        except HandshakeError as error:
            if not error.met_pop3:
                raise
            said = error.received.decode("utf-8", "replace").partition("\n")[0]
            if self._settings.tls_required:
                message = f"port {self._settings.port} speaks POP3 without TLS"
                raise ScanError(Reason.TLS_NOT_SUPPORTED, message, said) from error
            return await self._reconnect_in_the_clear(dialogue, said)
        self._watch.lap(Phase.SECURITY)
        return dialogue

    async def _reconnect_in_the_clear(self, dialogue: Dialogue, said: str) -> Dialogue:
        """The server itself said, in plain POP3, that it has no TLS here. The whole first attempt is `security`."""
        self._record.note("S", said)
        self._record.note("*", "no TLS on this port: connecting again in the clear")
        dialogue.close()
        self._watch.lap(Phase.SECURITY)
        self._watch.phases[Phase.SECURITY] += self._watch.phases.pop(Phase.CONNECT)
        return await self._connect()

    async def _starttls(self, dialogue: Dialogue) -> None:
        required = self._settings.tls_required
        offered = await self._capabilities(dialogue)
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
        _refuse_system_failure(reply)
        if required:
            reason = Reason.TLS_REFUSED if offered else Reason.TLS_NOT_OFFERED
            raise ScanError(reason, "the server refuses STLS", reply.status_line)

    def _secured(self, tls: TlsFacts, dialogue: Dialogue) -> None:
        self._tls = tls
        facts = inspect(dialogue.tls, self._host, self._authorities).masked(self._record.mask.hide)
        self._certificate = facts
        self._record.note("*", f"certificate of {facts.subject}, valid {facts.validity}: {facts.verdict}")
        if facts.problem and self._settings.certificate_check == "verify":
            raise ScanError(facts.problem, facts.complaint)

    async def _login(self, dialogue: Dialogue) -> None:
        if self._credentials is None:
            raise ScanError(Reason.SECRET_MISSING, "this sensor logs in, but was given no credentials")
        name, password = self._credentials.username, self._credentials.password.get_secret_value()
        if self._settings.authentication == "apop":
            await self._log_in_by_apop(dialogue, name, password)
        else:
            await self._log_in_by_password(dialogue, name, password)
        if MAILBOX.intersection((*self._settings.channels, *self._settings.limits)):
            stat = _accepted(await dialogue.say(pop3.Stat()), "the server does not answer STAT")
            self._mailbox = Mailbox(*pop3.mailbox_of(stat))

    async def _log_in_by_password(self, dialogue: Dialogue, name: str, password: str) -> None:
        if self._settings.cleartext_login == "refuse" and not self._tls:
            message = "the connection is not encrypted and cleartext_login is refuse: not even the user name was sent"
            raise ScanError(Reason.CLEARTEXT_REFUSED, message)
        offered = await self._capabilities(dialogue)
        if offered and not offered.offers("USER"):  # RFC 2449 section 6.2
            hint = "" if self._tls else " without TLS"
            raise ScanError(Reason.METHOD_NOT_OFFERED, f"the server does not offer USER/PASS{hint}")
        for command in (pop3.User(name), pop3.Pass(password)):
            _accepted(await dialogue.say(command), "the login was rejected", Reason.LOGIN_REJECTED)

    async def _log_in_by_apop(self, dialogue: Dialogue, name: str, password: str) -> None:
        challenge = pop3.apop_challenge(self._greeting)
        if challenge is None:
            message = "the greeting holds no proper challenge for APOP"
            raise ScanError(Reason.METHOD_NOT_OFFERED, message, self._greeting)
        command = pop3.Apop(name, challenge, password)
        self._record.mask = Mask([password, command.digest])
        _accepted(await dialogue.say(command), "the login was rejected", Reason.LOGIN_REJECTED)

    @staticmethod
    async def _capabilities(dialogue: Dialogue) -> pop3.Capabilities | None:
        """None where CAPA is refused. Asked once in the clear and once under TLS, where it is needed."""
        if not dialogue.capabilities_asked:
            reply = await dialogue.say(pop3.Capa())
            if isinstance(reply, pop3.Err):
                _refuse_system_failure(reply)
        return dialogue.capabilities

    def _trouble(self, reason: Reason, message: str, said: str = "") -> Trouble:
        quoted = self._record.mask.quote(said)
        text = self._record.mask.hide(f"{message}: {quoted}" if quoted else message)
        return Trouble(reason, None if reason in BLAMELESS else self._phase, printable(text))

    def _late(self, seconds: float) -> str:
        waiting = {
            Phase.LOOKUP: f"looking up {self._settings.host}",
            Phase.CONNECT: f"connecting to {self._address} port {self._settings.port}",
            Phase.GREETING: "waiting for the greeting",
            Phase.SECURITY: "securing the connection",
            Phase.LOGIN: "logging in",
        }[self._phase]
        return f"not done within {seconds:.3g} s, while {waiting}"


def code_reason(reply: pop3.Err) -> Reason | None:
    """What the response code says, where it is one that we know."""
    return next((reason for code, reason in _CODES.items() if f"{reply.code}/".startswith(f"{code}/")), None)


def _accepted(reply: pop3.Reply, complaint: str, reason: Reason = Reason.ERROR_REPLY) -> pop3.Ok:
    """The `+OK`. Raises ScanError for `-ERR`, with its code's reason where it has one."""
    if isinstance(reply, pop3.Err):
        raise ScanError(code_reason(reply) or reason, complaint, reply.status_line)
    return reply


def _refuse_system_failure(reply: pop3.Err) -> None:
    """`[SYS/…]` to CAPA or STLS is no statement about TLS: never a reason to go on without."""
    reason = code_reason(reply)
    if reason in _SYSTEM_FAILURES:
        raise ScanError(reason, "the server reports a failure of its own", reply.status_line)
