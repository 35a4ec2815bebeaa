"""The rows of a timeline: days as headings, and what happened below them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from workstation.language import _, ngettext
from workstation.services.history import EntryLine
from workstation.ui import wording

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
ROW = Qt.ItemDataRole.UserRole
CHANNEL_ICONS = {"call": "phone-in", "chat": "chat", "email": "mail", "web": "globe", "sms": "mobile"}


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One row as it is painted: a heading, or an entry with icon, head, chip, text and author."""

    entry: EntryLine | None
    head: str
    time: str = ""
    icon: str = ""
    tone: str = "muted"
    chip: str = ""
    chip_tone: str = "plain"
    text: str = ""
    author: str = ""
    mark: str = ""  # words of what stands between this and central

    @property
    def spoken(self) -> str:
        """The row in one sentence, for a screen reader."""
        return ", ".join(part for part in (self.time, self.head, self.chip, self.text, self.author, self.mark) if part)


class TimelineModel(QAbstractListModel):
    """Rows of entries, newest first."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone
        self._rows: list[TimelineRow] = []
        self._days: set[str] = set()
        self._open_folds: set[UUID] = set()
        self._entries: list[EntryLine] = []

    def show(self, entries: Sequence[EntryLine], now: datetime, looked_at: datetime | None) -> None:
        """Show these instead. What stands at the top and at the end and is the same stays untouched."""
        self._entries = list(entries)
        rows = rows_of(self._entries, self._zone, now, looked_at, self._open_folds)
        if not self._rows or not rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        first, after = _same_at_both_ends(self._rows, rows)
        if first < len(self._rows) - after:
            self.beginRemoveRows(NOWHERE, first, len(self._rows) - after - 1)
            del self._rows[first : len(self._rows) - after]
            self.endRemoveRows()
        if first < len(rows) - after:
            self.beginInsertRows(NOWHERE, first, len(rows) - after - 1)
            self._rows = rows
            self.endInsertRows()

    def toggle(self, fold: UUID, now: datetime, looked_at: datetime | None) -> None:
        """Open a run of failures, or close it again."""
        self._open_folds ^= {fold}
        self.show(self._entries, now, looked_at)

    def row_at(self, index: Index) -> TimelineRow:
        """The row shown there."""
        return self._rows[index.row()]

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.spoken
        return row if role == ROW else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        is_heading = index.isValid() and self._rows[index.row()].entry is None
        return Qt.ItemFlag.NoItemFlags if is_heading else super().flags(index)


def _same_at_both_ends(old: Sequence[TimelineRow], new: Sequence[TimelineRow]) -> tuple[int, int]:
    """How many rows are the same from the top on, and of the others how many from the end back."""
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    left = shorter - first
    after = next((back for back in range(left) if old[-1 - back] != new[-1 - back]), left)
    return first, after


def rows_of(
    entries: Sequence[EntryLine], zone: ZoneInfo, now: datetime, looked_at: datetime | None, open_folds: set[UUID]
) -> list[TimelineRow]:
    """Entries with the headings of their days, and one where what is new to this agent ends."""
    rows: list[TimelineRow] = []
    day, is_new = "", looked_at is not None and bool(entries) and entries[0].at > looked_at
    if is_new:
        rows.append(TimelineRow(None, _("since you last looked")))
    for entry in entries:
        if is_new and looked_at is not None and entry.at <= looked_at:
            is_new, day = False, ""
            rows.append(TimelineRow(None, _("seen before")))
        today = wording.day(entry.at, zone, now)
        if today != day:
            day = today
            rows.append(TimelineRow(None, day))
        rows.append(row_of(entry, zone, now))
        if entry.id in open_folds and entry.kind == "fold":
            rows += [row_of(member, zone, now) for member in entry.members]
    return rows


def _author(entry: EntryLine) -> str:
    """Who did it; of a fact of the program itself nobody did."""
    if entry.is_mine:
        return _("you")
    return entry.author or ("" if entry.kind == "system" else _("another system"))


def row_of(entry: EntryLine, zone: ZoneInfo, now: datetime) -> TimelineRow:
    """One entry as it is shown."""
    base = TimelineRow(
        entry, "", wording.clock_time(entry.at, zone), text=entry.text + ("…" if entry.is_cut else ""),
        author=_author(entry), mark=_mark(entry),
    )  # fmt: skip
    if entry.kind == "fold":
        return _fold(base, entry, zone, now)
    if entry.kind == "note":
        chip = _("pinned") if entry.is_pinned else ""
        text = _("deleted") if entry.is_deleted else base.text
        return replace(base, head=_("Note"), icon="note", tone="note", chip=chip, chip_tone="note", text=text)
    if entry.kind == "callback":
        return _callback(base, entry, zone, now)
    if entry.channel is not None:
        return _contact(base, entry)
    return replace(base, head=_system_words(entry), icon="info", tone="faint")


def _mark(entry: EntryLine) -> str:
    if entry.refused is not None:
        return _("refused by central")
    return _("waits for central") if entry.is_waiting else ""


def channel_words(channel: str, direction: str | None) -> str:
    """How people were in touch."""
    known = {
        ("call", "in"): _("Call in"), ("call", "out"): _("Call out"), ("chat", "in"): _("Chat in"),
        ("chat", "out"): _("Chat out"), ("email", "in"): _("E-mail in"), ("email", "out"): _("E-mail out"),
        ("web", "out"): _("Web form"), ("third party", "out"): _("Third party"),
    }  # fmt: skip
    return known.get((channel, direction or ""), channel)


def _contact(base: TimelineRow, entry: EntryLine) -> TimelineRow:
    parts = [channel_words(entry.channel or "", entry.direction)]
    if entry.phone and entry.direction == "out":
        parts.append(entry.phone)
    if entry.seconds is not None and entry.seconds >= 60:
        parts.append(_("{n} min").format(n=round(entry.seconds / 60)))
    icon = CHANNEL_ICONS.get(entry.channel or "", "person")
    if icon == "phone-in" and entry.direction == "out":
        icon = "phone-out" if entry.is_good or not entry.can_fold else "phone-missed"
    tone = "ok" if entry.is_good else "danger" if entry.can_fold else "accent"
    chip_tone = "ok" if entry.is_good else "plain"
    return replace(base, head=" · ".join(parts), icon=icon, tone=tone, chip=entry.outcome or "", chip_tone=chip_tone)


def _callback(base: TimelineRow, entry: EntryLine, zone: ZoneInfo, now: datetime) -> TimelineRow:
    due = wording.moment(entry.due_at, zone, now) if entry.due_at is not None else ""
    states = {
        "open": _("Callback {when}"), "done": _("Callback done · {when}"),
        "rescheduled": _("Callback moved · {when}"), "cancelled": _("Callback cancelled · {when}"),
    }  # fmt: skip
    is_open = entry.what == "open"
    is_due = is_open and entry.due_at is not None and entry.due_at <= now
    is_late = is_open and entry.until is not None and entry.until < now
    return replace(
        base, head=states.get(entry.what or "", _("Callback {when}")).format(when=due), icon="callback",
        tone="danger" if is_late else "warn" if is_open else "muted",
        chip=_("overdue") if is_late else _("due") if is_due else "", chip_tone="danger" if is_late else "warn",
    )  # fmt: skip


def _fold(base: TimelineRow, entry: EntryLine, zone: ZoneInfo, now: datetime) -> TimelineRow:
    total = sum(count for _outcome, count in entry.counts)
    most = entry.counts[0][0] if len(entry.counts) == 1 and entry.counts else _("not reached")
    first, last = entry.members[-1].at, entry.members[0].at
    hours = ngettext("{n} hour of the day", "{n} different hours", entry.hours).format(n=entry.hours)
    when = _("{first} – {last}").format(first=wording.day(first, zone, now), last=wording.day(last, zone, now))
    return replace(
        base, head=_("{n} × {what}").format(n=total, what=most), icon="phone-missed", tone="danger",
        text=f"{when}, {hours}", chip=_("Enter shows them"),
    )  # fmt: skip


def _system_words(entry: EntryLine) -> str:
    return {
        "done": _("Callback done"), "cancelled": _("Callback cancelled"), "rescheduled": _("Callback moved"),
        "conflict": _("Two people changed the same field"), "resolved": _("Conflict decided"),
    }.get(entry.what or "", entry.what or _("Change"))  # fmt: skip
