"""The desk: the customers that are open, each with profile, history and a place to write."""

from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workstation.changes import Changes
from workstation.errors import Refused
from workstation.language import _
from workstation.records import Conflict, ContactPoint, Customer
from workstation.services import profile, tabs
from workstation.services.profile import ProfileCard
from workstation.services.tabs import TabLine
from workstation.ui.background import Background
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.desk import note_keeping, timeline_reading
from workstation.ui.desk.call_taking import CallTaking
from workstation.ui.desk.customer_tabs import CustomerTabs
from workstation.ui.desk.entry_gestures import EntryGestures
from workstation.ui.desk.note_keeping import NoteKeeping
from workstation.ui.desk.note_panel import NotePanel
from workstation.ui.desk.profile_editing import ProfileEditing
from workstation.ui.desk.profile_panel import ProfilePanel
from workstation.ui.desk.tab_keeping import TabKeeping
from workstation.ui.desk.timeline_panel import TimelinePanel
from workstation.ui.desk.timeline_reading import TimelineReading
from workstation.ui.doors import Doors
from workstation.ui.screen import Screen
from workstation.ui.seat import Seat
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import column, label, row

PROFILE_WIDTH, NOTE_WIDTH = 296, 364
SMALL = 1150  # px
SHOWN = {Customer, ContactPoint, Conflict}


class DeskScreen(Screen):
    """Signals:
    said: (words, alert); for the calm line of the window.
    done: (words, callable); what was done, and how it is taken back.
    contact_begun: UUID; this customer is being talked to now.
    contact_ended: its timer was stopped, or it was saved.
    dialled: text; this number is about to be handed to the telephone.
    """

    said = Signal(str, str)
    done = Signal(str, object)
    contact_begun = Signal(object)
    contact_ended = Signal()
    dialled = Signal(str)

    def __init__(self, background: Background, doors: Doors, seat: Seat) -> None:
        super().__init__(background, doors)
        self.seat = seat
        self.tabs = CustomerTabs()
        self.profile = ProfilePanel(seat)
        self.timeline = TimelinePanel(seat.zone, seat.clock)
        self.history = TimelineReading(self.timeline, background, seat)
        self.note = NotePanel(seat.zone, seat.clock)
        self.writing = NoteKeeping(self.note, background, seat)
        self.editing = ProfileEditing(self, self.profile, background, seat)
        self.calls = CallTaking(self.writing, self.editing, partial(self.open, in_new_tab=True))
        self.gestures = EntryGestures(self, background, seat)
        self._stack = _lay_out(self)
        self._join()
        self._kept = TabKeeping(self.tabs, background, seat)

    @property
    def customer_id(self) -> UUID | None:
        """Whose card is seen."""
        return self.tabs.current

    def concerns(self, changes: Changes) -> bool:
        kinds = SHOWN | timeline_reading.KINDS | note_keeping.KINDS
        return bool(changes.kinds & kinds) and (not changes.customers or self.customer_id in changes.customers)

    def refresh(self) -> None:
        if self.customer_id is not None:
            self.history.refresh()  # first: who saved looks there
            self.profile.tick()
            self._read_profile()
            self.background.after_paint(self, self.writing.refresh)

    def open(self, customer_id: UUID, in_new_tab: bool = False) -> None:
        """Show this customer; what is being written on another one stays with it, in its own tab."""
        self.background.read(self, tabs.tab_of, customer_id, then=partial(self._open, in_new_tab))

    def add_customer(self, searched: str = "") -> None:
        """The form for a new one, with what was searched for filled in."""
        self.editing.add_customer(searched)

    def keep_now(self) -> None:
        """What is being written, and who is open, goes to the disk at once."""
        self.writing.keep_now()
        self._kept.keep_now()

    def begin_callback(self) -> None:
        """The form of a callback for the open customer."""
        if self.customer_id is not None:
            CallbackDialog(self, self.background, self.seat, self.customer_id).open()

    def next_pane(self) -> None:
        """The keyboard goes to the next of the three panes."""
        here: QWidget | None = self.focusWidget()
        if here is not None and self.profile.isAncestorOf(here):
            self.timeline.focus_list()
        elif here is not None and self.timeline.isAncestorOf(here):
            self.note.focus_editor()
        else:
            self.profile.focus_points()

    def _join(self) -> None:
        self.tabs.switched.connect(self._switch)
        for part in (self.editing, self.gestures):
            part.said.connect(self.said)
        for saver in (self.gestures, self.writing):
            saver.done.connect(self.done)
        self.timeline.gesture_wanted.connect(self.gestures.act)
        self.profile.dial_wanted.connect(self._dial)
        self.profile.copied.connect(lambda value: self.said.emit(_("Copied: {value}").format(value=value), "info"))
        self.writing.ended.connect(self.contact_ended)
        self.writing.began.connect(self.contact_begun)
        self.history.opened.connect(self.writing.refresh)
        self.doors.minute_passed.connect(self.profile.tick)
        self.doors.minute_passed.connect(self.writing.refresh)

    def _open(self, in_new_tab: bool, line: TabLine | None) -> None:
        if line is None:
            self.said.emit(_("This customer is not on this PC."), "warn")
            return
        self.tabs.show_customer(line, in_new_tab=in_new_tab or self.writing.has_unsaved)

    def _switch(self, customer_id: UUID | None) -> None:
        self._stack.setCurrentIndex(0 if customer_id is None else 1)
        self.history.open(customer_id)
        self.writing.open(customer_id)
        self._read_profile()

    def _read_profile(self) -> None:
        def gone(_refusal: Refused) -> None:
            self.writing.keep_now()
            self.said.emit(_("This customer is not on this PC any more. What you write here is kept."), "warn")

        if self.customer_id is not None:
            then = partial(self._show_profile, self.customer_id)
            self.background.latest(
                self, "profile", profile.profile_of, self.customer_id, self.seat.clock(), then=then, refused=gone
            )

    def _show_profile(self, asked: UUID, card: ProfileCard) -> None:
        if asked != self.customer_id:
            return
        if card.id != asked:
            self.said.emit(_("This customer was merged into {name}.").format(name=card.name), "info")
            self.tabs.become(asked, TabLine(card.id, card.name))
            return
        self.profile.show_card(card)
        self.tabs.rename(card.id, card.name)
        self.editing.show_now(card)

    def _dial(self, value: str) -> None:
        scheme = "mailto" if "@" in value and not value.startswith("@") else "tel"
        if scheme == "tel":
            self.dialled.emit(value)
        QDesktopServices.openUrl(QUrl(f"{scheme}:{value.replace(' ', '')}"))
        if scheme == "tel":
            self.writing.begin("call", "out", phone=value)
            self.contact_begun.emit(self.customer_id)


