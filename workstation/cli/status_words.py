"""`admin status` for a person: what to look at first, then the desks that need a look, then all others."""

import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from workstation.language import _, ngettext

COLUMNS = 110
REASONS = 10  # kinds of refusals and failures shown


def status_words(answer: dict[str, Any]) -> str:
    """The answer of `health.status` as lines of text; times are those of this PC."""
    return "\n".join([*_head(answer), *_look(answer), *_failures(answer), *_desks(answer["desks"])])


def _head(answer: dict[str, Any]) -> list[str]:
    seen = sum(desk["silent_seconds"] < 60 for desk in answer["desks"])
    programs = ", ".join(f"{version or '?'}: {n}" for version, n in sorted(answer["programs"].items(), reverse=True))
    backup = answer["backup_at"]
    return [
        _("Schema {schema_version}, PostgreSQL {postgresql}, epoch {epoch}").format(**answer),
        _("{agents} agents, {desks} desks, {seen} of them at work now; connections {connections} of {limit}").format(
            agents=answer["agents"], desks=len(answer["desks"]), seen=seen, connections=answer["connections"],
            limit=answer["max_connections"],
        ),
        _("{waiting} changes wait on desks, {refused} need a decision, {rejected} were rejected in all").format(
            **answer
        ),
        _("Feed: {entries} entries, {megabytes} MB, since {since}; held back for {seconds} s").format(
            entries=answer["feed_entries"], megabytes=round(answer["feed_bytes"] / 1_000_000, 1),
            since=_moment(answer["feed_since"]), seconds=round(answer["horizon_seconds"]),
        ),
        _("Programs of the last 7 days: {programs}; needed at least: {least}").format(
            programs=programs or "–", least=answer["min_program"] or "–"
        ),
        _("Last backup known: {moment}").format(moment=_moment(backup)),
    ]  # fmt: skip


def _look(answer: dict[str, Any]) -> list[str]:
    if not answer["warnings"]:
        return ["", _("All is well.")]
    lines = ["", _("TO LOOK AT")]
    for warning in answer["warnings"]:
        lines += textwrap.wrap(warning, COLUMNS, initial_indent="  ! ", subsequent_indent="    ")
    return lines


def _failures(answer: dict[str, Any]) -> list[str]:
    lines = []
    if answer["put_aside"]:
        lines += ["", _("COULD NOT BE CARRIED OUT, BY ERROR AND PLACE")]
        lines += _table([
            [str(one["count"]), one["code"] or "?", one["place"] or "?", f"{one['kind'] or '?'} {one['entity'] or '?'}",
             _moment(one["last_at"])] for one in answer["put_aside"][:REASONS]
        ])  # fmt: skip
    if answer["refused_reasons"]:
        lines += ["", _("REFUSED BY RULES WITHIN 7 DAYS")]
        lines += _table([
            [str(one["count"]), one["reason"] or "?", f"{one['entity'] or '?'}.{one['field'] or '*'}",
             _moment(one["last_at"])] for one in answer["refused_reasons"][:REASONS]
        ])  # fmt: skip
    return lines


def _desks(desks: Sequence[dict[str, Any]]) -> list[str]:
    bad = [desk for desk in desks if desk["problems"]]
    others = desks[len(bad) :]
    lines = []
    head = [_("agent"), _("PC"), _("seen"), _("waits"), _("since"), _("to decide"), _("clock"), _("program"), ""]
    if bad:
        told = ngettext("{n} DESK NEEDS A LOOK", "{n} DESKS NEED A LOOK", len(bad))
        lines += ["", told.format(n=len(bad)), *_table([head, *map(_cells, bad)])]
    if others:
        told = ngettext("{n} OTHER DESK", "{n} OTHER DESKS", len(others)) if bad else _("DESKS")
        lines += ["", told.format(n=len(others)), *_table([head, *map(_cells, others)])]
    return lines


def _cells(desk: dict[str, Any]) -> list[str]:
    words = {
        "silent": _("silent with work"), "refused": _("undecided"), "clock": _("wrong clock"),
        "program": _("old program"),
    }  # fmt: skip
    offset = desk["clock_offset_ms"]
    return [
        desk["login"], desk["host"], _ago(desk["silent_seconds"]), str(desk["waiting"] or "–"),
        _moment(desk["waiting_since"]), str(desk["refused"] or "–"),
        "–" if offset is None else f"{-offset / 1000:+.0f} s", desk["program"] or "?",
        ", ".join(words[problem] for problem in desk["problems"]),
    ]  # fmt: skip


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    return [
        ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip() for row in rows
    ]


def _ago(seconds: float) -> str:
    if seconds < 60:
        return _("now")
    if seconds < 3_600:
        return _("{n} min").format(n=int(seconds // 60))
    hours = timedelta(seconds=seconds) // timedelta(hours=1)
    return _("{n} h").format(n=hours) if hours < 48 else _("{n} days").format(n=hours // 24)


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at else "–"
