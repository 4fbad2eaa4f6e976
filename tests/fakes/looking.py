"""An overview of items and states in memory, and a parser of the page that it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from pop3_sensor.model import State, Status
from pop3_sensor.overview import Overview, Sources
from tests.fakes.history import Archive, History, States
from tests.fakes.memory import Sensors
from tests.samples import AT

ENDPOINT = "arn:aws:lambda:eu-central-1:123456789012:function:overview"
HOUR = timedelta(hours=1)
BLOCKS = frozenset({"div", "td", "dd", "b", "small", "span"})
VOID = frozenset({"input", "col", "br", "line", "path", "circle"})


def state(status: Status = Status.UP, reason: str = "", message: str = "", **more: Any) -> State:
    return State(status, AT - HOUR, reason=reason, message=message, **more)


def event(*, go: Mapping[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    """An event as CloudWatch sends it. `forms`, `params` and the like go into the widget's context."""
    forms = {"all": context.pop("forms", {})}
    return {"go": go or {}, "widgetContext": {"width": 1000, "theme": "light", "forms": forms} | context}


class Page(HTMLParser):
    """`elements`: the name and attributes of each; `text`: what can be read; `rows`: the lines of tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[str] = []
        self.notes: list[str] = []
        self.text = ""
        self.befores: list[str] = []  # for each element the name of the one before it, under the same parent
        self._open: list[str] = []
        self._last: list[str] = [""]
        self._row = self._note = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._meet(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)
            self._last.append("")
        if tag in BLOCKS:
            self.handle_data(" ")
        if tag == "tr":
            self.rows.append("")
        if tag == "p" and dict(attrs).get("class") == "note":
            self.notes.append("")
            self._note = True

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop(), f"{tag} closes nothing"
        self._last.pop()
        self._note = False if tag == "p" else self._note

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._meet(tag, attrs)

    def _meet(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.befores.append(self._last[-1])
        self._last[-1] = tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open or "cwdb-action" in self._open:
            return
        self.text += data
        if "tr" in self._open:
            self.rows[-1] += data
        if self._note:
            self.notes[-1] += data

    def lines(self) -> list[str]:
        return [" ".join(row.replace("★", "").split()) for row in self.rows]


@dataclass
class Watch:
    """Everything that the overview reads."""

    items: Sequence[Mapping[str, Any]] = ()
    states: States = field(default_factory=States)
    history: History = field(default_factory=History)
    archive: Archive = field(default_factory=Archive)
    sensors: Sensors = field(default_factory=Sensors)

    def __post_init__(self) -> None:
        self.sensors.items = self.items
        self.overview = Overview(Sources(self.sensors, self.states, self.history, self.archive), lambda: AT)

    def page(self, *, go: Mapping[str, Any] | None = None, **context: Any) -> Page:
        return Page(self.overview.answer(event(go=go, **context), ENDPOINT))


def watch(*items: Mapping[str, Any], states: Mapping[str, State] | None = None, **more: Any) -> Watch:
    """`states`: those of sensors that are not simply Up for an hour."""
    sensors = [one["id"] for one in items if one.get("kind", "sensor") == "sensor"]
    return Watch(items, States({**dict.fromkeys(sensors, state()), **(states or {})}), **more)
