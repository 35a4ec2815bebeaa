"""What to call next: by urgency, mine before the team's, and quick with ten thousand open callbacks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.services.conftest import ME, REGIONS
from workstation.records import Agent, Callback, Contact, Disposition, OutboxEntry, Team
from workstation.services import agenda, callbacks, customers
from workstation.services.callbacks import CallbackForm

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday, 14:30 in Tashkent
TEAM, OTHERS = UUID(int=70), UUID(int=71)
BOTIR, ZAMIRA = UUID(int=80), UUID(int=81)


@pytest.fixture
def people(store):
    """Aziza and Botir in one team, Zamira in another."""
    with store.write() as session:
        session.add_all([Team(id=TEAM, name="Tashkent"), Team(id=OTHERS, name="Minsk")])
        session.get_one(Agent, ME).team_id = TEAM
        session.add(Agent(id=BOTIR, login="botir", name="Botir", team_id=TEAM))
        session.add(Agent(id=ZAMIRA, login="zamira", name="Zamira", team_id=OTHERS))


def promise(store, customer, minutes, owner=ME, team=None, priority="normal"):
    """A callback due `minutes` from now, or before now."""
    due = NOW + timedelta(minutes=minutes)
    form = CallbackForm(due.isoformat(), None, None, owner, team, made_by="customer asked", priority=priority)
    with store.write() as session:
        return callbacks.add_callback(session, customer, ME, form, min(NOW, due), "UZ")


def ids(lines):
    return [line.id for line in lines]


def listed(store, **options):
    with store.read() as session:
        return agenda.agenda(session, ME, TEAM, NOW, **options)


def test_overdue_then_due_then_deadlines_then_soon(store, customer, people):
    later, soon = promise(store, customer, 600), promise(store, customer, 30)
    deadline = promise(store, customer, 700, priority="deadline")
    due, overdue, older = promise(store, customer, -5), promise(store, customer, -90), promise(store, customer, -120)
    lines = listed(store)
    assert ids(lines) == [older, overdue, due, deadline, soon, later]
    assert [agenda.urgency(line, NOW) for line in lines] == ["overdue", "overdue", "due", "deadline", "soon", "later"]
    assert ids(listed(store, within=agenda.SOON)) == [older, overdue, due, deadline, soon]


def test_mine_the_teams_and_what_an_absent_colleague_let_pass(store, customer, people):
    mine, nobodys = promise(store, customer, 10), promise(store, customer, 20, None)
    of_team, of_others = promise(store, customer, 30, None, TEAM), promise(store, customer, 30, None, OTHERS)
    passed, just_due = promise(store, customer, -15, BOTIR), promise(store, customer, -14, BOTIR)
    promise(store, customer, -60, ZAMIRA)
    assert ids(listed(store)) == [passed, mine, nobodys, of_team]
    assert ids(listed(store, present=frozenset({BOTIR}))) == [mine, nobodys, of_team]
    with store.read() as session:
        assert set(ids(agenda.board(session, ME, TEAM, NOW, agenda.TEAM))) == {mine, nobodys, of_team, passed, just_due}
        assert ids(agenda.board(session, ME, TEAM, NOW, agenda.MINE)) == [mine]
        assert len(agenda.board(session, ME, TEAM, NOW, agenda.OVERDUE)) == 0
        every = agenda.board(session, ME, TEAM, NOW, agenda.ALL)
    assert len(every) == 7
    assert of_others in ids(every)
    released = {line.id for line in agenda.release_absent(every, frozenset({BOTIR}), NOW) if line.is_released}
    assert released == {passed}


def test_next_is_my_own_most_pressing_one(store, customer, people):
    promise(store, customer, -120, None)
    mine = promise(store, customer, -5)
    promise(store, customer, 30)
    with store.read() as session:
        assert agenda.next_due(session, ME, TEAM, NOW).id == mine
    with store.write() as session:
        callbacks.mark_done(session, mine, NOW)
        assert agenda.next_due(session, ME, TEAM, NOW).owner == "team"
        assert agenda.next_due(session, ME, TEAM, NOW - timedelta(days=1)) is None


def test_taking_a_colleagues_callback_needs_a_reason_until_it_is_released(store, customer, people):
    fresh, passed, free = (promise(store, customer, m, o) for m, o in ((10, BOTIR), (-20, BOTIR), (5, None)))
    with pytest.raises(callbacks.Refused, match="say why"), store.write() as session:
        callbacks.take(session, fresh, ME, NOW)
    with store.write() as session:
        callbacks.take(session, fresh, ME, NOW, "he asked me to")
        callbacks.take(session, passed, ME, NOW)
        callbacks.take(session, free, ME, NOW)
        callbacks.take(session, free, ME, NOW)
    with store.read() as session:
        taken = [session.get_one(Callback, i) for i in (fresh, passed, free)]
    assert [callback.owner_id for callback in taken] == [ME] * 3
    assert [callback.state_reason for callback in taken] == ["he asked me to", "not made within 15 minutes", None]


def test_own_work_counts_what_waits(store, customer, people):
    with store.read() as session:
        waiting = agenda.own_work(session).waiting
        entries = session.query(OutboxEntry).count()
        assert agenda.own_work(session) == agenda.OwnWorkCard(entries, 0)
    assert waiting > 0


def test_the_form_starts_from_the_customer(store, customer, people):
    with store.write() as session:
        session.add(Disposition(code="no_answer", label="No answer"))
        session.add(
            Contact(
                customer_id=customer, author_id=ME, channel="call", direction="out", disposition="no_answer",
                started_at=NOW - timedelta(hours=1), written_at=NOW,
            )
        )  # fmt: skip
    with store.read() as session:
        start = agenda.callback_start(session, customer, NOW, "UZ")
    assert (start.customer, start.zone, [p.value for p in start.points]) == (
        "Dilnoza Karimova", "Asia/Tashkent", ["+998 90 123-45-67"]
    )  # fmt: skip
    assert [name for _, name in start.agents] == ["Aziza", "Botir", "Zamira"]
    assert start.attempts_words == "1 today · 1 in 7 days · 1 in all"
    assert "Saturday" in start.never_tried
    assert start.slot is not None
    with store.read() as session:
        line = agenda.callback_of(session, promise(store, customer, 10), NOW)
    assert line is None or line.customer == "Dilnoza Karimova"


def test_ten_thousand_open_callbacks_are_listed_in_order(store, people):
    with store.write() as session:
        known = [customers.add_customer(session, 1, f"Customer {n}", [], NOW, REGIONS) for n in range(100)]
    with store.from_central() as inbox:
        for number in range(10_000):
            due = NOW + timedelta(minutes=number - 5_000)
            inbox.connection.execute(
                "insert into callback (id, scope_id, version, customer_id, owner_id, wall_start, window_minutes, zone, "
                "made_by, priority, state, made_at) values (?, 1, 1, ?, ?, ?, 60, 'Asia/Tashkent', 'we promised', "
                "'normal', 'open', 0)",
                (
                    UUID(int=10**9 + number).bytes, known[number % 100].bytes, (ME if number % 2 else BOTIR).bytes,
                    (due + timedelta(hours=5)).replace(tzinfo=None).isoformat(timespec="minutes"),
                ),
            )  # fmt: skip
    lines = listed(store)
    assert len(lines) > 5_000
    assert [agenda.URGENCY.index(agenda.urgency(line, NOW)) for line in lines] == sorted(
        agenda.URGENCY.index(agenda.urgency(line, NOW)) for line in lines
    )
