"""`make run` and `make scan`: with what their own lock files install, and nothing else."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.emulator import direct
from tests.emulator.emulator import missing
from tests.required import require
from tests.root import ROOT

RUN = "tests/requirements/run.txt"
SCAN = "layers/sensor/requirements.txt"
STATUSES = {
    "implicit-tls-apop": "Up",
    "misspelt": "Unknown",
    "nobody-there": "Warning",
    "plain-no-login": "Up",
    "starttls-login": "Up",
    "untrusted-but-warned": "Warning",
    "wrong-password": "Warning",
}


def linked(lock: str, folder: Path) -> None:
    """What the lock file names, out of all that is installed here."""
    for name in re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE):
        one = distribution(name)
        for top in {file.parts[0] for file in one.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(Path(str(one.locate_file(top))))


Command = Callable[[str, str], "subprocess.Popen[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """Starts a module by the packages of a lock file, in a folder of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(lock: str, words: str) -> "subprocess.Popen[str]":
        packages = tmp_path / "packages"
        packages.mkdir()
        linked(lock, packages)
        path = os.pathsep.join(map(str, (packages, ROOT / "layers" / "sensor", ROOT)))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COV", "PYTHON"))}
        process = subprocess.Popen(
            [sys.executable, "-S", "-u", "-m", *words.split()],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait()
        assert process.stdout
        process.stdout.close()


def test_a_scan(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    output, _ = command(SCAN, f"pop3_sensor scan 127.0.0.1 --port {port}").communicate()
    assert "refused in connect" in output.splitlines()[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_table_and_an_end_that_leaves_nothing(command: Command, number: signal.Signals) -> None:
    require(missing())
    process = command(RUN, "tests.demo --stay")
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("add your own server"):
            break
    output = "".join(lines)
    assert STATUSES == dict(re.findall(r"^([\w-]+) +(Up|Warning|Down|Unknown) ", output, re.MULTILINE)), output
    page = urlsplit(re.findall(r"^overview: (\S+)", output, re.MULTILINE)[0])
    socket.create_connection((page.hostname or "", page.port or 0)).close()
    process.send_signal(number)
    process.communicate()
    assert 0 == process.returncode
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((page.hostname or "", page.port or 0))


def test_its_artifacts_are_those_of_sam_build(built: Path, tmp_path: Path) -> None:
    artifacts = direct.build(tmp_path)
    assert {"layers/sensor", "functions/scan", "functions/scan_now", "functions/overview"} == artifacts.keys()
    for artifact in artifacts.values():
        assert contents(built / artifact.name) == contents(artifact)


def contents(folder: Path) -> dict[str, bytes]:
    """Byte code by its name only: the path of its source is in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): b"" if path.suffix == ".pyc" else path.read_bytes() for path in files}
