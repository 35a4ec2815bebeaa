"""The timeline of the window: a customer's history newest first, page by page (product.md 3.3)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from workstation.keys import fold
from workstation.records import Agent, Disposition, OutboxEntry
from workstation.services import drafts, history_rows, lookup, outcome_words
from workstation.services.history_rows import ALL, CALLS, EVERYTHING, HistoryFilter, Key, NoteText, Raw

__all__ = ["ALL", "CALLS", "EVERYTHING", "HistoryFilter"]  # and all that is defined here

PAGE = 100  # entries
FIRST_PAGE = 30  # entries: more than a window shows, so that it is painted soon
SEARCHED = 2_000  # entries looked through for one page of a search: the next page goes on from there
FEWEST_FOLDED = 3
MOST_FOLDED = 500
NEAR_THE_TOP = 10  # entries: what is pinned among them is not shown a second time above them
WAITING = ("waiting", "sent", "held")
REFUSED = ("refused", "quarantined")
FOLD = "fold"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One thing that happened.

    `kind` is call, chat, note, callback, system, or fold for repeated failures, whose entries are `members` and whose
    `counts` are (outcome, how often), `hours` how many different hours of the day, `authors` how many people.
    `what` is the state of a callback, or what a system entry tells. `note_id` is the newest version of the note shown.
    """

    id: UUID
    kind: str
    at: datetime
    author: str | None = None  # a name; None: another system
    is_mine: bool = False
    channel: str | None = None
    direction: str | None = None
    outcome: str | None = None  # the label of the disposition
    is_good: bool = False  # the right person was reached
    seconds: int | None = None
    phone: str | None = None
    text: str = ""
    is_cut: bool = False
    note_id: UUID | None = None
    is_own_note: bool = False
    versions: int = 1
    is_pinned: bool = False
    is_deleted: bool = False
    what: str | None = None
    due_at: datetime | None = None
    until: datetime | None = None  # of a callback: late afterwards
    zone: str | None = None
    is_waiting: bool = False
    refused: str | None = None
    can_fold: bool = False
    members: tuple["EntryLine", ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    hours: int = 0
    authors: int = 0


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Entries newest first; `next` is where the following page begins, None at the end. `pinned` come with the first
    page alone. A search may give few entries, or none, long before its end."""

    entries: tuple[EntryLine, ...]
    next: Key | None
    pinned: tuple[EntryLine, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryFilterCard:
    """What the history of one customer can be filtered by: (id, name) of agents, (code, label) of outcomes."""

    authors: tuple[tuple[UUID, str], ...]
    outcomes: tuple[tuple[str, str], ...]
    channels: tuple[str, ...]


def page_of(
    session: Session,
    customer_id: UUID,
    wanted: HistoryFilter = EVERYTHING,
    before: Key | None = None,
    limit: int = PAGE,
    *,
    me: UUID | None = None,
    zone: ZoneInfo | None = None,
) -> HistoryPage:
    """A page of what happened with a customer. `zone` is where hours are counted. Raises NotFound."""
    customer, _scope = lookup.place_of(session, customer_id)
    words = fold(wanted.text).split()
    reader = _Reader(session, customer, wanted, me, with_whole_texts=bool(words))
    is_first = before is None and wanted == EVERYTHING
    pins = history_rows.pinned(session, customer) if is_first else []
    pinned: dict[UUID, EntryLine] = {}
    at, found, looked_through = before, list[EntryLine](), 0
    while True:
        raws, at = history_rows.read(session, customer, wanted, at, SEARCHED // 4 if words else limit)
        lines = reader.lines([*raws, *pins])  # what is pinned in the same questions
        pinned |= {line.id: line for line in lines[len(raws) :] if line.is_pinned}
        found += [line for line in lines[: len(raws)] if not words or _says(line, words)]
        looked_through, pins = looked_through + len(raws), []
        if at is None or (len(found) >= limit and not _is_inside_a_run(found)) or looked_through >= SEARCHED:
            break
        if not words and not _is_inside_a_run(found):
            break
    entries = tuple(_folded(found, zone)) if not words else tuple(map(_shortened, found))
    seen = {line.note_id for line in entries[:NEAR_THE_TOP]}
    return HistoryPage(entries, at, tuple(line for line in pinned.values() if line.note_id not in seen))


def opened(
    session: Session, customer_id: UUID, *, me: UUID | None = None, zone: ZoneInfo | None = None
) -> tuple[HistoryPage, datetime | None]:
    """The first page of a history, and when this agent last looked at it (UTC). Raises NotFound."""
    return page_of(session, customer_id, limit=FIRST_PAGE, me=me, zone=zone), drafts.last_looked(session, customer_id)


def filters_of(session: Session, customer_id: UUID) -> HistoryFilterCard:
    """Who wrote in this history, with which outcomes and over which channels."""
    customer = lookup.customer_of(session, customer_id).id
    authors, outcomes, channels = history_rows.what_occurs(session, customer)
    names = dict(session.execute(select(Agent.id, Agent.name)).all())
    rows = session.execute(select(Disposition.code, Disposition.label))
    labels = {row.code: outcome_words.in_words(row.label) for row in rows}
    return HistoryFilterCard(
        tuple(sorted(((i, names.get(i, str(i))) for i in authors), key=lambda pair: pair[1].casefold())),
        tuple(sorted(((code, labels.get(code, code)) for code in outcomes), key=lambda pair: pair[1].casefold())),
        tuple(sorted(channels)),
    )


# Built once: building a statement takes longer than answering it.
_NAMES = select(Agent.id, Agent.name)
_OUTCOMES = select(Disposition.code, Disposition.label, Disposition.is_right_party)
# By record alone: asked for states too, the planner reads all that waits instead.
_STATES = select(OutboxEntry.entity_id, OutboxEntry.state, OutboxEntry.reason).where(
    OutboxEntry.entity_id.in_(bindparam("ids", expanding=True))
)


class _Reader:
    """Makes lines of raw rows: the same few questions for a page, however many entries it has."""

    def __init__(
        self, session: Session, customer: UUID, wanted: HistoryFilter, me: UUID | None, *, with_whole_texts: bool
    ) -> None:
        self._session, self._me, self._whole = session, me, with_whole_texts
        self._names: dict[UUID, str] = dict(session.execute(_NAMES).all())
        self._outcomes = {row.code: row for row in session.execute(_OUTCOMES)}
        self._labels = {code: outcome_words.in_words(row.label) for code, row in self._outcomes.items()}

    def lines(self, raws: Sequence[Raw]) -> list[EntryLine]:
        texts = history_rows.texts_of(self._session, raws, whole=self._whole)
        ids = {raw.id for raw in raws} | {note.id for notes in texts.values() for note in notes}
        states = _states(self._session, ids)
        return [self._line(raw, texts.get(raw.id, ()), states) for raw in raws]

    def _line(self, raw: Raw, notes: Sequence[NoteText], states: dict[UUID, tuple[str, str | None]]) -> EntryLine:
        marks = [states[i] for i in (raw.id, *(note.id for note in notes)) if i in states]
        values = self._facts(raw)
        if notes:
            values |= self._text(raw, notes, can_fold=values.get("can_fold", False))
        return EntryLine(
            id=raw.id,
            kind=raw.kind,
            at=raw.at,
            author=self._names.get(raw.author, str(raw.author)) if raw.author else None,
            is_mine=raw.author is not None and raw.author == self._me,
            is_waiting=any(state in WAITING for state, _reason in marks),
            refused=next((reason or "" for state, reason in marks if state in REFUSED), None),
            **values,
        )

    def _facts(self, raw: Raw) -> dict[str, Any]:
        facts = raw.facts
        if "direction" not in facts:
            return dict(facts)
        code, ended = facts["disposition"], facts["ended_at"]
        outcome = self._outcomes.get(code)
        is_failure = outcome is not None and not outcome.is_right_party
        return {
            "channel": facts["channel"],
            "direction": facts["direction"],
            "phone": facts["phone"],
            "outcome": self._labels.get(code, code),
            "is_good": outcome is not None and outcome.is_right_party,
            "seconds": None if ended is None else round((ended - raw.at).total_seconds()),
            "can_fold": is_failure and facts["direction"] == "out",
        }

    def _text(self, raw: Raw, notes: Sequence[NoteText], *, can_fold: bool) -> dict[str, Any]:
        shown = [note for note in notes if not note.is_deleted]
        last = (shown or notes)[-1]
        return {
            "text": "\n\n".join(note.text for note in shown),
            "is_cut": any(note.is_cut for note in shown),
            "note_id": last.id,
            "is_own_note": last.author is not None and last.author == self._me,
            "versions": last.versions,
            "is_pinned": any(note.is_pinned for note in shown),
            "is_deleted": not shown and raw.kind == "note",
            "can_fold": can_fold and not shown,
        }


def _states(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """What stands between these records and central: (state, reason) of the worst."""
    found: dict[UUID, tuple[str, str | None]] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        for record, state, reason in session.execute(_STATES, {"ids": wanted[start : start + 500]}):
            if state not in (*WAITING, *REFUSED):
                continue
            if record not in found or state in REFUSED:
                found[record] = (state, reason)
    return found


def _says(line: EntryLine, words: Sequence[str]) -> bool:
    """Whether every word stands somewhere in an entry, in any spelling."""
    parts = (line.text, line.author, line.outcome, line.phone)
    said = fold("\n".join(part for part in parts if part))
    return all(word in said for word in words)


def _shortened(line: EntryLine) -> EntryLine:
    """A search reads texts whole; what is shown is no longer than anywhere else."""
    if len(line.text) <= history_rows.SHOWN:
        return line
    return replace(line, text=line.text[: history_rows.SHOWN], is_cut=True)


def _is_quiet(line: EntryLine) -> bool:
    """A callback put off between two failures says nothing that they do not say."""
    return line.kind in ("callback", "system") and line.what == "rescheduled" and not line.text


def _is_inside_a_run(found: Sequence[EntryLine]) -> bool:
    """Whether the run of failures at the end may go on in what was not read yet."""
    if not found or not (found[-1].can_fold or _is_quiet(found[-1])):
        return False
    run = 0
    for line in reversed(found):
        if not (line.can_fold or _is_quiet(line)):
            break
        run += 1
    return run < MOST_FOLDED


def _folded(lines: Sequence[EntryLine], zone: ZoneInfo | None) -> Iterator[EntryLine]:
    run: list[EntryLine] = []
    for line in chain(lines, (None,)):
        if line is not None and (line.can_fold or (run and _is_quiet(line))):
            run.append(line)
            continue
        yield from _run_as_one(run, zone)
        run = []
        if line is not None:
            yield line


def _run_as_one(run: list[EntryLine], zone: ZoneInfo | None) -> Iterator[EntryLine]:
    after: list[EntryLine] = []
    while run and _is_quiet(run[-1]):
        after.insert(0, run.pop())
    failures = [line for line in run if line.can_fold]
    if len(failures) < FEWEST_FOLDED:
        yield from chain(run, after)
        return
    counts: dict[str, int] = {}
    for line in failures:
        counts[line.outcome or ""] = counts.get(line.outcome or "", 0) + 1
    yield EntryLine(
        id=run[0].id,
        kind=FOLD,
        at=run[0].at,
        author=failures[0].author,
        is_mine=all(line.is_mine for line in failures),
        channel=failures[0].channel,
        is_waiting=any(line.is_waiting for line in run),
        refused=next((line.refused for line in run if line.refused is not None), None),
        members=tuple(run),
        counts=tuple(sorted(counts.items(), key=lambda pair: -pair[1])),
        hours=len({line.at.astimezone(zone).hour for line in failures}),
        authors=len({line.author for line in failures}),
    )
    yield from after