def _lay_out(desk: DeskScreen) -> QStackedLayout:
    """Tabs above, three panes below; gives the stack of (empty, panes)."""
    panes = _Panes(Qt.Orientation.Horizontal)
    panes.setHandleWidth(10)
    panes.setChildrenCollapsible(False)
    for pane, least in ((desk.profile, 220), (desk.timeline, 320), (desk.note, 270)):
        pane.setMinimumWidth(least)
        panes.addWidget(pane)
    panes.setStretchFactor(0, 0)
    panes.setStretchFactor(1, 1)
    panes.setStretchFactor(2, 0)
    empty = column(
        "stretch",
        row("stretch", Icon("search", "faint", 32), "stretch"),
        row("stretch", label(_("Nobody is open."), "strong"), "stretch"),
        row("stretch", label(_("Ctrl+K finds a customer · F9 takes the next callback"), "muted"), "stretch"),
        "stretch",
        gap=8,
    )
    holder = QWidget()
    stack = QStackedLayout(holder)
    stack.addWidget(empty)
    stack.addWidget(panes)
    outer = QVBoxLayout(desk)
    outer.setContentsMargins(12, 0, 12, 12)
    outer.setSpacing(8)
    outer.addWidget(desk.tabs)
    outer.addWidget(holder, 1)
    return stack


class _Panes(QSplitter):
    """Three panes; narrower at the sides on a small screen. What a person moved stays until the window changes size
    from small to large or back."""

    def __init__(self, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self._is_small: bool | None = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_small = self.width() < SMALL
        if is_small is not self._is_small:
            self._is_small = is_small
            left, right = (238, 322) if is_small else (PROFILE_WIDTH, NOTE_WIDTH)
            self.setSizes([left, max(320, self.width() - left - right), right])
