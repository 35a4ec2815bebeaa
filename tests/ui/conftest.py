"""A program of its own for tests that begin at the sign-in."""

import pytest

from workstation.app.program import Program
from workstation.home import Home


@pytest.fixture
def program(qapp, tmp_path):
    made = Program(qapp, Home(tmp_path / "pc"))
    made.entrance.show()
    yield made
    made.close()
