"""What a user can send back: no account id, no secret, and the names of hosts only where the user agreed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from botocore.exceptions import BotoCoreError, ClientError

from tests.first_day.account import Account, Skipped, Wrong
from tests.first_day.steps import Step

PASSED, FAILED, SKIPPED = "passed", "FAILED", "skipped"
# In this order: an ARN holds an account id.
PRIVATE = {
    "arn": re.compile(r"\barn:[^\s\"',]+"),
    "url": re.compile(r"\bhttps?://[^\s\"',]+"),
    "account": re.compile(r"\b\d{12}\b"),
    "key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "network": re.compile(r"\b(?:subnet|sg|vpc|eni)-[0-9a-f]{8,17}\b"),
    "address": re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}\b"),
    "mail": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
}
# A certificate names hosts as well. What stands behind a slash is a file.
HOST = re.compile(r"(?<![/\w-])(?:[\w-]+\.)+[A-Za-z][\w-]+")


@dataclass(frozen=True, slots=True)
class Line:
    step: str
    verdict: str
    said: str


def run(account: Account, steps: Iterable[Step], *, name_hosts: bool = False) -> Iterator[Line]:
    """A line as soon as its step has ended. What one step meets harms no other."""
    for step in steps:
        verdict, said = _run(account, step)
        yield Line(step.name, verdict, public(said, account, name_hosts=name_hosts))


def _run(account: Account, step: Step) -> tuple[str, str]:
    try:
        return PASSED, step.run(account)
    except Skipped as skipped:
        return SKIPPED, str(skipped)
    except Wrong as wrong:
        return FAILED, str(wrong)
    except (ClientError, BotoCoreError) as error:
        return FAILED, str(error)
    except (KeyError, ValueError) as error:  # an answer that has not the documented form is a finding, too
        return FAILED, f"AWS's answer is not understood: {type(error).__name__} {error}"


def public(text: str, account: Account, *, name_hosts: bool = False) -> str:
    hidden = PRIVATE | {"stack": re.compile(rf"\b{re.escape(account.stack)}\b")}
    if not name_hosts:
        named = re.escape(account.host) if account.host else "(?!)"
        hidden |= {"host": re.compile(rf"(?<![\w.-]){named}(?![\w-])|{HOST.pattern}")}
    for word, pattern in hidden.items():
        text = pattern.sub(f"<{word}>", text)
    return text


def as_json(lines: Iterable[Line], region: str) -> dict[str, object]:
    return {"region": region, "steps": [asdict(line) for line in lines]}
