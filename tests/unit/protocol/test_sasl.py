"""The SASL mechanisms: what each answers to which challenge, and what it refuses."""

import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.model.text import Mask
from pop3_sensor.protocol import Answer, LocalProtocolError, NotPop3
from pop3_sensor.protocol.sasl import CramMd5, Mechanism, OAuthBearer, Plain, ScramSha1, ScramSha256, XOAuth2
from tests.unit.protocol.feeding import fault

USER, SECRET = "mrose", "tanstaaf"
TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

MAKE: dict[str, Callable[[str, str], Mechanism]] = {
    "PLAIN": Plain,
    "CRAM-MD5": CramMd5,
    "SCRAM-SHA-1": ScramSha1,
    "SCRAM-SHA-256": ScramSha256,
    "XOAUTH2": XOAuth2,
    "OAUTHBEARER": lambda user, token: OAuthBearer(user, token, "server.example.com", 995),
}

# What the server says, and what is answered; examples of RFCs where they have one.
EXCHANGES: dict[str, tuple[Mechanism, list[tuple[bytes, bytes]]]] = {
    "PLAIN, RFC 4616": (Plain("tim", "tanstaaftanstaaf"), [(b"", b"\0tim\0tanstaaftanstaaf")]),
    "PLAIN, whatever the server says first": (Plain("tim", "x"), [(b"Password?", b"\0tim\0x")]),
    "PLAIN outside ASCII": (Plain("jörg", "größe"), [(b"", b"\0j\xc3\xb6rg\0gr\xc3\xb6\xc3\x9fe")]),
    "PLAIN with spaces, which count": (Plain("tim", " a  b "), [(b"", b"\0tim\0 a  b ")]),
    "CRAM-MD5, RFC 2195": (
        CramMd5("tim", "tanstaaftanstaaf"),
        [(b"<1896.697170952@postoffice.reston.mci.net>", b"tim b913a602c7eda7a495b4e6e7334d3890")],
    ),
    "CRAM-MD5 outside ASCII": (  # printf '<1@x>' | openssl md5 -hmac größe
        CramMd5("jörg", "größe"),
        [(b"<1@x>", "jörg fefa2a694c935c0124598d03823c0fba".encode())],
    ),
    "XOAUTH2, Google's example": (
        XOAuth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"),
        [
            (
                b"",
                b64decode(
                    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxb"
                    "VRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
                ),
            )
        ],
    ),
    "XOAUTH2, refused": (
        XOAuth2(USER, TOKEN),
        [(b"", f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01".encode()), (b'{"status":"401"}', b"")],
    ),
    "OAUTHBEARER, RFC 7628 section 4.1": (
        OAuthBearer("user@example.com", TOKEN, "server.example.com", 143),
        [
            (
                b"",
                b64decode(
                    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
                    "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
                ),
            )
        ],
    ),
    "OAUTHBEARER, refused, RFC 7628 section 4.3": (
        OAuthBearer("user@example.com", TOKEN, "server.example.com", 143),
        [
            (
                b"",
                f"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer {TOKEN}\x01\x01".encode(),
            ),
            (b64decode("eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIn0="), b"\x01"),
        ],
    ),
    "OAUTHBEARER, a name that must be quoted": (
        OAuthBearer("a=b,c", "t", "h", 1),
        [(b"", b"n,a=a=3Db=2Cc,\x01host=h\x01port=1\x01auth=Bearer t\x01\x01")],
    ),
}


@pytest.mark.parametrize(("mechanism", "turns"), EXCHANGES.values(), ids=EXCHANGES)
def test_an_exchange(mechanism: Mechanism, turns: list[tuple[bytes, bytes]]) -> None:
    for challenge, response in turns:
        assert response == mechanism.answer(challenge).response
    mechanism.conclude()


def test_every_mechanism_bears_its_name() -> None:
    assert list(MAKE) == [make(USER, SECRET).name for make in MAKE.values()]


def test_every_mechanism_stands_in_the_tables() -> None:
    assert {one.name for one in kinds_of(Mechanism) if hasattr(one, "name")} == set(MAKE)
    assert {name for name in MAKE if not name.startswith("SCRAM-")} == set(MOST)  # tests of SCRAM stand by themselves


def kinds_of(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from kinds_of(one)


# After so many challenges there can be no further one.
MOST = {"PLAIN": 1, "CRAM-MD5": 1, "XOAUTH2": 2, "OAUTHBEARER": 2}


@pytest.mark.parametrize("name", MOST)
def test_a_challenge_that_is_not_due(name: str) -> None:
    mechanism = MAKE[name](USER, SECRET)
    for _ in range(MOST[name]):
        mechanism.answer(b"")
    with pytest.raises(NotPop3) as caught:
        mechanism.answer(b"and your PIN\xff")
    assert fault(NotPop3("a challenge came where none was due", "and your PIN\ufffd")) == fault(caught.value)


@pytest.mark.parametrize("name", MOST)
def test_a_login_that_was_accepted_before_anything_was_said(name: str) -> None:
    with pytest.raises(NotPop3) as caught:
        MAKE[name](USER, SECRET).conclude()
    assert "the server accepted a login before it was told whose" == str(caught.value)


UNSENDABLE = {
    "CR": ("\r", "holds CR, LF or NUL, which POP3 cannot carry"),
    "LF": ("\n", "holds CR, LF or NUL, which POP3 cannot carry"),
    "NUL": ("\0", "holds CR, LF or NUL, which POP3 cannot carry"),
    "half a character": ("\ud800", "holds half a character, which UTF-8 cannot carry"),
}


@pytest.mark.parametrize(("sign", "complaint"), UNSENDABLE.values(), ids=UNSENDABLE)
@pytest.mark.parametrize("name", MAKE)
def test_what_cannot_be_sent(name: str, sign: str, complaint: str) -> None:
    for user, secret in ((f"{USER}{sign}", SECRET), (USER, f"{SECRET}{sign}")):
        with pytest.raises(LocalProtocolError) as caught:
            MAKE[name](user, secret)
        assert str(caught.value).endswith(complaint)
        assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)


@pytest.mark.parametrize("name", ["XOAUTH2", "OAUTHBEARER"])
def test_nothing_smuggles_a_second_token_in(name: str) -> None:
    for user, token in ((f"{USER}\x01auth=Bearer other", TOKEN), (USER, f"{TOKEN}\x01")):
        with pytest.raises(LocalProtocolError, match="holds the character that ends it"):
            MAKE[name](user, token)


@pytest.mark.parametrize("name", MAKE)
def test_nothing_shows_the_secret(name: str) -> None:
    mechanism = MAKE[name](USER, SECRET)
    shown = [repr(mechanism), str(mechanism), repr(mechanism.answer(b"<1@x>"))]
    assert not any(SECRET in text for text in shown)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0\x01"), min_size=3, max_size=40)


@given(st.sampled_from(sorted(MOST)), texts, texts, st.binary(max_size=40))
def test_every_answer_names_what_is_secret_in_it(name: str, user: str, secret: str, challenge: bytes) -> None:
    """Whatever of it a server sends back: the whole, the secret, the digest; as it is, in base64, in hex."""
    answer = MAKE[name](user, secret).answer(challenge)
    derived = answer.response.decode().rpartition(" ")[2] if name == "CRAM-MD5" else secret
    for text in (secret, derived, answer.response.decode(), answer.encode().decode().strip()):
        for form in (text, b64encode(text.encode()).decode(), text.encode().hex()):
            assert "***" == Mask(answer.secrets).hide(form)


@pytest.mark.parametrize("name", MOST)
@given(challenges=st.lists(st.binary(max_size=60), max_size=4))
def test_no_challenge_can_do_harm(name: str, challenges: list[bytes]) -> None:
    mechanism = MAKE[name](USER, SECRET)
    try:
        for challenge in challenges:
            assert isinstance(mechanism.answer(challenge), Answer)
        mechanism.conclude()
    except NotPop3:
        assert len(challenges) not in range(1, MOST[name] + 1)
