"""A fleet with the same text in every place where somebody can put one."""

from datetime import datetime, timedelta
from typing import Any

from pop3_sensor.model import Status
from pop3_sensor.model.text import printable
from pop3_sensor.ports import StoredResult, Wanted
from tests.fakes.history import Archive, History
from tests.fakes.looking import Watch, state, watch
from tests.samples import AT

HOST = {"host": "mail.example.org"}
HARMLESS = "harmless"


def measured(_: Wanted, at: datetime) -> float:
    return 5.0 + (at - AT) / timedelta(days=1)


def everywhere(text: str) -> Watch:
    """A fleet with this text in every place. Where an attribute refuses it, the item is invalid."""
    key = text.replace("\ud83d", "")  # no attribute's name can hold half a character
    items: list[dict[str, Any]] = [
        {"id": "root", "kind": "group", "name": text},
        {"id": "broken-group", "kind": "group", key: text},
        {"id": "lost-group", "kind": "device", "parent": text},
        {
            "id": "named",
            "name": text,
            **HOST,
            "limits": {"ResponseTime": {"upper_error": 3, "error_message": text[:200]}},
        },
        {"id": "tagged", "tags": [text], **HOST},
        {"id": "odd-host", "host": text},
        {"id": "odd-attribute", **HOST, key: 1},
        {"id": "odd-kind", "kind": text},
        {"id": "lost", "parent": text, **HOST},
        {"id": "waits", "depends_on": text, **HOST},
        {"id": "odd-zone", "schedule": {"time_zone": text, "paused": []}, **HOST},
        {"id": "told", **HOST},
        {"id": text, **HOST},
    ]
    said = {
        "told": state(Status.DOWN, reason=text, message=text, phase=text),
        "named": state(Status.WARNING, reason="limit", message=printable(text)),
    }
    archive = Archive({"told": StoredResult(f"sensors/{text}", f"Subject: {text}\n\nIssuer: {text}", AT)})
    return watch(*items, states=said, archive=archive, history=History(measured))
