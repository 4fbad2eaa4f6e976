"""Adds a sensor to the stack that `make run STAY=1` keeps alive: `python -m tests.demo.add '{"id": ...}'`."""

import json
import sys
from pathlib import Path

from tests.emulator.emulator import Emulator
from tests.emulator.stack import DeployedStack


def running_stack() -> DeployedStack:
    """Raises SystemExit that says what to do where nothing runs."""
    folder = Path(".run")
    try:
        facts = json.loads((folder / "stack.json").read_text())
    except FileNotFoundError:
        raise SystemExit("no stack is running here: start one with make run STAY=1") from None
    return DeployedStack(Emulator(facts["url"], folder / "emulator" / "emulator.log"), facts["outputs"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    item = json.loads(sys.argv[1])
    running_stack().put_item(**item)
    print(f"{item['id']} is written; the next tick of the schedule scans it")
