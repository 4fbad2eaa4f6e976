"""The other side of each SASL mechanism, as steps of a script; from the RFCs, by the standard library alone."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from tests.servers.scripted import Connection, Expect, OutOfScript, Send, Step, answer

WELCOME, REFUSAL = "+OK welcome", "-ERR wrong user name or password"
CHALLENGE = b"<1896.697170952@postoffice.reston.mci.net>"
SALT = b"a salt of the server"
ERROR = {"XOAUTH2": b'{"status":"401","schemes":"bearer"}', "OAUTHBEARER": b'{"status":"invalid_token"}'}


def base64(data: bytes | str) -> str:
    return b64encode(data.encode() if isinstance(data, str) else data).decode()


def verdict_on(*, ok: bool) -> str:
    return WELCOME if ok else REFUSAL


def login_plain(username: str, password: str, *, ok: bool = True) -> list[Step]:
    return [*answer("AUTH PLAIN", "+ "), *answer(base64(f"\0{username}\0{password}"), verdict_on(ok=ok))]


def login_cram_md5(username: str, password: str, *, ok: bool = True) -> list[Step]:
    digest = hmac.new(password.encode(), CHALLENGE, "md5").hexdigest()
    started = answer("AUTH CRAM-MD5", f"+ {base64(CHALLENGE)}")
    return [*started, *answer(base64(f"{username} {digest}"), verdict_on(ok=ok))]


def login_xoauth2(username: str, token: str, *, ok: bool = True) -> list[Step]:
    said = base64(f"user={username}\x01auth=Bearer {token}\x01\x01")
    return [*answer("AUTH XOAUTH2", "+ "), *_bearer("XOAUTH2", said, "", ok=ok)]


def login_oauthbearer(username: str, token: str, where: str = r".+?\x01port=\d+", *, ok: bool = True) -> list[Step]:
    wanted = re.compile(
        rf"n,a={re.escape(username)},\x01host={where}\x01auth=Bearer {re.escape(token)}\x01\x01".encode()
    )
    return [*answer("AUTH OAUTHBEARER", "+ "), ExpectBase64(wanted), *_bearer("OAUTHBEARER", None, "AQ==", ok=ok)]


def _bearer(name: str, said: str | None, acknowledged: str, *, ok: bool) -> list[Step]:
    expected: list[Step] = [] if said is None else [Expect(said)]
    if ok:
        return [*expected, Send(f"{WELCOME}\r\n".encode())]
    return [*expected, Send(f"+ {base64(ERROR[name])}\r\n".encode()), *answer(acknowledged, REFUSAL)]


@dataclass(frozen=True)
class ExpectBase64:
    wanted: re.Pattern[bytes]

    def play(self, connection: Connection) -> None:
        said = b64decode(connection.read_line(), validate=True)
        if not self.wanted.fullmatch(said):
            raise OutOfScript(f"got {said!r}")


@dataclass(frozen=True)
class Scram:
    """RFC 5802 section 3. `password`: what the server knows; `proves`: whether it says its own signature.

    `signs_with`: another password, for a server that only saw a proof; `salted`: the arithmetic, done beforehand.
    """

    hash_name: str
    username: str
    password: str
    iterations: int = 4096
    proves: bool = True
    signs_with: str = ""
    salted: bytes = field(default=b"", repr=False)

    def play(self, connection: Connection) -> None:
        name = {"sha1": "SCRAM-SHA-1", "sha256": "SCRAM-SHA-256"}[self.hash_name]
        Expect(f"AUTH {name}").play(connection)
        connection.write(b"+ \r\n")
        client_first = b64decode(connection.read_line()).decode()
        nonce = client_first.rpartition("r=")[2]
        if client_first != f"n,,n={self.username},r={nonce}":
            raise OutOfScript(f"got {client_first!r}")
        server_first = f"r={nonce}+more,s={base64(SALT)},i={self.iterations}"
        connection.write(f"+ {base64(server_first)}\r\n".encode())
        without_proof, _, proof = b64decode(connection.read_line()).decode().rpartition(",p=")
        said = ",".join([client_first.removeprefix("n,,"), server_first, without_proof])
        salted = self.salted or salt_password(self.hash_name, self.password, SALT, self.iterations)
        due, signature = other_side(self.hash_name, salted, said)
        if proof != due:
            connection.write(f"{REFUSAL}\r\n".encode())
            return
        if self.signs_with:
            salted = salt_password(self.hash_name, self.signs_with, SALT, self.iterations)
            _, signature = other_side(self.hash_name, salted, said)
            connection.write(f"+ {base64(f'v={signature}')}\r\n".encode())
            return
        if self.proves:
            connection.write(f"+ {base64(f'v={signature}')}\r\n".encode())
            Expect("").play(connection)
        connection.write(f"{WELCOME}\r\n".encode())


def salt_password(hash_name: str, password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac(hash_name, password.encode(), salt, iterations)


def other_side(hash_name: str, salted: bytes, said: str) -> tuple[str, str]:
    """The proof that is due and the server's signature, in base64; `said` is what RFC 5802 calls AuthMessage."""

    def sign(key: bytes, text: str) -> bytes:
        return hmac.new(key, text.encode(), hash_name).digest()

    client_key = sign(salted, "Client Key")
    stored_key = hashlib.new(hash_name, client_key).digest()
    proof = bytes(one ^ other for one, other in zip(client_key, sign(stored_key, said), strict=True))
    return base64(proof), base64(sign(sign(salted, "Server Key"), said))
