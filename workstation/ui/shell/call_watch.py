"""Calls that other programs hand over: understood, looked up on this PC, and offered one after the other."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from workstation.errors import Refused
from workstation.language import _
from workstation.services import call_address
from workstation.services.calls import CallerCard, identify_caller
from workstation.ui.background import Background
from workstation.ui.doors import MOST_CALLS, ArrivedCall, Doors
from workstation.ui.seat import Seat
from workstation.ui.shell.call_popup import CallPopup, Offer

STALE = timedelta(minutes=1)  # a newer call comes before one that nobody took so long …
FORGOTTEN = timedelta(minutes=10)  # … and nobody will take that one any more
ECHO = timedelta(seconds=5)  # our own dialling comes back within a second or not at all


class Dialling:
    """Remembers what was dialled here last: where no other program opens tel: addresses it comes back as a call."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._last: tuple[str, datetime] | None = None

    def note(self, number: str) -> None:
        """This number is about to be handed to the telephone."""
        self._last = number, self._clock()

    def echoed(self, call: ArrivedCall) -> str:
        """The number dialled a moment ago when this is it coming back, once; "" for any other call."""
        if self._last is None or not call.text.lower().startswith("tel:"):
            return ""
        number, at = self._last
        with suppress(Refused):
            is_same = call_address.parse(call.text).number == call_address.parse(number).number
            if is_same and timedelta() <= call.at - at < ECHO:
                self._last = None
                return number
        return ""


class CallWatch(QObject):
    """Keeps the calls in their order. While held (the window is locked) nothing is shown and nothing looked up.

    Attributes:
        dialling: what was dialled here, which may come back.

    Signals:
        accepted: (UUID, Offer); take this call with this customer.
        create_wanted: Offer; with somebody who is new.
        said: (words, alert); what was handed over is no call.
    came_back: text; a number that was dialled here: nobody but this program opens tel: addresses on this PC.
    """

    accepted = Signal(object, object)
    create_wanted = Signal(object)
    said = Signal(str, str)
    came_back = Signal(str)

    def __init__(self, popup: CallPopup, background: Background, doors: Doors, seat: Seat) -> None:
        super().__init__(popup)
        self.popup, self._background, self._doors, self._seat = popup, background, doors, seat
        self.offers: list[Offer] = []
        self.missed: list[ArrivedCall] = []
        self.is_held = False
        self.dialling = Dialling(seat.clock)
        popup.chosen.connect(self._take)
        popup.dismissed.connect(self.dismiss)
        popup.all_dismissed.connect(self._dismiss_all)
        doors.call_arrived.connect(self.hear)
        doors.minute_passed.connect(self._forget)

    def hear(self, call: ArrivedCall) -> None:
        """Another program handed this over."""
        number = self.dialling.echoed(call)
        if number:
            self.came_back.emit(number)
            call.answer({"refused": _("This number was dialled here.")})
        elif self.is_held:
            self.keep(call)
        else:
            self._look(call, is_away=False)

    def keep(self, call: ArrivedCall) -> None:
        """It came while nobody could take it; it is offered as soon as somebody is there."""
        self.missed = [*self.missed, call][-MOST_CALLS:]
        call.answer({"shown": "later"})

    def hold(self) -> None:
        """Nobody is there: nothing about a caller is seen."""
        self.is_held = True
        self.popup.hide()

    def release(self) -> None:
        """Somebody is there again; what came meanwhile is offered as such."""
        self.is_held = False
        (missed, self.missed), now = (self.missed, []), self._seat.clock()
        for call in missed:
            self._look(call, is_away=now - call.at >= STALE)  # whoever unlocks at once may take it yet
        self.show_again()

    def go_on_with(self, before: "CallWatch") -> None:
        """Offer what another one did, in another window now; that one ends."""
        self.offers, self.missed, self.is_held = before.offers, before.missed, before.is_held
        before.close()
        self.show_again()

    def close(self) -> None:
        """Offer nothing any more."""
        self._doors.call_arrived.disconnect(self.hear)
        self.popup.hide()
        self.popup.deleteLater()

    def dismiss(self) -> None:
        """Not this call."""
        if self.popup.isVisible():
            del self.offers[:1]
            self.show_again()

    def _dismiss_all(self) -> None:
        self.offers.clear()
        self.show_again()

    def _take(self, customer_id: UUID | None) -> None:
        offer = self.offers.pop(0)
        self.show_again()
        if customer_id is None:
            self.create_wanted.emit(offer)
        else:
            self.accepted.emit(customer_id, offer)

    def _look(self, call: ArrivedCall, *, is_away: bool) -> None:
        try:
            address = call_address.parse(call.text)
        except Refused as refusal:
            told = _("Another program handed over something that is no call: {why}")
            self.said.emit(told.format(why=refusal), "warn")
            call.answer({"refused": str(refusal)})
            return
        seat = self._seat
        self._background.read(
            self, identify_caller, address, seat.regions, seat.clock(), then=partial(self._offer, call, is_away)
        )

    def _offer(self, call: ArrivedCall, is_away: bool, card: CallerCard) -> None:
        if card.call.customer is not None and not card.people:
            self.said.emit(_("This customer is not on this PC."), "warn")
        else:
            self._queue(Offer(card, call.at, is_away))
        people = [{"id": str(line.id), "name": line.name} for line in card.people]
        known = {"shown": "now", "matched": card.matched, "customers": people}
        call.answer({"shown": "later"} if self.is_held else known)

    def _queue(self, offer: Offer) -> None:
        """Behind the calls of this minute, before those that nobody took; one that rings on is one call."""
        same = next((one for one in self.offers if one.card.call == offer.card.call), None)
        if same is not None:
            self.offers[self.offers.index(same)] = Offer(offer.card, offer.at, same.is_away and offer.is_away)
        else:
            fresh = [one for one in self.offers if not one.is_away and one.at <= offer.at < one.at + STALE]
            at = len(self.offers) if offer.is_away else len(fresh)
            self.offers.insert(at, offer)
            del self.offers[MOST_CALLS:]
        self.show_again()

    def _forget(self) -> None:
        now = self._seat.clock()
        kept = [one for one in self.offers if one.is_away or now - one.at < FORGOTTEN]
        if len(kept) != len(self.offers):
            self.offers = kept
            self.show_again()

    def show_again(self) -> None:
        """The call that is first now, where it belongs; without one the pop goes."""
        if self.is_held or not self.offers:
            self.popup.hide()
        else:
            self.popup.show_offer(self.offers[0], len(self.offers) - 1)
