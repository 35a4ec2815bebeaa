"""Search: the people an agent may mean by what stands in the search box."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from workstation.replica import search_index


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
