"""What `sam deploy` uploads starts where nothing else is installed, under Lambda's own runtime interface emulator."""

import json
import os
import platform
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import samcli.local.rapid

from tests.emulator.emulator import REGION
from tests.emulator.sam import build
from tests.root import ROOT

RUNTIME = ROOT / ".venv" / "runtime" / "bin" / "python"
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@pytest.fixture(scope="module")
def python_version() -> str:
    """Of the environment that stands for Lambda's runtime; in CI it must be Lambda's own."""
    if not RUNTIME.exists():
        pytest.fail("Lambda's runtime is not installed: make .venv/runtime.installed")
    done = subprocess.run([RUNTIME, "-V"], capture_output=True, text=True, check=True)
    version = ".".join(done.stdout.split()[1].split(".")[:2])
    if "CI" in os.environ:
        assert version == "3.13", "CI must boot the artifact on Lambda's Python: install python3.13"
    return version


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def artifact(python_version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    build(folder, python=python_version, machine="arm64 x86_64", interpreters=RUNTIME.parent)
    return folder


@pytest.fixture
def function(artifact: Path, tmp_path: Path) -> Iterator[str]:
    with running(artifact, "ScanFunction", tmp_path) as url:
        yield url


@pytest.fixture
def overview(artifact: Path, tmp_path: Path) -> Iterator[str]:
    with running(artifact, "OverviewFunction", tmp_path) as url:
        yield url


@contextmanager
def running(artifact: Path, name: str, tmp_path: Path) -> Iterator[str]:
    """The URL at which the function answers."""
    port = free_port()
    rapid = Path(samcli.local.rapid.__path__[0]) / f"aws-lambda-rie-{MACHINES[platform.machine()]}"
    environment = {
        "LAMBDA_TASK_ROOT": str(artifact / name),
        "PYTHONPATH": f"{artifact / name}{os.pathsep}{artifact / 'SensorLayer' / 'python'}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "20",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # nothing leaves loopback, and nobody answers there
        "PATH": f"{RUNTIME.parent}:/usr/bin:/bin",
        "SENSORS_TABLE": "sensors",
        "STATES_TABLE": "states",
        "RESULTS_BUCKET": "results",
        "SCAN_QUEUE_URL": "http://127.0.0.1:1/queue",
        "SLOW_SCAN_QUEUE_URL": "http://127.0.0.1:1/slow-queue",
        "METRICS_NAMESPACE": "POP3Sensor",
        "POWERTOOLS_METRICS_NAMESPACE": "POP3Sensor",
        "POWERTOOLS_SERVICE_NAME": "pop3-sensor",
    }
    command: list[str | Path] = [
        rapid,
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{free_port()}",
        RUNTIME,
        "-m",
        "awslambdaric",
        "app.handler",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    raise TimeoutError("the runtime interface emulator does not listen")


def invoke(url: str, event: dict[str, object]) -> Any:
    request = urllib.request.Request(url, json.dumps(event).encode())  # noqa: S310 - our own loopback URL
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
        return json.load(answer)


def test_built_function_starts_and_reaches_for_its_table(function: str) -> None:
    """Handler, layer and every import are there, with the other processor's libraries beside their own.

    What fails first is the table that does not exist.
    """
    answer = invoke(function, {"sensor_ids": ["a"]})
    assert "ServiceError" == answer["errorType"]
    assert "reading the table sensors: Could not connect to the endpoint URL" in answer["errorMessage"]


def test_built_function_refuses_an_event_that_it_does_not_know(function: str) -> None:
    answer = invoke(function, {"hello": "world"})
    assert "ValueError" == answer["errorType"]
    assert 'allowed: {"scheduled_time": "2026-01-31T12:00:00Z"}' in answer["errorMessage"]


def test_built_overview_has_its_templates(overview: str) -> None:
    """The tables do not exist: the page says so, in the layer's own style."""
    page = invoke(overview, {})
    assert "The sensors cannot be read: reading the table sensors: Could not connect to the endpoint URL" in page
    assert ".p3s table{" in page
    assert invoke(overview, {"describe": True}).startswith("## POP3 sensors")


def test_layer_carries_byte_code_that_outlives_a_zip_file(artifact: Path) -> None:
    layer = artifact / "SensorLayer" / "python"
    sources, compiled = list(layer.rglob("*.py")), list(layer.rglob("*.pyc"))
    assert len(sources) == len(compiled)
    flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled}
    assert {0b01} == flags  # PEP 552: by hash, unchecked
