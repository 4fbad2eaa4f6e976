"""Secrets Manager. The secrets in memory, which other tests use, behave alike."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from pydantic import SecretStr

from pop3_sensor.aws.secrets import BATCH
from pop3_sensor.aws.secrets import Secrets as SecretsManager
from pop3_sensor.model import Reason, ScanError
from tests.aws.conftest import Calls
from tests.fakes.memory import Secrets

Plain = dict[str, str | tuple[Reason, str]]


def plain(found: Mapping[str, SecretStr | ScanError]) -> Plain:
    return {
        name: held.get_secret_value() if isinstance(held, SecretStr) else (held.reason, held.message)
        for name, held in found.items()
    }


def create(session: boto3.Session, name: str, text: str) -> str:
    return session.client("secretsmanager").create_secret(Name=name, SecretString=text)["ARN"]


def fetch(session: boto3.Session, *secret_ids: str) -> Plain:
    return plain(SecretsManager(session.client("secretsmanager")).fetch(secret_ids))


@pytest.fixture(params=["in Secrets Manager", "in memory"])
def found(request: pytest.FixtureRequest) -> Callable[..., Plain]:
    if request.param == "in memory":
        return lambda *secret_ids: plain(Secrets({"a": "bee", "ü/b": "größe"}).fetch(secret_ids))
    session: boto3.Session = request.getfixturevalue("session")
    create(session, "a", "bee")
    create(session, "ü/b", "größe")
    return lambda *secret_ids: fetch(session, *secret_ids)


FETCHED: dict[str, tuple[list[str], Plain]] = {
    "none": ([], {}),
    "one": (["a"], {"a": "bee"}),
    "two": (["ü/b", "a"], {"a": "bee", "ü/b": "größe"}),
    "the same twice": (["a", "a"], {"a": "bee"}),
    "one that is missing among good ones": (
        ["a", "none", "ü/b"],
        {"a": "bee", "none": (Reason.SECRET_MISSING, "the secret none does not exist"), "ü/b": "größe"},
    ),
    "one that is missing, alone": (["none"], {"none": (Reason.SECRET_MISSING, "the secret none does not exist")}),
}


@pytest.mark.parametrize(("wanted", "expected"), FETCHED.values(), ids=FETCHED)
def test_by_name(found: Callable[..., Plain], wanted: list[str], expected: Plain) -> None:
    assert expected == found(*wanted)


def test_by_arn(session: boto3.Session) -> None:
    """A whole ARN, one without the six characters that Secrets Manager appends, and one of a secret that is gone."""
    arn = create(session, "pop3-sensor/mail-1", "bee")
    without = arn.rpartition("-")[0]
    gone = arn.replace("mail-1", "gone")
    expected = {
        arn: "bee",
        without: "bee",
        "pop3-sensor/mail-1": "bee",
        gone: (Reason.SECRET_MISSING, f"the secret {gone} does not exist"),
    }
    assert expected == fetch(session, arn, without, "pop3-sensor/mail-1", gone)


def test_names_that_begin_alike_are_not_mixed_up(session: boto3.Session) -> None:
    """Cut short, the ARN of `a-b` looks like one of `a`; the name `a-b-AbCdEf` looks like the end of one of `a-b`."""
    arns = {name: create(session, name, f"of {name}") for name in ("a", "a-b", "a-b-AbCdEf")}
    wanted = [*arns, *arns.values(), *(arn.rpartition("-")[0] for arn in arns.values())]
    assert [f"of {name}" for name in [*arns] * 3] == [fetch(session, one)[one] for one in wanted]
    assert {one: f"of {name}" for one, name in zip(wanted, [*arns] * 3, strict=True)} == fetch(session, *wanted)


def test_twenty_in_a_call(session: boto3.Session, calls: Calls) -> None:
    for number in range(45):
        create(session, f"mail-{number}", f"bee-{number}")
    expected: Plain = {f"mail-{number}": f"bee-{number}" for number in range(45)}
    assert expected == fetch(session, *expected)
    assert 20 == BATCH
    assert [20, 20, 5] == [len(call["SecretIdList"]) for call in calls.of("BatchGetSecretValue")]


def test_a_binary_secret(session: boto3.Session) -> None:
    session.client("secretsmanager").create_secret(Name="a", SecretBinary=b"bee")
    expected = {"a": (Reason.SECRET_MALFORMED, "the secret a is binary; it must be a text")}
    assert expected == fetch(session, "a")


def test_a_secret_without_a_value_harms_no_other(session: boto3.Session) -> None:
    """It fails the whole call; then each secret is asked for alone."""
    create(session, "good", "bee")
    session.client("secretsmanager").create_secret(Name="empty")
    found = fetch(session, "good", "empty", "none")
    assert {
        "good": "bee",
        "empty": (Reason.SECRET_MISSING, "the secret empty does not exist"),
        "none": (Reason.SECRET_MISSING, "the secret none does not exist"),
    } == found


def test_a_secret_that_is_marked_for_deletion_harms_no_other(session: boto3.Session) -> None:
    create(session, "good", "bee")
    create(session, "gone", "gee")
    session.client("secretsmanager").delete_secret(SecretId="gone", RecoveryWindowInDays=7)
    assert {
        "good": "bee",
        "gone": (Reason.SECRET_MISSING, "the secret gone has no value, or is marked for deletion"),
    } == fetch(session, "good", "gone")


DENIED = "the secret bad may not be read; allowed are names that begin with SecretPrefix"
# The code that AWS gives for one secret; the reason and the message of its sensors.
TOLD: dict[str, tuple[Reason, str]] = {
    "AccessDeniedException": (Reason.SECRET_DENIED, DENIED),
    "DecryptionFailure": (
        Reason.SECRET_DENIED,
        "the secret bad cannot be decrypted; the functions need kms:Decrypt for its key",
    ),
    "InvalidParameterException": (Reason.SECRET_MISSING, "the secret bad is no name or ARN of a secret"),
    "InvalidRequestException": (
        Reason.SECRET_MISSING,
        "the secret bad has no value, or is marked for deletion",
    ),
    "ResourceNotFoundException": (Reason.SECRET_MISSING, "the secret bad does not exist"),
    "ValidationException": (Reason.SECRET_MISSING, "the secret bad is no name or ARN of a secret"),
    "InternalServiceError": (Reason.INTERNAL_ERROR, "the secret bad could not be fetched: {}"),
}
GOOD_VALUE = {"ARN": "arn:aws:secretsmanager:eu-central-1:1:secret:good-AbCdEf", "Name": "good", "SecretString": "bee"}


@pytest.mark.parametrize("code", TOLD)
def test_what_aws_says_about_one_of_them(session: boto3.Session, code: str) -> None:
    client = session.client("secretsmanager")
    with Stubber(client) as stub:
        errors = [{"SecretId": "bad", "ErrorCode": code, "Message": "so it is"}]
        stub.add_response(
            "batch_get_secret_value",
            {"SecretValues": [GOOD_VALUE], "Errors": errors},
            {"SecretIdList": ["good", "bad"]},
        )
        found = plain(SecretsManager(client).fetch(["good", "bad"]))
        stub.assert_no_pending_responses()
    reason, message = TOLD[code]
    assert {"good": "bee", "bad": (reason, message.format("so it is"))} == found


@pytest.mark.parametrize("code", [code for code in TOLD if code != "InternalServiceError"])
def test_a_call_that_fails_because_of_one_of_them(session: boto3.Session, code: str) -> None:
    """AWS refuses the whole call for a name with a forbidden character, for instance."""
    client = session.client("secretsmanager")
    with Stubber(client) as stub:
        stub.add_client_error("batch_get_secret_value", code, "so it is")
        stub.add_response(
            "batch_get_secret_value", {"SecretValues": [GOOD_VALUE], "Errors": []}, {"SecretIdList": ["good"]}
        )
        stub.add_client_error("batch_get_secret_value", code, "so it is", expected_params={"SecretIdList": ["bad"]})
        found = plain(SecretsManager(client).fetch(["good", "bad"]))
        stub.assert_no_pending_responses()
    assert {"good": "bee", "bad": TOLD[code]} == found


def test_a_service_that_fails_fails_its_batch_only(session: boto3.Session) -> None:
    """It is not asked again for each single secret: that would make throttling worse."""
    client = session.client("secretsmanager")
    with Stubber(client) as stub:
        stub.add_client_error("batch_get_secret_value", "ThrottlingException", "Rate exceeded")
        stub.add_response("batch_get_secret_value", {"SecretValues": [GOOD_VALUE], "Errors": []})
        bad = [f"bad-{number}" for number in range(BATCH)]
        found = plain(SecretsManager(client).fetch([*bad, "good"]))
        stub.assert_no_pending_responses()
    said = "An error occurred (ThrottlingException) when calling the BatchGetSecretValue operation: Rate exceeded"
    expected: Plain = {one: (Reason.INTERNAL_ERROR, f"the secret {one} could not be fetched: {said}") for one in bad}
    assert {**expected, "good": "bee"} == found


def test_a_service_that_cannot_be_reached(session: boto3.Session) -> None:
    client = session.client("secretsmanager")

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")

    client.meta.events.register("before-call", unreachable)
    said = 'Could not connect to the endpoint URL: "https://secretsmanager.example"'
    expected = {"a": (Reason.INTERNAL_ERROR, f"the secret a could not be fetched: {said}")}
    assert expected == plain(SecretsManager(client).fetch(["a"]))
