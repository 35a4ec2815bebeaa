"""The lock: covers the window while nobody is there; everything beneath stays as it was."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from workstation.language import _
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, column, label, row

INPUT = {
    QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
}  # fmt: skip


class IdleWatch(QObject):
    """Listens to the windows of the desktop that have had the keyboard, not to each widget: a filter of the whole
    application would enter Python at every event of every widget.

    Signals: idled: nobody has touched keyboard or mouse for so many minutes.
    """

    idled = Signal()

    def __init__(self, application: QApplication, minutes: int) -> None:
        super().__init__()
        self._timer = QTimer(self, singleShot=True, interval=minutes * 60_000)
        self._timer.timeout.connect(self.idled)
        self._timer.start()
        self._application = application
        application.focusWindowChanged.connect(self._follow)
        self._follow(application.focusWindow())

    @property
    def is_waiting(self) -> bool:
        """Whether the window will be locked some time."""
        return self._timer.isActive()

    def stop(self) -> None:
        """Nobody is waited for any more; cannot begin again."""
        self._application.focusWindowChanged.disconnect(self._follow)
        for window in self._application.allWindows():
            window.removeEventFilter(self)
        self._timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in INPUT:
            self._timer.start()
        return False

    def _follow(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)
            self._timer.start()


class LockScreen(QWidget):
    """Signals:
    covered, uncovered: it was locked, it was opened again.
    unlock_wanted: text; the password that was given.
    sign_out_wanted: somebody else wants to work here.
    """

    covered = Signal()
    uncovered = Signal()
    unlock_wanted = Signal(str)
    sign_out_wanted = Signal()

    def __init__(self, window: QWidget, name: str) -> None:
        super().__init__(window)
        self._area = window
        self._dialogs: list[QDialog] = []  # out of sight while it is locked, the innermost last
        self._focused: QWidget | None = None
        self.setObjectName("window")
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setAccessibleName(_("Password of {name}").format(name=name))
        self.password.setPlaceholderText(_("Password"))
        self.password.returnPressed.connect(self._submit)
        self._problem = label("", "danger", wrap=True)
        self._problem.hide()
        self.unlock = button(_("Unlock"), "primary", clicked=self._submit)
        card = column(
            row(Icon("lock", "muted", 20), label(name, "title", wrap=True), "stretch"),
            label(_("Locked. What you were writing is kept."), "muted", wrap=True),
            self.password,
            self._problem,
            row(button(_("Switch agent"), clicked=self.sign_out_wanted.emit), "stretch", self.unlock),
            role="pane",
            margins=(24, 20, 24, 20),
            gap=12,
        )
        card.setFixedWidth(380)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(row("stretch", card, "stretch"))
        outer.addStretch(1)
        window.installEventFilter(self)
        self.hide()

    def cover(self) -> None:
        """Nobody sees or changes anything until the password is given."""
        if self.isVisible():
            return
        self._focused = self._area.focusWidget()
        self._put_away()
        for child in self._beneath():
            child.setEnabled(False)
            child.installEventFilter(self)
        self.setGeometry(self._area.rect())
        self.show()
        self.raise_()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self.covered.emit()

    def uncover(self) -> None:
        """The right person is back."""
        self.password.clear()
        self._problem.hide()
        self.hide()
        for child in self._beneath():
            child.removeEventFilter(self)
            child.setEnabled(True)
        if self._focused is not None and isValid(self._focused):
            self._focused.setFocus(Qt.FocusReason.OtherFocusReason)
        dialogs, self._dialogs = self._dialogs, []
        for dialog in dialogs:
            if isValid(dialog):
                dialog.show()
        self.uncovered.emit()

    def show_problem(self, words: str) -> None:
        """Why it stays locked."""
        self.unlock.setEnabled(True)
        self._problem.setText(words)
        self._problem.show()
        self.password.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.isVisible():
            return False
        if watched is self._area:
            if event.type() == QEvent.Type.Resize:
                self.setGeometry(self._area.rect())
        elif event.type() in (QEvent.Type.Show, QEvent.Type.ZOrderChange):
            self.raise_()  # a reminder or a message came meanwhile
        return False

    def _beneath(self) -> list[QWidget]:
        found = (child for child in self._area.children() if isinstance(child, QWidget))
        return [child for child in found if child is not self and not child.isWindow()]

    def _put_away(self) -> None:
        """Menus close; dialogs go out of sight with what was typed in them."""
        popup = QApplication.activePopupWidget()
        while popup is not None and popup.close():
            popup = QApplication.activePopupWidget()
        self._dialogs = [dialog for dialog in self._area.findChildren(QDialog) if dialog.isVisible()]
        for dialog in reversed(self._dialogs):
            dialog.hide()

    def _submit(self) -> None:
        if self.password.text():
            self.unlock.setEnabled(False)
            self.unlock_wanted.emit(self.password.text())
