"""Every form that a secret may have, and that no message shows what was in it."""

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pop3_sensor.model import Reason, ScanError
from pop3_sensor.scan import Credentials, parse_credentials

PASSWORD = "tanstaaf-8472"
BOTH = {"username": "mrose", "password": PASSWORD}
WANTED = 'must hold JSON {"username": "…", "password": "…"}, or the bare password where the item has username'


def parse(text: str, key: str | None, username: str | None) -> tuple[str, str]:
    found = parse_credentials(SecretStr(text), "pop3/mrose", key=key, username=username)
    return found.username, found.password.get_secret_value()


# The secret's string, the item's secret_key, the item's username, what comes out.
ACCEPTED: dict[str, tuple[str, str | None, str | None, tuple[str, str]]] = {
    "user name and password": (json.dumps(BOTH), None, None, ("mrose", PASSWORD)),
    "JSON over several lines": (json.dumps(BOTH, indent=2) + "\n", None, None, ("mrose", PASSWORD)),
    "more than is needed": (json.dumps({**BOTH, "engine": "dovecot"}), None, None, ("mrose", PASSWORD)),
    "the secret's user name wins": (json.dumps(BOTH), None, "ann", ("mrose", PASSWORD)),
    "JSON with the password alone": (json.dumps({"password": PASSWORD}), None, "ann", ("ann", PASSWORD)),
    "a bare password": (PASSWORD, None, "ann", ("ann", PASSWORD)),
    "a bare password of digits": ("8472", None, "ann", ("ann", "8472")),
    "a bare password that is a word of JSON": ("null", None, "ann", ("ann", "null")),
    "a bare password in quotes, which belong to it": ('"8472"', None, "ann", ("ann", '"8472"')),
    "a bare password that looks like a list": ("[8472]", None, "ann", ("ann", "[8472]")),
    "a bare password that looks like a long number": ("9" * 5000, None, "ann", ("ann", "9" * 5000)),
    "a bare password that begins like JSON": ('{"8472', None, "ann", ("ann", '{"8472')),
    "a bare password of many brackets": ("[" * 60_000, None, "ann", ("ann", "[" * 60_000)),
    "a bare password with spaces, which count": (" 84 72 ", None, "ann", ("ann", " 84 72 ")),
    "a password outside ASCII": (json.dumps({"username": "jörg", "password": "größe"}), None, None, ("jörg", "größe")),
    "user name and password under a key": (json.dumps({"a": BOTH, "b": 1}), "a", None, ("mrose", PASSWORD)),
    "a bare password under a key": (json.dumps({"a": PASSWORD}), "a", "ann", ("ann", PASSWORD)),
    "the password alone under a key": (json.dumps({"a": {"password": PASSWORD}}), "a", "ann", ("ann", PASSWORD)),
    "a bare password under a key that is JSON": (json.dumps({"a": "{}"}), "a", "ann", ("ann", "{}")),
    "a key like any other": (json.dumps({"password": BOTH}), "password", None, ("mrose", PASSWORD)),
}


