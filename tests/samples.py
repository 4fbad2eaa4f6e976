"""Things that many tests need, good as they stand; a test names what it changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from pop3_sensor.model import CertificateFacts, Observation, Phase, Reason, Settings, TlsFacts, Trouble
from pop3_sensor.model.observation import Line, Mailbox
from pop3_sensor.scan import Credentials

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)

SENSOR = Settings(id="mail-1", name="Mail {one}", host="mail.example.org", port=110)

CERTIFICATE = CertificateFacts(
    subject="CN=mail.example.org",
    issuer="CN=Example CA",
    names=("mail.example.org", "pop.example.org"),
    not_before=AT - timedelta(days=30),
    not_after=AT + timedelta(days=60),
    serial_number="0A1B",
    sha256="ab" * 32,
    chain_length=2,
    first_expiry=AT + timedelta(days=10, hours=12),
    first_to_expire="CN=Example Intermediate",
)

# A scan that went well and saw all that a scan can see.
SEEN = Observation(
    at=AT,
    address="192.0.2.1",
    phases={
        Phase.LOOKUP: 1_500,
        Phase.CONNECT: 20_250,
        Phase.GREETING: 30_001,
        Phase.SECURITY: 40_000,
        Phase.LOGIN: 50_000,
    },
    tls=TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", "STLS"),
    certificate=CERTIFICATE,
    mailbox=Mailbox(2, 320),
    dialogue=(Line(21.75, "*", "connected to 192.0.2.1 port 110"), Line(51.751, "S", "+OK ready")),
)

# A scan that ended after the lookup.
REFUSED = Observation(
    at=AT,
    address="192.0.2.1",
    phases={Phase.LOOKUP: 1_500},
    trouble=Trouble(Reason.REFUSED, Phase.CONNECT, "nothing accepts connections on this port"),
)

USERNAME = "ann"
PASSWORD = "tanstaaf-8472"
CREDENTIALS = Credentials(USERNAME, SecretStr(PASSWORD))


Changes = dict[str, Any]  # to the settings of a sensor


def a_sensor(**changes: Any) -> Settings:
    """On loopback. The timeout is far more than anything there needs, and ends a test that hangs."""
    settings: Changes = {"id": "mail", "name": "Mail", "host": "127.0.0.1", "port": 110, "timeout": 10}
    return Settings(**settings | changes)
