"""One way to reach a customer: dialled by Enter, copied by Ctrl+C, marked from its menu."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout

from workstation.language import _, ngettext
from workstation.services import outcome_words
from workstation.services.attempts import PointTried
from workstation.services.customers import STATUSES, ContactPointLine
from workstation.services.record_words import point_status_words
from workstation.ui import wording
from workstation.ui.widgets.icons import Icon, IconButton
from workstation.ui.widgets.parts import Elided, label, set_role

ICONS = {"phone": "phone", "email": "mail", "telegram": "chat", "site": "globe", "domain": "globe"}
TOOL, DIAL, GAP = 26, 20, 4  # px: an icon and what the mouse needs around it; the first stands under the heading
DEAD = {"voice robot", "wrong person", "not in service", "invalid", "fax"}


def tried_words(tried: PointTried | None, zone: ZoneInfo, now: datetime) -> str:
    """How it went there so far: the last outcome, how often we tried, when a person last answered."""
    if tried is None:
        return ""
    known = [outcome_words.in_words(tried.result)] if tried.result else []
    if tried.attempts:
        known.append(ngettext("{n} attempt", "{n} attempts", tried.attempts).format(n=wording.number(tried.attempts)))
    if tried.answered_at is not None:
        known.append(_("answered {day}").format(day=wording.day_within(tried.answered_at, zone, now)))
    return " · ".join(known)


class ContactPointRow(QFrame):
    """Signals:
    dial_wanted, copied: text; the value.
    change_wanted: (UUID, dict of fields).
    way_wanted: ContactPointLine; how to get through there shall be written.
    """

    dial_wanted = Signal(str)
    copied = Signal(str)
    change_wanted = Signal(object, object)
    way_wanted = Signal(object)

    def __init__(self, point: ContactPointLine, is_waiting: bool, tried: str = "") -> None:
        super().__init__()
        self.point = point
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "point")
        words = point_status_words(point.status)
        state = _("do not use") if point.do_not_use else words
        waits = _("waits for central") if is_waiting else ""
        main = _("main") if point.is_primary else ""
        known_of_it = (point.value, main, point.label, state, tried, point.way_through, waits)
        self.setAccessibleName(", ".join(filter(None, known_of_it)))
        self.setToolTip(_("Enter dials or opens · Ctrl+C copies · menu key marks"))
        top = QHBoxLayout()
        top.setSpacing(0)
        dial = self._tool(ICONS.get(point.kind, "person"), _("Dial or open {value}").format(value=point.value))
        dial.setProperty("role", "dial")
        dial.setFixedWidth(DIAL)
        dial.clicked.connect(lambda: self.dial_wanted.emit(self.point.value))
        top.addWidget(dial)
        top.addSpacing(GAP)
        value = Elided(point.value)
        top.addWidget(value, 1)
        if is_waiting:
            top.addWidget(Icon("clock", "faint", 14))
        copy = self._tool("copy", _("Copy {value}").format(value=point.value))
        copy.clicked.connect(self._copy)
        more = self._tool("more", _("Mark {value}").format(value=point.value))
        more.clicked.connect(self._open_menu)
        top.addWidget(copy)
        top.addWidget(more)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 2, 0, 2)
        outer.setSpacing(0)
        outer.addLayout(top)
        known = [_("main") if point.is_primary else "", point.label or "", "" if point.status == "unknown" else state]
        if point.do_not_use and point.status == "unknown":
            known.append(state)
        below = " · ".join(part for part in known if part)
        is_bad = point.do_not_use or point.status in DEAD
        for under_it, role in ((below, "warn" if is_bad else "faint"), (tried, "faint"), (point.way_through, "muted")):
            if under_it:
                under = label(under_it, role, wrap=True)
                under.setContentsMargins(DIAL + GAP, 0, 0, 0)
                outer.addWidget(under)

    def _tool(self, icon: str, words: str) -> IconButton:
        """For the mouse; the row itself has the keys."""
        made = IconButton(icon, words, size=16)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.setFixedSize(TOOL, TOOL)
        return made

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.dial_wanted.emit(self.point.value)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.dial_wanted.emit(self.point.value)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._open_menu()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        set_role(self, "focused", "yes")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        set_role(self, "focused", None)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.point.value)
        self.copied.emit(self.point.value)

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Dial or open\tEnter"), lambda: self.dial_wanted.emit(self.point.value))
        menu.addAction(_("Copy\tCtrl+C"), self._copy)
        menu.addSeparator()
        if not self.point.is_primary:
            menu.addAction(_("Make it the main one"), partial(self._change, is_primary=True))
        use = _("May be used again") if self.point.do_not_use else _("Do not use")
        menu.addAction(use, partial(self._change, do_not_use=not self.point.do_not_use))
        menu.addAction(_("How to get through…"), lambda: self.way_wanted.emit(self.point))
        statuses = menu.addMenu(_("What answers there"))
        for status in STATUSES:
            action = statuses.addAction(point_status_words(status), partial(self._change, status=status))
            action.setCheckable(True)
            action.setChecked(status == self.point.status)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _change(self, _is_on: bool = False, **fields: object) -> None:
        self.change_wanted.emit(self.point.id, fields)
