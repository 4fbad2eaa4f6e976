"""`make bench`: measures, and writes docs/benchmarks.md; a report, never a test. `make bench ONLY=cpu`: one part."""

import sys
import time

from tests.bench import cold, cost, cpu, dispatch, report, scale, truth

PARTS = {
    "cpu": cpu.measure,
    "truth": truth.measure,
    "cold": cold.measure,
    "scale": scale.measure,
    "dispatch": dispatch.measure,
}


def main(only: str) -> int:
    if only and only not in PARTS:
        print(f"ONLY={only} is no part of the benchmark; there are: {', '.join(PARTS)}")
        return 2
    for line in cpu.missing():
        print(f"left out: {line}")
    for name, measure in PARTS.items():
        if only in ("", name):
            started = time.monotonic()
            print(f"{name} ...", flush=True)
            section = measure()
            report.write(section)
            print(f"\n{section.markdown()}\n{name} took {time.monotonic() - started:.0f} s", flush=True)
    if only in ("", "scale"):
        cost.FILE.write_text(cost.document(cost.measured_calls()))
    print(f"written: {report.FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
