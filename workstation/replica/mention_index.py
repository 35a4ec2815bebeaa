"""Which notes mention which phone number: an unknown caller may have been written about.

Every run of digits in a note that may be a phone number (7 to 15 digits) is kept last digit first, as phones are found
by their endings. What is in no note any more is taken out with the note.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Protocol

from workstation.keys import digits_of

PAGE = 5_000  # notes indexed by one statement
SHORTEST, LONGEST = 7, 15  # digits
NATIONAL = 9  # digits of a national number of any of our countries, the most that must agree
MOST_OF_A_NOTE = 50  # numbers; what holds more is a list and mentions nobody

_RUN = re.compile(r"\d(?:[\s().\-–]{0,3}\d){6,19}")
_TABLES = (
    """CREATE TABLE IF NOT EXISTS search_mention
       (note BLOB NOT NULL, digits TEXT NOT NULL, PRIMARY KEY (note, digits)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS search_mention_digits ON search_mention (digits)",
)
_BODIES = "SELECT id, body FROM note WHERE id IN (SELECT unhex(value) FROM json_each(?))"
_FORGET = "DELETE FROM search_mention WHERE note IN (SELECT unhex(value) FROM json_each(?))"
_MENTIONS = """
    SELECT note.id FROM search_mention CROSS JOIN note ON note.id = search_mention.note
    WHERE ((digits >= ? AND digits < ?) OR digits IN (SELECT value FROM json_each(?))) AND NOT note.is_deleted
    AND NOT EXISTS (SELECT 1 FROM note AS newer WHERE newer.supersedes = note.id)
    ORDER BY note.written_at DESC LIMIT ?
"""


class Connection(Protocol):
    """What we need of a connection of the driver."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]], /) -> Any:
        """Run one statement for each row of parameters."""


def create(connection: Connection) -> None:
    """Make what is missing of the index; the table of the notes must be there."""
    for statement in _TABLES:
        connection.execute(statement)


def rebuild(connection: Connection) -> None:
    """Make the index anew from the notes, in the caller's transaction."""
    connection.execute("DROP TABLE IF EXISTS search_mention")
    create(connection)
    last = b""
    while page := connection.execute("SELECT id FROM note WHERE id > ? ORDER BY id LIMIT ?", (last, PAGE)).fetchall():
        index_notes(connection, [row[0] for row in page])
        last = page[-1][0]


def index_notes(connection: Connection, ids: Sequence[bytes]) -> None:
    """Index these notes anew, in the caller's transaction; one that is not there is forgotten."""
    for start in range(0, len(ids), PAGE):
        asked = json.dumps([key.hex() for key in ids[start : start + PAGE]])
        connection.execute(_FORGET, (asked,))
        found = [
            (note_id, number)
            for note_id, body in connection.execute(_BODIES, (asked,)).fetchall()
            for number in numbers_in(body)
        ]
        connection.executemany("INSERT OR IGNORE INTO search_mention (note, digits) VALUES (?, ?)", found)


def numbers_in(text: str) -> list[str]:
    """The phone numbers a text may hold, as digits, last digit first; none when there are too many to mean one."""
    found = {digits_of(run)[::-1] for run in _RUN.findall(text)}
    kept = sorted(number for number in found if SHORTEST <= len(number) <= LONGEST)
    return kept if len(kept) <= MOST_OF_A_NOTE else []


def notes_mentioning(connection: Connection, digits: str, limit: int) -> list[bytes]:
    """Notes that hold a number ending like this one, newest first: its last nine digits, or, written without the code
    of country or town, its last seven or eight."""
    asked = digits[::-1]
    if len(asked) < SHORTEST:
        return []
    tail = asked[:NATIONAL]
    shorter = [asked[:length] for length in range(SHORTEST, len(tail))]
    rows = connection.execute(_MENTIONS, (tail, tail + ":", json.dumps(shorter), limit)).fetchall()
    return [row[0] for row in rows]
