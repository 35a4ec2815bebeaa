"""What central sends, written into the replica: into the underlay of records with unsettled operations, into the
table of all others; then a touched record is rebuilt as underlay plus its operations in outbox order."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from workstation.logs import Plain
from workstation.records import Record, Values
from workstation.replica import mention_index, rows, search_index
from workstation.replica.outbox import LAID_ON_TOP
from workstation.replica.rows import Row
from workstation.wire import FORMS, Form, columns_of

log = logging.getLogger(__name__)

NEVER = 2**63 - 1  # a version central will not reach: this operation is not there yet

_ON_TOP = "(" + ", ".join(f"'{state}'" for state in LAID_ON_TOP) + ")"
_REQUIRED = {
    entity: itemgetter(*(at for at, column in enumerate(columns_of(form.kind)) if not column.nullable))
    for entity, form in FORMS.items()
}
_SETTLED_BY = (
    f"select entity_id, max(case state when 'acknowledged' then version else {NEVER} end) from outbox "
    f"where entity = ? and state in {_ON_TOP} group by entity_id"
)
# "+state": of two indexes SQLite may take that of the states, and read all that was ever acknowledged for one record.
_OPERATIONS = (
    f'select kind, "set", lost from outbox where entity_id = ? and entity = ? and +state in {_ON_TOP} order by n'
)


class Inbox:
    """One transaction of central's news on a raw connection. Made by `Store.from_central`.

    Attributes:
        connection: the DBAPI connection, inside BEGIN IMMEDIATE.
        touched: (kind, id of the customer) of every record that changed, for the announcement.
        unreadable: how many records central sent that are not of their declared form.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.touched: set[tuple[type[Record], bytes | None]] = set()
        self.unreadable = 0

    def put(self, entity: str, bodies: Iterable[Values], *, force: bool = False) -> int:
        """Write records as central has them; gives how many were readable. An older version than ours is skipped, an
        equal one is applied; `force` applies any (central went back). Entities unknown to this program are left out."""
        form = FORMS.get(entity)
        if form is None:
            return 0
        found = [(row, body) for body in bodies if (row := self._readable(form, body)) is not None]
        at_id, at_version = form.names.index("id"), form.names.index("version")
        covered = self._covered(entity)
        settled_by = dict(self.connection.execute(_SETTLED_BY, (entity,)).fetchall()) if covered else {}
        plain, bare, beneath = [], [], []
        for row, body in found:
            record_id, version = row[at_id], row[at_version]
            if record_id not in covered:
                plain.append(row)
            elif covered[record_id] <= version >= settled_by.get(record_id, 0):
                plain.append(row)  # nothing of ours lies on top of this version any more
                bare.append((entity, record_id))
            else:
                beneath.append((record_id, version, body))
        self._uncover(bare)
        rows.upsert(self.connection, form, plain, force=force)
        self._index(entity, [row[at_id] for row in plain])
        self._touch(form, plain)
        for record_id, version, body in beneath:
            self._lay_under(entity, record_id, version, body, force=force)
        self.rebuild(entity, [record_id for record_id, _, _ in beneath])
        return len(found)

    def gone(self, entity: str, ids: Sequence[UUID], scope: int | None) -> int:
        """Forget records that left a scope (None = every one of ours); one that is already in another scope here stays.
        Gives how many went."""
        form = FORMS.get(entity)
        if form is None or not ids:
            return 0
        covered = self._covered(entity)
        beneath = [i.bytes for i in ids if i.bytes in covered]
        for record_id in beneath:
            self._lay_nothing_under(entity, record_id, scope)
        self.rebuild(entity, beneath)
        return self._drop(form, [i.bytes for i in ids if i.bytes not in covered], scope)

    def rebuild(self, entity: str, ids: Iterable[bytes]) -> None:
        """Make rows anew as underlay plus operations that are laid on top; without any the underlay goes."""
        form = FORMS[entity]
        for record_id in ids:
            beneath = self.connection.execute(
                "select version, body from underlay where entity = ? and entity_id = ?", (entity, record_id)
            ).fetchone()
            if beneath is None:
                continue
            operations = self.connection.execute(_OPERATIONS, (record_id, entity)).fetchall()
            body = laid_over(json.loads(beneath[1]) if beneath[1] else None, operations)
            if body is None:
                self._drop(form, [record_id], None)
            else:
                row = form.stored(body | {"id": str(UUID(bytes=record_id)), "version": beneath[0]})
                rows.upsert(self.connection, form, [row], force=True)
                self._index(entity, [record_id])
                self._touch(form, [row])
            if not operations:
                self._uncover([(entity, record_id)])

    def learn_answer(self, entity: str, record_id: bytes, row: Values | None) -> None:
        """Put the state a push answered into the underlay; its version stays, only what is read writes one."""
        if row is not None and self._readable(FORMS[entity], row) is not None:
            self.connection.execute(
                "update underlay set body = ? where entity = ? and entity_id = ?",
                (json.dumps(row, ensure_ascii=False), entity, record_id),
            )
        self.rebuild(entity, [record_id])

    def settle(self, entity: str, record_id: bytes, version: int) -> None:
        """Operations whose effect is in the version just read are laid on top no more."""
        self.connection.execute(
            "update outbox set state = 'settled' where entity_id = ? and entity = ? and +state = 'acknowledged' "
            "and version <= ?",
            (record_id, entity, version),
        )

    def forget_scope(self, scope: int) -> None:
        """Remove all records of a scope that the agent no longer has, and its cursor."""
        for entity in FORMS:
            self.gone(entity, [UUID(bytes=i) for i in rows.ids_of_scope(self.connection, entity, scope)], scope)
        self.connection.execute("delete from cursor where scope_id = ?", (scope,))

    def _readable(self, form: Form, body: Any) -> Row | None:
        try:
            row = form.stored(body)
            if None not in _REQUIRED[form.entity](row) and isinstance(body["version"], int):
                return row
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
            pass
        self.unreadable += 1
        log.warning("central sent a %s that cannot be read; it was left out", Plain(form.entity))
        return None

    def _covered(self, entity: str) -> dict[bytes, int]:
        query = "select entity_id, version from underlay where entity = ?"
        return dict(self.connection.execute(query, (entity,)).fetchall())

    def _uncover(self, records: Sequence[tuple[str, bytes]]) -> None:
        """Nothing lies on top of these any more."""
        self.connection.executemany(
            "update outbox set state = 'settled' where entity = ? and entity_id = ? and +state = 'acknowledged'",
            records,
        )
        self.connection.executemany("delete from underlay where entity = ? and entity_id = ?", records)

    def _lay_under(self, entity: str, record_id: bytes, version: int, body: Values, *, force: bool) -> None:
        done = self.connection.execute(
            "update underlay set version = ?, body = ? where entity = ? and entity_id = ? and (version <= ? or ?)",
            (version, json.dumps(body, ensure_ascii=False), entity, record_id, version, force),
        )
        if done.rowcount:
            self.settle(entity, record_id, version)

    def _lay_nothing_under(self, entity: str, record_id: bytes, scope: int | None) -> None:
        """The record left this scope; if it is already known in another one, that stands."""
        (body,) = self.connection.execute(
            "select body from underlay where entity = ? and entity_id = ?", (entity, record_id)
        ).fetchone()
        if body and scope is not None and json.loads(body)["scope_id"] != scope:
            return
        self.connection.execute(
            "update underlay set body = null, version = 0 where entity = ? and entity_id = ?", (entity, record_id)
        )
        self.settle(entity, record_id, NEVER)

    def _drop(self, form: Form, ids: list[bytes], scope: int | None) -> int:
        dropped = rows.drop(self.connection, form, ids, scope)
        self._touch(form, dropped)
        self._index(form.entity, ids)
        return len(dropped)

    def _index(self, entity: str, ids: Sequence[bytes]) -> None:
        if ids and entity in ("customer", "contact_point"):
            search_index.index_records(self.connection, entity, ids)
        elif entity == "note":
            mention_index.index_notes(self.connection, ids)

    def _touch(self, form: Form, written: Sequence[Row]) -> None:
        name = "id" if form.entity == "customer" else "customer_id"
        if name in form.names:
            at = form.names.index(name)
            self.touched |= {(form.kind, row[at]) for row in written}
        elif written:
            self.touched.add((form.kind, None))


def laid_over(beneath: Values | None, operations: Iterable[tuple[str, str, str]]) -> Values | None:
    """A record as the agent sees it: central's state and, over it, (kind, set, lost) of each operation in order.

    None when there is neither a state nor an operation that creates one. Fields lost in a conflict stay central's.
    """
    body = beneath
    for kind, fields, lost in operations:
        if body is None and kind != "add":
            continue
        given: Mapping[str, list[Any]] = json.loads(fields)
        kept = json.loads(lost) if body else ()  # central's fields stay only where there are any
        body = (body or {}) | {name: pair[1] for name, pair in given.items() if name not in kept}
    return body
