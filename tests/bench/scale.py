"""From tick to last metric: the real handler, its queue played by hand, AWS counted on the wire."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.child import Child
from tests.bench.cloud import Cloud, cloud
from tests.bench.function import function
from tests.bench.mail import Mail, Port, mail
from tests.bench.report import Section, machine, median
from tests.bench.scanner import SECRET
from tests.emulator.stack import typed
from tests.servers.certificates import Authority

SIZES = {100: 3, 1_000: 3, 10_000: 1}  # sensors: measured ticks
HOSTS = 1_000  # at most, each with an address of its own
ANSWER_MS = 100.0  # of every server, from the connection to its greeting
ENVIRONMENTS = 2  # of the function, besides the one that has the tick
CHANNELS = 2  # of a sensor that asks for no more
MEASURED = Path(__file__).with_name("measured.json")
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one tick of a healthy fleet. `invocations`: what each took."""

    sensors: int
    unscanned: int
    wall: float
    invocations: list[dict[str, Any]]
    calls: Mapping[str, int]
    amounts: Mapping[str, float]

    @property
    def missing(self) -> int:
        """Values that should be in CloudWatch and are not."""
        return round(self.sensors * CHANNELS - self.amounts.get("metric_values", 0))

    def total(self, what: str) -> float:
        return sum(float(one[what]) for one in self.invocations)


def measure() -> Section:
    section = Section("scale", "from tick to last metric")
    found = {size: list(_samples(size, ticks)) for size, ticks in SIZES.items()}
    MEASURED.write_text(json.dumps(_measured(found), indent=1) + "\n")
    _describe(section, found)
    return section


def _samples(size: int, ticks: int) -> Iterator[Sample]:
    with _fleet(size) as (server, aws):
        environment = aws.environment()
        with ExitStack() as stack:
            first, *others = [stack.enter_context(function(environment)) for _ in range(1 + ENVIRONMENTS)]
            for number in range(ticks + 1):
                aws.counts()
                sample = _tick(size, first, others, aws)
                unscanned = size - len(server.sessions())
                if unscanned < 0:
                    raise RuntimeError(f"{size} sensors, but {-unscanned} sessions more")
                if number:  # the first tick writes every sensor's state
                    yield replace(sample, unscanned=unscanned)


@contextmanager
def _fleet(size: int) -> Iterator[tuple[Mail, Cloud]]:
    with TemporaryDirectory() as name:
        identity = Authority(Path(name)).issue()
        hosts = min(size, HOSTS)
        ports = [Port(f"127.1.{number // 250}.{number % 250 + 1}", ANSWER_MS, "starttls") for number in range(hosts)]
        with mail(ports, str(identity.chain), str(identity.key)) as server, cloud() as aws:
            items = [
                {
                    "id": f"sensor-{number:06}",
                    "host": ports[number % hosts].host,
                    "port": server.ports[number % hosts],
                    "transport_security": "starttls_required",
                    "authentication": "user_password",
                    "secret_id": "pop3-sensor/mailboxes",
                    "certificate_check": "off",  # it is judged as ever, but names none of these addresses
                }
                for number in range(size)
            ]
            aws.put([{key: typed(value) for key, value in item.items()} for item in items], SECRET)
            yield server, aws


def _tick(size: int, first: Child, others: list[Child], aws: Cloud) -> Sample:
    """What Lambda and SQS would do. The environment that had the tick takes messages afterwards, too."""
    free: SimpleQueue[Child] = SimpleQueue()
    for one in others:
        free.put(one)
    invocations: list[dict[str, Any]] = []
    started = time.monotonic()
    deadline = started + PATIENCE_SECONDS

    def invoke(environment: Child, event: Mapping[str, Any]) -> None:
        taken = environment.ask(event=event)
        if failures := taken["answer"].get("batchItemFailures"):
            raise RuntimeError(f"a message failed: {failures}")
        invocations.append(taken)
        free.put(environment)

    with ThreadPoolExecutor(1 + len(others)) as pool:
        tick = pool.submit(invoke, first, {"scheduled_time": datetime.now(UTC).isoformat()})
        running = [tick]
        while not tick.done() or aws.waiting() or not all(one.done() for one in running):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the tick of {size} sensors did not end within {PATIENCE_SECONDS} s")
            for body in aws.messages():
                event = {"Records": [{"messageId": str(len(running)), "body": body}]}
                running.append(pool.submit(invoke, free.get(timeout=PATIENCE_SECONDS), event))
            time.sleep(0.02)
        for invocation in running:
            invocation.result()
    counts = aws.counts()
    return Sample(size, 0, counts["last_metric"] - started, invocations, counts["calls"], counts["amounts"])


