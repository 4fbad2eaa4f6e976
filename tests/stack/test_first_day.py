"""The check list of docs/first-day.md: what it says of a stack that is well, and that each step sees what is broken."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demonstration import MailServers
from tests.documents import section
from tests.emulator.emulator import REGION
from tests.emulator.sam import deploy
from tests.emulator.stack import DeployedStack
from tests.first_day import deployed, runtime, scans, told
from tests.first_day.account import TOLD, Account, Wrong
from tests.first_day.report import FAILED, PASSED, SKIPPED, Line, run
from tests.first_day.steps import STEPS
from tests.root import ROOT

NO_ALARMS = "the stack has no alarms: Alarms=disabled"
# What no emulator can show, and what only a person can.
SKIPS = {
    "The function's own metrics": "emulators make no metrics of the function's log",
    "A server with TLS": "no server was named with --host",
    "Alarms": NO_ALARMS,
    "Contributors": NO_ALARMS,
    "The widget, light": "nobody was there to look",
    "The widget, dark": "nobody was there to look",
    "Inside a VPC": "SubnetIds is empty: this stack scans from outside a VPC",
    "Removal": "nobody asked for it: --remove deletes the stack, and looks at what stays",
}


@pytest.fixture(scope="module")
def account(stack: DeployedStack) -> Account:
    return Account(stack.emulator.client, "pop3-sensor")


@pytest.fixture(scope="module", autouse=True)
def cleared(account: Account, stack: DeployedStack) -> Iterator[None]:
    yield
    account.clear()
    stack.tick()


@pytest.fixture(scope="module")
def lines(account: Account) -> list[Line]:
    """Of other tests there may be dead letters."""
    for url in queue_urls(account):
        account.client("sqs").purge_queue(QueueUrl=url)
    return list(run(account, STEPS))


def queue_urls(account: Account) -> list[str]:
    queues = account.resources("AWS::SQS::Queue")
    return [queues[name] for name in deployed.DEAD_LETTERS]


# ---- a stack that is well --------------------------------------------------------------------------------------------


def test_what_passes_and_what_is_skipped_and_why(lines: list[Line]) -> None:
    expected = {step.name: (SKIPPED, SKIPS[step.name]) if step.name in SKIPS else (PASSED, "") for step in STEPS}
    assert expected == {one.step: (one.verdict, one.said if one.verdict == SKIPPED else "") for one in lines}


def test_what_it_prints_is_what_the_document_shows(lines: list[Line]) -> None:
    printed = {one.step: f"{one.verdict:8} {one.step}: {one.said}\n" for one in lines if one.verdict == PASSED}
    shown = {name: section("first-day.md", name).of("text")[0] for name in printed}
    assert without_numbers(shown) == without_numbers(printed)


def without_numbers(texts: dict[str, str]) -> dict[str, str]:
    return {name: re.sub(r"\d+", "0", text) for name, text in texts.items()}


def test_removal_leaves_the_data(stack: DeployedStack, built: Path) -> None:
    deploy(stack.emulator, built / "template.yaml", "short-lived", MetricsNamespace="Gone", SecretPrefix="gone/")
    account = Account(stack.emulator.client, "short-lived", remove=True)
    (line,) = run(account, [one for one in STEPS if one.name == "Removal"])
    assert section("first-day.md", "Removal").of("text")[-1] == f"{line.verdict:8} Removal: {line.said}\n"


def test_program_prints_a_line_and_keeps_it(stack: DeployedStack, tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COV"))}
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "sensor")))
    done = subprocess.run(
        [sys.executable, "-m", "tests.first_day", "--only", "Outputs", "--only", "The widget, dark"],
        cwd=tmp_path,
        env=kept | keys | {"AWS_ENDPOINT_URL": stack.emulator.url, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    passed = f"passed   Outputs: {len(deployed.OUTPUTS)} outputs are there"
    skipped = "skipped  The widget, dark: nobody was there to look"
    assert [passed, skipped] == done.stdout.splitlines()[:2]
    kept_lines = json.loads((tmp_path / "first-day.json").read_text())
    assert REGION == kept_lines["region"]
    assert ["passed", "skipped"] == [one["verdict"] for one in kept_lines["steps"]]


# ---- what is broken in the emulator ----------------------------------------------------------------------------------

Broken = Callable[[Account], AbstractContextManager[Account]]


@contextmanager
def another_stack(account: Account) -> Iterator[Account]:
    cloudformation = account.client("cloudformation")
    template = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    cloudformation.create_stack(StackName="another", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="another", WaiterConfig={"Delay": 1})
    yield replace(account, stack="another")
    cloudformation.delete_stack(StackName="another")


@contextmanager
def disabled_event_source(account: Account) -> Iterator[Account]:
    client = account.client("lambda")
    (source, *_) = account.resources("AWS::Lambda::EventSourceMapping").values()
    client.update_event_source_mapping(UUID=source, Enabled=False)
    yield account
    client.update_event_source_mapping(UUID=source, Enabled=True)


@contextmanager
def disabled_schedule(account: Account) -> Iterator[Account]:
    client = account.client("scheduler")
    (name,) = account.resources("AWS::Scheduler::Schedule").values()
    known = client.get_schedule(Name=name.rpartition("/")[2])
    names = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    settings = {one: known[one] for one in names if one in known}
    client.update_schedule(**settings, State="DISABLED")
    yield account
    client.update_schedule(**settings, State="ENABLED")


@contextmanager
def no_tick(account: Account) -> Iterator[Account]:
    """The sensor is written, and nobody scans it."""
    with disabled_schedule(account):
        forgotten(account)
        yield replace(account, patience_seconds=0)


@contextmanager
def no_item(account: Account) -> Iterator[Account]:
    forgotten(account)
    yield account


def forgotten(account: Account) -> None:
    account.clear()
    account.invoke("ScanFunctionName", {"scheduled_time": "<aws.scheduler.scheduled-time>"})


@contextmanager
def disabled_rule(account: Account) -> Iterator[Account]:
    events = account.client("events")
    (rule,) = [name.rpartition("|")[2] for name in account.resources("AWS::Events::Rule").values()]
    events.disable_rule(Name=rule)
    forgotten(account)
    yield replace(account, patience_seconds=1)
    events.enable_rule(Name=rule)


@contextmanager
def dead_letter(account: Account) -> Iterator[Account]:
    sqs, url = account.client("sqs"), queue_urls(account)[0]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield account
    sqs.purge_queue(QueueUrl=url)


@contextmanager
def person_who_says_no(account: Account) -> Iterator[Account]:
    yield replace(account, ask=lambda _: False)


BROKEN: dict[str, tuple[Broken, str]] = {
    "Outputs": (another_stack, f"missing: {', '.join(deployed.OUTPUTS)}"),
    "Queues": (disabled_event_source, "the event source mappings of ScanFunction are "),
    "Schedule": (disabled_schedule, "the schedule is DISABLED"),
    "A sensor": (no_tick, "it was not scanned"),
    "Scan now": (no_item, "a server that does not exist is Unknown: settings_invalid"),
    "A status message": (disabled_rule, "no message came"),
    "The overview's page": (no_item, "the page does not show the sensor"),
    "The widget, light": (person_who_says_no, "the person says no"),
    "The widget, dark": (person_who_says_no, "the person says no"),
    "Dead letters": (dead_letter, "1 in ScanDeadLetterQueue"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_step_sees_what_is_broken(account: Account, name: str) -> None:
    (step,) = (one for one in STEPS if one.name == name)
    broken, said = BROKEN[name]
    with broken(account) as ill:
        (line,) = run(ill, [step])
    assert (FAILED, said) == (line.verdict, line.said[: len(said)])


def test_a_server_that_nobody_vouches_for(account: Account, servers: MailServers) -> None:
    (step,) = (one for one in STEPS if one.name == "A server with TLS")
    named = replace(account, host="localhost", port=servers.tls_port)
    (line,) = run(named, [step])
    assert (FAILED, "Down: certificate_untrusted in security") == (line.verdict, line.said[:39])
    assert "localhost" not in line.said


# ---- what no emulator can break --------------------------------------------------------------------------------------

WELL = {"SensorDownAlarm": "ALARM", "ScansMissingAlarm": "OK"}
SEEN = {"authorities": 144, "file": "/etc/pki/tls/cert.pem", "arrival": True, "round_trip": True}
Judge = Callable[[], str]
JUDGED: dict[str, tuple[str, Judge, str]] = {
    "no value": ("Its metrics", lambda: scans.judge_downtime([]), "CloudWatch has no Downtime of the sensor"),
    "a wrong value": ("Its metrics", lambda: scans.judge_downtime([0.0]), "Downtime of a sensor that is Down is [0.0]"),
    "no ticks": ("The function's own metrics", lambda: scans.judge_ticks([]), "CloudWatch has no Sensors, with which"),
    "scanned twice": (
        "A repeated tick",
        lambda: scans.judge_repeated({"due": 3}, {"due": 3}),
        "scanned 3, and 3 once more",
    ),
    "nothing to scan": ("A repeated tick", lambda: scans.judge_repeated({"due": 0}, {"due": 0}), "nothing was due"),
    "a name that lost its quotes": (
        "A status message",
        lambda: told.judge_message([f'"Say hi there ({TOLD}) is Down"']),
        f"the message is not the sensor's line: Say hi there ({TOLD})",
    ),
    "no authority": (
        "Trust store",
        lambda: runtime.judge_trust(SEEN | {"authorities": 0, "file": None}),
        "the runtime trusts 0 certificate authorities, from no file",
    ),
    "no arrival": (
        "Kernel time stamps",
        lambda: runtime.judge_time_stamps(SEEN | {"arrival": False}),
        "the kernel does not say when bytes arrived",
    ),
    "no round trip": (
        "Kernel time stamps",
        lambda: runtime.judge_time_stamps(SEEN | {"round_trip": False}),
        "the kernel does not say how long a round trip took",
    ),
    "an alarm that does not see the sensor": (
        "Alarms",
        lambda: told.judge_alarms(WELL | {"SensorDownAlarm": "OK"}),
        "SensorDownAlarm is OK",
    ),
    "an alarm that rings for nothing": (
        "Alarms",
        lambda: told.judge_alarms(WELL | {"ScansMissingAlarm": "ALARM"}),
        "ScansMissingAlarm is ALARM",
    ),
    "nobody named": ("Contributors", lambda: told.judge_contributors([]), "no contributor of SensorDownAlarm names"),
    "a function without its network": (
        "Inside a VPC",
        lambda: deployed.judge_vpc({"VpcConfig": {"SubnetIds": ["subnet-1"]}, "State": "Failed"}),
        "the function in the VPC is Failed",
    ),
    "a table that went with its stack": (
        "Removal",
        lambda: deployed.judge_removal({"SensorsTable": False, "StatesTable": True}),
        "gone, with their data: SensorsTable",
    ),
}


@pytest.mark.parametrize(("_step", "judge", "said"), JUDGED.values(), ids=JUDGED)
def test_judgement(_step: str, judge: Judge, said: str) -> None:
    with pytest.raises(Wrong, match=re.escape(said)):
        judge()


def test_what_is_well_is_judged_so() -> None:
    assert "of 2 alarms, in ALARM: SensorDownAlarm" == told.judge_alarms(WELL)
    function: dict[str, Any] = {"VpcConfig": {"SubnetIds": ["subnet-1"]}, "State": "Active"}
    assert "the function is Active in its subnets, and reaches the tables" == deployed.judge_vpc(function)


def test_every_step_can_fail() -> None:
    judged = {step for step, _, _ in JUDGED.values()}
    assert {step.name for step in STEPS} == {*BROKEN, *judged, "A server with TLS"}
