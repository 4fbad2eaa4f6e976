"""Makes the words of servers and certificates safe to show, also where they echo a secret."""

import base64
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from urllib import parse

MAX_MESSAGE = 300
MAX_QUOTE = 200

# Unicode's categories of control and format characters (bidirectional, zero-width), surrogates, line and paragraph
# separators ...
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# ... and single characters that show nothing, although their category is that of letters or marks.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))  # variation selectors
)
_BRACES = str.maketrans("<>", "{}")


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE_CATEGORIES and character not in _INVISIBLE


def printable(text: str, limit: int = MAX_MESSAGE) -> str:
    """One line that cannot trick a terminal, a page or a pager. A longer text is cut and ends in an ellipsis."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(filter(_visible, text))
    text = text.translate(_BRACES).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


# How software writes down what it was sent: the whole of it encoded, by its bytes, or single characters escaped.
_ENCODED: tuple[Callable[[bytes], str], ...] = (lambda raw: base64.b64encode(raw).decode(), bytes.hex)
_ESCAPED: tuple[Callable[[str], str], ...] = (
    str,
    html.escape,
    lambda text: html.escape(text, quote=False),
    lambda text: html.escape(text).replace("&#x27;", "&#39;"),
    lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    lambda text: parse.quote(_bytes_of(text)),
    lambda text: parse.quote(_bytes_of(text), safe=""),
    lambda text: parse.quote_plus(_bytes_of(text)),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),
    lambda text: text.encode("unicode_escape").decode(),
    lambda text: _bytes_of(text).decode("latin-1").encode("unicode_escape").decode(),
    lambda text: re.sub(r"(\W)", r"\\\1", text),
)
# An echo may be cut off anywhere. So many characters of a secret are hidden also where the rest of it does not follow.
_BEGINNING = 6


def _bytes_of(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _forms(secret: str) -> Iterator[tuple[str, str]]:
    """Every form in which a server may echo a secret, and how it begins."""
    for encoded in _ENCODED:
        yield encoded(_bytes_of(secret)[:_BEGINNING]), encoded(_bytes_of(secret))
    for escaped in _ESCAPED:
        yield escaped(secret[:_BEGINNING]), escaped(secret)


class Mask:
    """Hides secrets in text that a server sent, also where an echo of one is cut off. Its `repr` shows none.

    The pattern finds how an echo begins; from there on the text is compared. A pattern of whole secrets would take
    long to compile where they are long, and one of all their beginnings would grow with the square of their length.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # As sent, and as `printable` leaves it: a server may put control characters into an echo.
        seen = {one for secret in secrets for one in (secret, printable(secret, len(secret) + 1)) if one}
        forms: dict[str, set[str]] = {}
        for beginning, form in (pair for secret in seen for pair in _forms(secret)):
            forms.setdefault(beginning, set()).add(form)
        longest_first = sorted(forms, key=len, reverse=True)
        self._forms = [forms[beginning] for beginning in longest_first]
        self._beginnings = re.compile("|".join(f"({re.escape(one)})" for one in longest_first), re.IGNORECASE)

    def __repr__(self) -> str:
        return "Mask(***)"

    def hide(self, text: str) -> str:
        if not self._forms:
            return text
        shown, at = [], 0
        while found := self._beginnings.search(text, at):
            shown.append(text[at : found.start()])
            forms = self._forms[(found.lastindex or 0) - 1]
            at = max(_end_of_echo(text, found.start(), found.end(), form) for form in forms)
        return "***".join([*shown, text[at:]])

    def quote(self, text: str, limit: int = MAX_QUOTE) -> str:
        """The server's words for a message.

        They are masked before and after cleaning, which may uncover a secret. They are cut last, or half a secret might
        be left.
        """
        if not self._forms:
            return printable(text, limit)
        hidden = self.hide(text)
        return printable(self.hide(printable(hidden, len(hidden) + 1)), limit)


def _end_of_echo(text: str, start: int, known: int, form: str) -> int:
    """The end of what from `start` on is the beginning of `form`, in any case; up to `known` it is."""
    end = min(len(text), start + len(form))
    for at in range(known, end):
        if text[at] != form[at - start] and text[at].casefold() != form[at - start].casefold():
            return at
    return end
