"""Pull: what changed at central, one scope's feed at a time, page and cursor in one transaction."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

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
    page = desk.central.pull(epoch, cursor.scope_id, Position(cursor.xid, cursor.seq), None)
    with ThreadPoolExecutor(1, "pull") as ahead:  # the next page is on its way while this one is written
        while page.entries:
            following = None
            if not page.is_last:  # asking once more would only hear that: a third of all calls where much is written
                following = ahead.submit(desk.central.pull, epoch, cursor.scope_id, page.position, page.horizon)
            with desk.store.from_central() as inbox:
                ask_before_removing(desk, inbox, count_here(inbox, page.gone), tally)
                tally.pulled += apply_page(inbox, cursor.scope_id, page)
                move_cursor(inbox.connection, cursor.scope_id, page.position)
            if following is None:
                return
            page = following.result()


def ask_before_removing(desk: SyncDesk, inbox: Inbox, count: int, tally: Tally) -> None:
    """Raises RemovalHeld when one sync would remove more than a tenth of the replica and nobody confirmed it."""
    if desk.allow_removal or not count:
        return
    if tally.removable is None:
        tally.removable = max(REMOVAL_FREE, int(rows.count_all(inbox.connection) * REMOVAL_SHARE))
    if count > tally.removable:
        raise RemovalHeld(
            _("Central wants to remove {count} records from this PC. They are kept; confirm it first.").format(
                count=count
            )
        )
    tally.removable -= count


def count_here(inbox: Inbox, gone: Mapping[str, Sequence[UUID]]) -> int:
    """How many of these records are on this PC."""
    known = {entity: [i.bytes for i in ids] for entity, ids in gone.items() if entity in FORMS}
    return sum(rows.count_here(inbox.connection, entity, ids) for entity, ids in known.items())


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
