"""What central sends, written into the replica: into the underlay of records with unsettled operations, into the
table of all others; then a touched record is rebuilt as underlay plus its operations in outbox order."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from workstation.records import Record, Values
from workstation.replica import search_index
from workstation.replica.outbox import LAID_ON_TOP, SLICE
from workstation.wire import FORMS, Form

log = logging.getLogger(__name__)

_ON_TOP = "(" + ", ".join(f"'{state}'" for state in LAID_ON_TOP) + ")"


class Inbox:
    """One transaction of central's news on a raw connection. Made by `Store.from_central`.

    Attributes:
        connection: the DBAPI connection, inside BEGIN IMMEDIATE.
        touched: (kind, customer) of every record that changed, for the announcement.
        unreadable: how many records central sent that are not of their declared form.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.touched: set[tuple[type[Record], UUID | None]] = set()
        self.unreadable = 0

    def put(self, entity: str, bodies: Iterable[Values], *, force: bool = False) -> int:
        """Write records as central has them; gives how many were readable. An older version than ours is skipped, an
        equal one is applied; `force` applies any (central went back). Entities unknown to this program are left out."""
        form = FORMS.get(entity)
        if form is None:
            return 0
        rows = [row for body in bodies if (row := self._readable(form, body)) is not None]
        at_id, at_version = form.names.index("id"), form.names.index("version")
        covered = self._covered(entity)
        plain = [row for row, _body in rows if row[at_id] not in covered]
        self._upsert(form, plain, force=force)
        beneath = [(row[at_id], row[at_version], body) for row, body in rows if row[at_id] in covered]
        for record_id, version, body in beneath:
            self._lay_under(entity, record_id, version, body, force=force)
        self._index(entity, [row[at_id] for row in plain])
        self._touch(form, plain)
        self.rebuild(entity, [record_id for record_id, _, _ in beneath])
        return len(rows)

    def gone(self, entity: str, ids: Sequence[UUID], scope: int) -> int:
        """Forget records that left a scope; one that is already in another scope here stays. Gives how many went."""
        form = FORMS.get(entity)
        if form is None or not ids:
            return 0
        covered = self._covered(entity)
        beneath = [i.bytes for i in ids if i.bytes in covered]
        for record_id in beneath:
            if self._scope_beneath(entity, record_id) in (scope, None):
                self.connection.execute(
                    "update underlay set body = null, version = 0 where entity = ? and entity_id = ?",
                    (entity, record_id),
                )
                self.connection.execute(
                    "update outbox set state = 'settled' where entity = ? and entity_id = ? and state = 'acknowledged'",
                    (entity, record_id),
                )
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
            operations = self.connection.execute(
                'select kind, "set", lost from outbox where entity_id = ? and entity = ? and state in '
                + _ON_TOP + " order by n",
                (record_id, entity),
            ).fetchall()  # fmt: skip
            body = laid_over(json.loads(beneath[1]) if beneath[1] else None, operations)
            self._write_built(form, record_id, beneath[0], body)
            if not operations:
                self.connection.execute("delete from underlay where entity = ? and entity_id = ?", (entity, record_id))

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
            "update outbox set state = 'settled' where entity_id = ? and entity = ? and state = 'acknowledged' "
            "and version <= ?",
            (record_id, entity, version),
        )

    def forget_scope(self, scope: int) -> None:
        """Remove all records of a scope that the agent no longer has, and its cursor."""
        for entity in FORMS:
            ids = self.connection.execute(f"select id from {entity} where scope_id = ?", (scope,)).fetchall()
            self.gone(entity, [UUID(bytes=i) for (i,) in ids], scope)
        self.connection.execute("delete from cursor where scope_id = ?", (scope,))

    def note_facts(self, facts: Mapping[str, str]) -> None:
        """Write facts about this replica."""
        self.connection.executemany(
            "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            list(facts.items()),
        )

    def _readable(self, form: Form, body: Any) -> tuple[tuple[Any, ...], Values] | None:
        try:
            row = form.stored(body)
            if len(row[form.names.index("id")]) == 16 and isinstance(body["version"], int):
                return row, body
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
            pass
        self.unreadable += 1
        log.warning("central sent a %s that cannot be read; it was left out", form.entity)
        return None

    def _covered(self, entity: str) -> set[bytes]:
        return {i for (i,) in self.connection.execute("select entity_id from underlay where entity = ?", (entity,))}

    def _upsert(self, form: Form, rows: list[tuple[Any, ...]], *, force: bool) -> None:
        if rows:
            self.connection.executemany(_upsert_statement(form, force=force), rows)

    def _lay_under(self, entity: str, record_id: bytes, version: int, body: Values, *, force: bool) -> None:
        done = self.connection.execute(
            "update underlay set version = ?, body = ? where entity = ? and entity_id = ? and (version <= ? or ?)",
            (version, json.dumps(body, ensure_ascii=False), entity, record_id, version, force),
        )
        if done.rowcount:
            self.settle(entity, record_id, version)

    def _scope_beneath(self, entity: str, record_id: bytes) -> int | None:
        (body,) = self.connection.execute(
            "select body from underlay where entity = ? and entity_id = ?", (entity, record_id)
        ).fetchone()
        return json.loads(body)["scope_id"] if body else None

    def _drop(self, form: Form, ids: list[bytes], scope: int | None) -> int:
        dropped = 0
        for start in range(0, len(ids), SLICE):
            part = ids[start : start + SLICE]
            marks = ",".join("?" * len(part))
            where = f" where id in ({marks}) and (scope_id = ? or ? is null)"
            rows = self.connection.execute(
                f"select {', '.join(form.names)} from {form.entity}{where}", (*part, scope, scope)
            ).fetchall()
            self._touch(form, rows)
            self.connection.execute(f"delete from {form.entity}{where}", (*part, scope, scope))
            self._index(form.entity, part)
            dropped += len(rows)
        return dropped

    def _write_built(self, form: Form, record_id: bytes, version: int, body: Values | None) -> None:
        if body is None:
            self._drop(form, [record_id], None)
            return
        built = body | {"id": str(UUID(bytes=record_id)), "version": version}
        row = form.stored(built)
        self._upsert(form, [row], force=True)
        self._index(form.entity, [record_id])
        self._touch(form, [row])

    def _index(self, entity: str, ids: Sequence[bytes]) -> None:
        if ids and entity in ("customer", "contact_point"):
            search_index.index_records(self.connection, entity, ids)

    def _touch(self, form: Form, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        name = "id" if form.entity == "customer" else "customer_id"
        if name not in form.names:
            self.touched.add((form.kind, None))
            return
        at = form.names.index(name)
        self.touched |= {(form.kind, UUID(bytes=raw) if raw else None) for raw in {row[at] for row in rows}}


def laid_over(beneath: Values | None, operations: Iterable[tuple[str, str, str]]) -> Values | None:
    """A record as the agent sees it: central's state and, over it, (kind, set, lost) of each operation in order.

    None when there is neither a state nor an operation that creates one. Fields lost in a conflict stay central's.
    """
    body = beneath
    for kind, fields, lost in operations:
        if body is None and kind != "add":
            continue
        given: Mapping[str, list[Any]] = json.loads(fields)
        kept = json.loads(lost)
        body = (body or {}) | {name: pair[1] for name, pair in given.items() if name not in kept}
    return body


def _upsert_statement(form: Form, *, force: bool) -> str:
    """Names come from our own record classes, never from outside."""
    columns = ", ".join(form.names)
    marks = ", ".join("?" * len(form.names))
    changes = ", ".join(f"{name} = excluded.{name}" for name in form.names if name != "id")
    newer = "" if force else f" where excluded.version >= {form.entity}.version"
    return f"insert into {form.entity} ({columns}) values ({marks}) on conflict (id) do update set {changes}{newer}"
