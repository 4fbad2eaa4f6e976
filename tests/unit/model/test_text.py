"""What strangers say is safe to show, and a secret that they echo is not shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.model.text import Mask, printable

ASCII = "".join(map(chr, range(ord("!"), ord("~") + 1)))
CLEANED = {
    "plain text": ("ready", "ready"),
    "all that can be seen of ASCII": (ASCII + "é", ASCII.replace("<", "{").replace(">", "}") + "é"),
    "other alphabets and emoji": ("größe Ελλάς 日本 🎉", "größe Ελλάς 日本 🎉"),
    "accents of their own": ("e\u0301", "e\u0301"),
    "control characters": ("a\0b\x07c\x1bd\x7fe\x85f\x9fg", "abcdefg"),
    "an escape sequence loses its teeth": ("\x1b[2J\x1b]0;title\x07ready", "[2J]0;titleready"),
    "line breaks of every kind": ("a\rb\nc\td\x0be\x0cf\u2028g\u2029h", "abcdefgh"),
    "bidirectional characters": ("a\u061cb\u200ec\u200fd\u202ae\u202ef\u2066g\u2069h", "abcdefgh"),
    "zero-width characters": ("a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg", "abcdefg"),
    "invisible letters and marks": ("a\u034fb\u115fc\u17b4d\u180be\u3164f\uffa0g", "abcdefg"),
    "invisible tags": ("a\U000e0041\U000e007fb", "ab"),
    "half a character": ("a\ud800b", "ab"),
    "variation selectors": ("a\ufe00b\ufe0ec\ufe0fd\U000e0100e\U000e01eff", "abcdef"),
    "angle brackets become braces": ("<script>alert(1)</script>", "{script}alert(1){/script}"),
    "spaces around it": ("  ready\u3000 ", "ready"),
    "spaces that only seem to be inside": ("\0 ready \u200b", "ready"),
    "nothing": ("", ""),
    "nothing visible": ("\0 \u200b", ""),
}


@pytest.mark.parametrize(("text", "cleaned"), CLEANED.values(), ids=CLEANED)
def test_printable(text: str, cleaned: str) -> None:
    assert cleaned == printable(text)


LENGTHS = {
    "exactly as long as allowed": ("x" * 300, 300, "x" * 300),
    "one character too long": ("x" * 301, 300, "x" * 299 + "…"),
    "far too long": ("x" * 100_000, 10, "xxxxxxxxx…"),
    "short enough once cleaned": ("\0" * 1000 + "ready" + " " * 1000, 5, "ready"),
}


@pytest.mark.parametrize(("text", "limit", "cut"), LENGTHS.values(), ids=LENGTHS)
def test_printable_is_cut(text: str, limit: int, cut: str) -> None:
    assert cut == printable(text, limit)


def test_a_message_has_300_characters_and_a_quotation_200() -> None:
    expected = (300, 200)
    assert expected == (len(printable("x" * 1000)), len(Mask().quote("x" * 1000)))


@given(st.text(), st.integers(1, 300))
def test_whatever_comes_is_one_short_line(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(character) for character in shown}
    assert not set("<>") & set(shown)
    assert len(shown) <= limit
    assert shown == printable(shown, limit)


# Secrets, what the server says, what is quoted.
QUOTED: dict[str, tuple[list[str], str, str]] = {
    "no secret": ([], "wrong password", "wrong password"),
    "an empty secret hides nothing": ([""], "wrong password", "wrong password"),
    "an echo": (["tanstaaf"], "-ERR wrong: tanstaaf!", "-ERR wrong: ***!"),
    "every echo": (["tanstaaf"], "tanstaaf tanstaaf", "*** ***"),
    "an echo in another case": (["TanStaaf"], "tANSTAAF TANSTAAF tanstaaf", "*** *** ***"),
    "an echo within a word": (["tanstaaf"], "xtanstaafx", "x***x"),
    "an echo across a limit": (["tanstaaf"], "x" * 195 + "tanstaaf", "x" * 195 + "***"),
    "an echo behind the limit": (["tanstaaf"], "x" * 200 + "tanstaaf", "x" * 199 + "…"),
    "an echo with control characters in it": (["tanstaaf"], "t\0a\x1bn\ns\rt\ta\x7faf", "***"),
    "an echo with bidirectional characters in it": (["tanstaaf"], "tan\u202e\u2066staaf", "***"),
    "an echo with zero-width characters in it": (["tanstaaf"], "\u200bt\u200can\u2060st\ufeffaaf", "***"),
    "an echo with variation selectors in it": (["tanstaaf"], "t\ufe00an\ufe0fst\U000e0100aaf", "***"),
    "two secrets": (["tanstaaf", "c4c9334b"], "tanstaaf c4c9334b", "*** ***"),
    "a secret that begins another": (["tan", "tanstaaf"], "tanstaaf tan", "*** ***"),
    "a secret that ends another": (["staaf", "tanstaaf"], "tanstaaf staaf", "*** ***"),
    "a secret within another": (["nsta", "tanstaaf"], "tanstaaf nsta", "*** ***"),
    "secrets that overlap": (["tanst", "nstaaf"], "tanstaaf", "***aaf"),
    "a secret of regular expressions": ([".*"], "a.*b, and axb stays", "a***b, and axb stays"),
    "a secret that is no regular expression": (["(tan[", "\\"], "x(tan[x\\x", "x***x***x"),
    "a secret with angle brackets": (["<tan>"], "it was <tan>", "it was ***"),
    "a secret with angle brackets, hidden": (["<tan>"], "it was <t\0an>", "it was ***"),
    "a secret with spaces around it": ([" tan "], "it was tan", "it was ***"),
    "a secret with control characters": (["tan\tstaaf"], "tan\tstaaf tanstaaf", "*** ***"),
    "a secret that nobody can see": (["\u200b\u200c"], "ready\u200b\u200c", "ready***"),
    "a secret outside ASCII": (["größe"], "Größe GRÖSSE gr\u200böße", "*** GRÖSSE ***"),
    "a short secret": (["e"], "the", "th***"),
    "angle brackets of the server": (["tan"], "<tan>", "{***}"),
}


@pytest.mark.parametrize(("secrets", "said", "quoted"), QUOTED.values(), ids=QUOTED)
def test_quote(secrets: list[str], said: str, quoted: str) -> None:
    assert quoted == Mask(secrets).quote(said)


# An honest password, and what is left of it where software writes down what it was sent.
SECRET = "Tr0ub4dor&3@\"co <'%\\ü/+"
ECHOES = {
    "as it is": SECRET,
    "as base64": "VHIwdWI0ZG9yJjNAImNvIDwnJVzDvC8r",
    "in hexadecimal": "547230756234646f722633402263 6f203c27255cc3bc2f2b".replace(" ", ""),
    "in hexadecimal, in capitals": "547230756234646F7226334022636F203C27255CC3BC2F2B",
    "as HTML": "Tr0ub4dor&amp;3@&quot;co &lt;&#x27;%\\ü/+",
    "as HTML, but for quotation marks": "Tr0ub4dor&amp;3@\"co &lt;'%\\ü/+",
    "as HTML, with an apostrophe by its number": "Tr0ub4dor&amp;3@&quot;co &lt;&#39;%\\ü/+",
    "as XML": "Tr0ub4dor&amp;3@&quot;co &lt;&apos;%\\ü/+",
    "in the path of an URL": "Tr0ub4dor%263%40%22co%20%3C%27%25%5C%C3%BC/%2B",
    "in an URL": "Tr0ub4dor%263%40%22co%20%3C%27%25%5C%C3%BC%2F%2B",
    "in a form": "Tr0ub4dor%263%40%22co+%3C%27%25%5C%C3%BC%2F%2B",
    "as JSON": "Tr0ub4dor&3@\\\"co <'%\\\\\\u00fc/+",
    "as JSON in UTF-8": "Tr0ub4dor&3@\\\"co <'%\\\\ü/+",
    "between apostrophes": "Tr0ub4dor&3@\"co <\\'%\\\\ü/+",
    "with escapes of Unicode": "Tr0ub4dor&3@\"co <'%\\\\\\xfc/+",
    "with escapes of bytes": "Tr0ub4dor&3@\"co <'%\\\\\\xc3\\xbc/+",
    "with a backslash before everything": "Tr0ub4dor\\&3\\@\\\"co\\ \\<\\'\\%\\\\ü\\/\\+",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_an_echo(echo: str) -> None:
    expected = "-ERR '***', was it?"
    assert expected == Mask([SECRET]).quote(f"-ERR '{echo}', was it?")


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_an_echo_that_is_cut_off_anywhere(echo: str) -> None:
    """Up to where six characters of the secret are in it, or six bytes where it is encoded."""
    mask = Mask([SECRET])
    known = {"VH": 8, "54": 12}.get(echo[:2], 6)
    for length in range(len(echo)):
        expected = f"-ERR '{'***' if length >= known else printable(echo[:length])}"
        assert expected == mask.quote(f"-ERR '{echo[:length]}"), length


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_an_echo_with_invisible_characters_in_it(echo: str) -> None:
    expected = "-ERR '***'"
    assert expected == Mask([SECRET]).quote(f"-ERR '{chr(0x200B).join(echo)}'")


def test_words_that_begin_like_a_secret_stay() -> None:
    expected = "-ERR Trout, not ***"
    assert expected == Mask([SECRET]).quote(f"-ERR Trout, not {SECRET}")


# Secrets, of which the second begins like the first, and what is hidden.
ALIKE = {
    "the longer one": (["tanstaaf", "tanstaafl-8472"], "tanstaafl-8472!", "***!"),
    "the shorter one": (["tanstaaf", "tanstaafl-8472"], "tanstaaf!", "***!"),
    "the longer one, cut off": (["tanstaaf", "tanstaafl-8472"], "tanstaafl-84!", "***!"),
    "both": (["tanstaaf", "tanstaafl-8472"], "tanstaaftanstaafl-8472", "******"),
    "a short one and a longer one": (["tan", "tanstaafl-8472"], "tan tans tansta", "*** ***s ***"),
}


@pytest.mark.parametrize(("secrets", "said", "quoted"), ALIKE.values(), ids=ALIKE)
def test_secrets_that_begin_alike(secrets: list[str], said: str, quoted: str) -> None:
    assert quoted == Mask(secrets).quote(said)


def test_a_secret_of_any_length_is_hidden_at_once() -> None:
    """A token has thousands of characters. What is compiled of it has not."""
    token = "".join(map(chr, range(ord("a"), ord("z")))) * 1000
    mask = Mask([token])
    assert len(mask._beginnings.pattern) < 200  # noqa: SLF001 - its bound is the test
    expected = "*** and ***, but abcde"
    assert expected == mask.quote(f"{token} and {token[:9999]}, but abcde")


def test_quote_cuts_where_it_is_told() -> None:
    expected = "wrong: ***…"
    assert expected == Mask(["tanstaaf"]).quote("wrong: tanstaaf, was it not", 11)


def test_hide_leaves_all_the_rest_as_it_was() -> None:
    expected = "\x1b<***>\n" + "x" * 1000
    assert expected == Mask(["tanstaaf"]).hide("\x1b<tanstaaf>\n" + "x" * 1000)


def test_a_mask_shows_no_secret() -> None:
    mask = Mask(["tanstaaf"])
    expected = ("Mask(***)", "Mask(***)")
    assert expected == (repr(mask), str(mask))


# No asterisk: "***" is the mask's own sign, and where a secret is made of it there is no telling them apart.
secrets = st.text(st.characters().filter(lambda c: c.isprintable() and c != "*"), min_size=4, max_size=12)


@given(st.data(), secrets)
def test_no_secret_survives_among_whatever_words(data: st.DataObject, secret: str) -> None:
    invisible = st.text(st.sampled_from("\0\n\r\x1b\u200b\u202e\ufeff"), max_size=2)
    echo = st.tuples(*(part for letter in secret for part in (invisible, st.just(letter)))).map("".join)
    beginning = st.integers(1, len(secret)).map(lambda length: secret[:length])
    said = "".join(data.draw(st.lists(st.text() | st.just(secret) | echo | beginning)))
    quoted = Mask([secret]).quote(said, len(said) * 3 + 1)
    assert secret not in quoted
    assert not (seen := printable(secret)) or seen not in quoted


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="*"), min_size=4))
def test_no_secret_survives_in_another_case(secret: str) -> None:
    quoted = Mask([secret]).quote(f"{secret} {secret.upper()} {secret.lower()} {secret.swapcase()}")
    expected = "*** *** *** ***"
    assert expected == quoted
