"""The channels of a sensor: their names, their units, and their values after a scan."""

from enum import StrEnum
from typing import Literal

from .observation import Observation
from .vocabulary import Phase, Status


class Channel(StrEnum):
    RESPONSE_TIME = "ResponseTime"
    DOWNTIME = "Downtime"
    STATUS = "Status"
    LOOKUP_TIME = "LookupTime"
    CONNECT_TIME = "ConnectTime"
    GREETING_TIME = "GreetingTime"
    SECURITY_TIME = "SecurityTime"
    LOGIN_TIME = "LoginTime"
    CERTIFICATE_DAYS_LEFT = "CertificateDaysLeft"
    MESSAGE_COUNT = "MessageCount"
    MAILBOX_SIZE = "MailboxSize"


# A custom metric costs money every month, so a sensor publishes the two of PRTG's manual unless its item lists more.
ALWAYS = (Channel.RESPONSE_TIME, Channel.DOWNTIME)
MAILBOX = frozenset({Channel.MESSAGE_COUNT, Channel.MAILBOX_SIZE})

Unit = Literal["Milliseconds", "Percent", "Count", "Bytes", "None"]  # CloudWatch's own words

UNITS: dict[Channel, Unit] = {
    Channel.RESPONSE_TIME: "Milliseconds",
    Channel.DOWNTIME: "Percent",
    Channel.STATUS: "None",
    Channel.LOOKUP_TIME: "Milliseconds",
    Channel.CONNECT_TIME: "Milliseconds",
    Channel.GREETING_TIME: "Milliseconds",
    Channel.SECURITY_TIME: "Milliseconds",
    Channel.LOGIN_TIME: "Milliseconds",
    Channel.CERTIFICATE_DAYS_LEFT: "None",
    Channel.MESSAGE_COUNT: "Count",
    Channel.MAILBOX_SIZE: "Bytes",
}

_STATUS_NUMBERS = {Status.UP: 0, Status.WARNING: 1, Status.DOWN: 2, Status.UNKNOWN: 3}
_PHASE_CHANNELS = {
    Phase.LOOKUP: Channel.LOOKUP_TIME,
    Phase.CONNECT: Channel.CONNECT_TIME,
    Phase.GREETING: Channel.GREETING_TIME,
    Phase.SECURITY: Channel.SECURITY_TIME,
    Phase.LOGIN: Channel.LOGIN_TIME,
}


def measured(observation: Observation, *, answered: bool) -> dict[Channel, float]:
    """The values that the scan gave. Without an answer there is no Response Time: zero or the timeout would mislead."""
    values: dict[Channel, float] = {Channel.RESPONSE_TIME: observation.response_time} if answered else {}
    values |= {_PHASE_CHANNELS[phase]: micros / 1000 for phase, micros in observation.phases.items()}
    if observation.certificate and (days := observation.certificate.days_left(observation.at)) is not None:
        values[Channel.CERTIFICATE_DAYS_LEFT] = days
    if observation.mailbox:
        values[Channel.MESSAGE_COUNT] = observation.mailbox.messages
        values[Channel.MAILBOX_SIZE] = observation.mailbox.octets
    return values


def of_status(status: Status) -> dict[Channel, float]:
    """The two channels that follow from the status. A paused sensor publishes nothing."""
    if status is Status.PAUSED:
        return {}
    return {Channel.DOWNTIME: 100 if status is Status.DOWN else 0, Channel.STATUS: _STATUS_NUMBERS[status]}
