"""blackbox_exporter of Prometheus, as Debian ships it: started on loopback, probed as Prometheus does."""

import http.client
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.child import STOP_SECONDS, processor_seconds, wait_until

PROGRAM = shutil.which("prometheus-blackbox-exporter")

# Its `send` ends a line in LF alone; the CR is the module's.
_GREETING = [{"expect": r"^\+OK"}]
_CAPA = [{"send": "CAPA\r"}, {"expect": r"^\.\r?$"}]
_STLS = [{"send": "STLS\r"}, {"expect": r"^\+OK"}, {"starttls": True}]
_LOGIN = [{"send": "USER ann\r"}, {"expect": r"^\+OK"}, {"send": "PASS tanstaaf-8472\r"}, {"expect": r"^\+OK"}]
_QUIT = [{"send": "QUIT\r"}, {"expect": r"^\+OK"}]


def missing() -> str | None:
    return None if PROGRAM else "blackbox_exporter is not installed: apt-get install prometheus-blackbox-exporter"


def version() -> str:
    done = subprocess.run([PROGRAM or "", "--version"], capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).split(",")[1].split("(")[0].strip()


def modules(authority: Path) -> dict[str, object]:
    """`…_greeting`: the least that tells a POP3 server; the others say to the server what the sensor says to it."""
    tls = {"ca_file": str(authority)}
    dialogues = {
        "plain_greeting": (False, [*_GREETING, *_QUIT]),
        "plain": (False, [*_GREETING, *_CAPA, *_QUIT]),
        "implicit_tls": (True, [*_GREETING, *_QUIT]),
        "starttls_login": (False, [*_GREETING, *_CAPA, *_STLS, *_CAPA, *_LOGIN, *_QUIT]),
    }
    return {
        "modules": {
            name: {
                "prober": "tcp",
                "timeout": "10s",
                "tcp": {
                    "preferred_ip_protocol": "ip4",
                    "tls": implicit,
                    "tls_config": tls,
                    "query_response": dialogue,
                },
            }
            for name, (implicit, dialogue) in dialogues.items()
        }
    }


@dataclass(frozen=True, slots=True)
class Exporter:
    port: int
    pid: int

    def probe(self, module: str, target: str, times: int, at_once: int) -> float:
        """Processor seconds for one probe. Raises RuntimeError where one fails."""
        before = processor_seconds(self.pid)
        failures: list[str] = []
        path = f"/probe?{urlencode({'module': module, 'target': target})}"

        def some() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            for _ in range(times // at_once):
                connection.request("GET", path)
                answer = connection.getresponse().read().decode()
                if "\nprobe_success 1" not in answer:
                    failures.append(answer)
            connection.close()

        threads = [threading.Thread(target=some) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(f"blackbox_exporter's {module} failed {len(failures)} times:\n{failures[0]}")
        return (processor_seconds(self.pid) - before) / (times // at_once * at_once)


@contextmanager
def exporter(directory: Path, settings: Mapping[str, object]) -> Iterator[Exporter]:
    configuration = directory / "blackbox.yml"  # JSON is YAML
    configuration.write_text(json.dumps(settings))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (directory / "blackbox.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM or "", f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
        )
    with process:
        try:
            wait_until(lambda: _listens(port), "blackbox_exporter")
            yield Exporter(port, process.pid)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
