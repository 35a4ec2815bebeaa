"""Reads what the next step of a quick note means: whose clock, inside which hours, which attempt."""

from datetime import UTC
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject

from workstation.errors import Refused
from workstation.language import _
from workstation.services import agenda, callback_rules, moments
from workstation.services.callback_rules import CallbackForm, CallbackPreview
from workstation.ui.background import Background
from workstation.ui.callbacks.words import both_times
from workstation.ui.desk.note_parts import NextStep
from workstation.ui.seat import Seat


class NextStepReading(QObject):
    """The values are those of the whole note: its first line becomes the reason of the callback."""

    def __init__(self, panel: NextStep, background: Background, seat: Seat) -> None:
        super().__init__(panel)
        self._panel, self._background, self._seat = panel, background, seat
        self._customer_id: UUID | None = None
        self._zone = seat.zone

    def open(self, customer_id: UUID) -> None:
        """The clock is this customer's from now on."""
        self._customer_id, seat = customer_id, self._seat
        self._background.latest(self, "zone", agenda.zone_of, customer_id, seat.regions[0], then=self._show_zone)

    def form(self, values: dict[str, Any]) -> CallbackForm | None:
        """The callback that is meant; None when none is. Raises Refused for a time nobody can read."""
        when = values["when"].strip()
        if not when:
            return None
        at = self._wall(when)
        if at is None:
            raise Refused(_("Say when, as in: {examples}").format(examples=moments.examples()), "at")
        lines = values["text"].strip().splitlines()
        return CallbackForm(
            at=at, zone=self._zone.key, reason=lines[0][:200] if lines else None, owner_id=self._seat.agent_id,
            override_reason=values["override"].strip() or None,
        )  # fmt: skip

    def preview(self, values: dict[str, Any]) -> None:
        """Show what stands there."""
        try:
            form = self.form(values)
        except Refused:
            words = _("Not a time yet; for example {e}").format(e=moments.examples())
            self._panel.show_times(words, "muted")
            return
        if form is None or self._customer_id is None:
            self._panel.show_times("", "muted")
            return
        seat = self._seat
        self._background.latest(
            self, "preview", callback_rules.preview, self._customer_id, form, seat.clock(), seat.regions[0],
            then=self._show_preview,
        )  # fmt: skip

    def _wall(self, text: str) -> str | None:
        found = moments.parse(text, self._seat.clock(), self._zone)
        if found is None:
            return None
        return found.isoformat() if found.tzinfo is None else found.astimezone(UTC).isoformat()

    def _show_zone(self, zone: str) -> None:
        self._zone = callback_rules.zone_named(zone)
        picks = moments.quick_picks(self._seat.clock(), self._zone)
        tomorrow = _("tomorrow {time}").format(time="10:00")
        self._panel.show_picks([tomorrow, *(pick.words for pick in picks)])

    def _show_preview(self, preview: CallbackPreview) -> None:
        if not self._panel.when.text().strip():
            return
        objection, times = preview.objection, ""
        if preview.starts is not None:
            times = both_times(preview.starts, preview.zone, self._seat, self._seat.clock())
        if objection is not None:
            words = "\n".join(part for part in (times, objection.words) if part)
            self._panel.show_times(words, "danger", asks_reason=objection.may_override)
            return
        told = " · ".join(part for part in (preview.hours_words, preview.attempts_words) if part)
        words = "\n".join(part for part in (times, told) if part)
        self._panel.show_times(words, "muted", asks_reason=bool(preview.waived))
