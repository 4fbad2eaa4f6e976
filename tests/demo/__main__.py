"""`make run`: the whole way on one machine, from an item to what CloudWatch shows."""

import argparse
import json
import shutil
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from tests.demo.demonstration import PHASES, MailServers, mail_servers, write_samples
from tests.demo.widget_page import widget_page
from tests.emulator.direct import build, deploy
from tests.emulator.emulator import emulator
from tests.emulator.stack import DeployedStack
from tests.servers.background import in_background

FOLDER = Path(".run")
ADD = """.venv/bin/python -m tests.demo.add '{"id": "my-mail", "host": "mail.example.org"}'"""
TICKS = 2
ENDS = (signal.SIGINT, signal.SIGTERM)
PATIENCE_SECONDS = 180.0  # the schedule ticks once a minute


def show(stack: DeployedStack) -> None:
    """What the States table and CloudWatch hold, as one table."""
    heads = ("SENSOR", "STATUS", "RESPONSE", *(phase.upper() for phase in PHASES), "REASON")
    rows = []
    for sensor_id, state in sorted(stack.states().items()):
        times = [
            _last(stack, sensor_id, channel) for channel in ("ResponseTime", *(f"{p.title()}Time" for p in PHASES))
        ]
        why = f"{state['reason']['S']}: {state['message']['S']}" if state["reason"]["S"] else ""
        rows.append((sensor_id, state["status"]["S"], *times, why))
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    room = max(20, shutil.get_terminal_size((160, 24)).columns - sum(widths[:-1]) - 2 * len(widths))
    for row in (heads, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        print("  ".join([*cells, row[-1][:room]]).rstrip())
    print()


def _last(stack: DeployedStack, sensor_id: str, channel: str) -> str:
    values = stack.values(sensor_id, channel)
    return f"{values[-1]:.1f} ms" if values else "-"


def wait_for_tick(stack: DeployedStack, seen: int) -> int:
    """The schedule calls the function by itself; a tick is known by one more value in CloudWatch."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (ticks := stack.counted("plain-no-login", "Downtime")) <= seen:
        if time.monotonic() > end:
            raise SystemExit(f"the schedule did not tick; the emulator's log: {stack.emulator.log}")
        time.sleep(1)
    return ticks


def explain(stack: DeployedStack) -> None:
    results = FOLDER / "results"
    results.mkdir(exist_ok=True)
    for key, text in stack.result_files().items():
        (results / key.rpartition("/")[2]).write_text(text)
    print(f"The result files of starttls-login are in the bucket {stack.outputs['ResultsBucketName']}; copies:")
    for path in sorted(results.iterdir()):
        print(f"  {path}")
    print("\nScan your own server, with nothing running:")
    print("  make scan HOST=mail.example.org")
    print("\nAdd your own server while this runs (make run STAY=1), from another terminal:")
    print(f"  {ADD}")
    print("\nAdd it in AWS, after sam build && sam deploy --guided:")
    print(f"  {stack.outputs['AddSensorCommand']}\n")


def watch(servers: MailServers, *, stay: bool) -> None:
    say("The first table comes in about ten seconds.")
    say("1/4  building the layer and the functions, as sam build does ...")
    shutil.rmtree(FOLDER, ignore_errors=True)
    folder = FOLDER.resolve()
    artifacts = build(folder / "build")
    say("2/4  starting an AWS emulator ...")
    with ExitStack() as context:
        running = context.enter_context(emulator(folder / "emulator"))
        say("3/4  deploying template.yaml to it ...")
        stack = deploy(running, artifacts, "pop3-sensor")
        write_samples(stack, servers)
        (folder / "stack.json").write_text(json.dumps({"url": running.url, "outputs": dict(stack.outputs)}))
        context.callback((folder / "stack.json").unlink)
        say("4/4  seven sensors are written; making the schedule's first tick for it ...\n")
        stack.tick()
        where = ""
        if stay:
            page = widget_page(stack.overview, stack.outputs["OverviewFunctionName"])
            where = f"overview: {context.enter_context(page)}\nadd your own server: {ADD}\n"
        ticks = 0
        while stay or ticks < TICKS:
            ticks = wait_for_tick(stack, ticks)
            print(f"Tick {ticks}, {time.strftime('%H:%M:%S')}")
            show(stack)
            if ticks == (1 if stay else TICKS):
                explain(stack)
            say(where)
            if ticks == 1:
                say("The schedule makes the next tick, within a minute: what still fails then is Down.\n")


def say(what: str) -> None:
    print(what, flush=True)


def end(*_: object) -> NoReturn:
    """Every context closes, undisturbed by a second signal: nothing is left running."""
    for one in ENDS:
        signal.signal(one, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="go on until Ctrl-C")
    stay = parser.parse_args().stay
    for one in ENDS:
        signal.signal(one, end)
    with suppress(KeyboardInterrupt), in_background(mail_servers()) as servers:
        watch(servers, stay=stay)
