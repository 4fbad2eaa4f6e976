"""What a scan may say, and that no secret leaks while it is said."""

import re
import traceback
from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.protocol import (
    Answer,
    Apop,
    Auth,
    Cancel,
    Capa,
    Command,
    LocalProtocolError,
    Pass,
    Pop3Client,
    Quit,
    Stat,
    Stls,
    User,
)
from tests.unit.protocol.feeding import session

CHALLENGE = "<1896.697170952@dbc.mtview.ca.us>"
SECRET = "tanstaaf"
DIGEST = "c4c9334bac560ecc979e58001b3e22fb"

# Command: what is sent, what a transcript shows, what Python shows.
COMMANDS: dict[str, tuple[Command, bytes, str, str]] = {
    "CAPA": (Capa(), b"CAPA\r\n", "CAPA", "Capa()"),
    "STLS": (Stls(), b"STLS\r\n", "STLS", "Stls()"),
    "STAT": (Stat(), b"STAT\r\n", "STAT", "Stat()"),
    "QUIT": (Quit(), b"QUIT\r\n", "QUIT", "Quit()"),
    "USER": (User("mrose"), b"USER mrose\r\n", "USER mrose", "User(name='mrose')"),
    "USER outside ASCII": (User("jörg"), b"USER j\xc3\xb6rg\r\n", "USER jörg", "User(name='jörg')"),
    "PASS": (Pass(SECRET), b"PASS tanstaaf\r\n", "PASS ***", "Pass()"),
    "PASS outside ASCII": (Pass("gr\xfc\xdfe"), b"PASS gr\xc3\xbc\xc3\x9fe\r\n", "PASS ***", "Pass()"),
    "PASS with spaces, which count": (Pass(" a  b "), b"PASS  a  b \r\n", "PASS ***", "Pass()"),
    "APOP": (
        Apop("mrose", CHALLENGE, SECRET),
        f"APOP mrose {DIGEST}\r\n".encode(),
        "APOP ***",
        f"Apop(name='mrose', challenge='{CHALLENGE}')",
    ),
    "AUTH": (Auth("SCRAM-SHA-1"), b"AUTH SCRAM-SHA-1\r\n", "AUTH SCRAM-SHA-1", "Auth(mechanism='SCRAM-SHA-1')"),
    "an answer": (
        Answer(f"\0mrose\0{SECRET}".encode(), (SECRET,)),
        b"AG1yb3NlAHRhbnN0YWFm\r\n",
        "***",
        "Answer()",
    ),
    "an answer outside ASCII": (
        Answer("gr\xfc\xdfe".encode(), ("gr\xfc\xdfe",)),
        b"Z3LDvMOfZQ==\r\n",
        "***",
        "Answer()",
    ),
    "an answer that is no text": (Answer(b"\xff\0", ("\xff",)), b"/wA=\r\n", "***", "Answer()"),
    "an answer of many bytes": (Answer(b"x" * 6000, ("x" * 6000,)), b"eHh4" * 2000 + b"\r\n", "***", "Answer()"),
    "an answer without a secret": (Answer(b"n,,n=mrose,r=fyko"), b"biwsbj1tcm9zZSxyPWZ5a28=\r\n", "***", "Answer()"),
    "an empty answer": (Answer(b""), b"\r\n", "", "Answer()"),
    "an answer cancelled": (Cancel(), b"*\r\n", "*", "Cancel()"),
}


@pytest.mark.parametrize(("command", "sent", "masked", "shown"), COMMANDS.values(), ids=COMMANDS)
def test_a_command(command: Command, sent: bytes, masked: str, shown: str) -> None:
    assert (sent, masked, shown, shown) == (command.encode(), command.masked(), repr(command), str(command))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")))
def test_all_other_characters_are_sent_as_they_are(text: str) -> None:
    raw = text.encode()
    expected = (b"USER " + raw + b"\r\n", b"PASS " + raw + b"\r\n")
    assert expected == (User(text).encode(), Pass(text).encode())


def test_nothing_can_retrieve_or_delete() -> None:
    keywords = {command.keyword for command in Command.__subclasses__()}
    assert {"CAPA", "STLS", "USER", "PASS", "APOP", "AUTH", "an answer to a challenge", "*", "STAT", "QUIT"} == keywords


