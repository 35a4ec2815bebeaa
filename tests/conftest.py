"""Desks and a central database of the tests: real PostgreSQL, real replicas, a line that can be cut."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from tests.desks import Centre, Clock, DeskAtWork
from tests.servers import ScratchCluster, scratch_cluster, scratch_database
from tests.volume import Volume, mounted_at
from tests.windows import WindowAtWork, window_of
from workstation.replica import reserve

settings.register_profile("tests", deadline=None)  # a busy machine is slow and not wrong
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _windows_go() -> Iterator[None]:
    """What a test closed is really gone: `processEvents` alone deletes nothing, and a hundred hidden windows would be
    dressed anew, and asked about every key, by each test that follows."""
    yield
    if QApplication.instance() is not None:
        for left in QApplication.topLevelWidgets():
            left.close()
            left.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking for garbage need not go through it."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _garbage_goes_here(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the program (`ui/garbage.py`), no thread but this one looks for garbage while there are windows."""
    if "qapp" not in request.fixturenames:
        yield
        return
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="session")
def cluster() -> Iterator[ScratchCluster]:
    """One server for all tests of this process."""
    with scratch_cluster() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """A clock that tests move."""
    return Clock()


@pytest.fixture
def centre(cluster: ScratchCluster) -> Iterator[Centre]:
    """A central database of its own, built by `admin init`; its logins are gone afterwards."""
    with scratch_database(cluster) as admin_url:
        made = Centre(cluster, admin_url)
        yield made
        made.close()


@pytest.fixture
def open_desk(centre: Centre, clock: Clock, tmp_path: Path) -> Iterator[object]:
    """Sign an agent in on a PC of its own, over a line of its own: open_desk("aziza")."""
    with ExitStack() as desks:

        def opened(login: str, role: str = "agent", pc: str | None = None) -> DeskAtWork:
            return desks.enter_context(centre.desk(login, role, tmp_path / (pc or login), clock))

        yield opened


@pytest.fixture
def open_window(qapp: object, centre: Centre, clock: Clock, tmp_path: Path) -> Iterator[object]:
    """Sign an agent in on a PC of its own and show the window: open_window("aziza")."""
    with ExitStack() as windows:

        def opened(name: str, role: str = "agent", pc: str | None = None) -> WindowAtWork:
            return windows.enter_context(window_of(centre, name, role, tmp_path / (pc or name), clock))

        yield opened


@pytest.fixture(autouse=True)
def _small_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes of tests keep little room in reserve: there are many of them at once."""
    monkeypatch.setattr(reserve, "BYTES", 1_000_000)


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    """A small disk of its own."""
    with mounted_at(tmp_path / "disk") as made:
        yield made
