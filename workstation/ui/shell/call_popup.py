"""The pop: a small window of its own that offers who may be calling. It takes no keyboard, it opens nothing itself."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QGuiApplication, QHideEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from workstation.language import _, ngettext
from workstation.services.calls import EXACT, MENTIONED, NONE, SEVERAL, CallerCard, CallerLine
from workstation.ui import wording
from workstation.ui.seat import Seat
from workstation.ui.shortcuts import keys_of
from workstation.ui.widgets.icons import Icon, IconButton
from workstation.ui.widgets.parts import Elided, button, clear, column, label, row, set_role

SHOWN = 5  # people; more would be a list to read while somebody waits
WIDTH, EDGE = 456, 16
LEFT, ABOVE = 68, 190  # beside the rail, above the place of the reminder
FLAGS = Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.WindowDoesNotAcceptFocus


@dataclass(frozen=True)
class Offer:
    """A call that waits for the agent; away: it came while the window was locked or nobody was signed in."""

    card: CallerCard
    at: datetime
    is_away: bool = False


class CallPopup(QFrame):
    """Signals:
    chosen: UUID of the person, or None for a new customer.
    dismissed, all_dismissed: not this call; none of those that wait.
    moved: QPoint; where the person put it.
    """

    chosen = Signal(object)
    dismissed = Signal()
    all_dismissed = Signal()
    moved = Signal(object)

    def __init__(self, window: QWidget, seat: Seat) -> None:
        # Drawn into memory, every window but a tooltip is made the active one, whatever its flags say.
        is_drawn_nowhere = QGuiApplication.platformName() == "offscreen"
        super().__init__(None, FLAGS | (Qt.WindowType.ToolTip if is_drawn_nowhere else Qt.WindowType.Tool))
        self._window, self._seat = window, seat
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setObjectName("call")
        self.place: QPoint | None = None  # chosen by the person; else beside the rail of the window
        self._placed, self._at, self._rows = QPoint(), 0, list[_Person]()
        self._offer: Offer | None = None
        self._icon, self.heading, self._time = Icon("phone-in", "accent", 18), label("", "strong"), label("", "muted")
        self.number, self.words = label("", "title"), label("", "muted", wrap=True)
        self._people = QVBoxLayout()
        self._people.setSpacing(2)
        self.open_button = button("", "primary", clicked=self.accept)
        self._next_key = label(_("{keys} next").format(keys=keys_of("next_caller")), "faint")
        dismiss = button(_("Dismiss"), "quiet", clicked=self.dismissed.emit)
        self._more = label("", "muted")
        self.dismiss_all = button(_("Dismiss all"), "quiet", clicked=self.all_dismissed.emit)
        self._waiting = row(self._more, "stretch", self.dismiss_all)
        for one in (self.open_button, dismiss, self.dismiss_all):
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close = IconButton("close", _("Dismiss"), size=14)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.dismissed)
        inside = column(
            row(self._icon, self.heading, "stretch", self._time, close, gap=8),
            self.number, self.words, self._people,
            row(self.open_button, label(keys_of("accept_call"), chip="plain"), self._next_key, "stretch",
                label(keys_of("dismiss_call"), "faint"), dismiss),
            self._waiting,
            role="raised", margins=(14, 10, 12, 12), gap=8,
        )  # fmt: skip
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(inside)
        self.setFixedWidth(WIDTH)

    @property
    def chosen_id(self) -> UUID | None:
        """Whom the key of the pop opens; None: a new customer."""
        return self._rows[self._at].person_id

    def show_offer(self, offer: Offer, more: int) -> None:
        """Offer the people of this call; `more` calls wait behind it."""
        card, now = offer.card, self._seat.clock()
        is_out = card.call.direction == "out"
        self._icon.show_icon("phone-missed" if offer.is_away else "phone-out" if is_out else "phone-in")
        self.heading.setText(heading(offer))
        when = wording.standing_alone(wording.moment(offer.at, self._seat.zone, now))
        self._time.setText(when if offer.is_away else wording.clock_time(offer.at, self._seat.zone))
        self.number.setText(card.number)
        self.number.setVisible(bool(card.number))
        self.words.setText(words(card))
        self.words.setVisible(bool(self.words.text()))
        self._show_people(card, self._at if offer == self._offer else 0)
        self._offer = offer
        self._more.setText(ngettext("{n} more call waits", "{n} more calls wait", more).format(n=more))
        self._waiting.setVisible(more > 0)
        self.setAccessibleName(", ".join(filter(None, (heading(offer), card.number, words(card)))))
        self._stand()
        self.show()
        self.raise_()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def choose_next(self) -> None:
        """The next person, after the last one the first again."""
        if self.isVisible():
            self._choose((self._at + 1) % len(self._rows))

    def accept(self) -> None:
        """Take the call with whom is chosen now."""
        if self.isVisible():
            self.chosen.emit(self.chosen_id)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and handle is not None:
            handle.startSystemMove()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._remember_place()

    def _remember_place(self) -> None:
        if self.pos() != self._placed:
            self.place = self._placed = self.pos()
            self.moved.emit(self.place)

    def _show_people(self, card: CallerCard, at: int) -> None:
        clear(self._people)
        lines = card.people[:SHOWN]
        self._rows = [_Person(line) for line in lines]
        if card.call.customer is None:
            self._rows.append(_Person(None))
        for place, one in enumerate(self._rows):
            one.pressed.connect(partial(self._press, place))
            self._people.addWidget(one)
        hidden = len(card.people) - len(lines)
        if hidden > 0:
            told = ngettext("and {n} more; {keys} finds them", "and {n} more; {keys} finds them", hidden)
            self._people.addWidget(label(told.format(n=hidden, keys=keys_of("search")), "faint"))
        self._next_key.setVisible(len(self._rows) > 1)
        self._choose(min(at, len(self._rows) - 1))

    def _press(self, at: int) -> None:
        self._choose(at)
        self.accept()

    def _choose(self, at: int) -> None:
        self._at = at
        for place, one in enumerate(self._rows):
            set_role(one, "chosen", "yes" if place == at else "no")
        person = self._rows[at]
        self.open_button.setText(_("Open") if person.person_id else _("New customer"))
        self.open_button.setAccessibleName(person.accessibleName())

    def _stand(self) -> None:
        """Where the person put it; on the window beside the rail when nobody did, or when that screen is gone."""
        if self.isVisible():
            self._remember_place()
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.resize(WIDTH, self.sizeHint().height())
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        wanted = self.place
        area = next((screen for screen in screens if wanted is not None and screen.contains(wanted)), None)
        if wanted is None or area is None:
            corner = self._window.mapToGlobal(self._window.rect().bottomLeft())
            wanted = corner + QPoint(LEFT, -ABOVE - self.height())
            area = next((screen for screen in screens if screen.contains(wanted)), screens[0])
        wanted = QPoint(
            max(area.left(), min(wanted.x(), area.right() - self.width())),
            max(area.top() + EDGE, min(wanted.y(), area.bottom() - self.height())),
        )
        self._placed = wanted
        self.move(wanted)


class _Person(QFrame):
    """One who may be calling, or the new customer; a click takes the call with them."""

    pressed = Signal()

    def __init__(self, line: CallerLine | None) -> None:
        super().__init__()
        self.person_id = line.id if line is not None else None
        self.setProperty("role", "caller")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(8, 5, 8, 5)
        inside.setSpacing(2)
        if line is None:
            inside.addWidget(row(Icon("plus", "accent"), label(_("New customer with this number"), "link"), "stretch"))
            self.setAccessibleName(_("New customer with this number"))
            return
        said = [line.value, line.detail, _("no longer active") if line.is_inactive else ""]
        below = " · ".join(filter(None, said))
        self.setAccessibleName(", ".join(filter(None, (line.name, *(w.words for w in line.warnings), below))))
        for warning in line.warnings:
            tone = "deaf" if warning.kind == "need" else "alert"
            inside.addWidget(row(Icon(tone, "warn"), label(warning.words, "warn", wrap=True), gap=6))
        inside.addWidget(row(Icon("person"), _name(line.name)))
        if below:
            detail = label(below, "muted", wrap=True)
            detail.setContentsMargins(22, 0, 0, 0)
            inside.addWidget(detail)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()


def _name(text: str) -> QLabel:
    return Elided(text, "strong")


def heading(offer: Offer) -> str:
    """What kind of call it is."""
    call = offer.card.call
    if call.customer is not None:
        return _("From another program")
    if offer.is_away:
        return _("Called while you were away")
    return {
        ("call", "in"): _("Incoming call"), ("call", "out"): _("Outgoing call"),
        ("chat", "in"): _("Incoming chat"), ("chat", "out"): _("Outgoing chat"),
    }[call.channel, call.direction]  # fmt: skip


def words(card: CallerCard) -> str:
    """How sure it is."""
    if card.matched == SEVERAL:
        active = sum(not line.is_inactive for line in card.people)
        return ngettext("{n} person has this number", "{n} people share this number", active).format(n=active)
    if card.matched == NONE and not card.number:
        return _("The caller hides the number.")
    return {
        EXACT: "",
        MENTIONED: _("On nobody's card; mentioned in a note on:"),
        NONE: _("Nobody here has this number."),
    }[card.matched]
