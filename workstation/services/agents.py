"""Who may be given work: the active agents this PC knows."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.records import Agent, Team


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """An agent to choose from a list; `team` is its name, empty without one."""

    id: UUID
    name: str
    login: str
    team: str


def agents_of(session: Session) -> list[AgentChoice]:
    """The active agents by name."""
    query = (
        select(Agent.id, Agent.name, Agent.login, func.coalesce(Team.name, ""))
        .outerjoin(Team, Team.id == Agent.team_id)
        .where(Agent.is_active)
    )
    found = [AgentChoice(*row) for row in session.execute(query)]
    return sorted(found, key=lambda agent: (agent.name.casefold(), agent.login))
