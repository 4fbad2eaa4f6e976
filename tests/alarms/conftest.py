"""The scan function, deployed to moto."""

from tests.unit.test_app import function

__all__ = ["function"]
