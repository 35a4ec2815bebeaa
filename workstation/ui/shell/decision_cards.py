"""The cards of the tray "Needs your decision": what was wanted, why not, and the choices there are."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFormLayout, QFrame, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workstation.errors import Refused
from workstation.language import _, ngettext
from workstation.services.drafts import DraftLine
from workstation.services.sync.decisions import RefusedLine
from workstation.ui.desk.conflict_dialog import field_words, shown
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import Margins, button, column, label, row

CARD: Margins = (12, 10, 12, 10)
HIDDEN = {"id", "scope_id", "version", "customer_id", "author_id", "made_at", "written_at", "digits", "e164"}
NOTHING: tuple[object, ...] = (None, "", {}, [])


def kind_words(entity: str) -> str:
    """What kind of thing it is."""
    return {
        "note": _("Note"), "contact": _("Contact"), "callback": _("Callback"), "customer": _("Customer"),
        "contact_point": _("Contact point"),
    }.get(entity, entity)  # fmt: skip


def text_of(line: RefusedLine) -> str:
    """All that was written, for reading and copying."""
    told = {
        name: value for name, value in line.values.items() if name not in HIDDEN and value not in (None, "", {}, [])
    }
    if line.kind == "add":
        told = {name: value for name, value in told.items() if value is not False}  # nobody said so
    if set(told) == {"body"}:
        return str(told["body"])
    return "\n".join(f"{field_words(name)}: {shown(value)}" for name, value in told.items())


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

    def __init__(self, line: RefusedLine) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        self._is_given_up = line.state == "discarded"
        box = QVBoxLayout(self)
        box.setContentsMargins(*CARD)
        box.setSpacing(6)
        head = " · ".join(part for part in (kind_words(line.entity), line.customer) if part)
        box.addWidget(row(Icon("alert", "danger"), label(head, "strong"), "stretch"))
        why = _("Given up. What stood on it still waits here.") if self._is_given_up else line.reason
        box.addWidget(label(why, "danger", wrap=True))
        box.addWidget(_text_field(text_of(line), head))
        if line.held:
            many = ngettext("{n} more waits because of it", "{n} more wait because of it", len(line.held))
            box.addWidget(label(many.format(n=len(line.held)), "muted"))
        for held in line.held:
            box.addWidget(self._held(held))
        box.addWidget(self._choices(line))

    def _choices(self, line: RefusedLine) -> QFrame:
        copy = button(_("Copy"), clicked=partial(QGuiApplication.clipboard().setText, text_of(line)))
        choices: list[QWidget] = [copy]
        if not self._is_given_up:
            choices.insert(0, button(_("Correct and send…"), "primary", clicked=self.correct_wanted.emit))
            choices.append(button(_("Give up…"), "danger", clicked=partial(self.discard_wanted.emit, line, False)))
        if line.held:
            every = partial(self.discard_wanted.emit, line, True)
            choices.append(button(_("Give up all…"), "danger", clicked=every))
        return row(*choices, "stretch")

    def _held(self, held: RefusedLine) -> QFrame:
        text = text_of(held)
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
