"""The table of login methods: none is forgotten, and none is taken for another."""

from typing import cast, get_args

import pytest

from pop3_sensor.model import Reason, ScanError
from pop3_sensor.model.settings import BEARER, Authentication
from pop3_sensor.protocol import Apop, Command, Pass, User
from pop3_sensor.scan.login import ByCommands, BySasl, Reveals, method_of
from tests.samples import CREDENTIALS, PASSWORD, SENSOR, USERNAME

CHALLENGE = "<1896.697170952@mail.example.org>"

# Method: what CAPA must list, what it reveals, what it says after a greeting with a challenge.
BY_COMMANDS: dict[Authentication, tuple[str | None, Reveals, list[Command]]] = {
    "user_password": ("USER", Reveals.PASSWORD, [User(USERNAME), Pass(PASSWORD)]),
    "apop": (None, Reveals.NOTHING, [Apop(USERNAME, CHALLENGE, PASSWORD)]),
}
# Method: its name in CAPA, what it reveals, what answers the first challenge.
BY_SASL: dict[Authentication, tuple[str, Reveals, bytes]] = {
    "plain": ("PLAIN", Reveals.PASSWORD, b"\0ann\0tanstaaf-8472"),
    # printf '<1896.697170952@mail.example.org>' | openssl md5 -hmac tanstaaf-8472
    "cram_md5": ("CRAM-MD5", Reveals.NOTHING, b"ann 4510aa9413cac371e12cbf7be9b9f9f3"),
    "scram_sha_1": ("SCRAM-SHA-1", Reveals.NOTHING, b"n,,n=ann,r="),
    "scram_sha_256": ("SCRAM-SHA-256", Reveals.NOTHING, b"n,,n=ann,r="),
    "xoauth2": ("XOAUTH2", Reveals.TOKEN, b"user=ann\x01auth=Bearer tanstaaf-8472\x01\x01"),
    "oauthbearer": (
        "OAUTHBEARER",
        Reveals.TOKEN,
        b"n,a=ann,\x01host=mail.example.org\x01port=110\x01auth=Bearer tanstaaf-8472\x01\x01",
    ),
}
METHODS = [*BY_COMMANDS, *BY_SASL]


def test_every_method_stands_in_the_table() -> None:
    assert {*METHODS, "none"} == set(get_args(Authentication))


@pytest.mark.parametrize("authentication", BY_COMMANDS)
def test_a_method_by_commands(authentication: Authentication) -> None:
    method = method_of(authentication)
    assert isinstance(method, ByCommands)
    said = list(method.commands(CREDENTIALS, f"ready {CHALLENGE}"))
    assert BY_COMMANDS[authentication] == (method.capability, method.reveals, said)


@pytest.mark.parametrize("authentication", BY_SASL)
def test_a_method_by_sasl(authentication: Authentication) -> None:
    method = method_of(authentication)
    assert isinstance(method, BySasl)
    name, reveals, answer = BY_SASL[authentication]
    mechanism = method.mechanism(CREDENTIALS, SENSOR)
    assert (name, name, reveals) == (method.name, mechanism.name, method.reveals)
    assert mechanism.answer(CHALLENGE.encode()).response.startswith(answer)


def test_a_token_is_what_only_the_bearer_methods_reveal() -> None:
    assert {name for name in METHODS if (one := method_of(name)) and one.reveals is Reveals.TOKEN} == BEARER


def test_none_is_no_method() -> None:
    assert method_of("none") is None


def test_no_two_methods_are_one() -> None:
    methods = [method_of(one) for one in METHODS]
    assert len(methods) == len({method.name for method in methods if method})


def test_a_method_without_a_case_does_not_log_in_by_another() -> None:
    with pytest.raises(AssertionError, match="sasl_plain"):
        method_of(cast("Authentication", "sasl_plain"))


def test_apop_needs_a_challenge() -> None:
    method = method_of("apop")
    assert isinstance(method, ByCommands)
    with pytest.raises(ScanError) as caught:
        method.commands(CREDENTIALS, "ready")
    assert Reason.METHOD_NOT_OFFERED is caught.value.reason
