"""Cold start: what our import and wiring add to what any function with the same libraries pays."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

from tests.bench.function import NAMES
from tests.bench.report import Section, median, milliseconds, percentile, ratio
from tests.emulator.emulator import REGION
from tests.emulator.sam import build
from tests.root import ROOT

AIM = 1.2
RUNS = 25
RUNTIME = ROOT / ".venv" / "runtime" / "bin" / "python"

OURS = """
import app
from pop3_sensor.scan_function import monitor
monitor()
"""
# The least that has the same libraries: no model, no code.
BARE = """
import boto3
from aws_lambda_powertools import Logger, Metrics
from botocore.config import Config
from pydantic import BaseModel
logger, metrics = Logger(), Metrics()
session = boto3.Session()
config = Config(connect_timeout=2)
for service in ("dynamodb", "cloudwatch", "events", "sqs", "secretsmanager"):
    session.client(service, config=config)
"""
# Its own clock starts with the interpreter ready: its start is the same for both.
TIMED = """
import time
started = time.perf_counter()
{code}
took = (time.perf_counter() - started) * 1000
print(took)
"""


def measure() -> Section:
    section = Section("cold", "cold start")
    with tempfile.TemporaryDirectory() as name:
        python, folders, what = _runtime(Path(name))
        took: dict[str, list[float]] = {OURS: [], BARE: []}
        for _ in range(RUNS + 1):
            for code, values in took.items():
                values.append(_run(python, folders, code))
        for values in took.values():
            del values[0]  # it may have written the byte code
        slowest = _slowest(python, folders)
    ours, bare = median(took[OURS]), median(took[BARE])
    section.say(
        f"On {what}: {RUNS} fresh processes of each, in turn; byte code and disk cache are warm. *scan function*:",
        "imports `app` and wires `monitor()`. *bare script*: imports boto3, pydantic and Powertools' Logger and",
        "Metrics, and makes the same clients. Milliseconds, from the moment when the interpreter is ready.",
    )
    section.table(
        ["", "median", "p10", "p90"],
        [
            [name, milliseconds(median(values)), *(milliseconds(percentile(values, share)) for share in (0.1, 0.9))]
            for name, values in (("scan function", took[OURS]), ("bare script", took[BARE]))
        ],
    )
    section.say(f"Ratio of the medians: **{ratio(ours, bare)}**. Aim: at most {AIM}.")
    section.say(
        "Our modules that take longest to import, without what they import themselves (`-X importtime`, one run):",
        ", ".join(f"`{module}` {milliseconds(own)} ms" for module, own in slowest) + ".",
    )
    section.say("Not shown: on Lambda, the layer must be downloaded and unpacked first, and the disk is cold.")
    return section


def _runtime(directory: Path) -> tuple[str, Sequence[Path], str]:
    """The deployed artifact on Lambda's Python, where `make` has installed it; else this environment."""
    if not RUNTIME.exists():
        folders = [ROOT / "functions" / "scan", ROOT / "layers" / "sensor"]
        return sys.executable, folders, "this environment (`make .venv/runtime.installed` for Lambda's own Python)"
    version = subprocess.run([RUNTIME, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    build(directory, python=".".join(version.split(".")[:2]), interpreters=RUNTIME.parent)
    folders = [directory / "ScanFunction", directory / "SensorLayer" / "python"]
    return str(RUNTIME), folders, f"the built function and layer with byte code, under CPython {version}"


def _python(python: str, folders: Sequence[Path], code: str, *options: str) -> "subprocess.CompletedProcess[str]":
    paths = f"import sys; sys.path[:0] = {json.dumps([str(folder) for folder in folders])}\n"
    credentials = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION}
    return subprocess.run(
        [python, *options, "-c", paths + code],
        capture_output=True,
        text=True,
        check=True,
        env={**NAMES, **credentials, "AWS_REGION": REGION, "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"},
    )


def _run(python: str, folders: Sequence[Path], code: str) -> float:
    return float(_python(python, folders, TIMED.format(code=code)).stdout)


def _slowest(python: str, folders: Sequence[Path], number: int = 6) -> list[tuple[str, float]]:
    """Name, and milliseconds without what it imports."""
    lines = _python(python, folders, OURS, "-X", "importtime").stderr.splitlines()
    found = []
    for line in lines:
        fields = line.removeprefix("import time:").split("|")
        if len(fields) == 3 and fields[2].strip().startswith("pop3_sensor"):
            found.append((fields[2].strip(), int(fields[0]) / 1000))
    return sorted(found, key=itemgetter(1), reverse=True)[:number]
