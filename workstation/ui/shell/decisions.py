"""The tray "Needs your decision": what central refused or holds, and what two people changed, with the text whole."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QDialog, QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from workstation.changes import Changes
from workstation.language import _
from workstation.services import drafts
from workstation.services.conflicts import ConflictLine, resolve
from workstation.services.drafts import DraftLine
from workstation.services.record_words import field_words, kind_words
from workstation.services.sync import decisions
from workstation.services.sync.decisions import DecisionsCard, RefusedLine
from workstation.ui.background import Background
from workstation.ui.desk.conflict_dialog import ConflictDialog
from workstation.ui.doors import Doors
from workstation.ui.seat import Seat
from workstation.ui.shell.decision_cards import CARD, CorrectionForm, DraftCard, RefusedCard, text_of
from workstation.ui.widgets.choose_customer import CustomerChoice
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, clear, column, label, row, scrolling


class DecisionsTray(QDialog):
    """Beside the work, not instead of it; works without central too."""

    def __init__(self, parent: QWidget, background: Background, doors: Doors, seat: Seat) -> None:
        super().__init__(parent)
        self._background, self._seat = background, seat
        self.setWindowTitle(_("Needs your decision"))
        holder = QWidget()
        self._cards = QVBoxLayout(holder)
        self._cards.setSpacing(10)
        area = scrolling(holder)
        outer = QVBoxLayout(self)
        outer.addWidget(label(_("Needs your decision"), "title"))
        outer.addWidget(label(_("Nothing of this is lost: it stays here until you decide."), "muted", wrap=True))
        outer.addWidget(area, 1)
        outer.addWidget(row("stretch", button(_("Close"), clicked=self.hide)))
        self.resize(760, 480)  # said here: Qt would ask the texts that wrap, and open as high as an empty tray
        doors.changed.connect(self._on_changed)
        doors.online_changed.connect(self._on_changed)

    def begin(self) -> None:
        """Show what there is now."""
        self.show()
        self.raise_()
        self._read()

    def _on_changed(self, _what: Changes | object) -> None:
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        self._background.latest(self, "decisions", decisions.all_open, self._seat.agent_id, then=self._show)

    def _show(self, card: DecisionsCard) -> None:
        clear(self._cards)
        for line in card.refused:
            self._cards.addWidget(self._card(line))
        by_record: dict[UUID, list[ConflictLine]] = {}
        for conflict in card.conflicts:
            by_record.setdefault(conflict.entity_id, []).append(conflict)
        for found in by_record.values():
            self._cards.addWidget(self._conflict_card(found))
        for draft in card.drafts:
            self._cards.addWidget(self._draft_card(draft))
        if not card.refused and not card.conflicts and not card.drafts:
            self._cards.addWidget(row(Icon("check", "ok"), label(_("Nothing waits for you."), "muted"), "stretch"))
        self._cards.addStretch(1)

    def _card(self, line: RefusedLine) -> RefusedCard:
        made = RefusedCard(line, self._seat)
        made.correct_wanted.connect(partial(self._correct, line))
        made.discard_wanted.connect(self._discard)
        made.attach_wanted.connect(self._attach)
        return made

    def _draft_card(self, line: DraftLine) -> DraftCard:
        made, text = DraftCard(line), str(line.values.get("text", ""))
        give = partial(self._background.write, self, drafts.give_draft, line.id)
        made.attach_wanted.connect(
            partial(
                _ask_customer, self, self._background, text, lambda one: give(one, self._seat.clock(), then=self._again)
            )
        )
        give_up = partial(self._background.write, self, drafts.forget_draft, line.id, then=self._again)
        made.discard_wanted.connect(partial(_ask_give_up, self, text, give_up))
        return made

    def _conflict_card(self, found: Sequence[ConflictLine]) -> QFrame:
        fields = ", ".join(field_words(conflict.field, conflict.entity) for conflict in found)
        head = " · ".join(part for part in (kind_words(found[0].entity), found[0].customer) if part)
        return column(
            row(Icon("alert", "warn"), label(head, "strong"), "stretch"),
            label(_("You and a colleague changed: {fields}").format(fields=fields), "warn", wrap=True),
            row(button(_("Mine or theirs…"), "primary", clicked=partial(self._decide, found)), "stretch"),
            role="pane",
            margins=CARD,
        )

    def _decide(self, found: Sequence[ConflictLine]) -> None:
        dialog = ConflictDialog(self, found, self._seat)
        seat = self._seat
        write = partial(self._background.write, self, resolve)
        dialog.resolved.connect(lambda one, take: write(one, take, seat.agent_id, seat.clock(), then=self._again))
        dialog.open()

    def _correct(self, line: RefusedLine) -> None:
        form = CorrectionForm(self, line)
        form.submitted.connect(partial(self._send, form, line))
        form.open()

    def _send(self, form: "CorrectionForm", line: RefusedLine, changes: dict[str, str]) -> None:
        def sent(_nothing: object) -> None:
            form.accept()
            self._read()

        self._background.settle(
            form, decisions.correct_by_id, line.op_id, changes, then=sent, refused=form.show_refusal
        )

    def _attach(self, held: RefusedLine) -> None:
        def give(customer_id: UUID) -> None:
            self._background.settle(self, decisions.attach_by_id, held.op_id, customer_id, then=self._again)

        _ask_customer(self, self._background, text_of(held, self._seat), give)

    def _discard(self, line: RefusedLine, with_all: bool) -> None:
        texts = [text_of(one, self._seat) for one in ([line, *line.held] if with_all else [line])]
        give_up = partial(
            self._background.settle, self, decisions.discard_by_id, line.op_id, with_all, then=self._again
        )
        _ask_give_up(self, "\n\n".join(texts), give_up)

    def _again(self, _nothing: object) -> None:
        self._read()


def _ask_customer(parent: QWidget, background: Background, what: str, give: Callable[[UUID], object]) -> None:
    ask = CustomerChoice(parent, background, what[:300])
    ask.customer_chosen.connect(give)
    ask.open()


def _ask_give_up(parent: QWidget, what: str, does: Callable[[], object]) -> None:
    ask = Dialog(parent, _("Give this up?"))
    ask.body.addWidget(label(_("It is not sent. Copy what you still need."), wrap=True))
    text = QPlainTextEdit(what)
    text.setReadOnly(True)
    text.setAccessibleName(_("What is given up"))
    ask.body.addWidget(text)

    def give_up() -> None:
        ask.accept()
        does()

    ask.add_buttons(_("Give up"), give_up, role="danger")
    ask.open()
