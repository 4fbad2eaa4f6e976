"""Processes of the benchmark's own, so that none's processor time is another's: a JSON line in, a JSON line out.

A child ends when its input does, so none outlives the benchmark.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.root import ROOT

STOP_SECONDS = 10
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Child:
    process: "subprocess.Popen[str]"

    def ask(self, **request: object) -> Any:
        """Its answer. Raises RuntimeError where it has ended; why stands on stderr."""
        given, answers = self.process.stdin, self.process.stdout
        if given is None or answers is None:
            raise RuntimeError("the child has no pipes")
        given.write(json.dumps(request) + "\n")
        given.flush()
        answer = answers.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args!r} ended without an answer")
        return json.loads(answer)


@contextmanager
def child(module: str, environment: Mapping[str, str] | None = None) -> Iterator[Child]:
    """`module`: one of this folder, which calls `answer_requests`."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | (environment or {}),
    )
    with process:
        try:
            yield Child(process)
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def own_answers() -> IO[str]:
    """In a child: where its answers go; what is printed from now on goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def answer_requests(answer: Callable[..., object], answers_to: int | None = None) -> None:
    """In a child: until its input ends. `answers_to`: where that is not the standard output."""
    with own_answers() if answers_to is None else os.fdopen(answers_to, "w", buffering=1) as answers:
        for line in sys.stdin:
            answers.write(json.dumps(answer(**json.loads(line))) + "\n")


def processor_seconds(pid: int) -> float:
    """User and system time of a process and its threads so far, as the kernel counts it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def wait_until(there: Callable[[], bool], what: str, seconds: float = 10) -> None:
    """Raises TimeoutError that names what did not come."""
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {seconds} s")
        time.sleep(0.01)
