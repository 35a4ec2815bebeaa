"""Keeps a replica and central alike: push, pull, lay ours back on top."""

import json
import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from workstation.central.port import DeskState, Hello
from workstation.errors import CentralRefused, CentralReplaced, UpdateNeeded
from workstation.language import _
from workstation.records import Cursor
from workstation.replica import delivery, rows
from workstation.replica.upgrades import fingerprint
from workstation.services.sync import filling, pulling, pushing, reconciling
from workstation.services.sync.desk import SyncDesk, SyncReport, Tally
from workstation.services.sync.pulling import RemovalHeld
from workstation.wire import OP_SCHEMA

log = logging.getLogger(__name__)

DIGEST_EVERY = timedelta(hours=24)
STAMP_EVERY = timedelta(minutes=1)  # a poll that brought nothing writes nothing more often
ROUNDS = 3  # how often central may turn out to be another one within one sync


def sync_once(desk: SyncDesk, *, is_met: bool = False) -> SyncReport:
    """One full push and pull; the first one fills the replica.

    `is_met`: hello was said on this very connection, which has not failed since; it is not said again, unless something
    is to be sent (a central restored under an open connection would hide behind its number what it has lost) or
    compared (this PC's clock may have been set since).
    Raises CentralOffline, LoginRefused, CentralRefused; what was done until then stays done, what waits waits.
    """
    began = time.monotonic()
    tally = Tally()
    facts = desk.store.facts()
    is_met = is_met and _is_only_polling(desk, facts)
    for attempt in range(ROUNDS):
        try:
            if is_met and attempt == 0:
                _exchange(_timed(desk, facts), facts.get("epoch", ""), facts, tally, sends=False)
            else:
                _one_round(desk, tally)
            break
        except CentralRefused as refusal:
            # What hello said may hold no more: a scope was taken away, central is another one. Then it is said again.
            is_stale = isinstance(refusal, CentralReplaced) or (is_met and attempt == 0)
            if attempt == ROUNDS - 1 or not is_stale:
                raise
    if not is_met or tally.pushed or tally.pulled or tally.refused or _is_stamp_due(desk, facts):
        desk.store.note_facts({"last_sync": desk.clock().isoformat(), "last_error": ""})
    with desk.store.read() as session:
        left = delivery.counts(session)
    if tally.pushed or tally.refused:
        desk.central.report(desk.device, left.waiting, left.refused)
    return SyncReport(
        tally.pushed,
        tally.pulled,
        tally.refused,
        tally.conflicts,
        left.waiting,
        time.monotonic() - began,
        tuple(tally.problems),
    )


def say_hello(desk: SyncDesk) -> Hello:
    """Ask central who we are to it, and note what it says. Raises UpdateNeeded when nothing of ours is understood."""
    with desk.store.read() as session:
        left = delivery.counts(session)
    offset = desk.store.fact("clock_offset_ms")
    asked = desk.clock()
    hello = desk.central.hello(
        DeskState(desk.device, desk.host, left.waiting, left.refused, int(offset) if offset else None)
    )
    offset_ms = round((hello.server_time - asked) / timedelta(milliseconds=1))
    facts = {
        "agent": json.dumps(hello.agent, ensure_ascii=False),
        "scopes": json.dumps(hello.scopes),
        "last_hello": asked.isoformat(),
        "clock_offset_ms": str(offset_ms),
    }
    desk.store.note_facts(facts)
    if not hello.min_op_schema <= OP_SCHEMA <= hello.max_op_schema:
        raise UpdateNeeded(_("This program and central no longer understand each other; one of them must be updated."))
    if not hello.is_released:
        raise CentralRefused(
            _("Central was restored and its administrator has not released it yet; work goes on on this PC.")
        )
    return hello


def _one_round(desk: SyncDesk, tally: Tally) -> None:
    hello = say_hello(desk)
    desk = _timed(desk, desk.store.facts())
    known = filling.cursors(desk)
    _prepare(desk, hello, known)
    if hello.is_program_old:  # sync.md, section 5: push goes on, pull pauses
        pushing.push(desk, hello.epoch, tally)
        raise UpdateNeeded(
            _("This program must be updated: what is saved here is still delivered, but nothing new is received.")
        )
    _exchange(desk, hello.epoch, desk.store.facts(), tally, lost=known.keys() - set(hello.scopes))


def _is_only_polling(desk: SyncDesk, facts: dict[str, str]) -> bool:
    """Whether a round only reads what is new. For all else central is asked first who and what time it is."""
    with desk.store.read() as session:
        return not (
            delivery.is_anything_to_send(session) or facts.get("compare") == "due" or _is_digest_due(desk, facts)
        )


