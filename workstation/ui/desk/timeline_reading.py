"""Reads a customer's history for the timeline, page by page."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from workstation.records import Agent, Callback, Conflict, Contact, Note
from workstation.services import drafts, history
from workstation.services.history import EVERYTHING, EntryLine, HistoryFilter, HistoryPage
from workstation.services.history_rows import Key
from workstation.ui.background import Background
from workstation.ui.desk.timeline_panel import TimelinePanel
from workstation.ui.seat import Seat

KINDS = frozenset({Note, Contact, Callback, Conflict, Agent})


class TimelineReading(QObject):
    """Keeps a TimelinePanel showing one customer. A refresh reads as much as was read before, never more.

    Signals: opened: the newest of another customer's history is shown; what the eye does not wait for may be read.
    """

    opened = Signal()

    def __init__(self, panel: TimelinePanel, background: Background, seat: Seat) -> None:
        super().__init__(panel)
        self._panel, self._background, self._seat = panel, background, seat
        self._customer_id: UUID | None = None
        self._wanted: HistoryFilter = EVERYTHING
        self._narrowed: dict[str, Any] = {}
        self._entries: list[EntryLine] = []
        self._next: Key | None = None
        self._is_reading_more = False
        self._looked_at: datetime | None = None
        panel.filter_chosen.connect(self._filter)
        panel.more_wanted.connect(self._read_more)
        panel.filters.asked.connect(self._offer_filters)
        panel.filters.chosen.connect(self._narrow)

    def open(self, customer_id: UUID | None) -> None:
        """Show this customer's history from the top; None: nobody's."""
        self._customer_id, self._wanted, self._entries, self._narrowed = customer_id, EVERYTHING, [], {}
        self._next, self._looked_at, self._is_reading_more = None, None, False
        self._panel.begin()
        if customer_id is None:
            self._panel.show_entries([], None)
            return
        ask = partial(history.opened, me=self._seat.agent_id, zone=self._seat.zone)
        # In a lane of its own: a refresh meanwhile must not take the place of what only an opening does.
        self._background.latest(self, "opened", ask, customer_id, then=partial(self._begin, customer_id))

    def refresh(self) -> None:
        """Something of this customer changed."""
        if self._customer_id is not None:
            limit = max(history.FIRST_PAGE, len(self._entries))
            self._read(None, limit)

    def _begin(self, customer_id: UUID, found: tuple[HistoryPage, datetime | None]) -> None:
        page, looked_at = found
        if customer_id == self._customer_id:
            self._looked_at = looked_at
            if self._wanted == EVERYTHING:  # not filtered meanwhile
                self._show(page, is_more=False)
                self._panel.fill_up()
            self._background.after_paint(self, partial(self._opened, customer_id))

    def _opened(self, customer_id: UUID) -> None:
        if customer_id == self._customer_id:
            self.opened.emit()
        self._background.write(self, drafts.look, customer_id, self._seat.clock())

    def _filter(self, kind: str, text: str) -> None:
        kinds = {"call": frozenset({"call"}), "chat": frozenset({"chat"}), "note": frozenset({"note"}),
                 "callback": frozenset({"callback", "system"})}  # fmt: skip
        self._wanted = HistoryFilter(kinds=kinds.get(kind, frozenset()), text=text.strip(), **self._narrowed)
        self._read(None, history.PAGE)

    def _offer_filters(self) -> None:
        if self._customer_id is not None:
            offer = self._panel.filters.offer
            self._background.latest(
                self,
                "filters",
                history.filters_of,
                self._customer_id,
                then=lambda card: offer(card, self._seat.clock()),
            )

    def _narrow(self, values: dict[str, Any]) -> None:
        self._narrowed = values
        self._wanted = HistoryFilter(kinds=self._wanted.kinds, text=self._wanted.text, **values)
        self._read(None, history.PAGE)

    def _read_more(self) -> None:
        if self._next is not None and not self._is_reading_more:
            self._is_reading_more = True
            self._read(self._next, history.PAGE)

    def _read(self, before: Key | None, limit: int) -> None:
        customer = self._customer_id
        if customer is None:
            return

        ask = partial(history.page_of, me=self._seat.agent_id, zone=self._seat.zone)

        def show(page: HistoryPage) -> None:
            self._is_reading_more = False
            if customer == self._customer_id:
                self._show(page, is_more=before is not None)

        self._background.latest(self, "history", ask, customer, self._wanted, before, limit, then=show)

    def _show(self, page: HistoryPage, *, is_more: bool) -> None:
        if is_more:
            self._entries += page.entries
        else:
            self._entries = [*page.pinned, *page.entries]
        self._next = page.next
        self._panel.show_entries(self._entries, self._looked_at if self._wanted == EVERYTHING else None)
