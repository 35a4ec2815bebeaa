"""Qt for Python counts references rightly: what it loses ends a window of Python 3.11 in the middle of a shift."""

import sys

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel

CALLS = 1_000
SLACK = 50  # other threads and caches take and give a few meanwhile


class Bell(QObject):
    """Rings."""

    rung = Signal()


@pytest.fixture
def calls(qtbot):
    label, timer, bell = QLabel(), QTimer(), Bell()
    qtbot.addWidget(label)
    return {
        "processEvents": QCoreApplication.processEvents,
        "setText": lambda: label.setText("x"),
        "start": lambda: timer.setInterval(1000),
        "property": lambda: label.property("role"),
        "emit": lambda: bell.rung.emit(),  # noqa: PLW0108 - the lambda keeps the bell alive
    }


@pytest.mark.parametrize("name", ["processEvents", "setText", "start", "property", "emit"])
def test_a_call_gives_back_as_many_references_as_it_took(calls, name):
    call = calls[name]
    call()
    before = [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(CALLS):
        call()
    lost = [was - sys.getrefcount(value) for was, value in zip(before, (None, True, False), strict=True)]
    assert max(lost) < SLACK