def _timed(desk: SyncDesk, facts: dict[str, str]) -> SyncDesk:
    return replace(desk, offset_ms=int(facts.get("clock_offset_ms") or 0))


def _exchange(
    desk: SyncDesk,
    epoch: str,
    facts: dict[str, str],
    tally: Tally,
    *,
    lost: Collection[int] = (),
    sends: bool = True,
) -> None:
    """Push, forget the scopes that were lost, fill and pull the others; then what this made possible or left over."""
    if sends:
        pushing.push(desk, epoch, tally)
    for scope in lost:
        with desk.store.from_central() as inbox:
            inbox.forget_scope(scope)
    must_compare = facts.get("compare") == "due" or _is_digest_due(desk, facts)
    for scope, cursor in sorted(filling.cursors(desk).items()):
        filling.fill(desk, epoch, cursor, tally)
        with _noting_what_is_held(tally):
            pulling.pull(desk, epoch, cursor, tally)  # where the feed goes on is not moved by a fill
            if must_compare:  # after the pull: what was just pushed would differ
                reconciling.reconcile(desk, epoch, scope, tally)
    if facts.get("compare") == "due":
        with _noting_what_is_held(tally):
            reconciling.check_old(desk, tally)
    if must_compare and not tally.problems:
        with desk.store.from_central() as inbox:
            delivery.forget_old(inbox, desk.central_now())
        desk.store.note_facts({"compare": "", "last_digest": desk.clock().isoformat()})
    # What an administrator applies for us comes by the feed, too.
    is_decided = bool(sends or tally.pulled) and pushing.ask_about_put_aside(desk, epoch)
    if (_is_anything_freed(desk) or is_decided) and sends:
        pushing.push(desk, epoch, tally)
    with _noting_what_is_held(tally):
        reconciling.read_back(desk, tally)


@contextmanager
def _noting_what_is_held(tally: Tally) -> Iterator[None]:
    """A removal that somebody must confirm stops this part of the sync and nothing else."""
    try:
        yield
    except RemovalHeld as held:
        tally.problems.append(str(held))


def _is_anything_freed(desk: SyncDesk) -> bool:
    """Whether the pull brought what refused operations had lacked."""
    with desk.store.read() as session:
        if not delivery.counts(session).refused:
            return False
    with desk.store.from_central() as inbox:
        return delivery.try_again(inbox) > 0


def _prepare(desk: SyncDesk, hello: Hello, known: dict[int, Cursor]) -> None:
    """Set cursors right for what central is now: in one transaction, so that a killed sync starts again from here."""
    went_back = _went_back(desk, hello)
    with desk.store.from_central() as inbox:
        if went_back:
            again = delivery.deliver_again(inbox, desk.central_now())
            log.warning("central went back; %d operations are delivered again", again)
        delivery.number_from(inbox, hello.last_n)
        facts = {"epoch": hello.epoch}
        for scope in hello.scopes:
            cursor = known.get(scope)
            if cursor is None:
                filling.begin(inbox, scope, hello)
            elif _is_too_old(cursor, hello):
                filling.begin(inbox, scope, hello)
                facts["compare"] = "due"  # what was removed meanwhile is in no feed any more
            elif went_back or cursor.epoch != hello.epoch:
                filling.read_from_now(inbox, scope, hello)
                facts["compare"] = "due"
        rows.note_facts(inbox.connection, facts)


def _went_back(desk: SyncDesk, hello: Hello) -> bool:
    """Whether central lost what it once had: another epoch, a last number below our highest acknowledged, or a
    counter of transactions that has not come again to where we have read (its files were put back)."""
    epoch = desk.store.fact("epoch")
    with desk.store.read() as session:
        highest = delivery.highest_acknowledged(session)
    read = max((int(cursor.xid) for cursor in filling.cursors(desk).values()), default=0)
    return (epoch is not None and epoch != hello.epoch) or hello.last_n < highest or int(hello.horizon) <= read


def _is_too_old(cursor: Cursor, hello: Hello) -> bool:
    """Whether the feed no longer reaches back to the cursor, or this program has tables the cursor does not know."""
    return cursor.schema != fingerprint() or (cursor.epoch == hello.epoch and int(cursor.xid) < hello.feed_floor)


def _is_digest_due(desk: SyncDesk, facts: dict[str, str]) -> bool:
    last = facts.get("last_digest")
    if last is None:
        desk.store.note_facts({"last_digest": desk.clock().isoformat()})
        return False
    return abs(desk.clock() - datetime.fromisoformat(last)) >= DIGEST_EVERY


def _is_stamp_due(desk: SyncDesk, facts: dict[str, str]) -> bool:
    last = facts.get("last_sync")
    return (
        last is None or bool(facts.get("last_error")) or abs(desk.clock() - datetime.fromisoformat(last)) >= STAMP_EVERY
    )
