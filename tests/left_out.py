"""The last line of `make test`, where this machine has not all that the tests can use."""

from collections.abc import Sequence

from tests.required import chromium_missing, openssl_missing
from tests.servers import dovecot


def left_out(missing: Sequence[str | None]) -> str:
    reasons = [f"{reason}." for reason in missing if reason]
    return " ".join(["Left out: the tests that need more than this machine has.", *reasons]) if reasons else ""


if __name__ == "__main__":
    if line := left_out([dovecot.missing(), chromium_missing(), openssl_missing()]):
        print(line)
