"""The fixtures that these tests share with their neighbours."""

import pytest

from tests.scan.conftest import authority, tls
from tests.unit.conftest import clock

pytest.register_assert_rewrite("tests.contract.rows", "tests.contract.visits")

__all__ = ["authority", "clock", "tls"]
