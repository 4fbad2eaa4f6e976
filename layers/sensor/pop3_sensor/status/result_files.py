"""The two files that `result_handling` stores, as text. PRTG's manual gives their names."""

import dataclasses
from collections.abc import Iterator
from typing import assert_never

from ..model import Status
from ..model.channels import UNITS
from .report import Report

_NO_SETTING = frozenset({"trusted_ca"})  # a page of PEM, which would hide the other settings


def file_names(sensor_id: str) -> tuple[str, str]:
    """The names of the summary and of the dialogue."""
    return f"sensors/Result of Sensor {sensor_id}.txt", f"sensors/Result of Sensor {sensor_id}.Data.txt"


def is_stored(report: Report) -> bool:
    if report.verdict.status is Status.PAUSED:
        return False  # nothing was scanned
    if report.settings is None:
        return False
    match report.settings.result_handling:
        case "discard":
            return False
        case "store":
            return True
        case "store_on_failure":
            return report.verdict.trouble is not None
        case handling:
            assert_never(handling)


def files(report: Report) -> list[tuple[str, str]]:
    """The name and the text of each file."""
    return list(zip(file_names(report.sensor_id), (summary(report), dialogue(report)), strict=True))


def summary(report: Report) -> str:
    """Everything but the dialogue. The settings hold a secret's name, never its content."""
    return "\n".join(_summary_lines(report)) + "\n"


def dialogue(report: Report) -> str:
    """Each line: the milliseconds since the scan began, then `C:` (sent), `S:` (received) or `*:` (what happened)."""
    lines = [f"{line.milliseconds:12.3f} ms  {line.who}: {line.text}" for line in report.seen.dialogue]
    return "\n".join([f"Sensor {report.sensor_id}, scan of {report.seen.at.isoformat()}", "", *lines]) + "\n"


def _summary_lines(report: Report) -> Iterator[str]:
    state, seen = report.state, report.seen
    yield f"Sensor {report.sensor_id}, scan of {seen.at.isoformat()}"
    yield from _section("Result")
    yield _row("Status", f"{state.status} since {state.since.isoformat()}")
    yield _row("Reason", state.reason or "-")
    yield _row("Phase", state.phase or "-")
    yield _row("Message", state.message or "-")
    yield _row("Failures in a row", state.failures)
    yield from _section("Channels")
    yield from (_row(channel, f"{value:g} {UNITS[channel]}") for channel, value in report.channels.items())
    yield from _section("Phases")
    yield from (_row(phase, f"{micros / 1000:.3f} ms") for phase, micros in seen.phases.items())
    yield from _section("Connection")
    yield _row("Address", seen.address or "-")
    yield _row("Encryption", f"{seen.tls.version}, {seen.tls.cipher}, {seen.tls.started_by}" if seen.tls else "none")
    if facts := seen.certificate:
        yield _row("Certificate", facts.verdict)
        yield _row("Subject", facts.subject)
        yield _row("Names", ", ".join(facts.names))
        yield _row("Issuer", facts.issuer)
        if facts.not_before and facts.not_after:
            yield _row("Valid", f"{facts.not_before.isoformat()} to {facts.not_after.isoformat()}")
        if (days := facts.days_left(seen.at)) is not None:
            yield _row("First to expire", f"{facts.first_to_expire}, in {days:g} days")
        yield _row("SHA-256", facts.sha256)
    if report.settings:
        yield from _section("Settings")
        for field in dataclasses.fields(report.settings):
            value = getattr(report.settings, field.name)
            if field.name not in _NO_SETTING and value is not None:
                yield _row(field.name, ", ".join(map(str, value)) if isinstance(value, tuple) else value)


def _section(title: str) -> tuple[str, str]:
    return "", title


def _row(label: str, value: object) -> str:
    return f"  {label + ':':22} {value}"
