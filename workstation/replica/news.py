"""What a transaction changes that the journal must know: noted by triggers of the writing connection, so that no
service and no part of the sync can forget it."""

import json
from dataclasses import dataclass, field
from typing import Any

from workstation.records import Draft, Values

# What a rebuilt desk must know of itself before it has met central again.
FACTS = ("agent", "scopes", "epoch", "last_hello", "clock_offset_ms")
DECIDED = ("discarded", "waiting")  # what a person, not central, makes of an operation

_PASSING = ", ".join(f"'{kind}'" for kind in sorted(Draft.passing))
_FACTS = ", ".join(f"'{fact}'" for fact in FACTS)
_CENTRAL = "'acknowledged', 'refused', 'quarantined'"

# Temporary: the triggers are this connection's alone, in memory, and rolled back with its transaction.
_IS_NEWS = (
    f"new.state is not old.state and (new.state in ({_CENTRAL}, 'discarded') "
    f"or (new.state = 'waiting' and old.state in ({_CENTRAL}, 'settled', 'discarded')))"
)
_NOTE = "insert or replace into journal_news"
_TRIGGERS = {
    "saved": (
        "insert on main.outbox when new.state <> 'settled'",
        f"{_NOTE} values ('operation', new.op_id)",
    ),
    "rewritten": (
        'update of op_id, n, "set", needs, customer_id on main.outbox',
        f"{_NOTE} values ('operation', new.op_id); {_NOTE} select 'replaced', old.op_id where old.op_id <> new.op_id",
    ),
    "moved": (
        f"update of state on main.outbox when {_IS_NEWS}",
        f"{_NOTE} values ('state', new.op_id)",
    ),
    "typed": (
        f"insert on main.draft when new.kind not in ({_PASSING})",
        f"{_NOTE} values ('draft', new.id)",
    ),
    "retyped": (
        f"update on main.draft when new.kind not in ({_PASSING})",
        f"{_NOTE} values ('draft', new.id)",
    ),
    "dropped": (
        f"delete on main.draft when old.kind not in ({_PASSING})",
        f"{_NOTE} values ('draft', old.id)",
    ),
    "met": (
        f"insert on main.meta when new.key in ({_FACTS})",
        f"{_NOTE} values ('fact', new.key)",
    ),
    "met_again": (
        f"update on main.meta when new.key in ({_FACTS}) and new.value is not old.value",
        f"{_NOTE} values ('fact', new.key)",
    ),
}

OPERATION = (
    "op_id", "n", "save", "kind", "entity", "entity_id", "customer_id", "set", "needs", "made_at", "op_schema", "state",
    "reason", "acknowledged_at",
)  # fmt: skip
COLUMNS = ", ".join(f'"{name}"' for name in OPERATION)
IDS = {"op_id", "save", "entity_id", "customer_id"}

_OPERATIONS = f"select {COLUMNS} from outbox where op_id in (select id from journal_news where what = 'operation')"
_STATES = (
    "select op_id, state, reason, acknowledged_at from outbox where op_id in (select id from journal_news where "
    "what = 'state' except select id from journal_news where what = 'operation')"
)
_FACTS_NOW = f"select key, value from meta where key in ({_FACTS})"
DRAFT = 'select id, kind, customer_id, "values", changed_at from draft'
_DRAFT = DRAFT + " where id = ?"


@dataclass
class News:
    """What one transaction changed, as JSON carries it.

    Attributes:
        by_a_person: operations and decisions; nobody but this PC knows them.
        learned: what central answered, and facts of this desk.
        drafts: what is being typed.
    """

    by_a_person: Values = field(default_factory=dict)
    learned: Values = field(default_factory=dict)
    drafts: Values = field(default_factory=dict)


def watch(connection: Any) -> None:
    """Have this writing connection note what it changes; once, when the tables are there."""
    if not connection.execute("select 1 from sqlite_temp_schema where name = 'journal_news'").fetchone():
        connection.execute("create temp table journal_news (what text, id, primary key (what, id)) without rowid")
        for name, (event, does) in _TRIGGERS.items():
            connection.execute(f"create temp trigger journal_{name} after {event} begin {does}; end")


def take(connection: Any) -> News | None:
    """What this transaction has changed until now, and forget it; None when there is nothing."""
    noted: dict[str, list[Any]] = {}
    for what, thing in connection.execute("select what, id from journal_news"):
        noted.setdefault(what, []).append(thing)
    if not noted:
        return None
    news = News()
    if "operation" in noted:
        rows = connection.execute(_OPERATIONS).fetchall()
        news.by_a_person["operations"] = [operation_said(row) for row in rows]
    if "replaced" in noted:
        news.by_a_person["replaced"] = [op_id.hex() for op_id in noted["replaced"]]
    for op_id, *rest in connection.execute(_STATES).fetchall() if "state" in noted else ():
        part = news.by_a_person if rest[0] in DECIDED else news.learned
        part.setdefault("states", {})[op_id.hex()] = rest
    if "fact" in noted:
        facts = connection.execute(_FACTS_NOW).fetchall()
        news.learned["facts"] = dict(facts)
    if "draft" in noted:
        news.drafts = _drafts(connection, noted["draft"])
    connection.execute("delete from journal_news")
    return news


def operation_said(row: Any) -> Values:
    """A row of `COLUMNS` as the journal says it."""
    return {
        name: value.hex() if name in IDS and value is not None else value
        for name, value in zip(OPERATION, row, strict=True)
    }


def draft_said(row: Any) -> list[Any]:
    """A row of `DRAFT` as the journal says it."""
    draft_id, kind, customer, values, changed_at = row
    return [draft_id.hex(), kind, customer.hex() if customer else None, json.loads(values), changed_at]


def _drafts(connection: Any, ids: list[bytes]) -> Values:
    there = [connection.execute(_DRAFT, (one,)).fetchone() for one in ids]
    kept = [draft_said(row) for row in there if row is not None]
    return {"drafts": kept, "dropped": [i.hex() for i, row in zip(ids, there, strict=True) if row is None]}
