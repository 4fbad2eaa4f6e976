"""A test that misses a real component says in one line what to install. In CI nothing is skipped."""

import os

import pytest


def require(missing: str | None) -> None:
    """`missing` is what the component's own `missing()` says."""
    if missing:
        (pytest.fail if "CI" in os.environ else pytest.skip)(missing)
