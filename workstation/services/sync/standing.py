"""How the desk stands towards central, from facts: the last good sync, what waits, the last error."""

from dataclasses import dataclass

from workstation.replica.delivery import Counts, counts
from workstation.replica.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """`is_online`: the last attempt reached central. Times are ISO 8601, UTC; `clock_offset_ms`: central's clock minus
    ours at the last hello."""

    is_online: bool
    last_sync: str | None
    clock_offset_ms: int | None


def facts(store: Store) -> Standing:
    """Read the facts of this replica."""
    last, error, offset = store.fact("last_sync"), store.fact("last_error"), store.fact("clock_offset_ms")
    return Standing(last is not None and not error, last, int(offset) if offset else None)


__all__ = ["Counts", "Standing", "counts", "facts"]
