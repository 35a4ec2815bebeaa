"""Who sits here: the agent of this window, as every screen needs to know them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Seat:
    """The agent at this desk. `clock` gives UTC; `zone` is that of this PC; `scope` is where new customers go."""

    agent_id: UUID
    login: str
    name: str
    role: str
    team_id: UUID | None
    scope: int
    regions: tuple[str, ...]
    clock: Callable[[], datetime]
    zone: ZoneInfo

    @property
    def is_supervisor(self) -> bool:
        """Whether figures about the own team may be asked for (product.md 3.17: an administrator may not)."""
        return self.role == "supervisor"

    @property
    def initials(self) -> str:
        """At most two letters for the mark of this agent."""
        return "".join(word[0] for word in self.name.split()[:2]).upper()
