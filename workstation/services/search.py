"""Search: the people an agent may mean by what stands in the search box."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from workstation.errors import NotFound
from workstation.replica import note_index, search_index
from workstation.services import lookup

NOTES_READ = 60  # many may be about the same few people
BEFORE, EXCERPT = 24, 90  # characters


@dataclass(frozen=True, slots=True)
class SearchLine:
    """One person found. `matched` is "name", "phone", "email" or "number"; `score` 0..1, 1 is exact."""

    id: UUID
    name: str
    matched: str
    score: float


def find(session: Session, text: str, limit: int = 20) -> list[SearchLine]:
    """People by name, phone, e-mail or external number, the best first, at most `limit`; any text is allowed."""
    connection = session.connection().connection.driver_connection
    if connection is None:
        return []
    hits = search_index.find(connection, text, limit)
    return [SearchLine(UUID(bytes=hit.customer_id), hit.name, hit.matched, hit.score) for hit in hits]


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A customer whose note holds what was asked: `words` are those around the hit."""

    id: UUID
    name: str
    words: str


def find_in_notes(session: Session, text: str, limit: int = 5) -> list[NoteLine]:
    """Customers in whose notes all these words stand, the newest note first, each once; any text is allowed."""
    connection = session.connection().connection.driver_connection
    if connection is None:
        return []
    found: dict[UUID, NoteLine] = {}
    for raw, body in note_index.find(connection, text, NOTES_READ):
        try:
            customer = lookup.customer_of(session, UUID(bytes=raw))
        except NotFound:
            continue
        found.setdefault(customer.id, NoteLine(customer.id, customer.name, _around(body, note_index.words_of(text))))
        if len(found) == limit:
            break
    return list(found.values())


def _around(body: str, words: list[str]) -> str:
    """The place of a note where the longest of these words stands, in one line."""
    line = " ".join(body.split())
    wanted = re.escape(max(words, key=len)).replace("е", "[её]")
    hit = re.search(rf"(?<![^\W_]){wanted}", line, re.IGNORECASE)
    start = max(0, hit.start() - BEFORE) if hit else 0
    if start:
        start = line.find(" ", start, hit.start() if hit else None) + 1 or start
    cut = line[start : start + EXCERPT]
    return ("…" if start else "") + cut + ("…" if start + EXCERPT < len(line) else "")
