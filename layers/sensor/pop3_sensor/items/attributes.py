"""The value of each attribute: what is allowed, checked here and nowhere else.

Every check raises ValueError with words that follow "<attribute>: ", and never with a value that could be a secret.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..model import Channel
from ..model.authorities import check_authorities
from ..model.calendars import PRESETS, minutes_of
from ..model.settings import MAX_NAME
from ..protocol import unsendable
from .words import held, quoted

# What an item may cost others. Sensors travel in messages, and each has the tags, periods and windows of all above it.
MAX_TAGS = 50
MAX_TAG = 64
MAX_PERIODS = 100
MAX_WINDOWS = 100
MAX_AUTHORITIES = 64 * 1024  # bytes
MAX_SENDABLE = 2048  # characters: Secrets Manager takes no longer name

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MAX_HOST = 253  # RFC 1035
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TAG_REFUSED = re.compile(r"[\s,()<>]|^[+-]")
_LIMITED = frozenset(Channel) - {Channel.STATUS, Channel.DOWNTIME}
# A time zone may be a day away from UTC, and every zone must be able to show every moment.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def name(text: str) -> str:
    """Angle brackets become braces, as in PRTG."""
    if len(text) > MAX_NAME:
        raise ValueError(f"has {len(text)} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _BIDI for c in text):
        raise ValueError("holds control characters")
    if not text.strip():
        raise ValueError("is blank")
    return text.replace("<", "{").replace(">", "}")


def tags(given: tuple[str, ...]) -> tuple[str, ...]:
    """Compared without case; the first spelling is kept."""
    for tag in given:
        if len(tag) > MAX_TAG:
            raise ValueError(f"holds a tag of {len(tag)} characters")
        if not tag or _TAG_REFUSED.search(tag) or not tag.isprintable():
            raise ValueError(f"holds the tag {quoted(tag)}")
    return merge_tags(given)


def merge_tags(*groups: Iterable[str]) -> tuple[str, ...]:
    first_spelling: dict[str, str] = {}
    for tag in (tag for group in groups for tag in group):
        first_spelling.setdefault(tag.casefold(), tag)
    return tuple(first_spelling.values())


def host(text: str) -> str:
    """An IP address, or a DNS name in its ASCII form (RFC 1123 section 2.1, RFC 5890)."""
    try:
        return str(ipaddress.ip_address(text)) if "%" not in text else _refuse_host(text)
    except ValueError:
        pass
    try:
        # The ASCII form is hardly ever shorter, and making it takes its time.
        ascii_name = text.encode("idna").decode("ascii") if len(text) <= _MAX_HOST + 1 else _refuse_host(text)
    except UnicodeError:
        return _refuse_host(text)
    labels = ascii_name.removesuffix(".").split(".")
    # A name that ends in digits alone is a mistyped address; resolvers read "127.1" as 127.0.0.1.
    if len(ascii_name.removesuffix(".")) > _MAX_HOST or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        return _refuse_host(text)
    return ascii_name


def _refuse_host(text: str) -> str:
    raise ValueError(f"holds {quoted(text)}")


def sendable(text: str) -> str:
    """What POP3 can carry in a command. The value is never shown: passwords get pasted into wrong fields."""
    if why := unsendable(text):
        raise ValueError(why)
    if not text:
        raise ValueError("is empty")
    if len(text) > MAX_SENDABLE:
        raise ValueError(f"has {len(text)} characters")
    return text


def authorities(pem: str) -> str:
    if "PRIVATE KEY" in pem:
        raise ValueError("holds a private key: remove it, and replace that key, for it has been shown")
    if (size := len(pem.encode(errors="surrogatepass"))) > MAX_AUTHORITIES:
        raise ValueError(f"holds {size} bytes")
    if not check_authorities(pem):
        raise ValueError(f"holds {len(pem)} characters in which there is no certificate")
    return pem


def moment(value: object) -> datetime:
    """ISO 8601 with an offset: without one nobody knows when it is."""
    if not isinstance(value, str):
        raise ValueError(f"holds {held(value)}")  # noqa: TRY004 - pydantic wants a ValueError
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise ValueError(f"holds {quoted(value)}")
    return min(max(parsed, _FIRST), _LAST)


def pause(value: object) -> bool | datetime:
    """Whether, or until when."""
    return value if isinstance(value, bool) else moment(value)


def few_channels(limits: object) -> object:
    """Looked at beforehand: each unknown one costs the making of an error."""
    if isinstance(limits, dict) and len(limits) > len(Channel):
        raise ValueError(f"has {len(limits)} entries")
    return limits


def limited_channel(channel: str) -> str:
    if channel in (Channel.STATUS, Channel.DOWNTIME):
        raise ValueError(f"holds limits for {channel}, which itself follows from the limits")
    if channel not in _LIMITED:
        raise ValueError(f"holds limits for {quoted(channel)}")
    return channel


def time_zone(name_: str) -> str:
    try:
        ZoneInfo(name_)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # ValueError, OSError: a path, or a folder of zones
        raise ValueError(f"holds {quoted(name_)}, which is no IANA time zone") from None
    return name_


def preset(name_: str) -> str:
    if name_ not in PRESETS:
        raise ValueError(f"holds {quoted(name_)}, which is no preset")
    return name_


def no_preset_alone(schedule: object) -> object:
    if isinstance(schedule, str) and schedule in PRESETS:
        raise ValueError(f"holds the preset {schedule} without a time zone")
    return schedule


def periods(given: tuple[str, ...]) -> tuple[str, ...]:
    for period in given:
        try:
            minutes_of(period)
        except ValueError as error:
            raise ValueError(f"{quoted(period)} {error}") from None
    return given


def interval(seconds: int) -> int:
    if seconds != 30 and (seconds % 60 or not 60 <= seconds <= 864_000):  # noqa: PLR2004 - docs/sensors.md
        raise ValueError(f"holds {held(seconds)}")
    return seconds


def channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    known = frozenset(Channel)
    unknown = next((given for given in names if given not in known), None)
    if unknown is not None:
        raise ValueError(f"holds {quoted(unknown)}")
    return tuple(Channel(given) for given in dict.fromkeys(names))