@pytest.mark.parametrize(("text", "key", "username", "found"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(text: str, key: str | None, username: str | None, found: tuple[str, str]) -> None:
    assert found == parse(text, key, username)


NO_KEY = "must be a JSON map that has the key a (secret_key)"
UNSENDABLE = "holds CR, LF or NUL, which POP3 cannot carry"
HALF = "holds half a character, which UTF-8 cannot carry"
# The same, and what the message says behind "the secret pop3/mrose".
REFUSED: dict[str, tuple[str, str | None, str | None, str]] = {
    "nothing": ("", None, "ann", WANTED),
    "a bare password, but no user name anywhere": (PASSWORD, None, None, WANTED),
    "a bare password and an empty user name": (PASSWORD, None, "", WANTED),
    "no password": (json.dumps({"username": PASSWORD}), None, "ann", WANTED),
    "no user name": (json.dumps({"password": PASSWORD}), None, None, WANTED),
    "an empty password": (json.dumps({**BOTH, "password": ""}), None, None, WANTED),
    "an empty user name": (json.dumps({**BOTH, "username": ""}), None, None, WANTED),
    "a password that is a number": (json.dumps({**BOTH, "password": 8472}), None, None, WANTED),
    "a password that is a list": (json.dumps({**BOTH, "password": [PASSWORD]}), None, None, WANTED),
    "a user name that is null": (json.dumps({**BOTH, "username": None}), None, "ann", WANTED),
    "names in capitals": (json.dumps({"Username": "mrose", "Password": PASSWORD}), None, "ann", WANTED),
    "an empty map": ("{}", None, "ann", WANTED),
    "LF at the end of a bare password": (f"{PASSWORD}\n", None, "ann", UNSENDABLE),
    "CR in a password": (json.dumps({**BOTH, "password": f"{PASSWORD}\rQUIT"}), None, None, UNSENDABLE),
    "NUL in a password": (json.dumps({**BOTH, "password": f"{PASSWORD}\0"}), None, None, UNSENDABLE),
    "half a character in a password": (
        json.dumps({**BOTH, "password": f"{PASSWORD}\ud800"}),
        None,
        None,
        HALF,
    ),
    "half a character in a user name": (json.dumps({**BOTH, "username": "mrose\udfff"}), None, None, HALF),
    "LF in a user name": (json.dumps({**BOTH, "username": "mrose\nQUIT"}), None, None, UNSENDABLE),
    "LF in the item's user name": (PASSWORD, None, "ann\n", UNSENDABLE),
    "a bare password where a key is wanted": (PASSWORD, "a", "ann", NO_KEY),
    "a list where a key is wanted": (json.dumps(["a", PASSWORD]), "a", "ann", NO_KEY),
    "a string of JSON where a key is wanted": (json.dumps("a"), "a", "ann", NO_KEY),
    "another key": (json.dumps({"b": PASSWORD}), "a", "ann", NO_KEY),
    "the key in another case": (json.dumps({"A": PASSWORD}), "a", "ann", NO_KEY),
    "no map at all where a key is wanted": (json.dumps(BOTH), "a", None, NO_KEY),
    "null under the key": (json.dumps({"a": None}), "a", "ann", f", under its key a, {WANTED}"),
    "a number under the key": (json.dumps({"a": 8472}), "a", "ann", f", under its key a, {WANTED}"),
    "no user name under the key": (json.dumps({"a": PASSWORD}), "a", None, f", under its key a, {WANTED}"),
    "LF under the key": (json.dumps({"a": f"{PASSWORD}\n"}), "a", "ann", f", under its key a, {UNSENDABLE}"),
}


@pytest.mark.parametrize(("text", "key", "username", "complaint"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, key: str | None, username: str | None, complaint: str) -> None:
    with pytest.raises(ScanError) as caught:
        parse(text, key, username)
    error = caught.value
    message = f"the secret pop3/mrose {complaint}".replace(" ,", ",")
    expected = (Reason.SECRET_MALFORMED, message, message, "")
    assert expected == (error.reason, error.message, str(error), error.said)
    assert PASSWORD not in shown_anywhere(error)


def test_credentials_show_no_password() -> None:
    credentials = Credentials("mrose", SecretStr(PASSWORD))
    expected = "Credentials(username='mrose', password=SecretStr('**********'))"
    assert expected == repr(credentials) == str(credentials)


values = st.recursive(
    st.sampled_from([PASSWORD, f"{PASSWORD}\n", "", None, 1]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["username", "password", "a"]), inner),
)


@given(values, st.sampled_from([None, "a"]), st.sampled_from([None, "ann"]), st.booleans())
def test_whatever_the_secret_holds_no_message_shows_it(
    held: object, key: str | None, username: str | None, cut: bool
) -> None:
    text = json.dumps(held)
    refused: list[ScanError] = []
    try:
        parse(text[:-1] if cut else text, key, username)
    except ScanError as error:
        refused.append(error)
    assert {Reason.SECRET_MALFORMED} >= {error.reason for error in refused}
    assert not any(PASSWORD in shown_anywhere(error) for error in refused)


def shown_anywhere(error: BaseException) -> str:
    return repr(error) + "".join(traceback.format_exception(error)) + repr((error.__context__, vars(error)))
