"""Dead letters: operations central could not carry out, kept whole until its administrator applies or drops them."""

import json
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from workstation.central.admin import as_owner
from workstation.central.failures import code_of, place_of
from workstation.errors import NotFound, Refused
from workstation.language import _

SHORTEST = 6  # characters of an id's end (docs: commands)
REASON_CHARACTERS = 500
_DONE = ("applied", "merged", "conflict", "duplicate")
_LIST = """
select op_id, n, agent, host, device::text as device, kind, entity, record, reason, state, at, decided_at, decided_by,
    decided_why from workstation.dead_letter where :all or state = 'waiting' order by at, n"""
_COUNTED = """
select reason, entity, kind, count(*) as count, min(at) as first_at, max(at) as last_at from workstation.dead_letter
where state = 'waiting' group by reason, entity, kind order by count(*) desc, min(at) limit 1000"""
_ONE = "select op_id from workstation.op_rejected where status = 'quarantined' and replace(op_id, '-', '') like :end"


def listed(url: str, *, with_decided: bool = False) -> list[dict[str, Any]]:
    """What waits, oldest first, without its texts; `with_decided` also what was applied, dropped or replaced."""
    with as_owner(url) as connection:
        return [_line(dict(row)) for row in connection.execute(text(_LIST), {"all": with_decided}).mappings()]


def shown(url: str, op_id: str) -> dict[str, Any]:
    """One whole, its texts included, under `operation` as it was sent (a text where it is no JSON).

    Who looked is in the audit trail. Raises NotFound.
    """
    with as_owner(url) as connection:
        found = _find(connection, op_id)
        row = connection.execute(
            text("select l.*, r.payload from workstation.dead_letter l join workstation.op_rejected r "
                 "on r.op_id = l.op_id and r.status = 'quarantined' where l.op_id = :op"), {"op": found},
        ).mappings().one()  # fmt: skip
        connection.execute(
            text("insert into workstation.audit (actor, verb, detail) values (session_user, 'dead_letter_shown', "
                 "jsonb_build_object('op_id', cast(:op as text)))"), {"op": found},
        )  # fmt: skip
    whole = _line({key: value for key, value in row.items() if key != "payload"})
    return whole | {"device": str(whole["device"]), "operation": _read(row["payload"])}


def counted(connection: Connection) -> list[dict[str, Any]]:
    """How many wait, by what failed (`code`, the SQLSTATE) and where: the most first, at most 1,000 kinds."""
    return [_line(dict(row)) for row in connection.execute(text(_COUNTED)).mappings()]


def waiting_ids(url: str) -> list[str]:
    """The ids of all that wait, in the order in which they were made on their desks."""
    with as_owner(url) as connection:
        query = "select op_id from workstation.dead_letter where state = 'waiting' order by device, n, at"
        return list(connection.execute(text(query)).scalars())


def apply(url: str, op_id: str) -> dict[str, Any]:
    """Carry one out now, in its author's name and with the author's rights; gives its id and what became of it.

    An operation has one effect however often it is applied or sent; its desk learns of it with the next sync. Raises
    Refused with what is still wrong, and then nothing has changed.
    """
    with as_owner(url) as connection:
        found = _find(connection, op_id)
        try:
            done = connection.execute(text("select workstation.apply_dead_letter(:op)"), {"op": found}).scalar_one()
        except DBAPIError as error:  # its words may quote what an agent wrote
            raise Refused(_still_failing(error)) from None
        outcome = done["outcome"]
        if outcome == "again" and done["decided"] == "applied":
            outcome = "duplicate"
        if outcome not in _DONE:
            raise Refused(_why_not(outcome, done))
    return {"op_id": found, "status": outcome, "version": done.get("version")}


def drop(url: str, op_id: str, why: str) -> str:
    """Let one wait no longer; it stays readable here, and its desk keeps it until its agent decides. Gives its id."""
    if not why.strip() or len(why) > REASON_CHARACTERS or "\0" in why:
        raise Refused(_("A reason of at most {limit} characters is needed.").format(limit=REASON_CHARACTERS), "reason")
    with as_owner(url) as connection:
        found = _find(connection, op_id)
        done = connection.execute(
            text("update workstation.op_rejected set decided = 'dropped', decided_at = now(), "
                 "decided_by = session_user, decided_why = :why "
                 "where op_id = :op and status = 'quarantined' and decided is null"),
            {"op": found, "why": why.strip()},
        )  # fmt: skip
        if not done.rowcount:
            raise Refused(_("It was decided before: workstation admin dead-letters show."))
        connection.execute(
            text("insert into workstation.audit (actor, verb, detail) values (session_user, 'dead_letter_dropped', "
                 "jsonb_build_object('op_id', cast(:op as text)))"), {"op": found},
        )  # fmt: skip
    return found


def _find(connection: Connection, op_id: str) -> str:
    """The whole id of the one that ends so. Raises NotFound."""
    wanted = op_id.strip().replace("-", "").lower()
    found = []
    if len(wanted) >= SHORTEST and wanted.isascii() and wanted.isalnum():
        found = list(connection.execute(text(_ONE), {"end": f"%{wanted}"}).scalars())
    if len(found) != 1:
        raise NotFound(_("No single dead letter has the id {id}.").format(id=op_id), "id")
    return str(found[0])


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """The reason taken apart: its code and place; older desks told a sentence."""
    told = _read(row.pop("reason"))
    said = told if isinstance(told, dict) else {}
    return row | {name: str(said.get(name) or "")[:REASON_CHARACTERS] for name in ("code", "place")}


def _read(stored: str) -> Any:
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):
        return stored


def _still_failing(error: DBAPIError) -> str:
    code, place = code_of(error.orig), place_of(error.orig)
    if code == "WS001":
        return _("Central does not know its desk any more; the agent signs in there and sends it again.")
    return _("Central still cannot carry it out (error {code}, {place}); nothing was changed.").format(
        code=code or "?", place=place or "?"
    )


def _why_not(outcome: str, done: dict[str, Any]) -> str:
    if outcome == "replaced":
        return _("Its record is at central already, most likely corrected at its desk; drop it.")
    if outcome == "again":
        return _("It was dropped before; its desk can still send it.")
    if outcome == "foreign":
        return _("What was put aside is not the operation it says it is; it is not applied.")
    said = done.get("detail") or {}
    return _("Central's rules refuse it ({reason} {field}); nothing was changed.").format(
        reason=said.get("reason", outcome), field=said.get("field", "")
    )
