"""Makes the words of servers and certificates safe to show, also where they echo a secret."""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator

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


def _forms(secret: str) -> Iterator[str]:
    """The forms in which a server may echo a secret: as it was sent, encoded, or as `printable` leaves it.

    A server may put control characters into an echo, which `printable` takes out.
    """
    raw = secret.encode(errors="surrogatepass")
    yield secret
    yield printable(secret, len(secret) + 1)
    yield base64.b64encode(raw).decode()
    yield raw.hex()


class Mask:
    """Hides secrets in text that a server sent. Its `repr` shows none."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        wanted = {form for secret in secrets for form in _forms(secret) if form}
        longest_first = sorted(wanted, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if wanted else None

    def __repr__(self) -> str:
        return "Mask(***)"

    def hide(self, text: str) -> str:
        return self._pattern.sub("***", text) if self._pattern else text

    def quote(self, text: str, limit: int = MAX_QUOTE) -> str:
        """The server's words for a message.

        They are masked before and after cleaning, which may uncover a secret. They are cut last, or half a secret might
        be left.
        """
        if self._pattern is None:
            return printable(text, limit)
        hidden = self.hide(text)
        return printable(self.hide(printable(hidden, len(hidden) + 1)), limit)
