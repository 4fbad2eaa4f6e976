"""What a user sends back says nothing about the account."""

import pytest
from botocore.exceptions import ClientError

from tests.first_day.account import Account
from tests.first_day.report import FAILED, Line, as_json, public, run
from tests.first_day.steps import Step

HIDDEN = {
    "an ARN": ("not authorized: arn:aws:sts::123456789012:assumed-role/ops/ann", "not authorized: <arn>"),
    "an account id": ("in account 123456789012.", "in account <account>."),
    "an address": ("198.51.100.7 and 2001:db8::17 refuse", "<address> and <address> refuse"),
    "an access key": ("AKIAIOSFODNN7EXAMPLE", "<key>"),
    "a part of the network": ("subnet-0123456789abcdef0 has none", "<network> has none"),
    "an e-mail address": ("ann@example.org", "<mail>"),
    "an address of the Web": ("at https://sqs.eu-central-1.amazonaws.com/123456789012/q", "at <url>"),
    "the named host": ("mail.example.org: no answer", "<host>: no answer"),
    "another host": (
        "the certificate is for pop.example.net and *.example.com",
        "the certificate is for <host> and *.<host>",
    ),
    "no file": ("from /etc/pki/tls/cert.pem in 48.2 ms", "from /etc/pki/tls/cert.pem in 48.2 ms"),
    "a host of one word": ("nobody at relay: relayed", "nobody at <host>: relayed"),
    "the stack": ("secret-customer-ScanFunction-1X", "<stack>-ScanFunction-1X"),
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_hidden(text: str, shown: str) -> None:
    account = Account(lambda _: None, "secret-customer", host="relay" if "relay" in text else "mail.example.org")
    assert shown == public(text, account)


def test_host_is_named_where_the_user_agrees() -> None:
    account = Account(lambda _: None, "stack", host="mail.example.org")
    step = Step("Name", lambda one: one.host, "")
    assert [["<host>"], ["mail.example.org"]] == [
        [line.said for line in run(account, [step], name_hosts=agreed)] for agreed in (False, True)
    ]


def test_what_one_step_meets_harms_no_other() -> None:
    def refused(_: Account) -> str:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetItem")

    def odd(_: Account) -> str:
        raise KeyError("Stacks")

    steps = [Step("Refused", refused, ""), Step("Odd", odd, ""), Step("Well", lambda _: "well", "")]
    first, second, third = run(Account(lambda _: None, "stack"), steps)
    assert "An error occurred (AccessDenied) when calling the GetItem operation: no" == first.said
    assert (FAILED, "AWS's answer is not understood: KeyError 'Stacks'") == (second.verdict, second.said)
    assert {"region": "eu-central-1", "steps": [{"step": "Well", "verdict": "passed", "said": "well"}]} == as_json(
        [third], "eu-central-1"
    )
    assert Line("Well", "passed", "well") == third
