"""The tables and visits of these tests say what differs."""

import pytest

pytest.register_assert_rewrite("tests.contract.rows", "tests.contract.visits")
