"""What the benchmark writes: a section for each part, each with the command that made it."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.root import ROOT

FILE = ROOT / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

What `make bench` measured, part by part. It is a report, not a test. Everything ran on loopback on the machine that
each part names: compare its ratios with figures from elsewhere, not its milliseconds. Run it where nothing else runs.
"""


@dataclass(slots=True)
class Section:
    """`name`: as in ONLY=name. Paragraphs and tables come in the order in which they were added."""

    name: str
    title: str
    blocks: list[str] = field(default_factory=list)

    def say(self, *sentences: str) -> None:
        self.blocks.append(" ".join(sentences))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """The first column is text, the others are figures."""
        lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
        self.blocks.append("\n".join(f"| {' | '.join(map(str, line))} |" for line in lines))

    def markdown(self) -> str:
        made = f"Made by `make bench ONLY={self.name}` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}."
        return "\n\n".join([f"## {self.name}: {self.title}", made, *self.blocks]) + "\n"


def machine() -> str:
    cores = len(os.sched_getaffinity(0))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    one, five, _ = os.getloadavg()
    return (
        f"{_processor()} ({cores} {'core' if cores == 1 else 'cores'}), {platform.system()} {platform.release()}, "
        f"{python}; load {one:.1f} now, {five:.1f} over five minutes"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def write(section: Section, file: Path = FILE) -> None:
    """In place of the section of the same name; the others stay."""
    parts = file.read_text().split("\n## ") if file.exists() else []
    kept = {part.partition(":")[0]: f"## {part.rstrip()}\n" for part in parts[1:]}
    kept[section.name] = section.markdown()
    file.write_text("\n".join([HEAD, *kept.values()]))


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def milliseconds(value: float) -> str:
    """Three figures."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def ratio(value: float, other: float) -> str:
    return f"{value / other:.2f}"
