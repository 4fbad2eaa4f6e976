"""The lock files: what Lambda gets is what the demonstration shows and what the tests test."""

import re

import pytest

from tests.root import ROOT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(_PIN.findall((ROOT / lock).read_text()))


@pytest.mark.parametrize("lock", ["tests/requirements/run.txt", "tests/requirements/dev.txt"])
def test_what_the_layer_carries_is_locked_to_the_same_version(lock: str) -> None:
    layer = pins("layers/sensor/requirements.txt")
    assert "pydantic" in layer
    assert layer == {name: version for name, version in pins(lock).items() if name in layer}


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "tests/requirements").glob("*.txt")))
def test_a_lock_names_no_package_index(lock: str) -> None:
    """Who installs decides from where; every file is known by its hash."""
    text = (ROOT / "tests/requirements" / lock).read_text()
    assert not re.search(r"://|--index-url|--find-links", text)
    assert len(pins(f"tests/requirements/{lock}")) <= text.count("--hash=sha256:")
