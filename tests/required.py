"""A test that misses a real component says in one line what to install. In CI nothing is skipped."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def chromium_missing() -> str | None:
    return None if CHROMIUM else "Chromium is not installed: apt-get install chromium fonts-dejavu-core"


def openssl_missing() -> str | None:
    return None if shutil.which("openssl") else "The openssl command is not installed: apt-get install openssl"


def require(missing: str | None) -> None:
    """`missing` is what the component's own `missing()` says."""
    if missing:
        (pytest.fail if "CI" in os.environ else pytest.skip)(missing)
