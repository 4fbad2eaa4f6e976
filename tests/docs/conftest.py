"""The scan function, deployed to moto."""

from tests.fakes.function import function

__all__ = ["function"]
