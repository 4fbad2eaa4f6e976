"""A server that gives away what it was sent by SASL: in no form is it seen anywhere."""

import hmac
import json
import ssl
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from typing import get_args

import pytest

from pop3_sensor.model.settings import Authentication
from pop3_sensor.status import report_of_scan, result_files
from tests.samples import CREDENTIALS, PASSWORD, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.sasl import CHALLENGE, SALT, base64, other_side, salt_password
from tests.servers.scripted import Connection, OutOfScript, StartTls, capa, greeting, scripted
from tests.wire.provoking import run_scan

MECHANISMS: dict[str, str] = {
    "plain": "PLAIN",
    "cram_md5": "CRAM-MD5",
    "scram_sha_1": "SCRAM-SHA-1",
    "scram_sha_256": "SCRAM-SHA-256",
    "xoauth2": "XOAUTH2",
    "oauthbearer": "OAUTHBEARER",
}
HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}


class Echo:
    """Goes through the exchange, and then says what it was told or could compute, wrapped."""

    def __init__(self, mechanism: str, wrap: Callable[[list[str]], str]) -> None:
        self._mechanism = mechanism
        self._wrap = wrap
        self.secrets = [PASSWORD]

    def play(self, connection: Connection) -> None:
        connection.read_line()
        connection.write(f"+ {base64(CHALLENGE if self._mechanism == 'CRAM-MD5' else '')}\r\n".encode())
        line = connection.read_line()
        if self._mechanism in HASHES:
            line = self._go_on_with_scram(connection, b64decode(line).decode())
        said = b64decode(line).decode()
        if self._mechanism == "CRAM-MD5":
            self.secrets.append(hmac.new(PASSWORD.encode(), CHALLENGE, "md5").hexdigest())
        self.secrets += [line.decode(), said]
        connection.write(f"{self._wrap(self.secrets)}\r\n".encode())
        with suppress(OutOfScript):  # the client goes
            while True:
                connection.read_line()
                connection.write(b"-ERR\r\n")

    def _go_on_with_scram(self, connection: Connection, client_first: str) -> bytes:
        bare = client_first.removeprefix("n,,")
        server_first = f"{bare.partition(',')[2]}more,s={base64(SALT)},i=4096"
        connection.write(f"+ {base64(server_first)}\r\n".encode())
        line = connection.read_line()
        without_proof, _, proof = b64decode(line).decode().rpartition(",p=")
        hash_name = HASHES[self._mechanism]
        salted = salt_password(hash_name, PASSWORD, SALT, 4096)
        _, signature = other_side(hash_name, salted, f"{bare},{server_first},{without_proof}")
        self.secrets += [proof, signature]
        return line


WRAPPED: dict[str, Callable[[list[str]], str]] = {
    "in a refusal": lambda secrets: f"-ERR no: {' | '.join(secrets)}",
    "in a welcome": lambda secrets: f"+OK {' | '.join(secrets)}",
    "in capitals": lambda secrets: f"-ERR {' '.join(secrets).upper()}",
    "in base64 once more": lambda secrets: f"-ERR {' '.join(map(base64, secrets))}",
    "in hex": lambda secrets: f"-ERR {' '.join(secret.encode().hex() for secret in secrets)}",
    "in a challenge": lambda secrets: f"+ {base64('no: ' + ' | '.join(secrets))}",
    "in the error of a challenge": lambda secrets: f"+ {base64('e=' + ' '.join(secrets))}",
    "in what is no POP3": lambda secrets: f"535 {' '.join(secrets)}",
    "behind control characters": lambda secrets: f"-ERR {' '.join(chr(1).join(secret) for secret in secrets)}",
}


def test_every_method_by_sasl_is_tried() -> None:
    assert {*MECHANISMS, "none", "user_password", "apop"} == set(get_args(Authentication))


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("authentication", MECHANISMS)
def test_what_was_sent(
    authentication: str, wrap: Callable[[list[str]], str], authority: Authority, tls: ssl.SSLContext
) -> None:
    name = MECHANISMS[authentication]
    echo = Echo(name, wrap)
    changes: Changes = {"transport_security": "tls_required", "trusted_ca": authority.pem}
    with scripted([StartTls(tls), *greeting(), *capa(f"SASL {name}"), echo]) as server:
        settings = a_sensor(port=server.port, authentication=authentication, **changes)
        seen = run_scan(settings, CREDENTIALS)
    assert [] == server.failures
    report = report_of_scan("mail", settings, seen, None)
    left = [repr(seen), json.dumps(report.as_json()), result_files.summary(report), result_files.dialogue(report)]
    left += [*(line.text for line in seen.dialogue), seen.trouble.message if seen.trouble else ""]
    assert 1 < len(echo.secrets)
    for secret in echo.secrets:
        for form in (secret, base64(secret), secret.encode().hex()):
            assert not any(form.lower() in text.lower() for text in left), form
    assert any("***" in line.text for line in seen.dialogue)
