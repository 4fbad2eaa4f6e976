"""What a fleet costs a month: the calls that the scale part measured, times the unit prices.

python -m tests.bench.cost 1000        prints the account for so many sensors, line by line
python -m tests.bench.cost             writes docs/cost.md
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.bench import prices
from tests.bench.prices import Price
from tests.bench.scale import ANSWER_MS, CHANNELS, MEASURED
from tests.root import ROOT

FILE = ROOT / "docs" / "cost.md"
SIZES = (10, 1_000, 10_000, 100_000)
TICKS = 60 * 730  # minutes of a month, as AWS counts it
MEMORY_GB = 1769 / 1024  # ScanMemory
SECRET_CACHE_TICKS = 5
SENSORS_PER_SECRET = 100  # one secret holds many credentials, by secret_key
QUEUE_CHUNK = 64 * 1024
IDLE_RECEIVES = 3 * 5  # a minute: Lambda's five pollers, each waiting 20 s for a message

OWN_METRICS = 8

# What stands in the template, however many sensors there are. Of the alarms one is reckoned above, by its metrics.
TEMPLATE = ROOT / "template.yaml"
FIXED = {
    "AWS::CloudWatch::Alarm": prices.ALARM,
    "AWS::CloudWatch::CompositeAlarm": prices.COMPOSITE_ALARM,
    "AWS::CloudWatch::Dashboard": prices.DASHBOARD,
    "AWS::KMS::Key": prices.KEY,
}

# Service and operation, as AWS's own header names them.
_PUT = "GraniteServiceVersion20100801.PutMetricData"


@dataclass(frozen=True, slots=True)
class Line:
    """`arithmetic` says where `number` comes from."""

    what: str
    number: float
    price: Price
    arithmetic: str

    @property
    def dollars(self) -> float:
        return self.price.of(self.number)


class Measured:
    """Of one tick, at any size: between two measured sizes, and beyond the last, on a straight line.

    Below the smallest it is what that one took: however few sensors there are, a tick has its own cost.
    """

    def __init__(self, measured: Mapping[str, Any]) -> None:
        self.date = measured["date"]
        self._sizes = {int(size): found for size, found in measured["sizes"].items()}

    def at(self, sensors: int, *path: str) -> float:
        points = [(size, self._value(found, path)) for size, found in sorted(self._sizes.items())]
        if len(points) == 1:
            return points[0][1] * sensors / points[0][0]
        if sensors <= points[0][0]:
            return points[0][1]
        after = next((index for index, (size, _) in enumerate(points) if size >= sensors), len(points) - 1)
        (low, below), (high, above) = points[max(after, 1) - 1], points[max(after, 1)]
        return max(below + (above - below) * (sensors - low) / (high - low), 0.0)

    @staticmethod
    def _value(found: Mapping[str, Any], path: tuple[str, ...]) -> float:
        value: Any = found
        for name in path:
            value = value.get(name, 0)
        return float(value)


def account(sensors: int, measured: Measured) -> Iterator[Line]:
    """A healthy fleet that scans every minute, with the two channels that every sensor has."""

    def ticks(per_tick: float, what: str) -> tuple[float, str]:
        return per_tick * TICKS, f"{per_tick:,.4g} {what} a tick x {TICKS:,} ticks"

    metrics = sensors * CHANNELS
    yield Line("custom metrics", metrics, prices.METRIC, f"{sensors:,} sensors x {CHANNELS} channels")
    puts = max(measured.at(sensors, "calls", _PUT), 1)
    yield Line("PutMetricData", *_priced(ticks(puts, "requests"), prices.PUT_METRIC_DATA))
    yield Line("the alarm over all sensors", sensors, prices.ALARM_METRIC, f"Downtime of {sensors:,} sensors")
    seconds = measured.at(sensors, "billed_seconds")
    number, text = ticks(seconds * MEMORY_GB, "GB-seconds")
    yield Line("Lambda, time", number, prices.LAMBDA_SECOND, f"{text} ({seconds:,.3g} s x {MEMORY_GB:.3g} GB)")
    invocations = max(measured.at(sensors, "invocations"), 1)
    yield Line("Lambda, requests", *_priced(ticks(invocations, "invocations"), prices.LAMBDA_REQUEST))
    yield Line("the schedule", *_priced(ticks(1, "call"), prices.SCHEDULE))
    reads = max(measured.at(sensors, "amounts", "read_units"), 1)
    yield Line("DynamoDB, reads", *_priced(ticks(reads, "read units"), prices.READ_UNIT))
    writes = max(measured.at(sensors, "amounts", "write_units"), invocations)  # each tick and batch is claimed
    yield Line("DynamoDB, writes", *_priced(ticks(writes, "write units"), prices.WRITE_UNIT))
    messages = measured.at(sensors, "amounts", "messages")
    size = measured.at(sensors, "amounts", "message_bytes") / messages if messages else 0
    chunks = max(-(-size // QUEUE_CHUNK), 1)
    # A message is sent and received whole, and deleted.
    number, text = ticks(messages * (2 * chunks + 1) + IDLE_RECEIVES, "requests")
    yield Line(
        "SQS", number, prices.QUEUE_REQUEST, f"{text} ({messages:.3g} messages of {size / 1024:.0f} KiB; idle polling)"
    )
    secrets = max(-(-sensors // SENSORS_PER_SECRET), 1)
    yield Line("secrets", secrets, prices.SECRET, f"one for {SENSORS_PER_SECRET} credentials")
    environments = invocations  # at worst each has its own cache
    fetches = environments * max(secrets / 20 / invocations, 1) * TICKS / SECRET_CACHE_TICKS
    yield Line(
        "secrets, calls",
        fetches,
        prices.SECRET_CALL,
        f"{environments:,.3g} environments x every {SECRET_CACHE_TICKS} min, 20 secrets in a call",
    )
    resources = Counter(one["Type"] for one in yaml_parse(TEMPLATE.read_text())["Resources"].values())
    for name, price in FIXED.items():
        if number := resources[name]:
            yield Line(f"{price.unit}s", number, price, f"{name} in template.yaml")
    yield Line("the function's own metrics", OWN_METRICS, prices.METRIC, "scan_function.py")
    log = measured.at(sensors, "log_bytes")
    yield Line("logs", log * TICKS / 1e9, prices.LOG_GIGABYTE, f"{log:,.0f} bytes a tick x {TICKS:,} ticks")


def _priced(number_and_text: tuple[float, str], price: Price) -> tuple[float, Price, str]:
    number, text = number_and_text
    return number, price, text


def canaries(sensors: int) -> Line:
    return Line(
        "one Synthetics canary each", sensors * TICKS, prices.CANARY_RUN, f"{sensors:,} canaries x {TICKS:,} runs"
    )


def table(sensors: int, measured: Measured) -> str:
    lines = list(account(sensors, measured))
    rows = ["| what | how many | for one, $ | a month, $ | where from |", "| --- | ---: | ---: | ---: | --- |"]
    rows += [_row(line) for line in lines]
    total = sum(line.dollars for line in lines)
    rows.append(f"| **together** | | | **{total:,.2f}** | {total / sensors:.4f} for one sensor |")
    rows.append(_row(canaries(sensors)))
    return "\n".join(rows)


def _row(line: Line) -> str:
    tiers = " / ".join(f"{dollars:.3g}" for _, dollars in line.price.tiers)
    return f"| {line.what} | {line.number:,.5g} | {tiers} | {line.dollars:,.2f} | {line.arithmetic} |"


def document(measured: Measured) -> str:
    head = f"""\
