"""Sign-in: where central is, who comes, and whose work waits on this PC."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QLineEdit,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workstation.language import LANGUAGES, _, ngettext
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, clear, column, label, row, set_role

WIDTH = 480


@dataclass(frozen=True)
class WaitingLine:
    """Somebody whose work waits on this PC; `since` as people read it."""

    central: str
    login: str
    waiting: int
    since: str


class SignInScreen(QWidget):
    """Signals:
    submitted: (central, login, password, remember) as texts and a truth.
    offline_wanted: (central, login, password); work on this PC without central.
    cancelled: the attempt shall not be waited for.
    language_chosen: code.
    report_asked: a report for support is wanted, most likely because signing in does not work.
    update_asked: the newer program is wanted.
    painted: it shows, for the first time.
    """

    submitted = Signal(str, str, str, bool)
    offline_wanted = Signal(str, str, str)
    cancelled = Signal()
    language_chosen = Signal(str)
    report_asked = Signal()
    update_asked = Signal()
    painted = Signal()

    def __init__(self, central: str, login: str, remember_allowed: bool, language: str) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(_("Sign in – Agent Workstation"))
        self.central, self.login, self.password = QLineEdit(central), QLineEdit(login), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.central.setPlaceholderText("postgresql://server:5432/workstation")
        self.central.setCursorPosition(0)  # a long address is read from its beginning
        self.remember = QCheckBox(_("Remember the password in this PC's keyring"))
        self.remember.setEnabled(remember_allowed)
        if not remember_allowed:
            self.remember.setToolTip(_("The administrator of this PC does not allow it."))
        self.language = QComboBox()
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(language)))
        self._words = label("", wrap=True)
        self._icon = Icon("alert", "danger")
        self._problem = row(self._icon, self._words, gap=8, margins=(10, 8, 10, 8), alert="danger")
        self._words.setMinimumWidth(WIDTH - 110)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self.enter = button(_("Sign in"), "primary", clicked=self._submit)
        self.offline = button(_("Work without central"), clicked=self._go_offline)
        self.cancel = button(_("Cancel"), clicked=self.cancelled.emit)
        self.report = button(_("Save report for support…"), "quiet", clicked=self.report_asked.emit)
        self._news = label("", wrap=True)
        self.install = button(_("Install and restart"), clicked=self.update_asked.emit)
        self.install.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.newer = row(self._news, self.install, gap=12, margins=(12, 8, 12, 8), role="pane")
        self.newer.setFixedWidth(WIDTH)
        self.newer.hide()
        self._waiting = QVBoxLayout()
        self._lay_out()
        self.show_ready()
        self.offline.hide()
        for field in (self.central, self.login, self.password):
            field.returnPressed.connect(self._submit)
        self.language.activated.connect(lambda _at: self.language_chosen.emit(self.language.currentData()))
        self._is_painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def show_waiting(self, lines: Sequence[WaitingLine]) -> None:
        """Whose work waits here; choosing a line fills in who."""
        clear(self._waiting)
        if lines:
            self._waiting.addWidget(label(_("WORK WAITS ON THIS PC"), "heading"))
        for line in lines:
            many = ngettext("{who} · {n} change since {since}", "{who} · {n} changes since {since}", line.waiting)
            words = many.format(who=line.login, n=line.waiting, since=line.since)
            chosen = button(words, "line", clicked=partial(self._choose, line))
            self._waiting.addWidget(chosen)

    def show_busy(self, words: str) -> None:
        """It is being tried."""
        self._tell(words, "info")
        self._busy.show()
        self.cancel.show()
        self.enter.setEnabled(False)
        self.offline.hide()

    def show_problem(self, words: str, *, may_work_offline: bool = False) -> None:
        """It did not work: why, and what can be done. What was typed stays."""
        self.show_ready()
        self._tell(words, "danger")
        self.offline.setVisible(may_work_offline)
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self.password.selectAll()

    def show_notice(self, words: str) -> None:
        """Something to know before signing in."""
        self._tell(words, "info")

    def show_newer(self, words: str, may_ask: bool) -> None:
        """There is a newer program; how far it is."""
        self._news.setText(words)
        self.install.setVisible(may_ask)
        self.newer.show()

    def show_ready(self) -> None:
        """It may be tried."""
        self._problem.hide()
        self._busy.hide()
        self.cancel.hide()
        self.enter.setEnabled(True)
        first = next((field for field in (self.central, self.login) if not field.text()), self.password)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (_("Central"), self.central), (_("Login"), self.login), (_("Password"), self.password),
            ("", self.remember), (_("Language"), self.language),
        ):  # fmt: skip
            field.setAccessibleName(words or self.remember.text())
            form.addRow(words, field) if words else form.addRow(field)
        card: QFrame = column(
            label(_("Agent Workstation"), "title"),
            label(_("Sign in once a shift; work goes on when the line does not."), "muted", wrap=True),
            form_holder := QWidget(),
            self._problem,
            self._busy,
            row("stretch", self.cancel, self.offline, self.enter, gap=8),
            waiting := QWidget(),
            role="pane",
            margins=(24, 20, 24, 20),
            gap=12,
        )
        form_holder.setLayout(form)
        form.setContentsMargins(0, 0, 0, 0)
        waiting.setLayout(self._waiting)
        self._waiting.setContentsMargins(0, 0, 0, 0)
        card.setFixedWidth(WIDTH)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(row("stretch", card, "stretch"))
        outer.addWidget(row("stretch", self.newer, "stretch"))
        outer.addWidget(row("stretch", self.report, "stretch"))
        outer.addStretch(1)

    def _tell(self, words: str, alert: str) -> None:
        self._words.setText(words)
        self._icon.show_icon("info" if alert == "info" else "alert", "accent" if alert == "info" else "danger")
        set_role(self._problem, "alert", alert)
        self._problem.setVisible(bool(words))

    def _choose(self, line: WaitingLine) -> None:
        self.central.setText(line.central)
        self.central.setCursorPosition(0)
        self.login.setText(line.login)
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    def _submit(self) -> None:
        if not self.enter.isEnabled():
            return
        for field, words in (
            (self.central, _("Say where central is, as postgresql://server:5432/workstation.")),
            (self.login, _("Who are you? Give your login.")),
            (self.password, _("Give your password.")),
        ):
            if not field.text().strip():
                self.show_problem(words)
                field.setFocus(Qt.FocusReason.OtherFocusReason)
                return
        self.submitted.emit(*self._said(), self.remember.isChecked())

    def _go_offline(self) -> None:
        self.offline_wanted.emit(*self._said())

    def _said(self) -> tuple[str, str, str]:
        return self.central.text().strip(), self.login.text().strip(), self.password.text()
