"""What comments cite can be opened: a document that is here, at a heading that it has, or an RFC."""

import re

from tests.documents import anchor, sections
from tests.root import ROOT

FOLDERS = [ROOT / "layers" / "sensor" / "pop3_sensor", ROOT / "functions", ROOT / "tests"]
CODE = {str(path.relative_to(ROOT)): path.read_text() for folder in FOLDERS for path in sorted(folder.rglob("*.py"))}
OTHERS = {one: (ROOT / one).read_text() for one in ("CONTRIBUTING.md", "Makefile", "pyproject.toml", "template.yaml")}

_DOCUMENT = re.compile(r"(?<![\w/])docs/([\w-]+(?:\.\w+)+)(?:#([\w-]+))?")
_SECTION = re.compile(r"(RFC \d+,? )?\bsections? \d[\d.]*")
_CONTRACT = re.compile(r"(?<![./])\bcontract\b(?![./])")  # but not the folder of tests


def test_a_document_that_is_cited_is_there_and_has_the_heading() -> None:
    cited = {one for text in (CODE | OTHERS).values() for one in _DOCUMENT.findall(text)}
    assert ("reference.md", "status-event") in cited
    assert [] == sorted(f"docs/{page}#{heading}" for page, heading in cited if not leads_somewhere(page, heading))


def leads_somewhere(page: str, heading: str) -> bool:
    if not heading:
        return (ROOT / "docs" / page).exists()
    return heading in {anchor(one.heading) for one in sections(page)}


def test_a_section_is_cited_with_the_name_of_its_document() -> None:
    cited = {name: list(_SECTION.finditer(on_one_line(text))) for name, text in CODE.items()}
    assert [] == [(name, one[0]) for name, found in cited.items() for one in found if not one[1]]


def test_nothing_cites_a_contract_that_nobody_can_open() -> None:
    assert [] == [name for name, text in CODE.items() if _CONTRACT.search(text)]


def test_every_file_of_a_recipe_is_there() -> None:
    recipes = OTHERS["CONTRIBUTING.md"].partition("\n## Recipes\n")[2].partition("\n## ")[0]
    files = {one for one in re.findall(r"`([^` ]+)`", recipes) if "/" in one and "*" not in one}
    assert len(files) > 20
    assert [] == sorted(one for one in files if not any((folder / one).exists() for folder in (ROOT, FOLDERS[0])))


def on_one_line(text: str) -> str:
    """A comment goes on in the next line."""
    return re.sub(r"\s+(# )?", " ", text)
