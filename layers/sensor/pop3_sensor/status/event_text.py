"""The line in which people read of a change of status; it goes as it is into a mail, a pager, a chat."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 500
MAX_NAME = 128

# What breaks a line, turns it around, or is no character of XML: a topic may deliver to SQS, which refuses a message
# that holds anything but "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" (SendMessage).
_REFUSED = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def event_text(detail: Mapping[str, Any]) -> str:
    """Out of the event's detail. Nothing empty stands in it; where it is too long, the message lacks its end."""
    name, sensor_id = _cut(detail["name"], MAX_NAME), _cut(detail["sensor_id"], MAX_NAME)
    who = name if name == sensor_id else f"{name} ({sensor_id})"
    was = f", was {detail['previous_status']}" if detail["previous_status"] else ""
    since = datetime.fromisoformat(detail["since"]).astimezone(UTC)
    where = f"[{_address(detail['host'], detail['port'])}]" if detail["host"] else ""
    why = ": ".join(filter(None, (detail["reason"], detail["message"])))
    line = f"{who} is {detail['status']}{was}, since {since:%Y-%m-%d %H:%M:%S} UTC"
    return _cut(" ".join(filter(None, (line, where, why))), MAX_TEXT)


def _address(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


def _cut(text: str, limit: int) -> str:
    text = _REFUSED.sub("", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
