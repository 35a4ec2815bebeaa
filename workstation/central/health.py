"""How central stands, for its administrator: desks and what waits on them, feed, what failed, and what to look at."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from workstation.central import dead_letters
from workstation.central.admin import as_owner
from workstation.central.live import PROGRAM, numbers_of
from workstation.errors import Refused
from workstation.language import _, ngettext

SILENT = timedelta(hours=1)  # with work waiting; a lunch break is no reason to worry
CLOCK_SECONDS = 120  # sync.md, section 1.5
HORIZON_SECONDS = 30  # sync.md, section 2
UNDECIDED = timedelta(days=1)
RECENT = timedelta(days=7)  # what a desk not seen for longer says of clock and version is old news
BACKUP = timedelta(hours=26)  # a nightly one, two hours late
NAMED = 5  # desks a warning names
LOGINS = 20

# Of each desk its latest word: a beat of the window, or a sync without one.
_DESKS = """
select a.login, a.name as agent, coalesce(p.host, d.host, '') as host, d.device::text as device,
    coalesce(case when l.is_beat then p.program end, d.program, '') as program, coalesce(d.op_schema, 0) as op_schema,
    case when l.is_beat then p.waiting else d.waiting end as waiting,
    case when l.is_beat then p.waiting_since else d.waiting_since end as waiting_since,
    case when l.is_beat then p.undecided else d.refused end as refused,
    case when l.is_beat then p.refused_since else d.refused_since end as refused_since,
    d.clock_offset_ms, d.last_n, greatest(d.seen_at, p.seen_at) as seen_at,
    extract(epoch from clock_timestamp() - greatest(d.seen_at, p.seen_at))::float as silent_seconds
from workstation.device d join workstation.agent a on a.id = d.agent_id
left join workstation.presence p on p.device = d.device and p.agent_id = d.agent_id
cross join lateral (select coalesce(p.seen_at >= d.seen_at, false) as is_beat) l order by a.login, 3"""
_ENGLISH = re.compile(r"(?:C|POSIX|en)(?:[._@].*)?\Z|\Z")  # lc_messages; without any the server speaks English
_FIGURES = """
select (select count(*) from workstation.agent where is_active) as agents,
    current_setting('max_connections')::int as max_connections, current_setting('server_version') as postgresql,
    (select count(*) from pg_stat_activity where datname = current_database()) as connections,
    f.entries as feed_entries, f.oldest as feed_since, pg_total_relation_size('workstation.feed') as feed_bytes,
    (select count(*) from workstation.op_rejected) as rejected, workstation.is_released() as released,
    current_setting('lc_messages') as speech, pg_is_in_recovery() as in_recovery,
    current_setting('transaction_read_only')::boolean as read_only,
    coalesce((select array_agg(a.login order by a.login) from workstation.agent a
        where a.is_active and not exists (select from pg_roles r where r.rolname = a.login)), '{}') as no_login,
    (select min(made_at) from workstation.device) as first_desk_at, clock_timestamp() as now,
    (select case when current_setting('archive_mode') <> 'off' then last_archived_time end from pg_stat_archiver)
        as archived_at,
    (select coalesce(last_failed_time > last_archived_time, last_failed_time is not null) from pg_stat_archiver)
        as archive_fails
from (select count(*) as entries, min(at) as oldest from workstation.feed) f"""
# Whatever has written and not ended holds back the whole cluster's horizon, also from another database.
_HORIZON = """
select extract(epoch from clock_timestamp() - a.xact_start)::float as seconds, a.pid, a.usename as login,
    a.datname as database, a.application_name as application, coalesce(host(a.client_addr), '') as address, a.state
from pg_stat_activity a where a.backend_xid is not null and a.pid <> pg_backend_pid()
union all
select extract(epoch from clock_timestamp() - x.prepared)::float, null, x.owner, x.database, x.gid, '', 'prepared'
from pg_prepared_xacts x order by seconds desc nulls last limit 1"""
_REASONS = """
select r.reason::jsonb ->> 'reason' as reason, r.reason::jsonb ->> 'field' as field,
    workstation.said_in(r.payload, 'entity') as entity, count(*) as count, max(r.at) as last_at
