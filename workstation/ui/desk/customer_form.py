"""The form of a customer: new in one step, or the profile of one that is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from workstation.errors import Refused
from workstation.language import _
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import label, scrolling

ZONES = ("Asia/Tashkent", "Europe/Minsk", "Europe/Moscow", "Asia/Almaty", "Asia/Samarkand", "Asia/Yekaterinburg")
Values = dict[str, str]


@dataclass(frozen=True)
class _Field:
    name: str
    words: Callable[[], str]
    kind: str = "line"
    choices: tuple[tuple[str, Callable[[], str]], ...] = ()


def _nothing() -> str:
    return "–"


# Worded when asked: the language is chosen after this module is imported.
FIELDS = (
    _Field("name", lambda: _("Name")),
    _Field("need", lambda: _("Need, as “deaf – write, don't call”")),
    _Field(
        "kind", lambda: _("Kind"), "choice",
        (("person", lambda: _("person")), ("organisation", lambda: _("organisation")),
         ("prospect", lambda: _("prospect"))),
    ),
    _Field(
        "language", lambda: _("Language"), "choice",
        (("", _nothing), ("uz", lambda: _("Uzbek")), ("ru", lambda: _("Russian")), ("be", lambda: _("Belarusian")),
         ("en", lambda: _("English"))),
    ),
    _Field("time_zone", lambda: _("Time zone"), "open", tuple((zone, partial(str, zone)) for zone in ("", *ZONES))),
    _Field("channel", lambda: _("Preferred channel")),
    _Field("hours", lambda: _("Preferred days and hours")),
    _Field("wish", lambda: _("Own words of the wish"), "text"),
    _Field("do_not_contact", lambda: _("Do not contact (scope)")),
    _Field("do_not_contact_reason", lambda: _("Do not contact: why")),
    _Field("is_vip", lambda: _("VIP"), "tick"),
    _Field("is_conflict", lambda: _("Conflict before"), "tick"),
    _Field("is_vulnerable", lambda: _("Vulnerable"), "tick"),
    _Field("is_staff", lambda: _("Colleague"), "tick"),
    _Field("consent_withdrawn", lambda: _("Consent withdrawn"), "tick"),
)  # fmt: skip


class CustomerForm(Dialog):
    """Signals:
    submitted: dict of the fields that were changed here, as texts; for a new customer all that are filled.
    """

    submitted = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        values: Mapping[str, str] | None = None,
        searched: str = "",
        customer_id: UUID | None = None,
    ) -> None:
        super().__init__(parent, _("New customer") if values is None else _("Edit the profile"))
        self.customer_id, self._is_new = customer_id, values is None
        self._before = dict(values or {"kind": "person"})
        self.fields: dict[str, QWidget] = {}
        self._changed: dict[str, QLabel] = {}
        form = QFormLayout()
        form.setSpacing(6)
        form.setContentsMargins(0, 0, 0 if self._is_new else 10, 0)  # beside the scroll bar
        holder = QWidget()
        holder.setLayout(form)
        for field in FIELDS if not self._is_new else FIELDS[:1]:
            self._add(form, field)
        if self._is_new:
            self._add(form, _Field("phone", lambda: _("Phone")))
            self._add(form, _Field("email", lambda: _("E-mail")))
            for field in FIELDS[1:5]:
                self._add(form, field)
            self._fill_in(searched)
        area = scrolling(holder)
        self.body.addWidget(area)
        for widget in self.fields.values():
            if isinstance(widget, QLineEdit):
                widget.setCursorPosition(0)
        self.add_buttons(_("Add") if self._is_new else _("Save"), self._submit)
        self.fields["name"].setFocus()

    def sizeHint(self) -> QSize:
        return QSize(520, 380 if self._is_new else 520)

    def values(self) -> Values:
        """All fields as they stand."""
        return {name: _read(widget) for name, widget in self.fields.items()}

    def show_refusal(self, refusal: Refused) -> None:
        """What is wrong, at its field; nothing typed is lost."""
        self.show_problem(str(refusal), self.fields.get(refusal.field or "name"))

    def show_now(self, now: Mapping[str, str]) -> None:
        """A colleague changed this customer while the form is open: say so beside each such field."""
        for name, widget in self.fields.items():
            theirs = now.get(name, "")
            note = self._changed[name]
            is_changed = name in now and theirs != self._before.get(name, "") and theirs != _read(widget)
            note.setVisible(is_changed)
            if is_changed:
                note.setText(_("a colleague changed this meanwhile to: {value}").format(value=theirs or "–"))

    def _submit(self) -> None:
        said = self.values()
        changed = {name: value for name, value in said.items() if value != self._before.get(name, "")}
        if self._is_new:
            changed["name"] = said["name"]
        if changed:
            self.submitted.emit(changed)
        else:
            self.accept()

    def _add(self, form: QFormLayout, field: _Field) -> None:
        widget = _make(field, self._before.get(field.name, ""))
        widget.setAccessibleName(field.words())
        self.fields[field.name] = widget
        note = label("", "warn", wrap=True)
        note.hide()
        self._changed[field.name] = note
        if isinstance(widget, QCheckBox):
            widget.setText(field.words())
            form.addRow("", widget)
        else:
            form.addRow(field.words(), widget)
        form.addRow("", note)

    def _fill_in(self, searched: str) -> None:
        """What was searched for is the name, the phone or the e-mail."""
        digits = sum(letter.isdigit() for letter in searched)
        field = "email" if "@" in searched else "phone" if digits >= 3 and digits * 2 >= len(searched) else "name"
        target = self.fields[field]
        assert isinstance(target, QLineEdit), "these three are lines"
        target.setText(searched)


def _make(field: _Field, value: str) -> QWidget:
    if field.kind == "tick":
        tick = QCheckBox()
        tick.setChecked(bool(value))
        return tick
    if field.kind in ("choice", "open"):
        choice = QComboBox(editable=field.kind == "open")
        for code, words in field.choices:
            choice.addItem(words(), code)
        at = choice.findData(value)
        choice.setCurrentIndex(at)
        if at < 0:
            choice.setEditable(True)
            choice.setEditText(value)
        return choice
    if field.kind == "text":
        text = QPlainTextEdit(value)
        text.setTabChangesFocus(True)
        text.setMaximumHeight(60)
        return text
    return QLineEdit(value)


def _read(widget: QWidget) -> str:
    if isinstance(widget, QCheckBox):
        return "yes" if widget.isChecked() else ""
    if isinstance(widget, QComboBox):
        at = widget.findText(widget.currentText())
        return str(widget.itemData(at)) if at >= 0 else widget.currentText().strip()
    return widget.toPlainText() if isinstance(widget, QPlainTextEdit) else str(widget.property("text")).strip()
