"""The tray "Needs your decision": what central refused or holds, and what two people changed, with the text whole."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFormLayout, QFrame, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workstation.changes import Changes
from workstation.errors import Refused
from workstation.language import _, ngettext
from workstation.services.conflicts import ConflictLine, resolve
from workstation.services.sync import decisions
from workstation.services.sync.decisions import DecisionsCard, RefusedLine
from workstation.ui.background import Background
from workstation.ui.desk.conflict_dialog import ConflictDialog, field_words
from workstation.ui.doors import Doors
from workstation.ui.seat import Seat
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import Margins, button, clear, column, label, row, scrolling

CARD: Margins = (12, 10, 12, 10)
HIDDEN = {"id", "scope_id", "version", "customer_id", "author_id", "made_at", "written_at", "digits", "e164"}


def kind_words(entity: str) -> str:
    """What kind of thing it is."""
    return {
        "note": _("Note"), "contact": _("Contact"), "callback": _("Callback"), "customer": _("Customer"),
        "contact_point": _("Contact point"),
    }.get(entity, entity)  # fmt: skip


def text_of(line: RefusedLine) -> str:
    """All that was written, for reading and copying."""
    shown = {name: value for name, value in line.values.items() if name not in HIDDEN and value not in (None, "")}
    if set(shown) == {"body"}:
        return str(shown["body"])
    return "\n".join(f"{field_words(name)}: {value}" for name, value in shown.items())


class DecisionsTray(QDialog):
    """Beside the work, not instead of it; works without central too.

    Signals:
        customer_chosen: UUID; lead to this customer.
    """

    customer_chosen = Signal(object)

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
        doors.changed.connect(self._on_changed)
        doors.online_changed.connect(self._on_changed)

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

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
        if not card.refused and not card.conflicts:
            self._cards.addWidget(row(Icon("check", "ok"), label(_("Nothing waits for you."), "muted"), "stretch"))
        self._cards.addStretch(1)

    def _card(self, line: RefusedLine) -> QFrame:
        head = " · ".join(part for part in (kind_words(line.entity), line.customer) if part)
        text = QPlainTextEdit(text_of(line))
        text.setReadOnly(True)
        text.setMaximumHeight(96)
        text.setTabChangesFocus(True)
        text.setAccessibleName(_("What was written: {what}").format(what=head))
        actions = row(
            button(_("Correct and send…"), "primary", clicked=partial(self._correct, line)),
            button(_("Copy"), clicked=partial(QGuiApplication.clipboard().setText, text_of(line))),
            button(_("Give up…"), "danger", clicked=partial(self._discard, line)),
            "stretch",
        )
        parts: list[QWidget] = [
            row(Icon("alert", "danger"), label(head, "strong"), "stretch"),
            label(line.reason, "danger", wrap=True),
            text,
        ]
        if line.held:
            many = ngettext("{n} more waits because of it", "{n} more wait because of it", len(line.held))
            parts.append(label(many.format(n=len(line.held)), "muted"))
            parts += [label(text_of(held), "faint", wrap=True) for held in line.held]
        return column(*parts, actions, role="pane", margins=CARD, gap=6)

    def _conflict_card(self, found: Sequence[ConflictLine]) -> QFrame:
        fields = ", ".join(field_words(conflict.field) for conflict in found)
        head = " · ".join(part for part in (kind_words(found[0].entity), found[0].customer) if part)
        return column(
            row(Icon("alert", "warn"), label(head, "strong"), "stretch"),
            label(_("You and a colleague changed: {fields}").format(fields=fields), "warn", wrap=True),
            row(button(_("Mine or theirs…"), "primary", clicked=partial(self._decide, found)), "stretch"),
            role="pane",
            margins=CARD,
        )

    def _decide(self, found: Sequence[ConflictLine]) -> None:
        dialog = ConflictDialog(self, found)
        dialog.resolved.connect(self._resolve)
        dialog.open()

    def _resolve(self, conflict_id: UUID, take: str) -> None:
        seat = self._seat
        self._background.write(self, resolve, conflict_id, take, seat.agent_id, seat.clock(), then=self._again)

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

    def _discard(self, line: RefusedLine) -> None:
        ask = Dialog(self, _("Give this up?"))
        ask.body.addWidget(label(_("It is not sent. The text stays readable on this PC for 30 days."), wrap=True))
        text = QPlainTextEdit(text_of(line))
        text.setReadOnly(True)
        text.setAccessibleName(_("What is given up"))
        ask.body.addWidget(text)

        def give_up() -> None:
            ask.accept()
            self._background.settle(self, decisions.discard_by_id, line.op_id, then=self._again)

        ask.add_buttons(_("Give up"), give_up, role="danger")
        ask.open()

    def _again(self, _nothing: object) -> None:
        self._read()


class CorrectionForm(Dialog):
    """Signals: submitted: dict of the fields that were changed, as texts."""

    submitted = Signal(object)

    def __init__(self, parent: QWidget, line: RefusedLine) -> None:
        super().__init__(parent, _("Correct and send"))
        self.body.addWidget(label(line.reason, "danger", wrap=True))
        self.fields: dict[str, QLineEdit | QPlainTextEdit] = {}
        self._before = {
            name: "" if value is None else str(value)
            for name, value in line.values.items()
            if name not in HIDDEN and not isinstance(value, dict | list)
        }
        form = QFormLayout()
        for name, value in self._before.items():
            field = QPlainTextEdit(value) if name in ("body", "said", "wish") else QLineEdit(value)
            field.setAccessibleName(field_words(name))
            self.fields[name] = field
            form.addRow(field_words(name), field)
        self.body.addLayout(form)
        self.add_buttons(_("Send again"), self._submit)
        self.setMinimumWidth(460)

    def show_refusal(self, refusal: Refused) -> None:
        """What is wrong, at its field."""
        self.show_problem(str(refusal), self.fields.get(refusal.field or ""))

    def _submit(self) -> None:
        said = {
            name: field.toPlainText() if isinstance(field, QPlainTextEdit) else field.text()
            for name, field in self.fields.items()
        }
        self.submitted.emit({name: text for name, text in said.items() if text != self._before[name]})
