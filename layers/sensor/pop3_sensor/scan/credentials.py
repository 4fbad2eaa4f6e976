"""What a secret's string must hold, and the user name and password in it."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from ..model import Reason, ScanError
from ..protocol import unsendable

_WANTED = 'must hold JSON {"username": "…", "password": "…"}, or the bare password where the item has username'


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: SecretStr


def parse_credentials(secret: SecretStr, secret_id: str, *, key: str | None, username: str | None) -> Credentials:
    """`{"username", "password"}`, or the bare password where the item has `username`; with `key`, a map to either.

    Raises ScanError (secret_malformed) that says what is wrong and shows nothing of the secret.
    """
    text = secret.get_secret_value()
    parsed = _parsed(text)
    where = secret_id
    if key is None:
        held = parsed if isinstance(parsed, dict) else text
    elif isinstance(parsed, dict) and key in parsed:
        held, where = parsed[key], f"{secret_id}, under its key {key},"
    else:
        raise _malformed(secret_id, f"must be a JSON map that has the key {key} (secret_key)")
    if isinstance(held, dict):
        name, password = held.get("username", username), held.get("password")
    else:
        name, password = username, held
    if not (isinstance(name, str) and name and isinstance(password, str) and password):
        raise _malformed(where, _WANTED)
    if why := unsendable(name + password):
        raise _malformed(where, why)
    return Credentials(name, SecretStr(password))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a password of a thousand brackets is a password
        return None


def _malformed(secret_id: str, what: str) -> ScanError:
    return ScanError(Reason.SECRET_MALFORMED, f"the secret {secret_id} {what}")
