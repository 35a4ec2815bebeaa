"""The board of callbacks: mine, the team's, all or what is overdue, and everything that can be done with one."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from workstation.changes import Changes
from workstation.language import _, ngettext
from workstation.records import Agent, Callback, Customer
from workstation.services import agenda
from workstation.services.callbacks import CallbackLine
from workstation.ui.background import Background
from workstation.ui.callbacks.actions import CallbackActions
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.callbacks.menu import give_menu
from workstation.ui.callbacks.table import CallbackTable
from workstation.ui.doors import Doors
from workstation.ui.screen import Screen
from workstation.ui.seat import Seat
from workstation.ui.widgets.parts import button, column, label, row


class CallbackBoard(Screen):
    """Signals:
    customer_chosen: id of the customer to open.
    reassign_requested: ids of the callbacks to give to somebody else; the board asks whom itself.
    said: words that the background's `refused` has brought to the window's calm line already.
    """

    customer_chosen = Signal(object)
    reassign_requested = Signal(object)
    said = Signal(str)

    def __init__(self, background: Background, doors: Doors, seat: Seat) -> None:
        super().__init__(background, doors)
        self.seat, self.whose = seat, agenda.MINE
        self.gestures = CallbackActions(self, background, seat)
        self.gestures.said.connect(self.said)
        self.table = CallbackTable(seat, _("Callbacks"))
        give_menu(self.table, self.gestures)
        self.empty = label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count = label("", "muted")
        self._buttons: list[tuple[QPushButton, bool]] = []
        self._filters: dict[str, QToolButton] = {}
        self._lay_out()
        self.table.opened.connect(lambda line: self.customer_chosen.emit(line.customer_id))
        self.table.chosen.connect(self._allow)
        doors.minute_passed.connect(self.mark_stale)
        self._allow()

    def concerns(self, changes: Changes) -> bool:
        return bool(changes.kinds & {Callback, Customer, Agent})

    def refresh(self) -> None:
        self.background.latest(
            self, "board", agenda.board, self.seat.agent_id, self.seat.team_id, self.seat.clock(), self.whose,
            then=self._show,
        )  # fmt: skip

    def show_whose(self, whose: str) -> None:
        """Show mine, team, all or overdue."""
        self.whose = whose
        self._filters[whose].setChecked(True)
        self.refresh()

    def open_form(self, customer_id: UUID) -> CallbackDialog:
        """The form for a new callback of this customer."""
        return self.gestures.open_form(customer_id)

    def _lay_out(self) -> None:
        whose = QButtonGroup(self)
        names = {agenda.MINE: _("Mine"), agenda.TEAM: _("Team"), agenda.ALL: _("All"), agenda.OVERDUE: _("Overdue")}
        for key, name in names.items():
            chosen = QToolButton()
            chosen.setText(name)
            chosen.setCheckable(True)
            chosen.setChecked(key == self.whose)
            chosen.setProperty("role", "filter")
            chosen.setAccessibleName(_("Show: {name}").format(name=name))
            chosen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            chosen.clicked.connect(partial(self._filter, key))
            whose.addButton(chosen)
            self._filters[key] = chosen
        head = row(label(_("Callbacks"), "title"), 8, *self._filters.values(), "stretch", self.count)
        actions = row(
            self._action(_("Take"), "Ctrl+T", self._take, many=True),
            self._action(_("Done"), "Ctrl+D", partial(self._with_one, self.gestures.mark_done)),
            self._action(_("No answer"), "Ctrl+N", partial(self._with_one, self.gestures.record_no_answer)),
            self._action(_("Another time"), "Ctrl+R", partial(self._with_one, self.gestures.ask_another_time)),
            self._action(_("Give to…"), "Ctrl+M", self._ask_reassign, many=True),
            "stretch",
            self._action(_("Cancel callback"), "Ctrl+Backspace", partial(self._with_one, self.gestures.ask_cancel)),
        )
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 12, 12)
        outer.setSpacing(8)
        outer.addWidget(head)
        pane = column(holder, actions, role="pane", margins=(8, 8, 8, 8), gap=8)
        outer.addWidget(pane, 1)
        self.setFocusProxy(self.table)

    def _action(self, words: str, keys: str, does: Callable[[], object], many: bool = False) -> QPushButton:
        made = button(words, clicked=does)
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        made.setToolTip(f"{words} ({shown})")
        shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(made.click)
        self._buttons.append((made, many))
        return made

    def _filter(self, whose: str, _is_on: bool = False) -> None:
        self.show_whose(whose)

    def _show(self, lines: list[CallbackLine]) -> None:
        self.table.show_lines(lines)
        self._stack.setCurrentIndex(0 if lines else 1)
        self.count.setText(ngettext("{n} open", "{n} open", len(lines)).format(n=len(lines)))
        self.empty.setText({
            agenda.MINE: _("You owe nobody a callback. On a customer's card, F3 promises one."),
            agenda.TEAM: _("Nothing waits for the team. What colleagues cannot make in time appears here."),
            agenda.ALL: _("No open callbacks. On a customer's card, F3 promises one."),
        }.get(self.whose, _("Nothing is overdue.")))  # fmt: skip
        self._allow()

    def _allow(self) -> None:
        chosen = len(self.table.selected())
        for made, many in self._buttons:
            made.setEnabled(chosen == 1 or (many and chosen > 1))

    def _take(self) -> None:
        self.gestures.take(self.table.selected())

    def _with_one(self, does: Callable[[CallbackLine], object]) -> None:
        for line in self.table.selected()[:1]:
            does(line)

    def _ask_reassign(self) -> None:
        chosen = self.table.selected()
        if chosen:
            self.reassign_requested.emit([line.id for line in chosen])
            self.gestures.ask_reassign(chosen)
