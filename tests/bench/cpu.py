"""Processor time of one scan, against Prometheus' blackbox_exporter and the monitoring plugins' check_pop."""

import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pop3_sensor.fleet.engine import CONCURRENCY
from tests.bench import exporter
from tests.bench.cloud import cloud
from tests.bench.mail import Port, mail
from tests.bench.report import Section, median, milliseconds, ratio
from tests.bench.scanner import Scanner, scanner
from tests.servers.certificates import Authority

RUNS = 7
SCANS = 200  # in one tick
PROBES = 200
CHECKS = 40
HOSTS = 50  # scans of one host start one after the other
PLUGINS = "/usr/lib/nagios/plugins"

# Module of blackbox_exporter, and the plugin that can do it.
KINDS = {
    "plain, no login": ("plain", "check_pop"),
    "implicit TLS, no login": ("implicit_tls", "check_spop"),
    "StartTLS, login": ("starttls_login", None),
}
TLS: tuple[Literal["none", "implicit", "starttls"], ...] = ("none", "implicit", "starttls")


def plugin(name: str) -> str | None:
    return shutil.which(name, path=PLUGINS) or shutil.which(name)


def missing() -> list[str]:
    """What is to be installed, a line each; the rest is measured all the same."""
    plugins = None if plugin("check_pop") else "check_pop is not installed: apt-get install monitoring-plugins-basic"
    return [line for line in (exporter.missing(), plugins) if line]


def measure() -> Section:
    section = Section("cpu", "processor time of one scan")
    with _bench() as bench:
        bench.run()  # warms all up
        bench.spent.clear()
        for _ in range(RUNS):
            bench.run()
    _describe(section, {key: median(values) for key, values in bench.spent.items()})
    return section


@dataclass(frozen=True, slots=True)
class _Bench:
    """`targets`: host and port for each kind. `spent`: milliseconds of each run, by kind and by whom."""

    scanning: Scanner
    probing: exporter.Exporter | None
    fleets: Mapping[str, list[dict[str, Any]]]
    targets: Mapping[str, str]
    spent: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def run(self) -> None:
        for kind in KINDS:
            for who, seconds in self._measured(kind):
                self.spent.setdefault((kind, who), []).append(seconds * 1000)

    def _measured(self, kind: str) -> Iterator[tuple[str, float]]:
        module, program = KINDS[kind]
        target = self.targets[kind]
        yield "sensor", _scan(self.scanning, self.fleets[kind], CONCURRENCY)
        yield "sensor, 1", _scan(self.scanning, self.fleets[kind], 1)
        if self.probing:
            yield "exporter, 1", self.probing.probe(module, target, PROBES, 1)
            yield "exporter, 10", self.probing.probe(module, target, PROBES, 10)
            if module == "plain":
                yield "exporter, greeting", self.probing.probe("plain_greeting", target, PROBES, 10)
        if program and (path := plugin(program)):
            yield "plugin", _check(path, target)


@contextmanager
def _bench() -> Iterator[_Bench]:
    hosts = [f"127.1.0.{number + 1}" for number in range(HOSTS)]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        authority = Authority(directory)
        identity = authority.issue(*hosts)
        (directory / "authority.pem").write_text(authority.pem)
        servers = [Port(host, 0, tls) for tls in TLS for host in hosts]
        server = stack.enter_context(mail(servers, str(identity.chain), str(identity.key)))
        aws = stack.enter_context(cloud())
        probing = None
        if exporter.PROGRAM:
            modules = exporter.modules(directory / "authority.pem")
            probing = stack.enter_context(exporter.exporter(directory, modules))
        ports = {kind: server.ports[place * HOSTS : (place + 1) * HOSTS] for place, kind in enumerate(KINDS)}
        yield _Bench(
            stack.enter_context(scanner(aws.environment())),
            probing,
            {
                kind: [
                    {
                        "id": f"s{number}",
                        "host": hosts[number % HOSTS],
                        "port": ports[kind][number % HOSTS],
                        **_attributes(kind, authority.pem),
                    }
                    for number in range(SCANS)
                ]
                for kind in KINDS
            },
            {kind: f"{hosts[0]}:{ports[kind][0]}" for kind in KINDS},
        )


def _attributes(kind: str, authority: str) -> Mapping[str, Any]:
    if kind.startswith("plain"):
        return {}
    if kind.startswith("implicit"):
        return {"transport_security": "tls_required", "trusted_ca": authority}
    login = {"authentication": "user_password", "secret_id": "pop3-sensor/bench"}
    return {"transport_security": "starttls_required", "trusted_ca": authority, **login}


def _scan(scanning: Scanner, items: list[dict[str, Any]], at_once: int) -> float:
    tick = scanning.tick(items, at_once)
    if tick["statuses"] != {"Up": len(items)}:
        raise RuntimeError(f"all {len(items)} should be Up, but: {tick['statuses']}")
    return float(tick["cpu"]) / len(items)


def _check(program: str, target: str) -> float:
    host, port = target.split(":")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(CHECKS):
        subprocess.run([program, "-H", host, "-p", port], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / CHECKS


def _describe(section: Section, medians: Mapping[tuple[str, str], float]) -> None:
    section.say(
        "User and system time of the scanning process, in milliseconds for one scan; the server is another process.",
        f"Medians of {RUNS} runs, taken in turn. All speak to the same server, which needs some ten microseconds, and",
        "say the same to it: greeting, CAPA, STLS, login and QUIT, as far as the kind has them.",
    )
    section.say(
        f"**sensor**: the real monitor, with {SCANS} sensors in a tick. It parses the items' settings, scans the",
        "servers, judges the statuses, and lets botocore serialise, compress, sign and send the channels to a stand-in",
        f"for CloudWatch; {CONCURRENCY} scans at once as in the function, and one by one. **exporter**:",
        f"blackbox_exporter, asked for {PROBES} probes by HTTP as Prometheus asks, one by one and ten at once.",
        "**plugin**: check_pop and check_spop, a process for each check, as Nagios runs them; they know neither",
        "STARTTLS nor a login, and do not verify the certificate.",
    )
    nothing = "-"
    rows = []
    for kind in KINDS:
        found = {
            what: medians.get((kind, what)) for what in ("sensor", "sensor, 1", "exporter, 1", "exporter, 10", "plugin")
        }
        ours = found["sensor"] or 0.0
        rows.append(
            [
                kind,
                *(milliseconds(value) if value else nothing for value in found.values()),
                *(
                    ratio(ours, other) if (other := found[what]) else nothing
                    for what in ("exporter, 1", "exporter, 10", "plugin")
                ),
            ]
        )
    section.table(
        [
            "kind",
            f"sensor, {CONCURRENCY} at once",
            "sensor, one by one",
            "exporter, one by one",
            "exporter, 10 at once",
            "plugin",
            "sensor/exporter 1",
            "sensor/exporter 10",
            "sensor/plugin",
        ],
        rows,
    )
    if least := medians.get(("plain, no login", "exporter, greeting")):
        section.say(
            "A blackbox_exporter module that only waits for the greeting and quits takes",
            f"{milliseconds(least)} ms, ten at once.",
        )
    if lines := missing():
        section.say("Left out:", *lines)
    section.say(
        "Aims: at most half of blackbox_exporter's time on plain, less than its time with TLS, a tenth of check_pop's.",
        "Not shown: what it takes to start the function, to make the schedule's call and to read the tables (see",
        "scale); and what Prometheus needs to store the answers of blackbox_exporter.",
    )
