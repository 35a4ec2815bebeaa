"""A central that all tests of the commands share, and a shell over a desk of its own for each."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import Shell, signed_in
from tests.desks import PASSWORD, Centre
from tests.servers import ScratchCluster, scratch_database
from workstation.central import accounts
from workstation.replica import vault


@pytest.fixture(scope="session")
def shared_centre(cluster: ScratchCluster) -> Iterator[Centre]:
    """One central for tests that look only at what they wrote themselves."""
    with scratch_database(cluster) as admin_url:
        made = Centre(cluster, admin_url)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands read the password of the tests' agents, and no keyring of this PC; new keys are quick to open."""
    monkeypatch.setattr(vault, "MEMORY_KIB", 64)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for display in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(display, raising=False)  # no command opens a window here


@pytest.fixture
def shell(shared_centre: Centre, tmp_path: Path) -> Shell:
    """The desk, signed in and filled, of an agent who sees only customers of their own."""
    name = f"aziza_{secrets.token_hex(4)}"
    accounts.add_scope(shared_centre.admin_url, name)
    return signed_in(shared_centre, tmp_path / "aziza", name, scope=name)
