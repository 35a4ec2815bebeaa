"""What a commit touched, told the same way whether it was ours or came from a colleague."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from workstation.records import Record


@dataclass(frozen=True, slots=True)
class Changes:
    """The kinds of record a commit touched and the customers they are about."""

    kinds: frozenset[type[Record]]
    customers: frozenset[UUID]

    @classmethod
    def of(cls, touched: Iterable[tuple[type[Record], UUID | None]]) -> "Changes":
        """Sum up (kind, customer) pairs."""
        pairs = list(touched)
        return cls(
            kinds=frozenset(kind for kind, _ in pairs),
            customers=frozenset(customer for _, customer in pairs if customer is not None),
        )
