"""The own state: what may be chosen, what follows from work, what survives a restart, what central hears and when."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.conftest import NOW
from workstation.errors import CentralOffline, CentralRefused, Refused
from workstation.replica.store import Store
from workstation.services import presence
from workstation.services.sync.beat import Beat, BeatingDesk, Pulse

MINUTE = timedelta(minutes=1)


def run(store, command, *args):
    with store.write() as session:
        return command(session, *args)


def now_of(store, at=NOW):
    with store.read() as session:
        return presence.own_presence(session, at)


def spent(store):
    with store.read() as session:
        return [
            (one.state, (one.ended_at - one.began_at) / MINUTE) for one in presence.unsent_intervals(session, 10_000)
        ]


def test_before_the_first_state_the_agent_is_offline_and_arrives_available(store):
    assert now_of(store).state == "offline"
    assert run(store, presence.arrive, NOW) == presence.PresenceLine("available", NOW)
    assert now_of(store, NOW + MINUTE) == presence.PresenceLine("available", NOW)


@pytest.mark.parametrize("state", presence.CHOOSABLE)
def test_a_state_is_chosen_with_words_of_one_s_own(store, state):
    run(store, presence.arrive, NOW - MINUTE)
    line = run(store, presence.choose_state, state, "  back   at 14:00 ", NOW)
    assert (line.state, line.text) == (state, "back at 14:00")
    assert now_of(store) == line


@pytest.mark.parametrize("state", ["on_contact", "wrap_up", "offline", "dancing", ""])
def test_what_follows_from_work_is_not_chosen(store, state):
    before = run(store, presence.arrive, NOW)
    with pytest.raises(Refused) as refused:
        run(store, presence.choose_state, state, "", NOW)
    assert refused.value.field == "state"
    assert now_of(store) == before


def test_a_text_has_a_hundred_characters_at_most(store):
    run(store, presence.choose_state, "break", "ў" * 100, NOW)
    with pytest.raises(Refused) as refused:
        run(store, presence.choose_state, "break", "x" * 101, NOW)
    assert refused.value.field == "text"


def test_another_text_does_not_begin_the_state_anew(store):
    run(store, presence.choose_state, "break", "tea", NOW)
    line = run(store, presence.choose_state, "break", "coffee", NOW + MINUTE)
    assert (line.text, line.since) == ("coffee", NOW)
    assert spent(store) == []


def test_a_contact_leads_to_wrap_up_and_back(store):
    run(store, presence.arrive, NOW)
    dilnoza, pavel = uuid4(), uuid4()
    run(store, presence.begin_contact, dilnoza, NOW + 2 * MINUTE)
    assert run(store, presence.begin_contact, dilnoza, NOW + 3 * MINUTE).since == NOW + 2 * MINUTE
    run(store, presence.begin_contact, pavel, NOW + 7 * MINUTE)
    wrap_up = run(store, presence.begin_wrap_up, NOW + 8 * MINUTE)
    assert (wrap_up.state, wrap_up.customer_id) == ("wrap_up", pavel)
    assert run(store, presence.begin_wrap_up, NOW + 9 * MINUTE) == wrap_up
    assert run(store, presence.finish_wrap_up, NOW + 10 * MINUTE).state == "available"
    assert spent(store) == [("available", 2), ("on_contact", 5), ("on_contact", 1), ("wrap_up", 2)]


@pytest.mark.parametrize("state", ["break", "meal", "training", "meeting", "away"])
def test_who_is_busy_otherwise_stays_there_when_a_contact_is_saved(store, state):
    line = run(store, presence.choose_state, state, "", NOW)
    assert run(store, presence.begin_wrap_up, NOW + MINUTE) == line
    assert run(store, presence.finish_wrap_up, NOW + MINUTE) == line


def test_a_restart_shows_the_state_of_before(tmp_path):
    path = tmp_path / "replica.db"
    for again in range(2):
        store = Store(path, bytes(32), lambda: NOW)
        if not again:
            run(store, presence.choose_state, "meeting", "with Sanjar", NOW)
        line = run(store, presence.arrive, NOW + timedelta(hours=1))
        store.close()
        assert line == presence.PresenceLine("meeting", NOW, "with Sanjar")


def test_yesterday_s_state_ends_when_this_desk_was_last_in_touch(store):
    run(store, presence.choose_state, "available", "", NOW)
    store.note_facts({"last_sync": (NOW + timedelta(hours=8)).isoformat()})
    tomorrow = NOW + timedelta(hours=24)
    assert run(store, presence.arrive, tomorrow) == presence.PresenceLine("available", tomorrow)
    assert spent(store) == [("available", 8 * 60)]


def test_who_signed_out_arrives_available(store):
    run(store, presence.arrive, NOW)
    run(store, presence.leave, NOW + MINUTE)
    assert run(store, presence.arrive, NOW + 5 * MINUTE).since == NOW + 5 * MINUTE
    assert spent(store) == [("available", 1), ("offline", 4)]


def test_losing_the_line_is_not_leaving(store):
    line = run(store, presence.choose_state, "available", "", NOW)
    run(store, presence.line_lost, NOW + MINUTE)
    run(store, presence.line_lost, NOW + 2 * MINUTE)
    assert now_of(store) == line
    shown = presence.with_line(line, False, NOW + MINUTE)
    assert (shown.state, shown.since, shown.offline_since) == ("available", NOW, NOW + MINUTE)
    assert presence.with_line(shown, True, None) == line
    run(store, presence.line_back, NOW + 4 * MINUTE)
    run(store, presence.line_back, NOW + 5 * MINUTE)
    assert spent(store) == [("working_offline", 3)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["arrive", "leave", "contact", "wrap_up", "finish", "line_lost", "line_back", *presence.CHOOSABLE]
        ),
        st.integers(-20, 120),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_intervals_of_states_follow_each_other_without_gap_or_overlap(store, steps):
    """Whatever the agent does; a clock set back makes empty ones."""
    at = NOW
    with store.write() as session:
        presence.forget_intervals(session, [one.id for one in presence.unsent_intervals(session, 10_000)])
        presence.line_back(session, at)
        first = presence.arrive(session, at)
        presence.forget_intervals(session, [one.id for one in presence.unsent_intervals(session, 10_000)])
    steps_of = {
        "arrive": presence.arrive, "leave": presence.leave, "wrap_up": presence.begin_wrap_up,
        "finish": presence.finish_wrap_up, "line_lost": presence.line_lost, "line_back": presence.line_back,
    }  # fmt: skip
    is_set_back = False
    for what, minutes in steps:
        at += timedelta(minutes=minutes)
        is_set_back |= minutes < 0
        if what in steps_of:
            run(store, steps_of[what], at)
        elif what == "contact":
            run(store, presence.begin_contact, uuid4(), at)
        else:
            run(store, presence.choose_state, what, "", at)
    with store.read() as session:
        kept = [one for one in presence.unsent_intervals(session, 10_000) if one.state != "working_offline"]
        last = presence.own_presence(session, at)
    assert all(one.began_at <= one.ended_at for one in kept)
    if not is_set_back and all(what != "arrive" for what, _ in steps):
        began = [one.began_at for one in kept] + [last.since]
        assert began[0] == first.since
        assert [one.ended_at for one in kept] == began[1:]


# The beat.


class Listening:
    """A central that hears beats, or is away."""

    def __init__(self):
        self.heard, self.failing, self.closed, self.calls = [], None, 0, threading.Event()

    def beat(self, told):
        self.calls.set()
        if self.failing:
            raise self.failing
        self.heard.append(told)
        return NOW

    def reap(self):
        if self.failing:
            raise self.failing
        return 0

    def close(self):
        self.closed += 1


@pytest.fixture
def central():
    return Listening()


@pytest.fixture
def beat(store, central):
    made = Beat(BeatingDesk(store, uuid4(), lambda: NOW + MINUTE, lambda: central), Pulse(jitter=0))
    yield made
    made.stop()


def test_a_beat_tells_the_state_what_waits_and_what_was_spent_once(store, central, beat, customer):
    run(store, presence.arrive, NOW - MINUTE)
    run(store, presence.choose_state, "meal", "plov", NOW)
    assert beat.beat() == Pulse().usual
    assert beat.beat() == Pulse().usual
    first, second = central.heard
    assert (first.state, first.text, first.since, first.waiting, first.undecided) == ("meal", "plov", NOW, 3, 0)
    assert [one.state for one in first.intervals] == ["available"]
    assert second == replace(first, intervals=())


def test_a_beat_that_does_not_arrive_keeps_what_it_would_have_told(store, central, beat):
    run(store, presence.arrive, NOW - MINUTE)
    run(store, presence.choose_state, "break", "", NOW)
    central.failing = CentralOffline("away")
    assert beat.beat() == Pulse().offline
    assert central.closed == 1
    assert spent(store) == [("available", 1)]
    central.failing = None
    beat.beat()
    (told,) = central.heard
    assert [one.state for one in told.intervals] == ["available", "working_offline"]
    assert spent(store) == []


def test_a_refusal_is_no_outage(store, central, beat):
    central.failing = CentralRefused("an older central")
    assert beat.beat() == Pulse().refused
    with store.read() as session:
        assert not presence.is_line_lost(session)


def test_a_changed_state_is_told_at_once_and_stopping_says_goodbye(store, central):
    beat = Beat(BeatingDesk(store, uuid4(), lambda: NOW, lambda: central), Pulse(usual=3600))
    run(store, presence.arrive, NOW)
    beat.start()
    assert central.calls.wait(10)
    central.calls.clear()
    run(store, presence.choose_state, "meal", "", NOW)
    beat.wake()
    assert central.calls.wait(10)
    assert beat.stop()
    assert [told.state for told in central.heard] == ["available", "meal", "offline"]
    assert central.closed


def test_the_beat_over_a_real_line_that_is_cut_and_comes_back(centre, open_desk):
    aziza = open_desk("aziza")
    desk = aziza.desk
    beat = Beat(BeatingDesk(aziza.store, desk.who.device, aziza.clock, lambda: desk.central("presence", 5)))
    try:
        beat.beat()
        aziza.line.cut()
        beat.beat()
        aziza.clock.offset += timedelta(minutes=20)
        aziza.line.restore()
        beat.beat()
    finally:
        beat.stop()
    ((minutes,),) = centre.sql(
        "select extract(epoch from ended_at - began_at) / 60 from workstation.presence_interval "
        "where state = 'working_offline'"
    )
    assert 19.9 < minutes < 20.5
    ((state, seen, away),) = centre.sql("select state, seen_at, away_until - away_from from workstation.presence")
    assert state == "offline"  # nobody arrived
    assert datetime.now(UTC) - seen < timedelta(minutes=1)
    assert away > timedelta(minutes=19)


def test_a_beat_whose_line_is_dead_ends_within_its_time(open_desk):
    aziza = open_desk("aziza")
    desk = aziza.desk
    heard = threading.Event()

    def wait(bell, seconds):
        heard.set()
        return bell.wait(seconds)

    beating = BeatingDesk(aziza.store, desk.who.device, aziza.clock, lambda: desk.central("presence", 60))
    beat = Beat(beating, Pulse(usual=3600), wait=wait)
    beat.start()
    assert heard.wait(20)
    aziza.line.stall()
    assert beat.stop()
