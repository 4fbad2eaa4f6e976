"""No text from an item, a server, a file or a form ever becomes markup."""

import json
from typing import Any

import pytest

from pop3_sensor.model.text import printable
from pop3_sensor.ports import ServiceError
from tests.fakes.hostile import HOSTILE
from tests.fakes.hostile_fleet import HARMLESS, everywhere
from tests.fakes.looking import Page


def pages(text: str) -> list[Page]:
    """Everything that can be asked of the fleet, this text among the questions."""
    seen = everywhere(text)
    asked = [
        seen.page(),
        seen.page(forms={"tags": text, "status": text, "group": text, "sensor": text}),
        seen.page(params={"tags": [text], "status": [text], "group": text}),
        seen.page(theme=text, go={"group": "root"}),
        *(seen.page(go={"sensor": one}) for one in ("named", "tagged", "odd-attribute", "odd-kind", "told", "waits")),
    ]
    seen.history.complaint = f"reading {text}"
    seen.archive.fault = seen.states.fault = ServiceError(f"reading {text}")
    return [*asked, seen.page(), seen.page(go={"sensor": "told"})]


def shapes(page: Page) -> set[tuple[str, tuple[str, ...], str | None]]:
    """Each element's name, the names of its attributes, and its classes."""
    return {(name, tuple(sorted(attributes)), attributes.get("class")) for name, attributes in page.elements}


EVERY_SHAPE = [*pages(HARMLESS), everywhere(HARMLESS).page(forms={"tags": "hides-everything"})]
ALLOWED = {shape for page in EVERY_SHAPE for shape in shapes(page)}
STYLE = pages(HARMLESS)[0].html.partition("<style>")[2].partition("</style>")[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    for page in pages(text):
        assert set() == shapes(page) - ALLOWED
        assert STYLE == page.html.partition("<style>")[2].partition("</style>")[0]
        for name, attributes in page.elements:
            assert [] == [one for one in attributes if one.startswith("on") or one in ("href", "src", "srcdoc")], name
        for endpoint, payload in actions(page):
            assert endpoint.endswith(":function:overview")
            assert {"go"} == set(payload)


def actions(page: Page) -> list[tuple[str, Any]]:
    parts = page.html.split("<cwdb-action ")[1:]
    endpoints = [str(a["endpoint"]) for name, a in page.elements if name == "cwdb-action"]
    payloads = [json.loads(part.partition(">")[2].partition("</cwdb-action>")[0]) for part in parts]
    return list(zip(endpoints, payloads, strict=True))


def flat(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("text", [text for text in HOSTILE.values() if len(text) < 128], ids=[*HOSTILE][:-1])
def test_the_text_is_there_to_read(text: str) -> None:
    """Shown, not swallowed: as a name, in a message, in a result file."""
    seen = everywhere(text)
    tree, told = seen.page(), seen.page(go={"sensor": "told"})
    shown = flat(printable(text))
    assert any(shown in flat(line) for line in tree.lines())
    assert shown in flat(told.text).replace("<", "{").replace(">", "}")


def test_a_page_can_be_sent_whatever_it_shows() -> None:
    """Lambda answers in UTF-8, into which half a character does not fit."""
    for page in pages(HOSTILE["half a character"]):
        assert page.html == page.html.encode().decode()
