"""The form of a callback: when, by which number, whose it is and why; what it means stands below while it is typed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from workstation.errors import Refused
from workstation.language import _
from workstation.services import agenda, callback_rules, callbacks, calling_hours, moments
from workstation.services.agenda import CallbackStartCard
from workstation.services.callback_rules import CallbackForm, CallbackPreview
from workstation.services.callbacks import CallbackLine
from workstation.services.record_words import made_by_words, priority_words
from workstation.ui.background import Background
from workstation.ui.callbacks import words
from workstation.ui.callbacks.when_field import WhenField
from workstation.ui.seat import Seat
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import label, row, set_role

USUAL_AHEAD = timedelta(minutes=30)  # product.md 3.6; at the next opening where nobody may be called then
TYPING_MS = 80  # the preview follows the typing, not each key


class CallbackDialog(Dialog):
    """Promise a callback, or give one another time (`replaces`). Type "tomorrow 10", Enter saves.

    Signals:
        saved: id of the new callback, once it is on the disk.
    """

    saved = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        background: Background,
        seat: Seat,
        customer_id: UUID,
        replaces: CallbackLine | None = None,
        proposed: datetime | None = None,
        told: str = "",
    ) -> None:
        super().__init__(parent, _("Another time") if replaces else _("New callback"))
        self._background, self._seat, self._customer_id = background, seat, customer_id
        self._replaces, self._proposed = replaces, proposed
        self._start: CallbackStartCard | None = None
        self._preview: CallbackPreview | None = None
        self._is_saving = False
        self._lay_out(told)
        self._soon = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._soon.timeout.connect(self._ask_preview)
        self._join()
        background.read(self, agenda.callback_start, customer_id, seat.clock(), seat.regions[0], then=self._begin)
        self.when.setFocus()

    def save(self) -> None:
        """Keep it, unless a rule says no."""
        at = self.when.at()
        if at is None:
            self.show_problem(_("Say when, as in: {examples}").format(examples=moments.examples()), self.when.text)
            return
        if self._is_saving:
            return
        self._is_saving = True
        form, now, region = self._form(at), self._seat.clock(), self._seat.regions[0]
        ask = partial(self._background.write, then=self._kept, refused=self._refused)
        if self._replaces is not None:
            ask(self, callbacks.replace, self._replaces.id, self._seat.agent_id, form, now, region)
        else:
            ask(self, callbacks.add_callback, self._customer_id, self._seat.agent_id, form, now, region)

    def _lay_out(self, told: str) -> None:
        self.setMinimumWidth(560)
        self.customer, self.attempts = label("", "strong"), label("", "muted", wrap=True)
        self.body.addWidget(self.customer)
        self.body.addWidget(self.attempts)
        if told:
            self.body.addWidget(
                row(Icon("check", "ok"), label(told, wrap=True), gap=8, alert="ok", margins=(10, 7, 10, 7))
            )
        self.when = WhenField(self._seat)
        self.times, self.rule = label("", "strong", wrap=True), label("", "muted", wrap=True)
        self._rule_icon = Icon("info", "faint", 14)
        self.override = QLineEdit(placeholderText=_("Why it may be so this time"))
        self.point, self.owner, self.made_by, self.priority = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.reason, self.said = QLineEdit(), QPlainTextEdit()
        self.said.setMaximumHeight(60)
        self.said.setTabChangesFocus(True)
        self._fields = QFormLayout()
        self._fields.setSpacing(6)
        self._fields.addRow(self.when)
        self._times_icon = Icon("callback", "accent")
        self._fields.addRow(row(self._times_icon, self.times, gap=6))
        self._fields.addRow(row(self._rule_icon, self.rule, gap=6))
        self._show_times("", "")  # no icon without a word
        for words_of, field in (
            (_("Reason of the exception"), self.override), (_("Reason"), self.reason), (_("Number"), self.point),
            (_("Owner"), self.owner), (_("Made by"), self.made_by), (_("Priority"), self.priority),
            (_("What was said"), self.said),
        ):  # fmt: skip
            field.setAccessibleName(words_of)
            self._fields.addRow(words_of, field)
        self._fields.setRowVisible(self.override, False)
        self.body.addLayout(self._fields)
        self._fill_choices()
        self.add_buttons(_("Save"), self.save)

    def _fill_choices(self) -> None:
        for made_by in callback_rules.BY_PEOPLE:
            self.made_by.addItem(made_by_words(made_by), made_by)
        for priority in callback_rules.PRIORITIES:
            self.priority.addItem(priority_words(priority), priority)
        self.made_by.setCurrentIndex(1)
        self.point.addItem(_("any"), None)
        self.owner.addItem(_("me"), self._seat.agent_id)
        self.owner.addItem(_("team"), None)
        old = self._replaces
        if old is not None:
            self.reason.setText(old.reason or "")
            self.said.setPlainText(old.said or "")
            _choose(self.priority, old.priority)

    def _join(self) -> None:
        self.when.changed.connect(self._soon.start)
        self.when.confirmed.connect(self.save)
        self.override.returnPressed.connect(self.save)
        self.reason.returnPressed.connect(self.save)
        for choice in (self.made_by, self.point):
            choice.currentIndexChanged.connect(lambda _index: self._soon.start())
        self.override.textEdited.connect(lambda _text: self._soon.start())

    def _begin(self, start: CallbackStartCard) -> None:
        self._start = start
        self.customer.setText(start.customer)
        never = _("never tried: {parts}").format(parts=", ".join(start.never_tried)) if start.never_tried else ""
        self.attempts.setText(" · ".join(filter(None, (start.attempts_words, never))))
        for point in start.points:
            self.point.addItem(f"{point.value} · {point.label}" if point.label else point.value, point.id)
        for agent, name in start.agents:
            if agent != self._seat.agent_id:
                self.owner.addItem(name, agent)
        self._choose_as_before()
        self.when.serve(ZoneInfo(start.zone), start.slot, self._seat.clock())
        if not self.when.text.text():
            zone, soon = ZoneInfo(start.zone), self._seat.clock() + USUAL_AHEAD
            first = self._proposed or (None if self._replaces else calling_hours.next_inside(soon, zone))
            if first is not None:
                self.when.show_moment(first)
                self.when.text.selectAll()  # the first key takes its place
        self._soon.start()

    def _choose_as_before(self) -> None:
        old = self._replaces
        if old is None:
            return
        _choose(self.owner, old.owner_id)
        values = [point.value for point in self._start.points] if self._start else []
        if old.contact_point in values:
            self.point.setCurrentIndex(1 + values.index(old.contact_point))

    def _form(self, at: str) -> CallbackForm:
        owner = self.owner.currentData()
        return CallbackForm(
            at=at,
            zone=self._replaces.zone if self._replaces else None,
            reason=self.reason.text().strip() or None,
            owner_id=owner,
            team_id=self._seat.team_id if owner is None else None,
            made_by=self.made_by.currentData(),
            priority=self.priority.currentData(),
            contact_point_id=self.point.currentData(),
            said=self.said.toPlainText().strip() or None,
            override_reason=self.override.text() if self._fields.isRowVisible(self.override) else None,
        )

    def _ask_preview(self) -> None:
        at = self.when.at()
        if at is None:
            is_empty = not self.when.text.text().strip()
            self._show_times("", "" if is_empty else _("Not a time yet; for example {e}").format(e=moments.examples()))
            return
        self._ask("preview", at, self._show_preview)

    def _ask(self, lane: str, at: str, then: Callable[[CallbackPreview], None]) -> None:
        """What the rules say of the form as it stands."""
        self._background.latest(
            self, lane, callback_rules.preview, self._customer_id, self._form(at), self._seat.clock(),
            self._seat.regions[0], then=then,
        )  # fmt: skip

    def _show_preview(self, preview: CallbackPreview) -> None:
        self._preview, now = preview, self._seat.clock()
        times = "" if preview.starts is None else words.both_times(preview.starts, preview.zone, self._seat, now)
        objection = preview.objection
        if objection is not None:
            self._show_times(times, objection.words, "danger")
        else:
            told = [*preview.warnings, preview.hours_words, preview.attempts_words]
            self._show_times(times, " · ".join(told), "warn" if preview.waived or preview.warnings else "muted")
        may = bool(objection and objection.may_override) or bool(self.override.text().strip() and preview.waived)
        self._fields.setRowVisible(self.override, may)

    def _show_times(self, times: str, rule: str, tone: str = "muted") -> None:
        self.times.setText(times)
        self.rule.setText(rule)
        set_role(self.rule, "role", tone)
        self._times_icon.setVisible(bool(times))
        self._rule_icon.setVisible(bool(rule))
        self._rule_icon.show_icon("alert" if tone in {"danger", "warn"} else "info", tone)

    def _kept(self, callback_id: UUID) -> None:
        self.saved.emit(callback_id)
        self.accept()

    def _refused(self, error: Refused) -> None:
        self._is_saving = False
        at = self.when.at()
        if at is not None and error.field == "at":
            # In a lane of its own: a preview that comes after must not leave the "no" unsaid.
            self._ask("refusal", at, partial(self._explain, error))
            return
        fields: dict[str, QWidget] = {"contact_point": self.point, "at": self.when.text, "made_by": self.made_by}
        self.show_problem(str(error), fields.get(error.field or "", self.when.text))

    def _explain(self, error: Refused, preview: CallbackPreview) -> None:
        """A refusal that a reason sets aside leads to the place for that reason."""
        self._show_preview(preview)
        is_asked = self._fields.isRowVisible(self.override)
        self.show_problem(
            _("{why} Say why, or choose another time.").format(why=_sentence(str(error))) if is_asked else str(error),
            self.override if is_asked else self.when.text,
        )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _choose(field: QComboBox, value: object) -> None:
    """Choose by value; findData compares objects of ours by identity."""
    known = [field.itemData(number) for number in range(field.count())]
    if value in known:
        field.setCurrentIndex(known.index(value))
