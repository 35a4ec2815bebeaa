"""The live verbs: what a desk asks of central and waits for, beside the sync."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from workstation.central.port import Interval, Presence
from workstation.records import Values

PROGRAM = "0.1"
LIVE_SECONDS = 5.0  # who waits for a live answer does not wait longer


def numbers_of(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare; what is none is the oldest."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))


class LiveVerbs:
    """The live part of the central port, over whatever carries a question to central."""

    def _ask(
        self, query: str, args: tuple[Any, ...], seconds: float | None = None, *, fails_batch: bool = False
    ) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def search_customers(self, text: str, limit: int) -> list[Values]:
        """See Central."""
        found = self._ask("select api.search_customers(%s, %s)", (text, limit), LIVE_SECONDS)
        return [json.loads(body) for (body,) in found]

    def fetch_customer(self, customer: UUID) -> dict[str, list[Values]]:
        """See Central."""
        ((text,),) = self._ask("select api.fetch_customer(%s)", (customer,), LIVE_SECONDS)
        found: dict[str, list[Values]] = json.loads(text)
        return found

    def beat(self, presence: Presence) -> datetime:
        """See Central."""
        intervals = json.dumps([_as_values(interval) for interval in presence.intervals])
        args = (
            presence.device, presence.now, presence.state, presence.text, presence.since, presence.host, PROGRAM,
            presence.customer_id, presence.waiting, presence.undecided, intervals,
        )  # fmt: skip
        query = "select api.beat(%s, %s, %s, %s, %s, %s, %s, %s::uuid, %s, %s, %s::jsonb)"
        ((answer,),) = self._ask(query, args, LIVE_SECONDS)
        return datetime.fromisoformat(answer["server_time"])

    def monitoring(self, zone: str) -> Values:
        """See Central."""
        ((found,),) = self._ask("select api.monitoring(%s)", (zone,), LIVE_SECONDS)
        figures: Values = found
        return figures

    def reap(self) -> int:
        """See Central."""
        ((ended,),) = self._ask("select api.reap()", (), LIVE_SECONDS)
        return int(ended)


def _as_values(interval: Interval) -> Values:
    return {
        "id": str(interval.id),
        "state": interval.state,
        "text": interval.text,
        "customer_id": str(interval.customer_id) if interval.customer_id else None,
        "began_at": interval.began_at.isoformat(),
        "ended_at": interval.ended_at.isoformat(),
    }
