"""Things that many tests need, good as they stand; a test names what it changes."""

from typing import Any

from pydantic import SecretStr

from pop3_sensor.credentials import Credentials
from pop3_sensor.settings import Settings

USERNAME = "ann"
PASSWORD = "tanstaaf-8472"
CREDENTIALS = Credentials(USERNAME, SecretStr(PASSWORD))


Changes = dict[str, Any]  # to the settings of a sensor


def a_sensor(**changes: Any) -> Settings:
    """On loopback. The timeout is far more than anything there needs, and ends a test that hangs."""
    settings: Changes = {"id": "mail", "name": "Mail", "host": "127.0.0.1", "port": 110, "timeout": 10}
    return Settings(**settings | changes)
