"""In memory what the overview reads."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pop3_sensor.model import State
from pop3_sensor.ports import Readings, ServiceError, Span, StoredResult, Value, Wanted
from pop3_sensor.status.result_files import file_names

Measured = Callable[[Wanted, datetime], float | None]


@dataclass
class States:
    kept: Mapping[str, State] = field(default_factory=dict)
    fault: ServiceError | None = None

    def load(self) -> Mapping[str, State]:
        if self.fault:
            raise self.fault
        return self.kept


@dataclass
class History:
    """`measured` gives the value of a channel at a time, or None. `asked`: what each call wanted."""

    measured: Measured = lambda *_: None
    complaint: str = ""
    asked: list[tuple[Sequence[Wanted], Span]] = field(default_factory=list)

    def read(self, wanted: Collection[Wanted], span: Span) -> Readings:
        self.asked.append((list(wanted), span))
        if self.complaint:
            return Readings({}, self.complaint)
        count = int((span.end - span.start) / timedelta(seconds=span.period))
        times = [span.start + timedelta(seconds=span.period * number) for number in range(count)]
        series = {
            one: [Value(at, value) for at in times if (value := self.measured(one, at)) is not None] for one in wanted
        }
        return Readings({one: values for one, values in series.items() if values})


@dataclass
class Archive:
    """`files`: the summaries, by sensor id."""

    files: Mapping[str, StoredResult] = field(default_factory=dict)
    fault: ServiceError | None = None

    def read(self, name: str) -> StoredResult | None:
        if self.fault:
            raise self.fault
        return next((file for one, file in self.files.items() if name == file_names(one)[0]), None)
