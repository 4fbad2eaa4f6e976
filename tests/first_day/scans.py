"""Is a sensor scanned, and does CloudWatch have what the scan found?"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.first_day.account import SENSOR, SERVER, Account, Skipped, Wrong


def sensor(account: Account) -> str:
    """Written, and scanned by the schedule alone."""
    account.forget(SENSOR)
    account.write_sensor(SENSOR)
    state = account.wait_for(lambda: account.state(SENSOR))
    if not state:
        raise Wrong("it was not scanned")
    return f"the schedule scanned it: {state['status']['S']}"


def metrics(account: Account) -> str:
    return judge_downtime(account.wait_for(lambda: _values(account, "Downtime", "SensorId", SENSOR, "Maximum")))


def judge_downtime(values: Sequence[float]) -> str:
    if not values:
        raise Wrong("CloudWatch has no Downtime of the sensor")
    if set(values) != {100.0}:
        raise Wrong(f"Downtime of a sensor that is Down is {values}")
    return "Downtime is 100"


def own_metrics(account: Account) -> str:
    if account.is_emulated():
        raise Skipped("emulators make no metrics of the function's log")
    return judge_ticks(account.wait_for(lambda: _values(account, "Sensors", "service", "pop3-sensor", "SampleCount")))


def judge_ticks(counted: Sequence[float]) -> str:
    if not counted:
        raise Wrong("CloudWatch has no Sensors, with which each tick of the schedule is counted")
    return f"{int(sum(counted))} ticks in the last quarter of an hour"


def _values(account: Account, metric: str, dimension: str, value: str, statistic: str) -> list[float]:
    now = datetime.now(UTC)
    answer = account.client("cloudwatch").get_metric_statistics(
        Namespace=account.outputs["MetricsNamespace"],
        MetricName=metric,
        Dimensions=[{"Name": dimension, "Value": value}],
        StartTime=now - timedelta(minutes=15),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=[statistic],
    )
    return [point[statistic] for point in answer["Datapoints"]]


def scan_now(account: Account) -> str:
    (result,) = account.invoke("ScanNowFunctionName", {"sensor_ids": [SENSOR]})["results"]
    if result["status"] != "Down":
        raise Wrong(f"a server that does not exist is {result['status']}: {result['reason']}")
    return f"{result['status']}: {result['reason']} in {result['phase']}"


def repeated_tick(account: Account) -> str:
    event = {"scheduled_time": datetime.now(UTC).isoformat()}
    return judge_repeated(*(account.invoke("ScanFunctionName", event) for _ in range(2)))


def judge_repeated(first: dict[str, int], second: dict[str, int]) -> str:
    if not first["due"]:
        raise Wrong("nothing was due at the first one, so that the second one shows nothing")
    if second["due"]:
        raise Wrong(f"scanned {first['due']}, and {second['due']} once more")
    return f"scanned {first['due']}, and none once more"


def server(account: Account) -> str:
    """The response time's own parts say whether the clocks are right: none of them is zero over a network."""
    if not account.host:
        raise Skipped("no server was named with --host")
    account.write_sensor(SERVER, host=account.host, transport_security="tls_required", port=account.port)
    (result,) = account.invoke("ScanNowFunctionName", {"sensor_ids": [SERVER]})["results"]
    if result["status"] != "Up":
        raise Wrong(f"{result['status']}: {result['reason']} in {result['phase']}: {result['message']}")
    phases = ", ".join(f"{phase} {value}" for phase, value in result["phases"].items())
    return f"Up in {result['response_time_ms']} ms: {phases}"
