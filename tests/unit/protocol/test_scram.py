"""SCRAM against the examples of its RFCs, against a server that knows it from the RFC alone, and against liars."""

import re
import subprocess
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.model.text import Mask
from pop3_sensor.protocol import Answer, LocalProtocolError, NotPop3, ServerNotProven
from pop3_sensor.protocol.sasl import Scram, ScramSha1, ScramSha256
from tests.servers.sasl import other_side, salt_password
from tests.unit.protocol.feeding import fault

USER, PASSWORD = "user", "pencil"


@dataclass
class Vector:
    make: type[Scram]
    nonce: str
    client_first: str
    server_first: str
    client_final: str
    server_final: str


# RFC 5802 section 5, RFC 7677 section 3.
VECTORS = {
    "RFC 5802": Vector(
        ScramSha1,
        "fyko+d2lbbFgONRv9qkxdawL",
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "RFC 7677": Vector(
        ScramSha256,
        "rOprNGfwEbeRWgbNEkqO",
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}
each_vector = pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)


def introduced(vector: Vector) -> Scram:
    mechanism = vector.make(USER, PASSWORD, vector.nonce)
    assert vector.client_first.encode() == mechanism.answer(b"").response
    return mechanism


def proven(vector: Vector) -> Scram:
    mechanism = introduced(vector)
    assert vector.client_final.encode() == mechanism.answer(vector.server_first.encode()).response
    return mechanism


@each_vector
def test_the_example(vector: Vector) -> None:
    mechanism = proven(vector)
    assert b"" == mechanism.answer(vector.server_final.encode()).response
    mechanism.conclude()


@each_vector
def test_what_proves_anything_is_secret(vector: Vector) -> None:
    mechanism = introduced(vector)
    answer = mechanism.answer(vector.server_first.encode())
    mask = Mask(answer.secrets)
    proof, signature = vector.client_final.partition("p=")[2], vector.server_final.partition("v=")[2]
    for secret in (PASSWORD, proof, signature):
        for form in (secret, b64encode(secret.encode()).decode(), secret.encode().hex()):
            assert "see *** here" == mask.hide(f"see {form} here")
    assert "***" == mask.hide(b64encode(vector.client_final.encode()).decode())


# What is put in place of the server's first message of RFC 7677, and what is said of it.
UNREADABLE = "the server's part of SCRAM cannot be read"
NONCE, SALT = "rOprNGfwEbeRWgbNEkqO%hv", "W22ZaJ0SNY7soEsUEjb6gQ=="
HOSTILE = {
    "nothing": ("", UNREADABLE),
    "prose": ("go ahead", UNREADABLE),
    "an extension that nobody knows": (f"m=x,r={NONCE},s={SALT},i=4096", UNREADABLE),
    "such an extension at the end": (f"r={NONCE},s={SALT},i=4096,m=x", UNREADABLE),
    "another order": (f"s={SALT},r={NONCE},i=4096", UNREADABLE),
    "no nonce": (f"s={SALT},i=4096", UNREADABLE),
    "no salt": (f"r={NONCE},i=4096", UNREADABLE),
    "an empty salt": (f"r={NONCE},s=,i=4096", UNREADABLE),
    "a salt of one byte": (f"r={NONCE},s=AA==,i=4096", UNREADABLE),
    "a salt that is no base64": (f"r={NONCE},s=W22Za!,i=4096", UNREADABLE),
    "a salt with half its padding": (f"r={NONCE},s={SALT[:-1]},i=4096", UNREADABLE),
    "no iterations": (f"r={NONCE},s={SALT}", UNREADABLE),
    "iterations of another script": (f"r={NONCE},s={SALT},i=\u0664\u0660\u0669\u0666", UNREADABLE),
    "iterations below zero": (f"r={NONCE},s={SALT},i=-4096", UNREADABLE),
    "iterations with a leading zero": (f"r={NONCE},s={SALT},i=04096", UNREADABLE),
    "iterations without end": (f"r={NONCE},s={SALT},i={'9' * 5000}", UNREADABLE),
    "a space": (f"r={NONCE}, s={SALT},i=4096", UNREADABLE),
    "a control character in the nonce": (f"r={NONCE}\x7f,s={SALT},i=4096", UNREADABLE),
    "a line break at the end": (f"r={NONCE},s={SALT},i=4096\n", UNREADABLE),
    "the nonce twice": (f"r={NONCE},r={NONCE},s={SALT},i=4096", UNREADABLE),
    "an error": ("e=unknown-user", UNREADABLE),
    "our nonce and nothing more": (f"r={NONCE[:20]},s={SALT},i=4096", UNREADABLE),
    "another nonce": (f"r=x{NONCE},s={SALT},i=4096", "the server's nonce of SCRAM does not begin with ours"),
    "a part of our nonce": (f"r={NONCE[:19]},s={SALT},i=4096", "the server's nonce of SCRAM does not begin with ours"),
    "too few iterations": (
        f"r={NONCE},s={SALT},i=4095",
        "the server wants 4095 iterations of SCRAM; allowed are 4,096 to 1,000,000",
    ),
    "too many iterations": (
        f"r={NONCE},s={SALT},i=1000001",
        "the server wants 1000001 iterations of SCRAM; allowed are 4,096 to 1,000,000",
    ),
}


@pytest.mark.parametrize(("message", "complaint"), HOSTILE.values(), ids=HOSTILE)
def test_no_proof_for_a_server_that_cannot_be_followed(message: str, complaint: str) -> None:
    mechanism = introduced(VECTORS["RFC 7677"])
    with pytest.raises(NotPop3) as caught:
        mechanism.answer(message.encode())
    assert fault(NotPop3(complaint, message)) == fault(caught.value)


EVERY_SIGN = "".join(map(chr, range(0x21, 0x7F))).replace(",", "")
TOLERATED = {
    "every printable sign in the nonce": f"r={NONCE}{EVERY_SIGN},s={SALT},i=4096",
    "a later version's addition": f"r={NONCE},s={SALT},i=4096,x=new",
}


@pytest.mark.parametrize("message", TOLERATED.values(), ids=TOLERATED)
def test_what_a_server_may_say(message: str) -> None:
    answer = introduced(VECTORS["RFC 7677"]).answer(message.encode())
    assert answer.response.startswith(f"c=biws,{message.partition(',')[0]},p=".encode())


NO_PROOF = {
    "a wrong signature": "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    "the signature of another hash": VECTORS["RFC 5802"].server_final,
    "our own proof": "v=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "a part of the signature": "v=6rriTRBi23WpRR/wtup+mA==",
    "an empty signature": "v=",
    "no base64": "v=6rri!",
    "nothing": "",
    "prose": "welcome",
    "bytes of no alphabet": "v=\xff",
}


@pytest.mark.parametrize("message", NO_PROOF.values(), ids=NO_PROOF)
def test_a_server_that_does_not_know_the_password(message: str) -> None:
    with pytest.raises(ServerNotProven) as caught:
        proven(VECTORS["RFC 7677"]).answer(message.encode())
    assert "the server's proof that it knows the password is wrong" == str(caught.value)


@pytest.mark.parametrize("challenges", [0, 1, 2])
def test_a_login_that_was_accepted_without_proof(challenges: int) -> None:
    vector = VECTORS["RFC 7677"]
    mechanism = vector.make(USER, PASSWORD, vector.nonce)
    for challenge in [b"", vector.server_first.encode()][:challenges]:
        mechanism.answer(challenge)
    with pytest.raises(ServerNotProven) as caught:
        mechanism.conclude()
    assert "the server accepted the login, but did not prove that it knows the password" == str(caught.value)


def test_an_error_is_answered_so_that_it_can_be_said_in_plain() -> None:
    mechanism = proven(VECTORS["RFC 7677"])
    assert b"" == mechanism.answer(b"e=invalid-proof").response
    with pytest.raises(ServerNotProven):
        mechanism.conclude()


def test_a_challenge_that_is_not_due() -> None:
    vector = VECTORS["RFC 7677"]
    mechanism = proven(vector)
    mechanism.answer(vector.server_final.encode())
    with pytest.raises(NotPop3, match="a challenge came where none was due"):
        mechanism.answer(b"")


REFUSED_BY_SASLPREP = {
    "a control character": ("ann", "a\x07b"),
    "a private character": ("ann", "a\ue000b"),
    "two directions": ("ann", "a\u05d0"),
    "in the user name": ("a\x07nn", "secret"),
    "a user name of nothing": ("\u00ad", "secret"),
}


@pytest.mark.parametrize(("user", "password"), REFUSED_BY_SASLPREP.values(), ids=REFUSED_BY_SASLPREP)
def test_what_saslprep_refuses(user: str, password: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        ScramSha256(user, password)
    message = "the user name or the password holds what SASLprep refuses (RFC 4013), so SCRAM cannot use it"
    assert message == str(caught.value)


def test_saslprep_is_applied() -> None:
    """RFC 4013 section 3: the soft hyphen goes, the Roman numeral and the feminine ordinal become letters."""
    mechanism = ScramSha1("\u2168\u00ad\u00aa", PASSWORD, "abc")
    assert b"n,,n=IXa,r=abc" == mechanism.answer(b"").response


def test_each_exchange_has_a_nonce_of_its_own() -> None:
    nonces = {ScramSha256(USER, PASSWORD).answer(b"").response for _ in range(3)}
    assert 3 == len(nonces)
    assert all(re.fullmatch(rb"n,,n=user,r=[!-+\--~]{18,}", nonce) for nonce in nonces)


printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
nonces = printable.map(lambda text: text.replace(",", "+"))


@dataclass
class Talk:
    user: str
    password: str
    nonce: str
    more: str  # of the server's own nonce
    salt: bytes
    iterations: int


talks = st.builds(
    Talk, printable, printable, nonces, nonces, st.binary(min_size=12, max_size=30), st.integers(4096, 4100)
)


@pytest.mark.parametrize(("make", "hash_name"), [(ScramSha1, "sha1"), (ScramSha256, "sha256")])
@given(talk=talks)
def test_a_server_that_knows_the_rfc_alone_agrees(make: type[Scram], hash_name: str, talk: Talk) -> None:
    mechanism = make(talk.user, talk.password, talk.nonce)
    client_first = mechanism.answer(b"").response.decode()
    assert f"n,,n={talk.user.replace('=', '=3D').replace(',', '=2C')},r={talk.nonce}" == client_first
    server_first = f"r={talk.nonce}{talk.more},s={b64encode(talk.salt).decode()},i={talk.iterations}"
    client_final = mechanism.answer(server_first.encode()).response.decode()
    without_proof, _, proof = client_final.rpartition(",p=")
    assert f"c={b64encode(b'n,,').decode()},r={talk.nonce}{talk.more}" == without_proof
    said = ",".join([client_first.removeprefix("n,,"), server_first, without_proof])
    due, signature = other_side(hash_name, salt_password(hash_name, talk.password, talk.salt, talk.iterations), said)
    assert due == proof
    assert b"" == mechanism.answer(f"v={signature}".encode()).response
    mechanism.conclude()


def test_the_other_side_knows_the_example() -> None:
    vector = VECTORS["RFC 5802"]
    without_proof, _, proof = vector.client_final.rpartition(",p=")
    said = ",".join([vector.client_first.removeprefix("n,,"), vector.server_first, without_proof])
    expected = (proof, vector.server_final.removeprefix("v="))
    assert expected == other_side("sha1", salt_password("sha1", PASSWORD, b64decode("QSXCR+Q6sek8bf92"), 4096), said)


messages = st.sampled_from(
    [b"", *(vector.server_first.encode() for vector in VECTORS.values()), VECTORS["RFC 7677"].server_final.encode()]
)


@given(st.lists(messages | st.binary(max_size=60), max_size=5))
def test_no_challenge_can_do_harm(challenges: list[bytes]) -> None:
    mechanism = introduced(VECTORS["RFC 7677"])
    refused = False
    try:
        for challenge in challenges:
            assert isinstance(mechanism.answer(challenge), Answer)
        mechanism.conclude()
    except (NotPop3, ServerNotProven):
        refused = True
    assert refused or VECTORS["RFC 7677"].server_final.encode() == challenges[1]


def test_scramp_is_loaded_by_whom_needs_it_alone() -> None:
    code = "import sys, pop3_sensor.protocol.sasl; sys.exit('scramp' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
