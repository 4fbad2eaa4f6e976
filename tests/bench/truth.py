"""Are the response times true? Each is held against what the server itself, another process, did in that session."""

import itertools
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pop3_sensor.fleet.engine import CONCURRENCY
from tests.bench.cloud import cloud
from tests.bench.mail import Mail, Port, mail
from tests.bench.report import Section, median, milliseconds, percentile
from tests.bench.scanner import Scanner, scanner
from tests.servers.certificates import Authority

AIM_MS = 3.0
DELAYS_MS = (0, 20, 100, 500)
AT_ONCE = sorted({1, 50, 200, CONCURRENCY})
TLS: Mapping[str, Literal["none", "implicit"]] = {"plain": "none", "implicit TLS": "implicit"}
SENSORS = 200  # as many as one invocation scans itself
ALONE = 60  # one after the other takes long
RUNS = 5
TARPIT_TIMEOUT = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one scan, in milliseconds."""

    delay: float
    measured: float
    held: float
    late: float  # the server, at most

    @property
    def own(self) -> float:
        """What the server did not cause: connecting, our own work, the kernel."""
        return self.measured - self.held


@dataclass(frozen=True, slots=True)
class Bench:
    """`kinds`: what an item needs, for each kind of transport."""

    server: Mail
    ports: list[Port]
    scanner: Scanner
    kinds: Mapping[str, Mapping[str, Any]]

    def samples(self, kind: str, at_once: int, sensors: int) -> list[Sample]:
        """One tick."""
        tarpits = at_once > 1
        wanted = [
            index
            for index, port in enumerate(self.ports)
            if port.tls == TLS[kind] and (tarpits or port.delay_ms is not None)
        ][:sensors]
        items = [
            {
                "id": f"s{index}",
                "host": self.ports[index].host,
                "port": self.server.ports[index],
                "timeout": TARPIT_TIMEOUT if self.ports[index].delay_ms is None else 60,
                **self.kinds[kind],
            }
            for index in wanted
        ]
        tick = self.scanner.tick(items, at_once)
        found = []
        for session in self.server.sessions():
            index = int(session["port"])
            delay = self.ports[index].delay_ms
            if delay is not None:
                measured = tick["response_times"][f"s{index}"]
                found.append(Sample(delay, measured, session["held"], session["late"]))
        answering = sum(self.ports[index].delay_ms is not None for index in wanted)
        if len(found) != answering:
            raise RuntimeError(f"{answering} servers answer, but {len(found)} sessions took place: {tick['statuses']}")
        return found


@contextmanager
def bench() -> Iterator[Bench]:
    delays: list[float | None] = [None, *DELAYS_MS]  # one of five never answers
    ports = [
        Port(f"127.1.0.{number + 1}", delay, tls)
        for tls in TLS.values()
        for number, delay in zip(range(SENSORS), itertools.cycle(delays), strict=False)
    ]
    with tempfile.TemporaryDirectory() as name:
        authority = Authority(Path(name))
        identity = authority.issue()
        kinds: dict[str, dict[str, Any]] = {
            "plain": {},
            # The certificate is looked at and judged as ever, but two hundred addresses need not be in it.
            "implicit TLS": {
                "transport_security": "tls_required",
                "trusted_ca": authority.pem,
                "certificate_check": "off",
            },
        }
        with (
            two_cores(),
            mail(ports, str(identity.chain), str(identity.key)) as server,
            cloud() as aws,
            scanner(aws.environment()) as scanning,
        ):
            yield Bench(server, ports, scanning, kinds)


@contextmanager
def two_cores() -> Iterator[None]:
    """For this process and its children, where the machine has more."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measure() -> Section:
    section = Section("truth", "are the response times true?")
    with bench() as running:
        rows = [row for kind in running.kinds for row in _rows(running, kind)]
    section.say(
        f"One tick of {SENSORS} sensors through the real monitor, engine and CloudWatch client, on at most two cores,",
        f"{RUNS} times. All servers are in one other process. They send their greetings after",
        f"{', '.join(map(str, DELAYS_MS))} ms, in equal shares. A fifth of them are tarpits, which never say a word",
        f"(timeout {TARPIT_TIMEOUT} s). The scans that go one by one are of {ALONE} sensors, without tarpits.",
    )
    section.say(
        "**What is compared.** For each session the server reports how long it really kept the client waiting: for",
        "each answer, from the moment when the kernel received the client's bytes, or when the connection was",
        "accepted, to the moment before the answer was sent; these times are added up, until QUIT. A published",
        "Response Time is longer by what the connection, the kernel and the scan's own work take. `alone` is the",
        "median of this difference when the scans go one by one; the error of a scan is its difference less `alone`.",
        "`late`: how long an accepted connection may have waited until the server looked at it. This counts as our",
        "error too; `beyond` is the error without it. The kernel counts it in ticks of its own, often 4 ms. All",
        "figures are milliseconds.",
    )
    section.table(
        ["transport, scans at once", "scans", "alone", "error p50", "error p99", "late p99", "beyond p99"], rows
    )
    section.say(
        f"Aim: an error p99 of at most {AIM_MS:g} ms at the default, {CONCURRENCY} at once.",
        "Not shown: a real network with its delays, lookups in the DNS, and several scanning processes on one core.",
    )
    return section


def _rows(running: Bench, kind: str) -> Iterator[list[object]]:
    running.samples(kind, CONCURRENCY, SENSORS)  # what only the first tick pays
    alone = median(sample.own for sample in running.samples(kind, 1, ALONE))
    for at_once in AT_ONCE:
        samples = [
            sample
            for _ in range(RUNS if at_once > 1 else 2)
            for sample in running.samples(kind, at_once, SENSORS if at_once > 1 else ALONE)
        ]
        errors = [sample.own - alone for sample in samples]
        beyond = [max(sample.own - alone - sample.late, 0) for sample in samples]
        late = [sample.late for sample in samples]
        default = " (default)" if at_once == CONCURRENCY else ""
        yield [
            f"{kind}, {at_once}{default}",
            len(samples),
            *map(milliseconds, (alone, median(errors), *(percentile(one, 0.99) for one in (errors, late, beyond)))),
        ]
