"""An execution environment of the scan function: the real handler, one event after the other, each accounted for."""

import importlib
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.child import Child, answer_requests, child
from tests.root import ROOT

NAMES = {
    "SENSORS_TABLE": "sensors",
    "STATES_TABLE": "states",
    "RESULTS_BUCKET": "results",
    "SCAN_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/scans",
    "SLOW_SCAN_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/slow-scans",
    "METRICS_NAMESPACE": "POP3Sensor",
    "FORBIDDEN_NETWORKS": "",  # loopback is where our servers are
    "POWERTOOLS_SERVICE_NAME": "pop3-sensor",
    "POWERTOOLS_METRICS_NAMESPACE": "POP3Sensor",
    "AWS_LAMBDA_FUNCTION_NAME": "scan",
}


@contextmanager
def function(environment: Mapping[str, str]) -> Iterator[Child]:
    """Seen from outside; ask it with an `event`, and it returns what it took: seconds, and bytes of memory and log."""
    with child("function", {**NAMES, **environment}) as process:
        yield process


@dataclass(frozen=True, slots=True)
class _Context:
    end: float
    function_name: str = "scan"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:scan"
    aws_request_id: str = "6f0a3c1e"

    def get_remaining_time_in_millis(self) -> int:
        return round((self.end - time.monotonic()) * 1000)


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    app = importlib.import_module("app")  # as Lambda does
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    log_before = os.fstat(sys.stdout.fileno()).st_size
    answer = app.handler(event, _Context(started + 900))
    sys.stdout.flush()
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "answer": answer,
        "wall": wall,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "memory": after.ru_maxrss * 1024,
        "log": os.fstat(sys.stdout.fileno()).st_size - log_before,
    }


def _main() -> None:
    with tempfile.TemporaryFile() as log:
        answers = os.dup(sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stdout.fileno())
        sys.path.insert(0, str(ROOT / "functions" / "scan"))
        answer_requests(_answer, answers)


if __name__ == "__main__":
    _main()
