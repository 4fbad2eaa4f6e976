"""The facts about one sensor for its page, as pairs of label and text."""

from collections.abc import Iterable, Iterator, Mapping

from ..model import Channel, Settings
from ..model.calendars import MaintenanceWindow
from ..model.limits import Limits
from ..model.settings import Authentication, CertificateCheck, ResultHandling, TransportSecurity
from .lines import Look
from .survey import Branch, Sensor
from .wording import TITLES, amount, clock, lasting_seconds

Pair = tuple[str, str]

TRANSPORT: dict[TransportSecurity, str] = {
    "starttls_if_available": "StartTLS if available",
    "tls_if_available": "TLS if available",
    "starttls_required": "StartTLS required",
    "tls_required": "TLS required",
}
LOGIN: dict[Authentication, str] = {
    "none": "none",
    "user_password": "user name and password",
    "apop": "APOP",
    "plain": "SASL PLAIN",
    "cram_md5": "CRAM-MD5",
    "scram_sha_1": "SCRAM-SHA-1",
    "scram_sha_256": "SCRAM-SHA-256",
    "xoauth2": "OAuth (XOAUTH2)",
    "oauthbearer": "OAuth (OAUTHBEARER)",
}
CERTIFICATE: dict[CertificateCheck, str] = {
    "verify": "verified",
    "warn": "Warning where it is bad",
    "off": "not checked",
}
STORED: dict[ResultHandling, str] = {
    "discard": "discarded",
    "store": "stored",
    "store_on_failure": "stored where a scan fails",
}


def facts(sensor: Sensor, path: Iterable[Branch], names: Mapping[str, str], look: Look) -> Iterator[Pair]:
    """`names`: the sensors' names by id, for those that it depends on."""
    yield "Id", sensor.id
    if above := " > ".join(branch.name for branch in path):
        yield "Below", above
    yield "Priority", f"{sensor.priority} of 5"
    if sensor.tags:
        yield "Tags", ", ".join(sensor.tags)
    if sensor.state and sensor.state.failures:
        yield "Failed scans in a row", str(sensor.state.failures)
    if sensor.settings:
        yield from _settings(sensor.settings, names, look)


def _settings(settings: Settings, names: Mapping[str, str], look: Look) -> Iterator[Pair]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    yield "Server", f"{host}:{settings.port}"
    yield "Encryption", TRANSPORT[settings.transport_security]
    yield "Certificate", CERTIFICATE[settings.certificate_check]
    yield "Login", LOGIN[settings.authentication]
    yield "Scanned every", lasting_seconds(settings.interval)
    yield "Timeout", lasting_seconds(settings.timeout)
    grace = settings.warning_scans
    yield "A failed scan is", f"Warning {grace} time{'s' if grace > 1 else ''}, then Down" if grace else "Down at once"
    for channel, limits in settings.limits.items():
        yield f"Limits of {TITLES[channel]}", ", ".join(_limits(channel, limits))
    yield from _pauses(settings, look)
    if settings.masters:
        yield "Depends on", ", ".join(names.get(master, master) for master in settings.masters)
    if settings.vanished_masters:
        yield "Depends on (gone)", f"{', '.join(settings.vanished_masters)}: no such sensor, scanned regardless"
    yield "Result files", STORED[settings.result_handling]


def _pauses(settings: Settings, look: Look) -> Iterator[Pair]:
    ends = [until for until in settings.paused if until is not None and until > look.now]
    if None in settings.paused:
        yield "Paused", "until somebody ends it"
    elif ends:
        yield "Paused", f"until {clock(max(ends), look.zone, look.now)}"
    for schedule in settings.schedules:
        yield "Paused every week", f"{', '.join(schedule.paused) or 'never'} ({schedule.time_zone})"
    for window in settings.maintenance_windows:
        if window.end > look.now:
            yield "Maintenance", _window(window, look)


def _window(window: MaintenanceWindow, look: Look) -> str:
    start, end = (clock(moment, look.zone, look.now) for moment in (window.start, window.end))
    return f"{start} to {end}"


def _limits(channel: Channel, limits: Limits) -> Iterator[str]:
    for name in ("upper_error", "upper_warning", "lower_warning", "lower_error"):
        value = getattr(limits, name)
        if value is not None:
            side, kind = name.split("_")
            word = "Down" if kind == "error" else "Warning"
            yield f"{word} {'above' if side == 'upper' else 'below'} {amount(channel, value)}"
