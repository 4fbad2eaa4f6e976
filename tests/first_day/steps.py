"""The check list. docs/first-day.md has a section for each step."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.first_day import deployed, looked_at, runtime, scans, told
from tests.first_day.account import Account


@dataclass(frozen=True, slots=True)
class Step:
    """`run` returns what it saw, or raises Wrong or Skipped. `otherwise`: what it means when it is not so."""

    name: str
    run: Callable[[Account], str]
    otherwise: str


STEPS = (
    Step("Outputs", deployed.outputs, "The deployment is not complete, or the stack is an older one."),
    Step("Queues", deployed.queues, "What one invocation cannot scan is handed on to nobody."),
    Step("Schedule", deployed.schedule, "Nothing is scanned unless somebody asks for it."),
    Step("A sensor", scans.sensor, "The schedule may not call ScanFunction, or the function fails: its log says why."),
    Step("Its metrics", scans.metrics, "ScanFunction may not publish into its namespace: FailedCalls in its log."),
    Step(
        "The function's own metrics",
        scans.own_metrics,
        "ScansMissingAlarm sees no ticks, and says that nobody watches.",
    ),
    Step("Scan now", scans.scan_now, "Nobody can scan by hand: the function's log says why."),
    Step("A repeated tick", scans.repeated_tick, "What the schedule delivers twice is scanned twice."),
    Step(
        "A status message",
        told.status_message,
        "Nobody is told of status changes: a policy of the topic or of its key refuses EventBridge.",
    ),
    Step("Trust store", runtime.trust_store, "Every sensor with TLS is certificate_untrusted."),
    Step(
        "Kernel time stamps",
        runtime.time_stamps,
        "Response times hold some of our own processor time; they are right otherwise.",
    ),
    Step("A server with TLS", scans.server, "The reason says in which phase: docs/troubleshooting.md has each."),
    Step("Alarms", told.alarms, "An alarm rings without reason, or SensorDownAlarm does not see the sensor."),
    Step("Contributors", told.contributors, "The alarm says that a sensor is Down, and not which."),
    Step("The overview's page", looked_at.page, "The dashboard's widget is empty."),
    Step("The widget, light", looked_at.light_theme, "A screenshot beside the report shows what is wrong."),
    Step("The widget, dark", looked_at.dark_theme, "A screenshot beside the report shows what is wrong."),
    Step("Inside a VPC", deployed.vpc, "A subnet has no way to AWS's services: docs/deploy.md lists the endpoints."),
    Step("Dead letters", deployed.dead_letters, "An invocation broke off, or a message could not be delivered."),
    Step("Removal", deployed.removal, "Data is lost, or the stack cannot be deleted: its events say why."),
)
