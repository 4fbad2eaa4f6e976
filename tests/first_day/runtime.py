"""What Lambda's machine has. A function of a few lines looks, in the runtime of the stack's own, and is deleted."""

import functools
import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

from tests.first_day.account import Account, Wrong

PROBE = Path(__file__).with_name("probe.py")
ENOUGH = 50  # Mozilla's list has some 140


def trust_store(account: Account) -> str:
    return judge_trust(probed(account))


def judge_trust(seen: dict[str, Any]) -> str:
    if (number := seen["authorities"]) < ENOUGH:
        raise Wrong(f"the runtime trusts {number} certificate authorities, from {seen['file'] or 'no file'}")
    return f"{number} certificate authorities"


def time_stamps(account: Account) -> str:
    return judge_time_stamps(probed(account))


def judge_time_stamps(seen: dict[str, Any]) -> str:
    if not seen["arrival"]:
        raise Wrong("the kernel does not say when bytes arrived")
    if not seen["round_trip"]:
        raise Wrong("the kernel does not say how long a round trip took")
    return "the kernel notes arrivals and round trips"


@functools.cache
def probed(account: Account) -> dict[str, Any]:
    """The role is the overview's, which may nothing but read; the probe makes no call to AWS."""
    like = account.function("OverviewFunctionName")
    name = f"first-day-{uuid.uuid4().hex[:12]}"
    client = account.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime=like["Runtime"],
        Architectures=like.get("Architectures", ["x86_64"]),
        Role=like["Role"],
        Handler="probe.handler",
        Timeout=30,
        Code={"ZipFile": _zipped()},
    )
    try:
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return _answer(client.invoke(FunctionName=name))
    finally:
        client.delete_function(FunctionName=name)


def _answer(answer: Any) -> dict[str, Any]:
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise Wrong(f"the probe failed: {payload}")
    found: dict[str, Any] = payload
    return found


def _zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        # Lambda reads it as another user than the one who wrote it.
        entry = zipfile.ZipInfo(PROBE.name)
        entry.external_attr = 0o644 << 16
        file.writestr(entry, PROBE.read_text())
    return packed.getvalue()
