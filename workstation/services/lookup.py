"""Finds the record an agent names by its id or the end of it, and the name of what an id stands for."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from workstation.errors import NotFound, Refused
from workstation.language import _
from workstation.records import Agent, ContactPoint, Customer, Disposition, Record, Team
from workstation.services import outcome_words

SHORTEST = 6  # characters of an id, counted from its end: ids begin with the time


def find_id(session: Session, kind: type[Record], text: str) -> UUID:
    """The id of the record of `kind` that `text` names: a whole UUID, or its last 6 or more characters when unique."""
    wanted = text.strip().replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{6,32}", wanted):
        raise Refused(_("An id is a UUID, or at least its last {count} characters.").format(count=SHORTEST), "id")
    if len(wanted) == 32:
        found = list(session.scalars(select(kind.id).where(kind.id == UUID(wanted))))
    else:
        found = list(
            session.scalars(
                select(kind.id).where(func.substr(func.hex(kind.id), -len(wanted)) == wanted.upper()).limit(2)
            )
        )
    if not found:
        raise NotFound(_("Nothing on this PC has the id {id}.").format(id=text), "id")
    if len(found) > 1:
        raise Refused(_("More than one id ends with {id}; give more of it.").format(id=text), "id")
    return found[0]


def customer(session: Session, text: str) -> Customer:
    """The customer of this id; one that was merged leads to the survivor."""
    return customer_of(session, find_id(session, Customer, text))


def customer_of(session: Session, customer_id: UUID) -> Customer:
    """The customer, or the one it was merged into. Raises NotFound."""
    found = session.get(Customer, customer_id)
    if found is not None and found.merged_into is not None:
        found = session.get(Customer, found.merged_into) or found
    if found is None:
        raise NotFound(_("This customer is not on this PC."))
    return found


def place_of(session: Session, customer_id: UUID) -> tuple[UUID, int]:
    """(id, scope) where a new record about this customer belongs: its own, or the survivor's. Raises NotFound.

    Quicker than customer_of: every note asks.
    """
    if session.new:
        session.flush()
    found = session.connection().execute(_PLACE, {"wanted": customer_id}).first()
    if found is None:
        raise NotFound(_("This customer is not on this PC."))
    if found.merged_into is not None:
        survivor = customer_of(session, customer_id)
        return survivor.id, survivor.scope_id
    return customer_id, found.scope_id


_CUSTOMER = Customer.__table__
_PLACE = select(_CUSTOMER.c.scope_id, _CUSTOMER.c.merged_into).where(_CUSTOMER.c.id == bindparam("wanted"))


def agent_by_login(session: Session, login: str) -> Agent:
    """The active agent with this login. Raises NotFound."""
    # Compared here: what was typed may be no text that a database takes.
    found = next(
        (agent for agent in session.scalars(select(Agent).where(Agent.is_active)) if agent.login == login), None
    )
    if found is None:
        raise NotFound(_("No active agent has the login {login}.").format(login=login), "owner")
    return found


def names_of_agents(session: Session) -> dict[UUID, str]:
    """Login by id, closed accounts included: their notes stay theirs."""
    return dict(session.execute(select(Agent.id, Agent.login)).all())


def named(session: Session, values: Iterable[Any]) -> Mapping[str, str]:
    """What ids and codes among these values stand for: agents, teams, contact points and outcomes of this PC, by the
    id or code as it travels."""
    texts = {value for value in values if isinstance(value, str)}
    if not texts:
        return {}
    known = {str(agent): login for agent, login in names_of_agents(session).items()}
    known |= {str(team): name for team, name in session.execute(select(Team.id, Team.name))}
    outcomes = select(Disposition.code, Disposition.label)  # all: what was written may be no text that can be asked for
    known |= {code: outcome_words.in_words(label) for code, label in session.execute(outcomes)}
    ids = [found for text in texts if (found := _id(text)) is not None]
    points = select(ContactPoint.id, ContactPoint.value).where(ContactPoint.id.in_(ids))
    known |= {str(point): value for point, value in session.execute(points)}
    return {text: known[text] for text in texts if text in known}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
