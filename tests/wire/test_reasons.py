"""The closed list: a new reason needs a server that provokes it."""

import re
from pathlib import Path

from pop3_sensor.model import Reason

# They come from elsewhere: from settings, secrets, limits, and from the time of an invocation.
NOT_OF_A_SCAN = {
    Reason.LIMIT,
    Reason.SECRET_DENIED,
    Reason.SECRET_MALFORMED,
    Reason.SETTINGS_INVALID,
    Reason.NOT_RUN,
}


def test_every_reason_of_a_scan_is_provoked() -> None:
    tables = Path(__file__).parent.glob("test_*_*.py")
    named = {word for table in tables for word in re.findall(r"\w+", table.read_text())}
    assert NOT_OF_A_SCAN == set(Reason) - named
