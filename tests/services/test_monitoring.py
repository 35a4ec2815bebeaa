"""A team's figures: who counts as working, signed in or silent, and what adds up."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.conftest import NOW
from workstation.errors import CentralOffline, Refused
from workstation.records import Agent, Team
from workstation.services import agents, monitoring, presence
from workstation.services.sync.beat import Beat, BeatingDesk

STATES = st.sampled_from(presence.STATES)
AGES = st.timedeltas(timedelta(0), timedelta(days=3))


@given(state=STATES, age=AGES)
def test_a_desk_is_here_silent_or_out(state, age):
    standing = monitoring.standing_of(state, NOW - age, NOW)
    if state == "offline" or age > timedelta(hours=12):
        assert standing == "out"
    else:
        assert standing == ("silent" if age > timedelta(seconds=30) else "here")
    assert monitoring.standing_of(None, None, NOW) == "never"


@pytest.mark.parametrize(("seconds", "step"), [(0, 0), (9.9, 0), (10, 1), (60, 2), (299, 2), (300, 3), (9_000, 3)])
def test_a_wrap_up_has_three_steps(seconds, step):
    assert monitoring.wrap_up_step(seconds) == step


@pytest.fixture
def sanjar(open_desk):
    """The supervisor of team main."""
    return open_desk("sanjar", "supervisor")


def ask(at_work, zone="Asia/Tashkent"):
    with contextlib.closing(at_work.desk.central("live", 5)) as central:
        return monitoring.monitoring_of(central, zone)


def say(at_work, command, *args):
    desk = at_work.desk
    with at_work.store.write() as session:
        command(session, *args, desk.clock())
    beat = Beat(BeatingDesk(at_work.store, desk.who.device, desk.clock, lambda: desk.central("presence", 5)))
    beat.beat()
    beat.stop()


def test_the_strip_counts_the_team(centre, open_desk, sanjar):
    for name, command, args in (
        ("aziza", presence.begin_contact, (None,)), ("botir", presence.choose_state, ("meal", "plov")),
        ("olim", presence.arrive, ()), ("rano", presence.leave, ()),
    ):  # fmt: skip
        desk = open_desk(name)
        say(desk, command, *args)
        desk.add_customer("Waits Here")
        say(desk, presence.line_back)
    centre.sql("update workstation.presence set seen_at = now() - interval '40 s' where state = 'available'")
    centre.sql("update workstation.device set seen_at = now() - interval '1 h'")
    card = ask(sanjar)
    figures = card.figures
    assert (figures.working, figures.signed_in, figures.silent, figures.waiting) == (1, 3, 1, 4)
    standings = {line.name: (line.standing, line.state) for line in card.agents}
    assert standings == {
        "Aziza": ("here", "on_contact"), "Botir": ("here", "meal"), "Olim": ("silent", "available"),
        "Rano": ("out", "offline"), "Sanjar": ("never", "offline"),
    }  # fmt: skip
    assert card.team == "main"
    assert {desk.waiting for line in card.agents for desk in line.desks} == {1}


def test_others_are_refused_and_a_dead_line_is_named(open_desk, sanjar):
    with pytest.raises(Refused, match="supervisor"):
        ask(open_desk("aziza"))
    with pytest.raises(Refused) as refused:
        ask(sanjar, "Nowhere/Land")
    assert refused.value.field == "zone"
    sanjar.line.cut()
    with pytest.raises(CentralOffline):
        ask(sanjar)


def test_active_agents_are_offered_by_name(store):
    with store.write() as session:
        team = Team(name="night")
        session.add(team)
        session.flush()
        session.add(Agent(login="botir", name="botir Aliev", team_id=team.id))
        session.add(Agent(login="gone", name="Gone", is_active=False))
    with store.read() as session:
        offered = [(agent.name, agent.login, agent.team) for agent in agents.agents_of(session)]
    assert offered == [("Aziza", "aziza", ""), ("botir Aliev", "botir", "night")]
