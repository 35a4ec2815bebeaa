"""The cards of the tray "Needs your decision": what was wanted, why not, and the choices there are."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFormLayout, QFrame, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workstation.errors import Refused
from workstation.language import _, ngettext
from workstation.services.drafts import DraftLine
from workstation.services.record_words import LINKS, field_words, kind_words
from workstation.services.sync.decisions import RefusedLine
from workstation.ui import wording
from workstation.ui.seat import Seat
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import Margins, button, column, label, row

CARD: Margins = (12, 10, 12, 10)
HIDDEN = {"id", "scope_id", "version", "customer_id", "author_id", "made_at", "written_at", "digits", "e164"}
NOTHING: tuple[object, ...] = (None, "", {}, [])


def text_of(line: RefusedLine, seat: Seat) -> str:
    """All that was written, for reading and copying; a link to something without a name tells nobody anything."""
    told = {
        name: value
        for name, value in line.values.items()
        if name not in HIDDEN and value not in NOTHING and (name not in LINKS or value in line.names)
    }
    if line.kind == "add":
        told = {name: value for name, value in told.items() if value is not False}  # nobody said so
    if set(told) == {"body"}:
        return str(told["body"])
    said = partial(wording.value, entity=line.entity, names=line.names, zone=seat.zone, now=seat.clock())
    return "\n".join(f"{field_words(name, line.entity)}: {said(value, name)}" for name, value in told.items())


class RefusedCard(QFrame):
    """One refused change with what is held because of it; a creation that was given up already, with what is left.

    Signals:
        correct_wanted: this shall be corrected and sent.
        discard_wanted: (line, whether with all that hangs on it).
        attach_wanted: line; a held one shall be given to another customer.
    """

    correct_wanted = Signal()
    discard_wanted = Signal(object, bool)
    attach_wanted = Signal(object)

    def __init__(self, line: RefusedLine, seat: Seat) -> None:
        super().__init__()
        self._seat, self._text = seat, text_of(line, seat)
        self.setProperty("role", "pane")
        self._is_given_up = line.state == "discarded"
        box = QVBoxLayout(self)
        box.setContentsMargins(*CARD)
        box.setSpacing(6)
        head = " · ".join(part for part in (kind_words(line.entity), line.customer) if part)
        box.addWidget(row(Icon("alert", "danger"), label(head, "strong"), "stretch"))
        why = _("Given up. What stood on it still waits here.") if self._is_given_up else line.reason
        box.addWidget(label(why, "danger", wrap=True))
        box.addWidget(_text_field(self._text, head))
        if line.held:
            many = ngettext("{n} more waits because of it", "{n} more wait because of it", len(line.held))
            box.addWidget(label(many.format(n=len(line.held)), "muted"))
        for held in line.held:
            box.addWidget(self._held(held))
        box.addWidget(self._choices(line))

    def _choices(self, line: RefusedLine) -> QFrame:
        copy = button(_("Copy"), clicked=partial(QGuiApplication.clipboard().setText, self._text))
        choices: list[QWidget] = [copy]
        if not self._is_given_up:
            choices.insert(0, button(_("Correct and send…"), "primary", clicked=self.correct_wanted.emit))
            choices.append(button(_("Give up…"), "danger", clicked=partial(self.discard_wanted.emit, line, False)))
        if line.held:
            every = partial(self.discard_wanted.emit, line, True)
            choices.append(button(_("Give up all…"), "danger", clicked=every))
        return row(*choices, "stretch")

    def _held(self, held: RefusedLine) -> QFrame:
        text = text_of(held, self._seat)
        words = label(text, "faint", wrap=True)
        attach = button(
            _("To another customer…"), name=_("Give to another customer: {what}").format(what=text[:80]),
            clicked=partial(self.attach_wanted.emit, held),
        )  # fmt: skip
        give_up = button(
            _("Give up…"), "quiet", name=_("Give up: {what}").format(what=text[:80]),
            clicked=partial(self.discard_wanted.emit, held, False),
        )  # fmt: skip
        can_move = held.kind == "add" and "customer_id" in held.values
        return column(words, row(*([attach] if can_move else []), give_up, "stretch"), margins=(16, 0, 0, 0))


class DraftCard(QFrame):
    """Something half written on a customer who is not on this PC any more.

    Signals:
        attach_wanted, discard_wanted: what shall become of it.
    """

    attach_wanted = Signal()
    discard_wanted = Signal()

    def __init__(self, line: DraftLine) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        text = str(line.values.get("text", ""))
        box = QVBoxLayout(self)
        box.setContentsMargins(*CARD)
        box.setSpacing(6)
        box.addWidget(row(Icon("edit", "warn"), label(_("Draft"), "strong"), "stretch"))
        box.addWidget(label(_("Its customer is not on this PC any more; what you wrote is kept."), "warn", wrap=True))
        box.addWidget(_text_field(text, _("Draft")))
        box.addWidget(row(
            button(_("To another customer…"), "primary", clicked=self.attach_wanted.emit),
            button(_("Copy"), clicked=partial(QGuiApplication.clipboard().setText, text)),
            button(_("Give up…"), "danger", clicked=self.discard_wanted.emit),
            "stretch",
        ))  # fmt: skip


def _text_field(text: str, head: str) -> QPlainTextEdit:
    field = QPlainTextEdit(text)
    field.setReadOnly(True)
    field.setMaximumHeight(96)
    field.setTabChangesFocus(True)
    field.setAccessibleName(_("What was written: {what}").format(what=head))
    return field


class CorrectionForm(Dialog):
    """Signals: submitted: dict of the fields that were changed, as texts."""

    submitted = Signal(object)

    def __init__(self, parent: QWidget, line: RefusedLine) -> None:
        super().__init__(parent, _("Correct and send"))
        self.body.addWidget(label(line.reason, "danger", wrap=True))
        self.fields: dict[str, QLineEdit | QPlainTextEdit | QCheckBox] = {}
        form = QFormLayout()
        for name, value in line.values.items():
            is_hidden = name in HIDDEN or (name in LINKS and name != line.field) or isinstance(value, dict | list)
            if not is_hidden:
                self._add(form, name, field_words(name, line.entity), value)
        self._before = self._said()
        self.body.addLayout(form)
        self.add_buttons(_("Send again"), self._submit)
        self.setMinimumWidth(460)

    def show_refusal(self, refusal: Refused) -> None:
        """What is wrong, at its field."""
        self.show_problem(str(refusal), self.fields.get(refusal.field or ""))

    def _add(self, form: QFormLayout, name: str, called: str, value: object) -> None:
        text = "" if value is None else str(value)
        if isinstance(value, bool):
            tick = QCheckBox(called)
            tick.setChecked(value)
            form.addRow("", tick)
            field: QLineEdit | QPlainTextEdit | QCheckBox = tick
        else:
            field = QPlainTextEdit(text) if name in ("body", "said", "wish") else QLineEdit(text)
            form.addRow(called, field)
        field.setAccessibleName(called)
        self.fields[name] = field

    def _submit(self) -> None:
        self.submitted.emit({name: text for name, text in self._said().items() if text != self._before[name]})

    def _said(self) -> dict[str, str]:
        return {name: _text_in(field) for name, field in self.fields.items()}


def _text_in(field: QLineEdit | QPlainTextEdit | QCheckBox) -> str:
    if isinstance(field, QCheckBox):
        return "yes" if field.isChecked() else "no"
    return field.toPlainText() if isinstance(field, QPlainTextEdit) else field.text()