# What it costs

US dollars a month in us-east-1, without free tiers, for a healthy fleet that scans every minute and has only the two
channels that every sensor has. Every scan uses StartTLS and logs in; the servers send their greetings after
{ANSWER_MS:g} ms. `make bench ONLY=scale` counted the calls and seconds on {measured.date} (`tests/bench/measured.json`)
at a few sizes; other sizes, also larger ones, lie on straight lines through these. The prices are in
`tests/bench/prices.py`, most of them **from memory: check them** there. `make cost SENSORS=1000` prints the account of
one size, `make cost` writes this page.

Not included: status changes (each writes a state and puts an event), result files, traffic, notifications, and what a
canary costs besides its runs. Lambda's seconds were measured on one machine whose processors several processes shared.

Not included either, and worth a look: a mail server that drops packets keeps an invocation alive until the `timeout` of
its sensor. With the default of 60 s that is 60 s of 1.73 GB every other minute, $30 a month (arm64), and with more than
60 s up to $61; it does not grow with more such servers in the same invocation, and a shorter `timeout` costs less in
proportion. In a VPC, four interface endpoints are about $7 each a month and availability zone, a NAT gateway about $32
and its traffic (from memory).

| sensors | a month | for one sensor | canaries instead | times |
| ---: | ---: | ---: | ---: | ---: |
"""
    rows = []
    for size in SIZES:
        total, other = sum(line.dollars for line in account(size, measured)), canaries(size).dollars
        rows.append(f"| {size:,} | {total:,.2f} | {total / size:.4f} | {other:,.2f} | {other / total:,.0f} |")
    parts = [f"## {size:,} sensors\n\n{table(size, measured)}" for size in SIZES]
    units = [
        "## Unit prices\n\n| unit | $ | source |\n| --- | ---: | --- |",
        *(
            f"| {price.unit} | {' / '.join(f'{dollars:.3g}' for _, dollars in price.tiers)} | {price.source} |"
            for price in vars(prices).values()
            if isinstance(price, Price)
        ),
    ]
    return head + "\n".join(rows) + "\n\n" + "\n\n".join(parts) + "\n\n" + "\n".join(units) + "\n"


def measured_calls() -> Measured:
    """Raises FileNotFoundError where nothing was measured yet."""
    return Measured(json.loads(MEASURED.read_text()))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1]:
        print(table(int(sys.argv[1]), measured_calls()))
    else:
        FILE.write_text(document(measured_calls()))
        print(f"written: {FILE.relative_to(ROOT)}")
