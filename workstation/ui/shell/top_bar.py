"""The bar at the top: search, how we stand towards central, own state, and who sits here."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from workstation.language import _
from workstation.ui.seat import Seat
from workstation.ui.shell.search_box import SearchBox
from workstation.ui.widgets.parts import label

HEIGHT = 48


class TopBar(QFrame):
    """Signals: lock_asked, sign_out_asked, and keys_asked, report_asked, about_asked under Help: from the menu of
    whoever sits here."""

    lock_asked = Signal()
    sign_out_asked = Signal()
    keys_asked = Signal()
    report_asked = Signal()
    about_asked = Signal()

    def __init__(self, seat: Seat, search_box: SearchBox) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setFixedHeight(HEIGHT)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 6, 12, 6)
        self._layout.setSpacing(12)
        search_box.setMinimumWidth(240)
        search_box.setMaximumWidth(420)
        self._layout.addWidget(search_box, 3)
        self._layout.addWidget(label("Ctrl+K", chip="plain"))
        self._layout.addStretch(1)
        self._layout.addWidget(self._avatar(seat))

    def add(self, widget: QWidget) -> None:
        """Put something before the mark of the agent."""
        self._layout.insertWidget(self._layout.count() - 1, widget)

    def _avatar(self, seat: Seat) -> QToolButton:
        made = QToolButton()
        made.setAccessibleName(_("{name}: lock, sign out, help").format(name=seat.name))
        made.setToolTip(seat.name)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setFixedSize(QSize(36, 36))
        mark: QLabel = label(seat.initials, "avatar")
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        mark.setFixedSize(28, 28)
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(made)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(mark)
        menu = QMenu(made)
        menu.addSection(seat.name)
        menu.addAction(_("Lock\tCtrl+L"), self.lock_asked.emit)
        self._add_help(menu)
        menu.addSeparator()
        menu.addAction(_("Sign out"), self.sign_out_asked.emit)
        made.setMenu(menu)
        return made

    def _add_help(self, menu: QMenu) -> None:
        inside = menu.addMenu(_("Help"))
        inside.addAction(_("All keys\tF1"), self.keys_asked.emit)
        inside.addAction(_("Save report for support…"), self.report_asked.emit)
        inside.addSeparator()
        inside.addAction(_("About Agent Workstation"), self.about_asked.emit)
