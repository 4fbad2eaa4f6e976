"""Limits of channels: only beyond them, the error first, and words that say all."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pop3_sensor.items.item import WrittenLimits
from pop3_sensor.model import Channel, Phase, Reason, Status
from pop3_sensor.model.limits import Limits, Violation, violations
from pop3_sensor.status.verdict import judge
from tests.samples import REFUSED, SEEN, SENSOR

FOUR = Limits(upper_error=100, upper_warning=50, lower_warning=10, lower_error=5)
ABOVE = "LoginTime {} Milliseconds is above the upper {} limit of {}"
BELOW = "LoginTime {} Milliseconds is below the lower {} limit of {}"

# Value: what it violates of the four. Strictly: a value at a limit is within it.
VALUES: dict[float, tuple[Status, str] | None] = {
    -1: (Status.DOWN, BELOW.format("-1", "error", "5")),
    4.999: (Status.DOWN, BELOW.format("4.999", "error", "5")),
    5: (Status.WARNING, BELOW.format("5", "warning", "10")),
    9.999: (Status.WARNING, BELOW.format("9.999", "warning", "10")),
    10: None,
    30: None,
    50: None,
    50.001: (Status.WARNING, ABOVE.format("50.001", "warning", "50")),
    100: (Status.WARNING, ABOVE.format("100", "warning", "50")),
    100.001: (Status.DOWN, ABOVE.format("100.001", "error", "100")),
    100_000: (Status.DOWN, ABOVE.format("100000", "error", "100")),
}


def found(limits: Mapping[Channel, Limits], values: Mapping[Channel, float]) -> list[Violation]:
    return list(violations(limits, values))


@pytest.mark.parametrize(("value", "violated"), VALUES.items())
def test_only_what_is_beyond_a_limit_and_the_error_first(value: float, violated: tuple[Status, str] | None) -> None:
    expected = [Violation(*violated)] if violated else []
    assert expected == found({Channel.LOGIN_TIME: FOUR}, {Channel.LOGIN_TIME: value})


@pytest.mark.parametrize("name", ["upper_error", "upper_warning", "lower_warning", "lower_error"])
def test_each_limit_stands_alone(name: str) -> None:
    limits = {Channel.LOGIN_TIME: WrittenLimits.model_validate({name: 10}).limits()}
    beyond, within = (11, 9) if name.startswith("upper") else (9, 11)
    status = Status.DOWN if name.endswith("error") else Status.WARNING
    assert [status] == [one.status for one in found(limits, {Channel.LOGIN_TIME: beyond})]
    assert [[], []] == [found(limits, {Channel.LOGIN_TIME: value}) for value in (within, 10)]


def test_a_limit_of_nought_is_a_limit() -> None:
    limits = {Channel.MESSAGE_COUNT: Limits(upper_error=0), Channel.MAILBOX_SIZE: Limits(lower_warning=0)}
    (violation,) = found(limits, {Channel.MESSAGE_COUNT: 1, Channel.MAILBOX_SIZE: 0})
    assert Violation(Status.DOWN, "MessageCount 1 Count is above the upper error limit of 0") == violation


def test_a_channel_without_a_unit() -> None:
    limits = {Channel.CERTIFICATE_DAYS_LEFT: Limits(lower_error=0, lower_warning=14)}
    (violation,) = found(limits, {Channel.CERTIFICATE_DAYS_LEFT: -2.5})
    assert Violation(Status.DOWN, "CertificateDaysLeft -2.5 is below the lower error limit of 0") == violation


def test_a_channel_that_has_no_value_or_no_limits() -> None:
    assert [] == found({Channel.LOGIN_TIME: FOUR, Channel.MAILBOX_SIZE: Limits()}, {Channel.MAILBOX_SIZE: 10**9})


def test_one_for_each_channel_in_their_order() -> None:
    limits = {Channel.LOGIN_TIME: FOUR, Channel.CONNECT_TIME: FOUR}
    statuses = [one.status for one in found(limits, {Channel.CONNECT_TIME: 1000, Channel.LOGIN_TIME: 60})]
    assert [Status.WARNING, Status.DOWN] == statuses


OWN = replace(FOUR, error_message="call Ann", warning_message="tell Ann tomorrow")


@pytest.mark.parametrize(
    ("value", "end"), {101: "call Ann", 4: "call Ann", 51: "tell Ann tomorrow", 9: "tell Ann tomorrow"}.items()
)
def test_the_item_s_own_message_is_at_the_end(value: float, end: str) -> None:
    ((_, message),) = found({Channel.LOGIN_TIME: OWN}, {Channel.LOGIN_TIME: value})
    ((_, without),) = found({Channel.LOGIN_TIME: FOUR}, {Channel.LOGIN_TIME: value})
    assert f"{without}; {end}" == message


# Value, limit: both are told as they are, so that nobody wonders why the one is above the other.
EXACT = {
    "bytes": (Channel.MAILBOX_SIZE, 20_000_001, 20_000_000, "MailboxSize 20000001 Bytes", "limit of 20000000"),
    "many messages": (Channel.MESSAGE_COUNT, 1_234_567, 1_000_000, "MessageCount 1234567 Count", "limit of 1000000"),
    "microseconds": (Channel.LOGIN_TIME, 12_345.678, 12_345.677, "LoginTime 12345.678 ", "limit of 12345.677"),
}


@pytest.mark.parametrize(("channel", "value", "limit", "start", "end"), EXACT.values(), ids=EXACT)
def test_large_and_fine_numbers_are_told_exactly(
    channel: Channel, value: float, limit: float, start: str, end: str
) -> None:
    ((_, message),) = found({channel: Limits(upper_error=limit)}, {channel: value})
    assert message.startswith(start)
    assert message.endswith(end)


# ---- in a verdict ----------------------------------------------------------------------------------------------------

SLOW = replace(SENSOR, limits={Channel.RESPONSE_TIME: Limits(upper_error=100, error_message="<call> Ann")})


@pytest.mark.parametrize("warning_scans", range(6))
def test_a_limit_counts_at_once_whatever_the_patience(warning_scans: int) -> None:
    """And it is no failed scan: the scan answered."""
    verdict = judge(replace(SLOW, warning_scans=warning_scans), SEEN, None)
    assert (Status.DOWN, 0, True) == (verdict.status, verdict.failures, verdict.answered)
    assert verdict.trouble
    assert (Reason.LIMIT, None) == (verdict.trouble.reason, verdict.trouble.phase)
    text = "ResponseTime 141.751 Milliseconds is above the upper error limit of 100; {call} Ann"
    assert text == verdict.trouble.message


def test_a_failed_scan_has_no_values_to_compare() -> None:
    limits = {Channel.LOOKUP_TIME: Limits(upper_error=0), Channel.RESPONSE_TIME: Limits(upper_error=0)}
    verdict = judge(replace(SENSOR, limits=limits), REFUSED, None)
    assert (Status.WARNING, REFUSED.trouble, 1) == (verdict.status, verdict.trouble, verdict.failures)


def test_an_error_limit_is_told_before_a_warning_limit_of_an_earlier_channel() -> None:
    limits = {Channel.CONNECT_TIME: Limits(upper_warning=1), Channel.LOGIN_TIME: Limits(upper_error=1)}
    verdict = judge(replace(SENSOR, limits=limits), SEEN, None)
    assert verdict.trouble
    assert verdict.trouble.message.startswith("LoginTime 50 ")
    assert verdict.status is Status.DOWN


def test_every_channel_that_has_a_value_can_have_limits() -> None:
    channels = set(Channel) - {Channel.STATUS, Channel.DOWNTIME}
    for channel in channels:
        verdict = judge(replace(SENSOR, limits={channel: Limits(lower_error=10**9)}), SEEN, None)
        assert verdict.status is Status.DOWN, channel


def test_limits_of_a_phase_that_the_scan_never_came_to() -> None:
    seen = replace(SEEN, phases={Phase.LOOKUP: 1_000})
    verdict = judge(replace(SENSOR, limits={Channel.LOGIN_TIME: Limits(lower_error=1)}), seen, None)
    assert verdict.status is Status.UP


def test_a_message_fits_a_pager_whatever_the_item_says() -> None:
    limits = {Channel.CERTIFICATE_DAYS_LEFT: Limits(lower_error=10**9, error_message="\u202e<b>\x1b" + "x" * 196)}
    verdict = judge(replace(SENSOR, limits=limits), SEEN, None)
    assert verdict.trouble
    message = verdict.trouble.message
    assert len(message) <= 300
    assert not set("\u202e<>\x1b") & set(message)
    assert message.endswith("x" * 196)
