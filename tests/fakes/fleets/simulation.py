"""A monitor in a simulated world: its ports are in memory, its clock is set, its servers follow a script."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from pop3_sensor.aws.scan_queue import decode, encode
from pop3_sensor.fleet import Keyring, Monitor, Outlets, Policy
from pop3_sensor.fleet.job import Job
from pop3_sensor.model import CertificateFacts, Observation, Phase, Reason, ScanError, State, Trouble
from pop3_sensor.model.observation import Mailbox
from pop3_sensor.ports import Batch, Point, StatusChange
from tests.fakes.fleets.world import MINUTE, Table, World

LATE = timedelta(seconds=3)  # from the tick to its invocation
SECONDS = 60.0


@dataclass
class Sensors:
    table: Table = field(default_factory=dict)

    def load(self) -> Sequence[Mapping[str, Any]]:
        return list(self.table.values())


@dataclass
class States:
    kept: dict[str, State] = field(default_factory=dict)
    saved: list[tuple[str, State]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def load(self, sensor_ids: Collection[str] | None = None) -> Mapping[str, State]:
        return (
            dict(self.kept) if sensor_ids is None else {one: self.kept[one] for one in sensor_ids if one in self.kept}
        )

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        raise AssertionError(f"no scan lasts: {sensor_id} {now} {until}")

    def claim_once(self, what: str, by: str, until: datetime) -> bool:  # noqa: ARG002 - nothing comes twice here
        return True

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        there = self.kept.get(sensor_id)
        if there and there.scanned_at != (previous.scanned_at if previous else None):
            return False
        self.saved.append((sensor_id, state))
        self.kept[sensor_id] = state
        return True

    def forget(self, sensor_id: str) -> None:
        self.forgotten.append(sensor_id)
        self.kept.pop(sensor_id, None)


@dataclass
class Events:
    changes: list[StatusChange] = field(default_factory=list)

    def put(self, changes: Sequence[StatusChange]) -> None:
        self.changes += changes


@dataclass
class Metrics:
    points: list[Point] = field(default_factory=list)

    def put(self, points: Sequence[Point]) -> None:
        self.points += points


class Results:
    def put(self, name: str, text: str) -> None:
        raise AssertionError(f"nobody asked for {name}: {text}")


@dataclass
class Queue:
    """Keeps messages in the form in which they travel."""

    messages: list[tuple[str, int]] = field(default_factory=list)

    def put(self, batches: Sequence[Batch]) -> None:
        self.messages += [(encode(batch), batch.delay_seconds) for batch in batches]


@dataclass
class Simulation:
    world: World
    moment: datetime = field(init=False)
    sensors: Sensors = field(default_factory=Sensors)
    states: States = field(default_factory=States)
    events: Events = field(default_factory=Events)
    metrics: Metrics = field(default_factory=Metrics)
    queue: Queue = field(default_factory=Queue)
    scanned: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.moment = self.world.start
        self.monitor = self.another_monitor()

    def another_monitor(self) -> Monitor:
        """A monitor like that of another invocation, with its own memory."""
        outlets = Outlets(
            metrics=self.metrics, states=self.states, events=self.events, queue=self.queue, results=Results()
        )
        keyring = Keyring(self, clock=lambda: self.now().timestamp())
        return Monitor(
            self.sensors,
            outlets,
            keyring,
            Policy(forbidden=()),
            make_engine=lambda scan, seconds: self,  # noqa: ARG005 - its scans are the world's
            now=self.now,
        )

    def now(self) -> datetime:
        return self.moment

    def tick(self, at: datetime) -> dict[str, int]:
        """The minute's invocation."""
        self.sensors.table = self.world.table_at(at)
        self.moment = at + LATE
        counts = self.monitor.tick(at, SECONDS)
        assert 0 == counts.failed_calls
        handed_on, self.queue.messages = self.queue.messages, []
        for message, delay in handed_on:  # batches of this tick are scanned at once, without their delay
            if decode(message).due == at:
                self.monitor.take(decode(message), SECONDS)
            else:
                self.queue.messages.append((message, delay))
        return counts.as_json()

    def deliver(self, at: datetime) -> None:
        """Each message that was handed on arrives after its delay, which must be at `at`."""
        messages, self.queue.messages = self.queue.messages, []
        handed_on = self.moment
        for message, delay in messages:
            self.moment = handed_on + timedelta(seconds=delay)
            assert at == self.moment
            taken = self.monitor.take(decode(message), SECONDS)
            assert taken is None or 0 == taken.failed_calls

    def fetch(self, secret_ids: Collection[str]) -> Mapping[str, SecretStr | ScanError]:
        there = {"kept", *(["late"] if self.moment >= self.world.secrets_from else [])}
        missing = ScanError(Reason.SECRET_MISSING, "no such secret")
        return {one: SecretStr("tanstaaf") if one in there else missing for one in secret_ids}

    async def scan(self, job: Job) -> Observation:
        sensor_id = job.settings.id
        assert sensor_id not in self.scanned, f"{sensor_id} is scanned twice at once"
        self.scanned.append(sensor_id)
        if isinstance(job.credentials, ScanError):
            return Observation(self.moment, trouble=Trouble(job.credentials.reason, None, job.credentials.message))
        answer = self.world.answer(sensor_id, self.moment)
        seen = Observation(self.moment, phases={Phase.LOOKUP: answer.milliseconds * 1000})
        if answer.certificate:
            check = Reason(answer.certificate)
            facts = CertificateFacts(subject="CN=mail", problem=check, problem_text="bad")
            seen = replace(seen, certificate=facts)
            if job.settings.certificate_check == "verify":
                return replace(seen, trouble=Trouble(check, Phase.SECURITY, "bad"))
        if answer.reason:
            phase = Phase(answer.phase) if answer.phase else None
            return replace(seen, trouble=Trouble(Reason(answer.reason), phase, f"it is {answer.reason}"))
        return replace(seen, mailbox=Mailbox(answer.messages, 1000))

    def taken(self) -> "Outcome":
        """All that came out since the last call."""
        outcome = Outcome(
            scans=sorted(self.scanned),
            events=sorted(map(_event, self.events.changes)),
            writes=sorted(_write(*one) for one in self.states.saved),
            points=sorted(
                (one.sensor_id, str(one.channel), float(one.value), str(one.at)) for one in self.metrics.points
            ),
        )
        for log in (self.scanned, self.events.changes, self.states.saved, self.metrics.points):
            log.clear()
        return outcome


