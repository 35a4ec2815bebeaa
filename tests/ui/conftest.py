"""What tests of the window share: a program that begins at the sign-in, the clothes of the theme, every language."""

import threading

import pytest

from workstation import resources
from workstation.app.program import Program
from workstation.home import Home
from workstation.language import LANGUAGES, use
from workstation.ui.theme import Theme


@pytest.fixture
def program(qapp, tmp_path):
    made = Program(qapp, Home(tmp_path / "pc"))
    made.entrance.show()
    yield made
    made.close()


@pytest.fixture
def lingering(monkeypatch):
    """lingering("updates"): threads of this name have done their work, and hold what they held until this is set."""
    is_over, names = threading.Event(), set()

    class Lingering(threading.Thread):
        def run(self):
            target, args, kwargs = self._target, self._args, self._kwargs
            target(*args, **kwargs)
            if self.name in names:
                is_over.wait(30)
            del self._target, self._args, self._kwargs

    def named(name):
        names.add(name)
        return is_over

    monkeypatch.setattr(threading, "Thread", Lingering)
    yield named
    is_over.set()


@pytest.fixture
def dressed(qapp):
    theme = Theme(qapp)
    theme.wear("light")
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture(params=LANGUAGES)
def spoken(request):
    """The test runs once in each language."""
    use(request.param, resources.folder() / "locale")
    yield request.param
    use("en", resources.folder() / "locale")
