"""Pull: what changed at central, one scope's feed at a time, page and cursor in one transaction."""

from typing import Any

from workstation.central.port import Page, Position
from workstation.errors import Refused
from workstation.language import _
from workstation.records import Cursor
from workstation.replica import rows
from workstation.replica.inbox import Inbox
from workstation.services.sync.desk import SyncDesk, Tally
from workstation.wire import FORMS

REMOVAL_SHARE = 0.10  # of the replica; more in one pull is held until confirmed
REMOVAL_FREE = 100  # records that may always go


class RemovalHeld(Refused):
    """Central says that a large part of this PC's records is gone; a person must confirm it."""


def pull(desk: SyncDesk, epoch: str, cursor: Cursor, tally: Tally) -> None:
    """Read a scope's feed from the cursor up to the horizon of now."""
    position, horizon = Position(cursor.xid, cursor.seq), None
    removed, allowed = 0, None
    while True:
        page = desk.central.pull(epoch, cursor.scope_id, position, horizon)
        if not page.entries:
            return
        horizon = page.horizon
        if any(page.gone.values()) and not desk.allow_removal:
            allowed = _allowed(desk) if allowed is None else allowed
            removed += _here(desk, page)
            if removed > allowed:
                raise RemovalHeld(
                    _(
                        "Central wants to remove {count} records from this PC. Nothing was removed; confirm it first."
                    ).format(count=removed)
                )
        with desk.store.from_central() as inbox:
            tally.pulled += apply_page(inbox, cursor.scope_id, page)
            move_cursor(inbox.connection, cursor.scope_id, page.position)
        position = page.position


def apply_page(inbox: Inbox, scope: int, page: Page) -> int:
    """Write one page; gives the number of records read."""
    read = 0
    for entity, bodies in page.put.items():
        read += inbox.put(entity, bodies)
    for entity, ids in page.gone.items():
        read += inbox.gone(entity, ids, scope)
    return read


def move_cursor(connection: Any, scope: int, position: Position) -> None:
    """The cursor only goes forward: another sync of this home may have been ahead of us."""
    connection.execute(
        "update cursor set xid = ?, seq = ? where scope_id = ? and (cast(xid as integer), seq) < (?, ?)",
        (position.xid, position.seq, scope, int(position.xid), position.seq),
    )


def _here(desk: SyncDesk, page: Page) -> int:
    """How many of the records a page removes are on this PC."""
    with desk.store.from_central() as inbox:
        return sum(
            rows.count_here(inbox.connection, entity, [i.bytes for i in ids])
            for entity, ids in page.gone.items()
            if entity in FORMS
        )


def _allowed(desk: SyncDesk) -> int:
    with desk.store.from_central() as inbox:
        return max(REMOVAL_FREE, int(rows.count_all(inbox.connection) * REMOVAL_SHARE))
