"""Keys by their place on the keyboard, so that Ctrl+K is found under a Cyrillic layout too."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from workstation.language import _

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
FIRST_CODES = {"linux": (24, 38, 52, 10), "win32": (16, 30, 44, 2)}  # of each row: X11 and Wayland; Windows
# macOS has no scan codes; its virtual keys are those of places.
MAC_KEYS = dict(zip("asdfghjklqwertyuiopzxcvbnm1234567890", (
    0, 1, 2, 3, 5, 4, 38, 40, 37, 12, 13, 14, 15, 17, 16, 32, 34, 31, 35, 6, 7, 8, 9, 11, 45, 46,
    18, 19, 20, 21, 23, 22, 26, 28, 25, 29,
), strict=True))  # fmt: skip


def places(platform: str = sys.platform) -> dict[int, str]:
    """Which Latin letter or digit stands on the key with this native code."""
    if platform == "darwin":
        return {code: letter for letter, code in MAC_KEYS.items()}
    firsts = FIRST_CODES.get(platform, FIRST_CODES["linux"])
    return {first + at: letter for first, row in zip(firsts, ROWS, strict=True) for at, letter in enumerate(row)}


def latin_key(key: int, code: int, known: dict[int, str]) -> int:
    """The Latin key that was meant: the one pressed, or for a letter of another alphabet that of its place."""
    if key < 0x80 or key >= Qt.Key.Key_Escape.value or code not in known:
        return key
    return ord(known[code].upper())


@dataclass(frozen=True)
class Action:
    """What a key does: its name, its combination, and its words for the sheet."""

    name: str
    keys: str
    words: Callable[[], str]


ACTIONS = (
    Action("search", "Ctrl+K", lambda: _("Search a customer")),
    Action("note", "F2", lambda: _("Note on the open customer")),
    Action("callback", "F3", lambda: _("New callback")),
    Action("pane", "F6", lambda: _("Next pane")),
    Action("accept_call", "F7", lambda: _("Take the call that is offered")),
    Action("next_caller", "Ctrl+F7", lambda: _("Next person in the offer of a call")),
    Action("dismiss_call", "Shift+F7", lambda: _("Dismiss the offer of a call")),
    Action("take_next", "F9", lambda: _("Take the next due callback")),
    Action("close_tab", "Ctrl+W", lambda: _("Close the tab; the draft is kept")),
    Action("next_tab", "Ctrl+Tab", lambda: _("Next customer tab")),
    Action("last_tab", "Ctrl+Shift+Tab", lambda: _("Customer tab before")),
    Action("undo", "Ctrl+Shift+Z", lambda: _("Undo what was just done")),
    Action("lock", "Ctrl+L", lambda: _("Lock")),
    Action("sheet", "F1", lambda: _("This sheet")),
    Action("today", "Ctrl+1", lambda: _("Today")),
    Action("desk", "Ctrl+2", lambda: _("Desk")),
    Action("callbacks", "Ctrl+3", lambda: _("Callbacks")),
    Action("monitoring", "Ctrl+6", lambda: _("Monitoring")),
    Action("settings", "Ctrl+7", lambda: _("Settings")),
)


def keys_of(name: str) -> str:
    """The combination of an action, as it is shown beside what it does."""
    return next(action.keys for action in ACTIONS if action.name == name)


def in_panels() -> list[tuple[str, str]]:
    """(keys, words): said on the sheet, done by the panels themselves."""
    return [
        ("Ctrl+Enter", _("Save what is being written")),
        ("1…9, 0, Q W E R T", _("Choose the outcome, in its field")),
        ("Ctrl+Enter", _("In the search: open in a new tab")),
        ("Enter", _("In the timeline: open the note, the callback, the failures")),
        ("P, E, Del", _("In the timeline: pin, correct, delete the note")),
        (_("menu key"), _("In lists: all that can be done")),
    ]


class Keys(QObject):
    """Hears every key of the window before its widgets do, and does what is bound to it.

    Only the window and what has the keyboard are listened to: a filter of the whole application enters Python at every
    event of every widget.
    """

    def __init__(self, application: QApplication, window: QWidget, platform: str = sys.platform) -> None:
        super().__init__(window)
        self._window, self._known, self._is_mac = window, places(platform), platform == "darwin"
        self._bound: dict[QKeyCombination, Callable[[], object]] = {}
        self._combinations = {action.name: _combination(action.keys) for action in ACTIONS}
        self._is_sending = False
        self.is_paused = False  # what is bound waits, as behind a lock; letters are still found by their place
        window.installEventFilter(self)
        application.focusChanged.connect(self._follow)
        self._follow(None, application.focusWidget())

    def bind(self, name: str, does: Callable[[], object]) -> None:
        """From now on the key of this action does that."""
        self._bound[self._combinations[name]] = does

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) or self._is_sending:
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget) or not self._is_ours(watched):
            return False
        code = event.nativeVirtualKey() if self._is_mac else event.nativeScanCode()
        key = latin_key(event.key(), code, self._known)
        combination = QKeyCombination(event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier, Qt.Key(key))
        does = None if self.is_paused else self._bound.get(combination)
        if does is not None:
            if event.type() == QEvent.Type.KeyPress:
                does()
            else:
                event.accept()  # it then comes as a key, and no shortcut of Qt's takes it
            return True
        return key != event.key() and self._translated(watched, event, key)

    def _follow(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and old is not self._window and isValid(old):
            old.removeEventFilter(self)
        if new is not None and new is not self._window:
            new.installEventFilter(self)

    def _is_ours(self, watched: QWidget) -> bool:
        """Of this window, not of a dialog before it; and not twice on its way from child to parent."""
        in_front = QApplication.activeModalWidget()
        return (in_front is None or in_front is self._window) and watched.window() is self._window

    def _translated(self, watched: QWidget, event: QKeyEvent, key: int) -> bool:
        """Ctrl+C and its like reach a text field as what they are."""
        if event.modifiers() != Qt.KeyboardModifier.ControlModifier or watched is not QApplication.focusWidget():
            return False
        self._is_sending = True
        try:
            QApplication.sendEvent(watched, QKeyEvent(event.type(), key, event.modifiers()))
        finally:
            self._is_sending = False
        return True


def _combination(keys: str) -> QKeyCombination:
    return QKeyCombination.fromCombined(QKeySequence(keys)[0].toCombined())  # type: ignore[index]
