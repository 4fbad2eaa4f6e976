"""The value of each attribute: what is allowed, checked here and nowhere else.

Every check raises ValueError with words that follow "<attribute>: ", and never with a value that could be a secret.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..model import Channel
from ..model.authorities import check_authorities
from ..model.calendars import minutes_of
from ..model.settings import MAX_NAME
from ..protocol import unsendable

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TAG_REFUSED = re.compile(r"[\s,()<>]|^[+-]")


def name(text: str) -> str:
    """Angle brackets become braces, as in PRTG."""
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in _BIDI for c in text):
        raise ValueError("holds control characters")
    if not text.strip():
        raise ValueError("is blank")
    if len(text) > MAX_NAME:
        raise ValueError(f"has {len(text)} characters")
    return text.replace("<", "{").replace(">", "}")


def tags(given: tuple[str, ...]) -> tuple[str, ...]:
    """Compared without case; the first spelling is kept."""
    for tag in given:
        if not tag or _TAG_REFUSED.search(tag) or not tag.isprintable():
            raise ValueError(f"holds the tag {tag!r}")
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
        ascii_name = text.encode("idna").decode("ascii")
    except UnicodeError:
        return _refuse_host(text)
    labels = ascii_name.removesuffix(".").split(".")
    # A name that ends in digits alone is a mistyped address; resolvers read "127.1" as 127.0.0.1.
    if len(ascii_name.removesuffix(".")) > 253 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004 - RFC 1035
        return _refuse_host(text)
    return ascii_name


def _refuse_host(text: str) -> str:
    raise ValueError(f"holds {text[:100]!r}")


def sendable(text: str) -> str:
    """What POP3 can carry in a command. The value is never shown: passwords get pasted into wrong fields."""
    if why := unsendable(text):
        raise ValueError(why)
    if not text:
        raise ValueError("is empty")
    return text


def authorities(pem: str) -> str:
    if "PRIVATE KEY" in pem:
        raise ValueError("holds a private key: remove it, and replace that key, for it has been shown")
    if not check_authorities(pem):
        raise ValueError(f"holds {len(pem)} characters in which there is no certificate")
    return pem


def moment(value: object) -> datetime:
    """ISO 8601 with an offset: without one nobody knows when it is."""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise ValueError(f"holds {str(value)[:100]!r}")
    return parsed


def pause(value: object) -> bool | datetime:
    """Whether, or until when."""
    return value if isinstance(value, bool) else moment(value)


def limited_channels(limits: dict[str, Any]) -> dict[str, Any]:
    """Status and Downtime follow from the limits, so they can have none."""
    for channel in limits:
        if channel not in set(Channel) - {Channel.STATUS, Channel.DOWNTIME}:
            raise ValueError(f"holds limits for {channel[:100]!r}")
    return limits


def time_zone(name_: str) -> str:
    try:
        ZoneInfo(name_)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # ValueError, OSError: a path, or a folder of zones
        raise ValueError(f"holds {name_[:100]!r}, which is no IANA time zone") from None
    return name_


def periods(given: tuple[str, ...]) -> tuple[str, ...]:
    for period in given:
        minutes_of(period)
    return given


def interval(seconds: int) -> int:
    if seconds != 30 and (seconds % 60 or not 60 <= seconds <= 864_000):  # noqa: PLR2004 - docs/sensors.md
        raise ValueError(f"holds {seconds}")
    return seconds


def channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    unknown = [given for given in names if given not in set(Channel)]
    if unknown:
        raise ValueError(f"holds {unknown[0][:100]!r}")
    return tuple(dict.fromkeys(Channel(given) for given in names))