def _measured(found: Mapping[int, list[Sample]]) -> dict[str, Any]:
    """What a month's cost is reckoned from: for each size the means of a tick."""
    sizes = {}
    for size, measured in found.items():
        samples = [sample for sample in measured if not sample.unscanned]
        if not samples:
            continue  # no tick to reckon from
        names = sorted({name for sample in samples for name in sample.calls})
        amounts = sorted({name for sample in samples for name in sample.amounts})
        number = len(samples)
        sizes[str(size)] = {
            "invocations": sum(len(sample.invocations) for sample in samples) / number,
            "billed_seconds": round(sum(sample.total("wall") for sample in samples) / number, 3),
            "cpu_seconds": round(sum(sample.total("cpu") for sample in samples) / number, 3),
            "log_bytes": round(sum(sample.total("log") for sample in samples) / number),
            "calls": {name: sum(sample.calls.get(name, 0) for sample in samples) / number for name in names},
            "amounts": {name: sum(sample.amounts.get(name, 0) for sample in samples) / number for name in amounts},
        }
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "sizes": sizes}


def _describe(section: Section, found: Mapping[int, list[Sample]]) -> None:
    section.say(
        f"The real handler runs in several processes. One gets the schedule's tick; {ENVIRONMENTS} more take the",
        "messages that it hands on, when they are due, and the first one joins them when its tick is done. Lambda",
        "would start one for each message, each with its own processor. AWS is a stand-in on loopback that counts the",
        "calls and keeps the tables, the queue and the secret. Every sensor uses StartTLS and logs in; every server",
        f"sends its greeting after {ANSWER_MS:g} ms. A first tick, which writes the states, does not count. Medians of",
        f"{', '.join(f'{ticks} ticks of {size:,} sensors' for size, ticks in SIZES.items())}.",
    )
    rows = []
    for size, samples in found.items():
        rows.append(
            [
                f"{size:,}",
                f"{median(sample.wall for sample in samples):.1f}",
                f"{median(len(sample.invocations) for sample in samples):.0f}",
                f"{median(sample.total('cpu') for sample in samples) / size * 1000:.2f}",
                f"{max(float(one['memory']) for sample in samples for one in sample.invocations) / 2**20:.0f}",
                max(sample.unscanned for sample in samples),
                max(sample.missing for sample in samples),
            ]
        )
    section.table(
        [
            "sensors",
            "seconds from tick to last metric",
            "invocations",
            "CPU seconds for 1,000 sensors",
            "largest process, MiB",
            "not scanned",
            "values missing",
        ],
        rows,
    )
    names = sorted({name for samples in found.values() for sample in samples for name in sample.calls})
    section.say("Calls in one tick of a healthy fleet, as the stand-in received them:")
    section.table(
        ["call", *(f"{size:,} sensors" for size in found)],
        [
            [
                name.replace("_", " "),
                *(f"{median(one.calls.get(name, 0) for one in samples):g}" for samples in found.values()),
            ]
            for name in names
        ],
    )
    section.say(
        "Aims: processor time and memory for 1,000 sensors stay the same within 15 %; nothing is written to DynamoDB;",
        "one PutMetricData takes 1,000 values; secrets are fetched once in the five minutes of their cache. No sensor",
        "is scanned twice, or this part would have failed. *Not scanned*: a batch is dropped if its turn comes a",
        "minute after its tick; here this happens when the processors are too few or too busy. Not shown: Lambda's own",
        f"starts, SQS's latency, and what a core for each process would change: here they share {os.cpu_count()}.",
    )