from workstation.op_rejected r where r.status = 'refused' and r.at > now() - interval '7 days'
group by 1, 2, 3 order by 4 desc, 1 limit 50"""


def status(url: str) -> dict[str, Any]:
    """The whole picture: every desk with its `problems`, those with any first; `warnings` in words, `healthy` without.

    `horizon` is who holds the feed back (None: nobody), `horizon_seconds` for how long; `put_aside` counts what waits
    among the dead letters by error code and place, `refused_reasons` what rules refused within seven days.
    """
    with as_owner(url) as connection:
        facts: dict[str, str] = dict(connection.execute(text("select key, value from workstation.meta")).all())
        desks = _all(connection, _DESKS)
        figures = _all(connection, _FIGURES)[0]
        horizon = next(iter(_all(connection, _HORIZON)), None)
        put_aside, reasons = dead_letters.counted(connection), _all(connection, _REASONS)
    now: datetime = figures["now"]
    for desk in desks:
        desk["problems"] = _problems(desk, now)
    desks.sort(key=lambda desk: (not desk["problems"], -desk["waiting"], desk["login"], desk["host"]))
    backup_at = _backup_at(facts, figures)
    answer: dict[str, Any] = {
        "schema_version": facts.get("schema"), "epoch": facts.get("epoch"), "min_program": facts.get("min_program"),
        **{name: figures[name] for name in (
            "postgresql", "in_recovery", "agents", "connections", "max_connections", "feed_entries", "feed_since",
            "feed_bytes", "rejected")},
        "desks": desks, "waiting": sum(desk["waiting"] for desk in desks),
        "refused": sum(desk["refused"] for desk in desks),
        "programs": dict(Counter(desk["program"] for desk in desks if _is_recent(desk))),
        "horizon_seconds": horizon["seconds"] if horizon else 0.0, "horizon": horizon, "backup_at": backup_at,
        "put_aside": put_aside, "refused_reasons": reasons,
    }  # fmt: skip
    answer["warnings"] = [
        *_warnings_of_writing(figures), *_warnings_of_server(answer, figures), *_warnings_of_desks(desks)
    ]  # fmt: skip
    return answer | {"healthy": not answer["warnings"]}


def note_backup(url: str) -> datetime:
    """Remember that a backup is complete now: the last line of the nightly script. Gives central's time."""
    with as_owner(url) as connection:
        at = connection.execute(text("select clock_timestamp()")).scalar_one()
        _note(connection, "backup_at", at.isoformat())
    found: datetime = at
    return found


def set_min_program(url: str, version: str) -> None:
    """From now on older desks deliver what they have and receive nothing until they are updated. Raises Refused."""
    if not version.isascii() or not all(part.isdigit() and len(part) < 6 for part in version.split(".")):
        raise Refused(_("A version is numbers with dots between them, as 0.2."), "version")
    if numbers_of(version) > numbers_of(PROGRAM):
        raise Refused(_("{version} is newer than this program ({ours}).").format(version=version, ours=PROGRAM))
    with as_owner(url) as connection:
        _note(connection, "min_program", version)


def _problems(desk: dict[str, Any], now: datetime) -> list[str]:
    """What is wrong with one desk: silent, refused, clock, program."""
    silent = desk["waiting"] > 0 and desk["silent_seconds"] > SILENT.total_seconds()
    undecided = desk["refused"] > 0 and now - (desk["refused_since"] or now) > UNDECIDED
    recent = _is_recent(desk)
    wrong = recent and abs(desk["clock_offset_ms"] or 0) > CLOCK_SECONDS * 1000
    old = recent and numbers_of(desk["program"]) < numbers_of(PROGRAM)
    found = {"silent": silent, "refused": undecided, "clock": wrong, "program": old}
    return [name for name, is_so in found.items() if is_so]


def _is_recent(desk: dict[str, Any]) -> bool:
    return bool(desk["silent_seconds"] < RECENT.total_seconds())


def _backup_at(facts: dict[str, str], figures: dict[str, Any]) -> datetime | None:
    """The last backup there is a mark of: a dump that was marked, or the last segment archived."""
    marked = facts.get("backup_at")
    known = [datetime.fromisoformat(marked)] if marked else []
    if figures["archived_at"] is not None:
        known.append(figures["archived_at"])
    return max(known, default=None)


