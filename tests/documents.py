"""The documents as tests read them: sections with their code blocks."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

from tests.root import ROOT

DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """`heading` is empty above a document's first one; `blocks`: language and text of each."""

    document: str
    heading: str
    text: str
    blocks: tuple[tuple[str, str], ...]

    def of(self, language: str) -> list[str]:
        return [text for one, text in self.blocks if one == language]

    def rows(self, first: str) -> list[dict[str, str]]:
        """Of the table whose first column is headed so: the cells by the heads of their columns, without code marks."""
        lines = iter(self.text.splitlines())
        head = next(cells for line in lines if (cells := _cells(line))[0] == first)
        next(lines)  # the rule below the head
        return [dict(zip(head, _cells(line), strict=True)) for line in takewhile(lambda line: line[:1] == "|", lines)]


def sections(document: str) -> list[Section]:
    written = (DOCS / document).read_text()
    starts = [(0, ""), *((found.start(), found[1]) for found in _headings(written)), (len(written), "")]
    return [
        Section(document, heading, written[start:end], tuple(_blocks(written[start:end])))
        for (start, heading), (end, _) in pairwise(starts)
    ]


def section(document: str, heading: str) -> Section:
    (found,) = (one for one in sections(document) if one.heading == heading)
    return found


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]


def _headings(written: str) -> Iterator[re.Match[str]]:
    """Not the comments of shell scripts."""
    fenced = [(found.start(), found.end()) for found in _FENCE.finditer(written)]
    for found in _HEADING.finditer(written):
        if not any(start < found.start() < end for start, end in fenced):
            yield found


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    for found in _FENCE.finditer(text):
        yield found["language"], re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)


def examples() -> list[Section]:
    """Of sensors.md: the sections that show items."""
    return [one for one in sections("sensors.md") if one.of("json")]


def items_of(one: Section) -> list[dict[str, Any]]:
    held = [json.loads(block) for block in one.of("json")]
    return [item for block in held for item in (block if isinstance(block, list) else [block])]
