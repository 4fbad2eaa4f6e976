"""Settings and observations as a scan has them; tests change what they are about with `replace`."""

from datetime import UTC, datetime, timedelta

from pop3_sensor.observation import CertificateFacts, Line, Mailbox, Observation, TlsFacts, Trouble
from pop3_sensor.settings import Settings
from pop3_sensor.vocabulary import Phase, Reason

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
