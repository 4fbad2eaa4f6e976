"""How values, times and lists are written for people. The values' units are those of `model.channels.UNITS`."""

from datetime import datetime, timedelta, timezone

from ..model import Channel, PauseReason, Status
from ..model.channels import UNITS

TITLES = {
    Channel.RESPONSE_TIME: "Response time",
    Channel.DOWNTIME: "Downtime",
    Channel.STATUS: "Status",
    Channel.LOOKUP_TIME: "Lookup time",
    Channel.CONNECT_TIME: "Connect time",
    Channel.GREETING_TIME: "Greeting time",
    Channel.SECURITY_TIME: "Security time",
    Channel.LOGIN_TIME: "Login time",
    Channel.CERTIFICATE_DAYS_LEFT: "Certificate days left",
    Channel.MESSAGE_COUNT: "Messages",
    Channel.MAILBOX_SIZE: "Mailbox size",
}
_STATUS_OF_NUMBER = (Status.UP, Status.WARNING, Status.DOWN, Status.UNKNOWN)
_SECOND_MS = _THOUSAND = 1000
_BYTES = ("B", "KiB", "MiB", "GiB")
_KIBI = 1024


def amount(channel: Channel, value: float) -> str:
    """A value with its unit: 12.3 ms, 1.25 s, 4 %, 10.5 days, 1.2 MiB, Warning."""
    match UNITS[channel]:
        case "Milliseconds":
            return f"{number(value)} ms" if abs(value) < 10 * _SECOND_MS else f"{number(value / _SECOND_MS)} s"
        case "Percent":
            return f"{number(value)} %"
        case "Bytes":
            return _bytes(value)
        case "Count":
            return number(value)
        case _:
            if channel is Channel.STATUS:
                return _STATUS_OF_NUMBER[min(max(round(value), 0), 3)]
            return f"{number(value)} days"


def short(channel: Channel, value: float) -> str:
    """For an axis, where there is little room: 400k, 10 d; otherwise like `amount`."""
    if UNITS[channel] in ("Count", "None") and channel is not Channel.STATUS:
        text = f"{number(value / _THOUSAND)}k" if abs(value) >= 10 * _THOUSAND else number(value)
        return text if UNITS[channel] == "Count" else f"{text} d"
    return amount(channel, value)


def number(value: float) -> str:
    """About three digits; no exponent, no trailing zeros."""
    size = abs(value)
    places = 0 if size >= 100 else 1 if size >= 10 else 2  # noqa: PLR2004 - orders of magnitude
    text = f"{value:,.{places}f}".replace(",", "\u202f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def lasting(span: timedelta) -> str:
    """In its one or two largest units: 40 s, 12 min, 3 h 5 min, 2 d 4 h."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if not hours:
        return f"{minutes} min"
    if not days:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"


def lasting_seconds(seconds: int) -> str:
    """A setting in seconds, exact: 30 s, 1 min, 90 s, 2 h."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size and not seconds % size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def clock(moment: datetime, zone: timezone, now: datetime) -> str:
    """In the reader's zone: 14:02 if it is today, else 29 Jan 14:02; with the year if it is another one."""
    here, today = moment.astimezone(zone), now.astimezone(zone)
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{here.day} {here:%b %H:%M}" if here.year == today.year else f"{here.day} {here:%b %Y %H:%M}"


def paused_by(reasons: tuple[PauseReason, ...]) -> str:
    words = {
        PauseReason.USER: "by hand",
        PauseReason.DEPENDENCY: "by dependency",
        PauseReason.SCHEDULE: "by schedule",
        PauseReason.MAINTENANCE: "for maintenance",
    }
    return f"paused {', '.join(words[reason] for reason in reasons)}" if reasons else "paused"


def _bytes(value: float) -> str:
    power = 0
    while abs(value) >= _KIBI and power < len(_BYTES) - 1:
        value, power = value / _KIBI, power + 1
    return f"{number(value)} {_BYTES[power]}"