# What tests compare, as plain texts. An event: sensor, time, previous status, status, phase, reason, since.
Event = tuple[str, str, str, str, str, str, str]
# A write: sensor, status, since, phase, reason, failures, pause reasons.
Write = tuple[str, str, str, str, str, int, str]
Value = tuple[str, str, float, str]


@dataclass
class Outcome:
    scans: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    points: list[Value] = field(default_factory=list)

    def differences(self, actual: "Outcome") -> list[str]:
        """One line for each thing that is missing or that should not be there."""
        lines = []
        for what in ("scans", "events", "writes", "points"):
            wanted, got = Counter(map(str, getattr(self, what))), Counter(map(str, getattr(actual, what)))
            lines += [f"{what}: missing {one}" for one in (wanted - got).elements()]
            lines += [f"{what}: too much {one}" for one in (got - wanted).elements()]
        return lines


def ticks(start: datetime, minutes: int) -> list[datetime]:
    return [start + minute * MINUTE for minute in range(minutes)]


def _event(change: StatusChange) -> Event:
    told = change.detail
    since = datetime.fromisoformat(told["since"])
    return (
        told["sensor_id"],
        str(change.at),
        told["previous_status"],
        told["status"],
        told["phase"],
        told["reason"],
        str(since),
    )


def _write(sensor_id: str, state: State) -> Write:
    pauses = ", ".join(state.pause_reasons)
    return (
        sensor_id,
        str(state.status),
        str(state.since),
        str(state.phase),
        str(state.reason),
        state.failures,
        pauses,
    )
