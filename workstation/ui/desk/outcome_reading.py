"""Reads which outcomes a quick note can have, and what the chosen one does to the callback that is owed."""

from uuid import UUID

from PySide6.QtCore import QObject

from workstation.language import _
from workstation.services import quick_note
from workstation.services.callbacks import CallbackLine
from workstation.services.quick_note import DispositionLine
from workstation.ui.background import Background
from workstation.ui.callbacks.words import their_time
from workstation.ui.desk.note_panel import NotePanel
from workstation.ui.seat import Seat


class OutcomeReading(QObject):
    """One panel, one customer at a time."""

    def __init__(self, panel: NotePanel, background: Background, seat: Seat) -> None:
        super().__init__(panel)
        self._panel, self._background, self._seat = panel, background, seat
        self._lines: list[DispositionLine] = []
        self._owed: CallbackLine | None = None
        panel.channel.currentIndexChanged.connect(lambda _at: self.show())
        panel.outcome.chosen.connect(lambda _code: self._show_owed())
        panel.next_step.typed.connect(self._show_owed)

    def begin(self) -> None:
        """Another customer: nothing is known to be owed."""
        self._owed = None
        self.show()

    def refresh(self, customer_id: UUID) -> None:
        """Outcomes, and what is owed to this customer, may be others now."""
        seat, latest = self._seat, self._background.latest
        latest(self, "outcomes", quick_note.dispositions_of, then=self._keep_outcomes)
        latest(self, "owed", quick_note.owed_to, customer_id, seat.agent_id, seat.clock(), then=self._keep_owed)

    def show(self) -> None:
        """Those of the queue that fits: what comes in is support, whom we call, or owe a call, is outbound."""
        channel, direction = self._panel.channel.currentData() or ("", "")
        self._panel.is_call_owed = self._owed is not None
        is_outbound = direction == "out" or (not channel and self._panel.is_call_owed)
        wanted = "outbound" if is_outbound else "support"
        fitting = [line for line in self._lines if line.queue == wanted]
        self._panel.outcome.show_lines(fitting or self._lines)
        self._show_owed()

    def _keep_outcomes(self, lines: list[DispositionLine]) -> None:
        self._lines = lines
        self.show()

    def _keep_owed(self, line: CallbackLine | None) -> None:
        self._owed = line
        self.show()

    def _show_owed(self) -> None:
        owed, panel = self._owed, self._panel
        if owed is None:
            panel.next_step.show_owed("", "muted")
            return
        channel, direction = panel.channel.currentData() or ("", "")
        chosen = next((line for line in self._lines if line.code == panel.outcome.code), None)
        if not quick_note.answers_promise(channel, direction) or chosen is None:
            words, tone = _("Callback owed: {time}, {what}"), "warn"
        elif chosen.closes_callback:
            words, tone = _("The callback of {time} is done by this."), "ok"
        elif panel.next_step.when.text().strip():
            words, tone = _("The callback of {time} moves to this time."), "muted"
        else:
            words, tone = _("The callback of {time} stays open: give it another time."), "warn"
        at = their_time(owed.due_at, owed.zone, self._seat, self._seat.clock())
        panel.next_step.show_owed(words.format(time=at, what=owed.reason or _("no reason given")), tone)
