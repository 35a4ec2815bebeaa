"""The dialog of a conflict: mine, theirs, and what was before, field by field; nobody's words are lost."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QSizePolicy, QWidget

from workstation.language import _
from workstation.services.conflicts import ConflictLine
from workstation.services.record_words import field_words
from workstation.ui import wording
from workstation.ui.seat import Seat
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import label, scrolling


class ConflictDialog(Dialog):
    """Signals:
    resolved: (UUID, "mine" or "theirs"), one for each field that was decided.
    """

    resolved = Signal(object, str)

    def __init__(self, parent: QWidget | None, conflicts: Sequence[ConflictLine], seat: Seat) -> None:
        super().__init__(parent, _("Two people changed the same"))
        self._seat = seat
        self._choices: dict[UUID, QButtonGroup] = {}
        if conflicts and conflicts[0].customer:
            self.body.addWidget(label(conflicts[0].customer, "strong", wrap=True))
        self.body.addWidget(
            label(
                _("Central keeps one value until you choose; the other is kept here, nothing is lost."),
                "muted",
                wrap=True,
            )
        )
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for at, words in enumerate((_("Field"), _("Mine"), _("Theirs"), _("Before"))):
            grid.addWidget(label(words, "heading"), 0, at)
        for number, conflict in enumerate(conflicts, start=1):
            self._add(grid, number, conflict)
        for at in (1, 2, 3):
            grid.setColumnStretch(at, 1)
        grid.setRowStretch(len(conflicts) + 1, 1)
        area = scrolling(holder)
        self.body.addWidget(area)
        self.add_buttons(_("Keep what is chosen"), self._decide)
        self.resize(720, 320)

    def choose(self, conflict_id: UUID, take: str) -> None:
        """Mark "mine" or "theirs"; nothing is decided before the button."""
        for one in self._choices[conflict_id].buttons():
            if one.property("take") == take:
                one.setChecked(True)

    def _add(self, grid: QGridLayout, number: int, conflict: ConflictLine) -> None:
        field = field_words(conflict.field, conflict.entity)
        grid.addWidget(label(field, "strong", wrap=True), number, 0)
        group = QButtonGroup(self)
        self._choices[conflict.id] = group
        who = conflict.lost_by or _("a colleague")
        by = (_("mine"), _("theirs")) if conflict.is_mine_lost else (_("central's"), _("of {who}").format(who=who))
        for at, (take, value, whose) in enumerate(
            (("mine", conflict.mine, by[0]), ("theirs", conflict.theirs, by[1])), start=1
        ):
            said = self._in_words(conflict, value)
            choice = _Choice(said, partial(self._mark_all, take))
            choice.setProperty("take", take)
            choice.setAccessibleName(_("{field}, {whose}: {value}").format(field=field, whose=whose, value=said))
            group.addButton(choice)
            grid.addWidget(choice, number, at)
        grid.addWidget(label(self._in_words(conflict, conflict.before), "before", wrap=True), number, 3)

    def _in_words(self, conflict: ConflictLine, value: object) -> str:
        seat = self._seat
        return wording.value(value, conflict.field, conflict.entity, conflict.names, seat.zone, seat.clock())

    def _mark_all(self, take: str) -> None:
        for conflict_id in self._choices:
            self.choose(conflict_id, take)

    def _decide(self) -> None:
        decided = {one: group.checkedButton() for one, group in self._choices.items()}
        if not any(decided.values()):
            self.show_problem(_("Choose mine or theirs, for at least one field."))
            return
        for conflict_id, button in decided.items():
            if button is not None:
                self.resolved.emit(conflict_id, str(button.property("take")))
        self.accept()


class _Choice(QRadioButton):
    """One value to take; a double click takes this side for all fields."""

    def __init__(self, text: str, take_all: Callable[[], None]) -> None:
        super().__init__(text if len(text) <= 300 else text[:300] + "…")
        self.setToolTip(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._take_all = take_all

    def mouseDoubleClickEvent(self, event: object) -> None:
        self._take_all()
