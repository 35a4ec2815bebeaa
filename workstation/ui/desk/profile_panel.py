"""The profile: warnings first, then who this is, their time now, and the ways to reach them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workstation.language import _, ngettext
from workstation.services.profile import ProfileCard, WarningLine
from workstation.ui import wording
from workstation.ui.desk.contact_points import ContactPointRow, tried_words
from workstation.ui.seat import Seat
from workstation.ui.widgets.icons import Icon, IconButton
from workstation.ui.widgets.parts import button, clear, column, label, row, rule

ICONS = {
    "need": "deaf", "do_not_contact": "forbidden", "consent": "forbidden", "vulnerable": "alert", "conflict": "alert",
    "staff": "team",
}  # fmt: skip
GRAVE = {"do_not_contact", "consent"}


def language_name(code: str | None) -> str:
    """A language as people call it; another text as it stands."""
    return {
        "uz": _("Uzbek"), "ru": _("Russian"), "be": _("Belarusian"), "en": _("English"), None: "",
    }.get(code, code or "")  # fmt: skip


class ProfilePanel(QFrame):
    """Signals:
    edit_wanted: the form shall open.
    conflicts_wanted: what two people changed shall be decided.
    point_add_wanted: one more way to reach this customer.
    dial_wanted: text; this number is called.
    copied: text; this value was put on the clipboard.
    point_change_wanted: (UUID, dict of fields); a contact point is marked.
    way_wanted: ContactPointLine; how to get through there shall be written.
    """

    edit_wanted = Signal()
    conflicts_wanted = Signal()
    point_add_wanted = Signal()
    dial_wanted = Signal(str)
    copied = Signal(str)
    point_change_wanted = Signal(object, object)
    way_wanted = Signal(object)

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        self.setAccessibleName(_("Profile"))
        self._seat = seat
        self.card: ProfileCard | None = None
        self._there = label("", "muted", wrap=True)
        self.rows: list[ContactPointRow] = []
        holder = QWidget()
        self._inside = QVBoxLayout(holder)
        self._inside.setContentsMargins(14, 12, 14, 12)
        self._inside.setSpacing(7)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(holder)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.addWidget(area)

    def show_card(self, card: ProfileCard) -> None:
        """Show this customer; the row that has the keyboard keeps it."""
        if card == self.card:
            return
        focused = next((one.point.id for one in self.rows if one.hasFocus()), None)
        self.card = card
        clear(self._inside)
        for warning in card.warnings:
            self._inside.addWidget(_warning(warning))
        self._add_name(card)
        self._add_points(card)
        if card.wish:
            self._inside.addWidget(rule())
            self._inside.addWidget(label(_("OWN WORDS"), "heading"))
            self._inside.addWidget(label(card.wish, wrap=True))
        self._inside.addStretch(1)
        for one in self.rows:
            if one.point.id == focused:
                one.setFocus(Qt.FocusReason.OtherFocusReason)

    def tick(self) -> None:
        """A minute passed: the time there moved on."""
        if self.card is not None:
            self._there.setText(self._time_there(self.card, self._seat.clock()))

    def focus_points(self) -> None:
        """The keyboard goes to the first way to reach them."""
        if self.rows:
            self.rows[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _add_name(self, card: ProfileCard) -> None:
        name = label(card.name, "title", wrap=True)
        edit = IconButton("edit", _("Edit the profile"))
        edit.clicked.connect(self.edit_wanted)
        name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._inside.addWidget(row(name, edit, gap=4))
        self._there = label(self._time_there(card, self._seat.clock()), "muted", wrap=True)
        self._inside.addWidget(self._there)
        chips = [(language_name(card.language), "plain")] if card.language else []
        if card.is_vip:
            chips.append((_("VIP"), "accent"))
        if card.kind != "person":
            kinds = {"organisation": _("organisation"), "prospect": _("prospect")}
            chips.append((kinds.get(card.kind, card.kind), "plain"))
        if chips:
            self._inside.addWidget(row(*(label(words, chip=chip) for words, chip in chips), "stretch"))
        count = card.contacts_in_year
        if count:
            many = ngettext("{n} contact in a year", "{n} contacts in a year", count).format(n=wording.number(count))
            self._inside.addWidget(label(many, "muted", wrap=True))
        if card.rhythm:
            self._inside.addWidget(row(Icon("clock", "warn"), label(card.rhythm, "warn", wrap=True)))
        self._add_marks(card)

    def _add_marks(self, card: ProfileCard) -> None:
        if card.conflicts:
            words = ngettext("{n} conflict to decide", "{n} conflicts to decide", card.conflicts)
            self._inside.addWidget(button(words.format(n=card.conflicts), "danger", clicked=self.conflicts_wanted.emit))
        if card.is_waiting:
            self._inside.addWidget(row(Icon("clock", "faint", 14), label(_("changes wait for central"), "faint")))
        if card.is_refused:
            self._inside.addWidget(row(Icon("alert", "danger", 14), label(_("a change was refused"), "danger")))

    def _add_points(self, card: ProfileCard) -> None:
        self._inside.addWidget(rule())
        add = IconButton("plus", _("Add a way to reach them"), size=14)
        add.clicked.connect(self.point_add_wanted)
        heading = row(label(_("CONTACT POINTS"), "heading"), "stretch", add)
        zone, now = self._seat.zone, self._seat.clock()
        self.rows = [
            ContactPointRow(point, point.id in card.waiting, tried_words(card.tried.get(point.id), zone, now))
            for point in card.points
        ]
        for one in self.rows:
            one.dial_wanted.connect(self.dial_wanted)
            one.copied.connect(self.copied)
            one.change_wanted.connect(self.point_change_wanted)
            one.way_wanted.connect(self.way_wanted)
        self._inside.addWidget(column(heading, *self.rows, gap=0))
        if not self.rows:
            self._inside.addWidget(label(_("None yet. Add a phone or an e-mail with +."), "muted", wrap=True))

    def _time_there(self, card: ProfileCard, now: datetime) -> str:
        since = _("Customer since {year}").format(year=card.since.astimezone(self._seat.zone).year)
        try:
            zone = ZoneInfo(card.time_zone) if card.time_zone else None
        except (KeyError, ValueError, OSError):
            zone = None
        if zone is None or not wording.offset(zone, self._seat.zone, now):
            return since
        return _("{since} · {time} there").format(since=since, time=wording.clock_time(now, zone))


def _warning(line: WarningLine) -> QFrame:
    grave = line.kind in GRAVE
    words = label(line.words, "strong", wrap=True)
    made = row(
        Icon(ICONS.get(line.kind, "alert"), "danger" if grave else "warn", 18), words,
        gap=8, margins=(10, 7, 10, 7), alert="danger" if grave else "warn",
    )  # fmt: skip
    made.setAccessibleName(line.words)
    return made