def _warnings_of_writing(figures: dict[str, Any]) -> list[str]:
    if figures["in_recovery"]:
        return [
            _(
                "Central is in recovery and takes no writes; where it pauses at a moment end it with: select"
                " pg_wal_replay_resume(). If this is a standby, its primary is the central."
            )
        ]
    if figures["read_only"]:
        return [_("Central takes no writes: default_transaction_read_only is on.")]
    return []


def _warnings_of_server(answer: dict[str, Any], figures: dict[str, Any]) -> list[str]:
    warnings = []
    limit, needed = figures["max_connections"], 3 * figures["agents"] + 30
    if not figures["released"]:
        warnings.append(_("This database was restored; run admin restored before desks may write."))
    if limit < needed:
        told = _("max_connections is {limit}; {agents} agents need {needed}.")
        warnings.append(told.format(limit=limit, agents=figures["agents"], needed=needed))
    horizon = answer["horizon"]
    if horizon and horizon["seconds"] > HORIZON_SECONDS:
        told = _(
            "A transaction of {login} has held the feed back for {seconds} s (process {pid}, {database}, {from_})."
        )
        warnings.append(told.format(
            login=horizon["login"], seconds=round(horizon["seconds"]), pid=horizon["pid"] or "–",
            database=horizon["database"], from_=horizon["application"] or horizon["address"] or horizon["state"],
        ))  # fmt: skip
    if not _ENGLISH.match(figures["speech"]):
        told = _("The server speaks {language}: desks know why it refuses only in English; set lc_messages = 'C'.")
        warnings.append(told.format(language=figures["speech"]))
    if figures["no_login"]:
        told = _("Agents without a login role here; restore the roles or give each a new password: {logins}.")
        more = [] if len(figures["no_login"]) <= LOGINS else ["…"]
        warnings.append(told.format(logins=", ".join(figures["no_login"][:LOGINS] + more)))
    if figures["archive_fails"]:
        warnings.append(_("PostgreSQL cannot archive its log (archive_command fails)."))
    warnings += _warnings_of_backup(answer["backup_at"], figures)
    aside = sum(one["count"] for one in answer["put_aside"])
    if aside:
        told = ngettext(
            "{n} change could not be carried out and waits: workstation admin dead-letters list.",
            "{n} changes could not be carried out and wait: workstation admin dead-letters list.", aside,
        )  # fmt: skip
        warnings.append(told.format(n=aside))
    return warnings


def _warnings_of_backup(backup_at: datetime | None, figures: dict[str, Any]) -> list[str]:
    now, first = figures["now"], figures["first_desk_at"]
    if first is None or now - first < BACKUP:
        return []  # nobody has worked here long enough to have lost a day
    if backup_at is None:
        return [_("No backup is known: nothing is archived, and none was marked by workstation admin backup-done.")]
    if now - backup_at > BACKUP:
        return [
            _("The last backup known is {hours} hours old.").format(
                hours=round((now - backup_at).total_seconds() / 3600)
            )
        ]
    return []


def _warnings_of_desks(desks: list[dict[str, Any]]) -> list[str]:
    told: dict[str, Callable[[int], str]] = {
        "silent": lambda n: ngettext("{n} desk is silent while work waits on it: {which}.",
                                     "{n} desks are silent while work waits on them: {which}.", n),
        "refused": lambda n: ngettext("{n} desk has had changes that need a decision for over a day: {which}.",
                                      "{n} desks have had changes that need a decision for over a day: {which}.", n),
        "clock": lambda n: ngettext("The clock of {n} desk is wrong by over 2 minutes: {which}.",
                                    "The clocks of {n} desks are wrong by over 2 minutes: {which}.", n),
        "program": lambda n: ngettext("{n} desk runs an older program than this one: {which}.",
                                      "{n} desks run an older program than this one: {which}.", n),
    }  # fmt: skip
    warnings = []
    for problem, words in told.items():
        those = [desk for desk in desks if problem in desk["problems"]]
        if those:
            which = [f"{desk['login']} ({desk['host']})" for desk in those[:NAMED]]
            if len(those) > NAMED:
                which.append("…")
            warnings.append(words(len(those)).format(n=len(those), which=", ".join(which)))
    return warnings


def _note(connection: Connection, key: str, value: str) -> None:
    connection.execute(
        text("insert into workstation.meta values (:k, :v) on conflict (key) do update set value = excluded.value"),
        {"k": key, "v": value},
    )


def _all(connection: Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(query)).mappings()]
