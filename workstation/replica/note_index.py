"""Which notes hold which words: a contentless full-text table whose rowids are those of the notes.

A note's text never changes (another note supersedes it), so a note is indexed once, after it was committed and in the
order of the rowids: what is above the last indexed one is still to come. So neither a save nor a first fill waits for
the index, and a replica of an older program is indexed as if its notes had just arrived. A trigger forgets
with the note.
"""

import re
from collections.abc import Sequence
from typing import Any, Protocol

PAGE = 500  # notes indexed by one transaction: some 50 ms, and an agent's save waits no longer
SHORTEST = 3  # characters of a word that is looked for; shorter ones are in every note
LONGEST_QUERY, MOST_WORDS = 200, 8

_APOSTROPHES = "'`‘’ʻʼ"
_TABLES = (
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS search_note USING fts5
       (words, content='', contentless_delete=1,
        tokenize="unicode61 remove_diacritics 2 separators '{_APOSTROPHES.replace("'", "''")}'")""",
    """CREATE TRIGGER IF NOT EXISTS search_note_gone AFTER DELETE ON note
       BEGIN DELETE FROM search_note WHERE rowid = old.rowid; END""",
)
_LAST = "SELECT coalesce(max(id), 0) FROM search_note_docsize"
# SQLite's own folding leaves ё apart from е.
_INDEX = """
    INSERT INTO search_note (rowid, words)
    SELECT rowid, replace(replace(body, 'ё', 'е'), 'Ё', 'Е') FROM note WHERE rowid > ? ORDER BY rowid LIMIT ?
"""
_FIND = """
    SELECT note.customer_id, note.body FROM search_note CROSS JOIN note ON note.rowid = search_note.rowid
    WHERE search_note MATCH ? AND NOT note.is_deleted
    AND NOT EXISTS (SELECT 1 FROM note AS newer WHERE newer.supersedes = note.id)
    ORDER BY search_note.rowid DESC LIMIT ?
"""


class Connection(Protocol):
    """What we need of a connection of the driver."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run one statement."""


def create(connection: Connection) -> None:
    """Make what is missing of the index; the table of the notes must be there."""
    for statement in _TABLES:
        connection.execute(statement)


def index_page(connection: Connection) -> bool:
    """Index the next notes, in the caller's transaction. False when there were none left."""
    last = connection.execute(_LAST).fetchone()[0]
    return bool(connection.execute(_INDEX, (last, PAGE)).rowcount)


def is_behind(connection: Connection) -> bool:
    """Whether notes are still to be indexed."""
    last = connection.execute(_LAST).fetchone()[0]
    return connection.execute("SELECT 1 FROM note WHERE rowid > ? LIMIT 1", (last,)).fetchone() is not None


def words_of(text: str) -> list[str]:
    """The words of a query that are looked for; none when all are too short."""
    asked = text[:LONGEST_QUERY].encode("utf-8", "ignore").decode().replace("ё", "е").replace("Ё", "Е")
    words = re.findall(r"[^\W_]+", asked)[:MOST_WORDS]
    return words if any(len(word) >= SHORTEST for word in words) else []


def find(connection: Connection, text: str, limit: int) -> list[tuple[bytes, str]]:
    """(customer id, text) of the notes that hold all these words, the last one begun, newest first; any text may be
    asked for: what is no word in it is left out, and every word stands in quotes."""
    words = words_of(text)
    if not words:
        return []
    match = " AND ".join(f'"{word}"' for word in words) + " *"
    rows: list[tuple[bytes, str]] = connection.execute(_FIND, (match, limit)).fetchall()
    return rows