def test_every_command_stands_in_the_table() -> None:
    names = {one.__name__ for one in Command.__subclasses__()}  # slots make a second class of the same name
    assert names == {type(command).__name__ for command, *_ in COMMANDS.values()}


@pytest.mark.parametrize("command", [command for command, *_ in COMMANDS.values()], ids=COMMANDS)
def test_a_command_names_every_secret_that_it_sends(command: Command) -> None:
    """What Python does not show of it, and all of its line that is neither the keyword nor shown."""
    if isinstance(command, Answer):
        return  # it is told what is secret in it: see below
    shown = {field.name: getattr(command, field.name) for field in fields(command) if field.repr}
    hidden = {getattr(command, field.name) for field in fields(command) if not field.repr}
    line = command.encode().decode().removesuffix("\r\n").removeprefix(command.keyword).removeprefix(" ")
    for text in sorted(shown.values(), key=len, reverse=True):
        line = line.replace(text, "", 1)
    assert hidden <= set(command.secrets)
    assert "" == line.strip() or line.strip() in {secret.strip() for secret in command.secrets}
    assert not any(secret in command.masked() for secret in command.secrets)


def test_an_answer_is_secret_in_every_form_where_it_holds_a_secret() -> None:
    answer = Answer(f"\0mrose\0{SECRET}".encode(), (SECRET,))
    assert (SECRET, f"\0mrose\0{SECRET}", "AG1yb3NlAHRhbnN0YWFm") == answer.secrets
    assert () == Answer(b"n,,n=mrose,r=fyko").secrets


NO_MECHANISMS = ["", "plain", "PLAIN x", "PLAIN\r\nQUIT", "P" * 21, "PL\xc4IN"]


@pytest.mark.parametrize("name", NO_MECHANISMS)
def test_auth_wants_the_name_of_a_mechanism(name: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Auth(name)
    assert f"{name!r} is no name of a SASL mechanism" == str(caught.value)


REFUSED: dict[str, tuple[Callable[[str], Command], str]] = {
    "a user name for USER": (User, "user name"),
    "a password for PASS": (Pass, "password"),
    "a user name for APOP": (lambda text: Apop(text, CHALLENGE, SECRET), "user name"),
    "a password for APOP": (lambda text: Apop("mrose", CHALLENGE, text), "password"),
}
PLACES = {
    "CR at the end": f"{SECRET}\r",
    "LF at the end": f"{SECRET}\n",
    "NUL at the end": f"{SECRET}\0",
    "CRLF and a second command": f"{SECRET}\r\nDELE 1",
    "LF at the start": f"\n{SECRET}",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(("make", "what"), REFUSED.values(), ids=REFUSED)
def test_a_line_break_cannot_be_sent_nor_seen(make: Callable[[str], Command], what: str, text: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        make(text)
    assert f"the {what} holds CR, LF or NUL, which POP3 cannot carry" == str(caught.value)
    assert SECRET not in shown_anywhere(caught.value)


@pytest.mark.parametrize(("make", "what"), REFUSED.values(), ids=REFUSED)
def test_half_a_character_cannot_be_sent_nor_seen(make: Callable[[str], Command], what: str) -> None:
    # JSON can spell a lone surrogate ("\ud800"); UTF-8 cannot, and Python's UnicodeEncodeError shows the whole line.
    with pytest.raises(LocalProtocolError) as caught:
        make(f"{SECRET}\ud800")
    assert f"the {what} holds half a character, which UTF-8 cannot carry" == str(caught.value)
    assert SECRET not in shown_anywhere(caught.value)


def shown_anywhere(error: BaseException) -> str:
    return repr(error) + "".join(traceback.format_exception(error)) + repr(error.__context__)


def test_a_password_out_of_turn_is_not_shown() -> None:
    for command in (Pass(SECRET), Apop("mrose", CHALLENGE, SECRET), Answer(SECRET.encode(), (SECRET,))):
        with pytest.raises(LocalProtocolError) as caught:
            Pop3Client().send(command)
        assert f"{command.keyword} is not legal in state GREETING" == str(caught.value)
        assert not {SECRET, DIGEST} & set(re.findall(r"\w+", shown_anywhere(caught.value)))


def test_the_client_shows_no_password() -> None:
    client = session((User("mrose"), b"+OK\r\n"))
    client.send(Pass(SECRET))
    assert SECRET not in repr(client) + repr(vars(client))
