"""The table of login methods: none is forgotten, and none is taken for another."""

from typing import cast, get_args

import pytest

from pop3_sensor.model import Reason, ScanError
from pop3_sensor.model.settings import Authentication
from pop3_sensor.protocol import Apop, Command, Pass, User
from pop3_sensor.scan.login import method_of
from tests.samples import CREDENTIALS, PASSWORD, USERNAME

CHALLENGE = "<1896.697170952@mail.example.org>"

# Method: what CAPA must list, whether its password can be used again, what it says after a greeting with a challenge.
METHODS: dict[Authentication, tuple[str | None, bool, list[Command]]] = {
    "user_password": ("USER", True, [User(USERNAME), Pass(PASSWORD)]),
    "apop": (None, False, [Apop(USERNAME, CHALLENGE, PASSWORD)]),
}


def test_every_method_stands_in_the_table() -> None:
    assert {*METHODS, "none"} == set(get_args(Authentication))


@pytest.mark.parametrize("authentication", METHODS)
def test_a_method(authentication: Authentication) -> None:
    method = method_of(authentication)
    assert method is not None
    said = list(method.commands(CREDENTIALS, f"ready {CHALLENGE}"))
    assert METHODS[authentication] == (method.capability, method.reveals_password, said)


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
    assert method is not None
    with pytest.raises(ScanError) as caught:
        method.commands(CREDENTIALS, "ready")
    assert Reason.METHOD_NOT_OFFERED is caught.value.reason
