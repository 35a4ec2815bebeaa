"""The way of what a thread has found to the UI thread."""

import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from shiboken6 import isValid

from workstation.errors import WorkstationError

log = logging.getLogger(__name__)


def outcome_of(work: Callable[[], object]) -> object:
    """What a thread can tell of its work: what it gives, or the exception it raises; a defect of ours is in the log."""
    try:
        return work()
    except WorkstationError as error:
        return error
    except Exception as error:
        log.exception("work on a thread failed")
        return error


class Relay(QObject):
    """Brings what any thread tells to a method of an object of the UI thread, in order, while that object lives.

    What Python lets go last, ends where that happens: a window, or anything of Qt's, that a thread still held when the
    UI thread had let it go would end on that thread, and the program would fall. So threads hold relays and nothing
    else of Qt's. A relay knows its hearer weakly, and the application owns it until its own end; a sign-in leaves a
    few of them behind, of some hundred bytes.
    """

    _told = Signal(object)

    def __init__(self, hear: Callable[[Any], None]) -> None:
        super().__init__(QCoreApplication.instance())
        self._hear = WeakMethod(hear)
        self._told.connect(self._bring, Qt.ConnectionType.QueuedConnection)

    def tell(self, what: object) -> None:
        """Say it, on any thread; `what` may hold nothing of Qt's either."""
        self._told.emit(what)

    @Slot(object)
    def _bring(self, what: object) -> None:
        hear = self._hear()
        if hear is not None and isValid(getattr(hear, "__self__", None)):
            hear(what)
