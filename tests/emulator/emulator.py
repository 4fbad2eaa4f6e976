"""An AWS emulator as an ordinary process on loopback, with IAM enforced; it ends with its context."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.root import ROOT

PROGRAM = ROOT / ".venv" / "emulator" / "bin" / "ministack"
REGION = "eu-central-1"
READY_SECONDS = 60.0


def missing() -> str | None:
    """What to do where the emulator is not installed, in one line."""
    return None if PROGRAM.exists() else "The AWS emulator is not installed: make .venv/emulator.installed"


@dataclass(frozen=True, slots=True)
class Emulator:
    url: str
    log: Path

    def client(self, service: str) -> Any:
        """A boto3 client, as an administrator. Nothing is retried: what fails here is a finding."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service, by name
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=900),
        )


@contextmanager
def emulator(directory: Path) -> Iterator[Emulator]:
    """`directory` takes its log and whatever else it writes."""
    directory.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    log = directory / "emulator.log"
    # A PYTHONPATH of ours would come before the deployed code.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    environment = kept | {
        "AUTH": "true",  # the deployed roles are really enforced
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen on a second, fixed port
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": REGION,
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(directory),  # the functions' unpacked code goes with the directory
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM], cwd=directory, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        running = Emulator(f"http://127.0.0.1:{port}", log)
        _wait_until_ready(process, running)
        yield running
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: "subprocess.Popen[bytes]", running: Emulator) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{running.url}/_ministack/ready", timeout=1) as answer:  # noqa: S310 - our own loopback URL
            if json.load(answer)["status"] == "completed":
                return
        time.sleep(0.05)
    raise RuntimeError(f"the emulator did not start; its log says:\n{running.log.read_text()[-2000:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The emulator and the functions that it runs are one process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
