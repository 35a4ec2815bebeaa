"""The first fill of a scope, most useful first, with a resume point on every page."""

import json
from concurrent.futures import Future, ThreadPoolExecutor

from workstation.central.port import Hello
from workstation.records import KINDS, Cursor, Values
from workstation.replica.inbox import Inbox
from workstation.replica.upgrades import fingerprint
from workstation.services.sync.desk import SyncDesk, Tally
from workstation.wire import FORMS

ENTITIES = tuple(FORMS)
LAST_SEQ = 2**63 - 1  # no entry of a feed has a higher one
EVERYONES = ("scope", "team", "agent", "disposition")  # live in scope 0; the others never do


def cursors(desk: SyncDesk) -> dict[int, Cursor]:
    """The cursors of this replica by scope."""
    with desk.store.read() as session:
        return {cursor.scope_id: cursor for cursor in session.query(Cursor)}


def begin(inbox: Inbox, scope: int, hello: Hello) -> None:
    """A fill from the start; when it is done the feed is read from the horizon of this hello."""
    inbox.connection.execute(
        "insert into cursor (scope_id, epoch, schema, xid, seq, fill_entity, fill_key) values (?, ?, ?, ?, ?, ?, '') "
        "on conflict (scope_id) do update set epoch = excluded.epoch, schema = excluded.schema, xid = excluded.xid, "
        "seq = excluded.seq, fill_entity = excluded.fill_entity, fill_key = ''",
        (scope, hello.epoch, fingerprint(), *_now(hello), _of_scope(scope)[0]),
    )


def read_from_now(inbox: Inbox, scope: int, hello: Hello) -> None:
    """The feed of before counts another central's transactions; what it would have said comes by digest."""
    inbox.connection.execute(
        "update cursor set epoch = ?, xid = ?, seq = ? where scope_id = ?",
        (hello.epoch, *_now(hello), scope),
    )


def fill(desk: SyncDesk, epoch: str, cursor: Cursor, tally: Tally) -> None:
    """Read what is left of a fill, page by page; usable from the first page on."""
    if not cursor.fill_entity:
        return
    since = desk.since()
    with ThreadPoolExecutor(1, "fill") as ahead:  # the next page is on its way while this one is written

        def ask(entity: str, after: Values | None) -> Future[list[Values]]:
            return ahead.submit(desk.central.fill, epoch, cursor.scope_id, entity, after, since)

        entities = _of_scope(cursor.scope_id)
        at = entities.index(cursor.fill_entity) if cursor.fill_entity in entities else 0
        asked = ask(entities[at], json.loads(cursor.fill_key or "null"))
        while at < len(entities):
            entity, page = entities[at], asked.result()
            at += not page
            after = _resume_point(entity, page[-1]) if page else None
            following = entities[at] if at < len(entities) else ""
            if following:
                asked = ask(following, after)
            with desk.store.from_central() as inbox:
                tally.pulled += inbox.put(entity, page)
                inbox.connection.execute(
                    "update cursor set fill_entity = ?, fill_key = ? where scope_id = ?",
                    (following, json.dumps(after) if after else "", cursor.scope_id),
                )


def _resume_point(entity: str, last: Values) -> Values:
    """What the next page needs to know of the last record of this one."""
    time = KINDS[entity].history_time
    return {name: last[name] for name in ("id", time) if name}


def _now(hello: Hello) -> tuple[str, int]:
    """The position (xid, seq) after all that was finished when this hello was said: the transaction just below its
    horizon, too. That may have been an import, and the fill that follows reads all of it anyway."""
    return str(int(hello.horizon) - 1), LAST_SEQ


def _of_scope(scope: int) -> list[str]:
    return [entity for entity in ENTITIES if (entity in EVERYONES) == (scope == 0)]
