"""The own state in the top bar: what the agent does now and since when, and a menu to say something else."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QIcon, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget, QWidgetAction

from workstation.language import _
from workstation.services.presence import CHOOSABLE, TEXT_CHARACTERS, WORKING_OFFLINE, PresenceLine, words_of
from workstation.ui import wording
from workstation.ui.theme import icon_pixmap
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, column, label
from workstation.ui.widgets.states import ICONS, TONES

TICK_MS = 1_000


class PresenceMenu(QToolButton):
    """Shows a state with its timer; opened by mouse, Space or the down key.

    Signals:
        state_chosen: text, text; the state and the agent's own words for it.
        wrap_up_done: the agent ends the wrap-up; nothing else but another state or the next contact ever does.

    Attributes:
        done: the button for it, seen during a wrap-up only; for the bar, beside this menu.
    """

    state_chosen = Signal(str, str)
    wrap_up_done = Signal()

    def __init__(self, clock: Callable[[], datetime], zone: ZoneInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock, self._zone = clock, zone
        self._line = PresenceLine("offline", clock())
        self._icon = Icon(ICONS["offline"], size=14)
        self._word = label("", "strong")
        self._time = label("", "muted")
        box = QHBoxLayout(self)
        box.setContentsMargins(8, 4, 6, 4)
        box.setSpacing(6)
        for part in (self._icon, self._word, self._time, Icon("arrow-down", size=12)):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            box.addWidget(part)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.done = button(
            _("Wrap-up done"), name=_("End the wrap-up: available again"), clicked=self.wrap_up_done.emit
        )
        self.done.setParent(self)  # until the bar takes it
        self.done.hide()
        self.text_field = QLineEdit(maxLength=TEXT_CHARACTERS)
        self.states: dict[str, QAction] = {}
        self.setMenu(self._menu())
        self._ticking = QTimer(self, interval=TICK_MS)
        self._ticking.timeout.connect(self._tick)
        self.show_state(self._line)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_state(self, line: PresenceLine) -> None:
        """Show this state; without a line to central, for how long that has been so."""
        self._line = line
        self.done.setVisible(line.state == "wrap_up")
        state, since = self._shown()
        is_offline = state == WORKING_OFFLINE
        self._icon.show_icon(ICONS[state], "warn" if is_offline else TONES.get(state, "muted"))
        self._word.setText(words_of(state))
        told = _("{state} since {time}").format(state=words_of(state), time=wording.clock_time(since, self._zone))
        if is_offline:
            own = _("your state is {state} since {time}").format(
                state=words_of(line.state), time=wording.clock_time(line.since, self._zone)
            )
            told = f"{told}; {own}"
        if line.text:
            told = _("{state}: {text}").format(state=told, text=line.text)
        self.setToolTip(told)
        self.setAccessibleName(_("Your state: {state}").format(state=told))
        for name, action in self.states.items():
            action.setChecked(name == line.state)
        self._tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ticking.start()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ticking.stop()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAccessibleName(_("Choose your state"))
        for state in CHOOSABLE:
            action = menu.addAction(words_of(state))
            action.setCheckable(True)
            action.setIcon(QIcon(icon_pixmap(ICONS[state], "muted", 16, 2.0)))
            action.triggered.connect(lambda _is_on, state=state: self._choose(state))
            self.states[state] = action
        menu.addSeparator()
        self.text_field.setPlaceholderText(_("What for, till when…"))
        self.text_field.setAccessibleName(_("Your own words for the state, shown to your supervisor"))
        self.text_field.returnPressed.connect(self._explain)
        field = QWidgetAction(menu)
        field.setDefaultWidget(
            column(label(_("In your own words"), "faint"), self.text_field, gap=3, margins=(10, 4, 10, 6))
        )
        menu.addAction(field)
        menu.aboutToShow.connect(self._prepare)
        return menu

    def _prepare(self) -> None:
        """The words of the state shown are there to be changed; the icons wear the theme of now."""
        self.text_field.setText(self._line.text or "")
        for state, action in self.states.items():
            action.setIcon(QIcon(icon_pixmap(ICONS[state], TONES.get(state, "muted"), 16, 2.0)))

    def _choose(self, state: str) -> None:
        action = self.states[state]
        action.setChecked(state == self._line.state)  # shown when it is so, not when it was asked for
        said = self.text_field.text().strip()
        if state != self._line.state and said == (self._line.text or ""):
            said = ""  # the words were for the state before
        self.state_chosen.emit(state, said)

    def _explain(self) -> None:
        menu = self.menu()
        if menu is not None:
            menu.close()
        if self._line.state in CHOOSABLE:
            self.state_chosen.emit(self._line.state, self.text_field.text().strip())

    def _shown(self) -> tuple[str, datetime]:
        if self._line.offline_since is not None:
            return WORKING_OFFLINE, self._line.offline_since
        return self._line.state, self._line.since

    def _tick(self) -> None:
        _state, since = self._shown()
        text = wording.duration((self._clock() - since).total_seconds())
        if len(text) != len(self._time.text()):
            self._time.setText(text)
            self.updateGeometry()
        self._time.setText(text)
