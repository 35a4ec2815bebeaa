"""What whoever supports this desk may know of its replica: how many of what, since when, and why; nothing said."""

import json
import re
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.records import KINDS, Conflict, Cursor, Draft, Meta, OutboxEntry, Underlay

TIMES = ("last_sync", "last_hello", "last_digest")
NUMBERS = ("clock_offset_ms",)
WORDS = {"last_error": ("", "offline", "refused"), "compare": ("", "due")}
_CODE = re.compile(r"[0-9A-Z]{5}")
_NAME = re.compile(r"[a-z_]{1,40}")
_PLACE = re.compile(r"[a-z_]{1,40}:\d{1,5}( [a-z_]{1,60})?|[a-z_]{1,60}")


def counts(session: Session) -> dict[str, Any]:
    """Rows of each table, operations by state, and the facts of the sync; every text in it is a name of ours."""
    tables = {name: session.scalar(select(func.count()).select_from(kind)) or 0 for name, kind in KINDS.items()}
    beside = {"draft": Draft, "underlay": Underlay}
    tables |= {name: session.scalar(select(func.count()).select_from(kind)) or 0 for name, kind in beside.items()}
    unresolved = select(func.count()).select_from(Conflict).where(Conflict.resolution.is_(None))
    return {
        "rows": tables,
        "conflicts not resolved": session.scalar(unresolved) or 0,
        "operations": _operations(session),
        "rejected": _rejected(session),
        "scopes": _scopes(session),
        "facts": _facts(session),
    }


def _operations(session: Session) -> dict[str, str]:
    """{"waiting add note": "3, oldest 2026-…"}."""
    entry = OutboxEntry
    query = select(entry.state, entry.kind, entry.entity, func.count(), func.min(entry.made_at)).group_by(
        entry.state, entry.kind, entry.entity
    )
    return {
        f"{_name(state)} {_name(kind)} {_entity(entity)}": f"{count}, oldest {oldest.isoformat(timespec='minutes')}"
        for state, kind, entity, count, oldest in session.execute(query)
    }


def _rejected(session: Session) -> dict[str, int]:
    """What waits for a decision, by central's reason: {"note: failed 22007 add_run:21": 2}."""
    query = select(OutboxEntry.entity, OutboxEntry.reason).where(OutboxEntry.state.in_(("refused", "quarantined")))
    found: dict[str, int] = {}
    for entity, reason in session.execute(query):
        key = f"{_entity(entity)}: {_reason(reason)}"
        found[key] = found.get(key, 0) + 1
    return found


def _reason(text: str | None) -> str:
    try:
        said = json.loads(text or "{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return "?"
    parts = [_name(said.get("reason")), _field(said.get("field"))]
    for key, form in (("code", _CODE), ("place", _PLACE)):
        value = said.get(key)
        parts.append(value if isinstance(value, str) and form.fullmatch(value) else "")
    return " ".join(part for part in parts if part)


def _scopes(session: Session) -> dict[str, str]:
    """Each scope, and what its first fill still reads."""
    return {
        str(int(cursor.scope_id)): f"filling {_entity(cursor.fill_entity)}" if cursor.fill_entity else "filled"
        for cursor in session.scalars(select(Cursor))
    }


def _facts(session: Session) -> dict[str, str]:
    facts: dict[str, str] = dict(session.execute(select(Meta.key, Meta.value)).all())
    found = {key: _time(facts[key]) for key in TIMES if key in facts}
    found |= {key: facts[key] for key in NUMBERS if re.fullmatch(r"-?[0-9]{1,15}", facts.get(key, ""))}
    return found | {key: facts[key] or "none" for key, known in WORDS.items() if facts.get(key) in known}


def _time(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        return "?"


def _name(text: object) -> str:
    return text if isinstance(text, str) and _NAME.fullmatch(text) else "?"


def _field(text: object) -> str:
    known = {column.name for kind in KINDS.values() for column in kind.__table__.columns}
    return text if isinstance(text, str) and text in known else ""


def _entity(text: str) -> str:
    return text if text in KINDS else "?"
