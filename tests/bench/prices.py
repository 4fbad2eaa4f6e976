"""AWS's unit prices in us-east-1, US dollars, without free tiers: change them here and nowhere else.

`source`: where the figure comes from. Most are from memory and marked so; look them up before you rely on a total.
"""

from dataclasses import dataclass

MEMORY = "from memory, check"
DOCUMENTED = "AWS pricing page"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one `unit`, where the month has no more of them than `up_to`; the next tier goes on from there."""

    unit: str
    tiers: tuple[tuple[float, float], ...]  # up to how many, dollars for one
    source: str = MEMORY

    def of(self, number: float) -> float:
        total, below = 0.0, 0.0
        for up_to, dollars in self.tiers:
            total += max(min(number, up_to) - below, 0) * dollars
            below = up_to
        return total


def flat(unit: str, dollars: float, source: str = MEMORY) -> Price:
    return Price(unit, ((float("inf"), dollars),), source)


METRIC = Price("custom metric", ((10_000, 0.30), (250_000, 0.10), (1_000_000, 0.05), (float("inf"), 0.02)), DOCUMENTED)
PUT_METRIC_DATA = flat("PutMetricData request", 0.01 / 1_000)
ALARM = flat("alarm", 0.10)
COMPOSITE_ALARM = flat("composite alarm", 0.50)
DASHBOARD = flat("dashboard", 3.00)
KEY = flat("KMS key", 1.00)
ALARM_METRIC = flat("metric that a Metrics Insights alarm analyses", 0.10)
LAMBDA_SECOND = flat("GB-second of Lambda on arm64", 0.0000133334)
LAMBDA_REQUEST = flat("Lambda request", 0.20 / 1_000_000)
SCHEDULE = flat("call of EventBridge Scheduler", 1.00 / 1_000_000)
READ_UNIT = flat("DynamoDB read unit, on demand", 0.125 / 1_000_000)
WRITE_UNIT = flat("DynamoDB write unit, on demand", 0.625 / 1_000_000)
QUEUE_REQUEST = flat("SQS request of 64 KiB", 0.40 / 1_000_000)
SECRET = flat("secret", 0.40)
SECRET_CALL = flat("call of Secrets Manager", 0.05 / 10_000)
LOG_GIGABYTE = flat("GB of logs from Lambda", 0.50)
CANARY_RUN = flat("run of a CloudWatch Synthetics canary", 0.0012)
