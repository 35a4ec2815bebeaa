"""Callbacks: the customer's wall clock in the customer's zone, and the ways a callback ends."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.conftest import ME, NOW, REGIONS
from workstation.errors import NotFound, Refused
from workstation.records import Agent, Callback, Contact, ContactPoint, Customer, Disposition
from workstation.services import callback_rules, callbacks, customers
from workstation.services.callbacks import CallbackForm

GIVEN_TIMES = Path(__file__).parents[3] / "shared" / "data" / "time"
BOTIR = UUID("01a20000-0000-7000-8000-00000000b071")
SOON = (NOW + timedelta(hours=1)).isoformat()
ZONES = ["Asia/Tashkent", "Europe/Minsk", "Europe/Moscow", "Europe/Dublin", "America/New_York", "Pacific/Apia", "UTC"]


def promise(store, customer, at=SOON, zone=None, now=NOW, *, region="UZ", **facts):
    """A callback that may lie at any hour, because the customer asked for it."""
    facts = {"reason": None, "owner_id": ME, "made_by": "customer asked"} | facts
    with store.write() as session:
        return callbacks.add_callback(session, customer, ME, CallbackForm(at, zone, **facts), now, region)


def one(store, callback):
    with store.read() as session:
        return session.get_one(Callback, callback)


def lines(store, now=NOW, **options):
    with store.read() as session:
        return callbacks.callbacks(session, now, **options)


def given_rows(name):
    path = GIVEN_TIMES / name
    if not path.exists():
        pytest.skip("the table of times is not here")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_wall_clock_that_never_was_is_refused_and_one_that_comes_twice_is_the_first(store, customer):
    rows = given_rows("tz_wall_given.csv")
    for row in rows:
        wall, zone = row["wall_clock"], row["zone"]
        the_day_before = datetime.fromisoformat(wall).replace(tzinfo=UTC) - timedelta(days=2)
        if row["kind"] == "gap":
            with pytest.raises(Refused, match="does not exist"):
                promise(store, customer, wall, zone, the_day_before)
            continue
        first, second = (datetime.fromisoformat(row[key]) for key in ("first_utc_or_rule", "second_utc"))
        assert callbacks.due_at(one(store, promise(store, customer, wall, zone, the_day_before))) == first
        for instant in (first, second):
            made = one(store, promise(store, customer, instant.isoformat(), zone, the_day_before))
            assert callbacks.due_at(made) == instant
            assert made.wall_start.startswith(wall.replace(" ", "T")[:16])
    assert len(rows) >= 16


def test_an_instant_is_kept_as_what_the_clock_of_that_zone_shows(store, customer):
    for row in given_rows("tz_instants_given.csv"):
        instant = datetime.fromisoformat(row["utc"])
        made = one(store, promise(store, customer, row["utc"], row["zone"], instant - timedelta(days=1)))
        assert datetime.fromisoformat(made.wall_start).replace(tzinfo=None).isoformat(" ") == row["expected_local"]
        assert callbacks.due_at(made) == instant


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(microseconds=st.integers(60, 89 * 86_400 * 10**6), zone=st.sampled_from(ZONES))
def test_any_instant_within_the_horizon_comes_back_in_any_zone(store, customer, microseconds, zone):
    instant = NOW + timedelta(microseconds=microseconds)
    made = one(store, promise(store, customer, instant.astimezone(ZoneInfo(zone)).isoformat(), zone))
    assert callbacks.due_at(made) == instant


@pytest.mark.parametrize(
    ("at", "zone", "told"),
    [((NOW - timedelta(minutes=2)).isoformat(), None, "past"),
     ((NOW + timedelta(days=91)).isoformat(), None, "90 days"),
     ("9999-12-31T23:59", "America/New_York", "90 days"), ("0001-01-01T00:00+00:00", "America/New_York", "90 days"),
     ("", None, "not a time"), ("tomorrow", None, "not a time"), ("2026-11-23T25:00", None, "not a time"),
     ("2026-11-23T10:00", "Mars/Olympus", "time zone"), ("2026-11-23T10:00", "../../etc/passwd", "time zone"),
     ("2026-11-23T10:00", "x" * 10_000, "time zone"), ("2026-11-23T10:00", "Asia", "time zone"),
     ("2026-11-23T10:00", "\udcff", "time zone")],
)  # fmt: skip
def test_a_time_that_cannot_be_kept_is_refused(store, customer, at, zone, told):
    with pytest.raises(Refused, match=told):
        promise(store, customer, at, zone)
    assert lines(store) == []


def test_without_a_zone_it_is_the_customers_then_the_regions(store, customer):
    assert one(store, promise(store, customer, "2026-11-23T10:00")).zone == "Asia/Tashkent"
    assert one(store, promise(store, customer, "2026-11-23T10:00", region="BY")).zone == "Europe/Minsk"
    assert one(store, promise(store, customer, "2026-11-23T10:00", region="AT")).zone == "UTC"
    with store.write() as session:
        session.get_one(Customer, customer).time_zone = "Asia/Almaty"
    assert one(store, promise(store, customer, "2026-11-23T10:00", region="BY")).zone == "Asia/Almaty"


def test_the_list_is_in_order_and_knows_what_is_due_and_what_is_overdue(store, customer):
    later, now, before = (promise(store, customer, (NOW + timedelta(minutes=m)).isoformat()) for m in (180, 60, 0))
    assert [line.id for line in lines(store)] == [before, now, later]
    assert [line.id for line in lines(store, only_due=True)] == [before]
    moment = NOW + timedelta(minutes=61)
    assert [(line.is_due, line.is_overdue) for line in lines(store, moment)] == [
        (True, True),
        (True, False),
        (False, False),
    ]
    (line, *_others) = lines(store)
    assert (line.customer, line.owner, line.state, line.until - line.due_at) == (
        "Dilnoza Karimova", "aziza", "open", timedelta(hours=1)
    )  # fmt: skip


def test_a_callback_ends_once(store, customer):
    done, cancelled = promise(store, customer, reason="contract"), promise(store, customer)
    with store.write() as session:
        callbacks.mark_done(session, done, NOW)
        callbacks.cancel(session, cancelled, "paid", NOW)
    assert (one(store, done).state, one(store, done).closed_at) == ("done", NOW)
    assert (one(store, cancelled).state, one(store, cancelled).state_reason) == ("cancelled", "paid")
    assert lines(store) == []
    for callback in (done, cancelled):
        with pytest.raises(Refused, match="closed already"), store.write() as session:
            callbacks.mark_done(session, callback, NOW)
        with pytest.raises(Refused, match="closed already"), store.write() as session:
            callbacks.reassign(session, callback, None, None)
    with pytest.raises(NotFound), store.write() as session:
        callbacks.cancel(session, uuid4(), "reason", NOW)


@pytest.mark.parametrize("reason", ["", " ", "\u3000", "x" * 1001])
def test_cancelling_needs_a_reason(store, customer, reason):
    callback = promise(store, customer)
    with pytest.raises(Refused), store.write() as session:
        callbacks.cancel(session, callback, reason, NOW)
    assert one(store, callback).state == "open"


def test_another_time_is_a_new_callback_that_takes_over_all_else(store, customer):
    old = promise(store, customer, "2026-11-23T10:00", "Europe/Minsk", reason="contract", owner_id=None)
    with store.write() as session:
        new = callbacks.reschedule(session, old, ME, "2026-11-24T11:00", NOW, "UZ")
    was, now = one(store, old), one(store, new)
    assert (was.state, was.rescheduled_to, was.closed_at) == ("rescheduled", new, NOW)
    assert (now.state, now.wall_start, now.zone, now.reason, now.owner_id) == (
        "open", "2026-11-24T11:00", "Europe/Minsk", "contract", None
    )  # fmt: skip
    with pytest.raises(Refused, match="past"), store.write() as session:
        callbacks.reschedule(session, new, ME, "2026-11-21T11:00", NOW, "UZ")
    assert one(store, new).state == "open"


def test_a_callback_is_given_away_and_to_the_team(store, customer):
    with store.write() as session:
        session.add(Agent(id=BOTIR, login="botir", name="Botir"))
    callback = promise(store, customer)
    for owner, shown in ((BOTIR, "botir"), (None, "team"), (UUID(int=5), str(UUID(int=5)))):
        with store.write() as session:
            callbacks.reassign(session, callback, owner, None)
        assert [line.owner for line in lines(store)] == [shown]
    with pytest.raises(Refused, match="reason"), store.write() as session:
        callbacks.reassign(session, callback, ME, " ")


def test_whoever_must_not_be_contacted_is_not_promised_a_call(store, customer):
    def forbid(**fields):
        with store.write() as session:
            customers.edit_customer(session, customer, fields)

    forbid(do_not_contact="calls")
    with pytest.raises(Refused, match="must not be contacted"):
        promise(store, customer)
    forbid(do_not_contact_until=(NOW - timedelta(days=1)).isoformat())
    promise(store, customer)
    forbid(do_not_contact_until=(NOW + timedelta(days=1)).isoformat(), do_not_contact_reason="asked us in writing")
    with pytest.raises(Refused, match=r"must not be contacted \(calls; asked us in writing\)"):
        promise(store, customer)
    assert len(lines(store)) == 1


@pytest.mark.parametrize(
    ("wall", "zone"),
    [("nonsense", "UTC"), ("2026-11-23T10:00", "No/Such"), ("", ""), ("9999-12-31T23:59", "America/New_York")],
)
def test_a_time_from_elsewhere_that_cannot_be_read_is_due_at_once(store, customer, wall, zone):
    with store.write() as session:
        made = Callback(customer_id=customer, author_id=ME, wall_start=wall, zone=zone, made_at=NOW, window_minutes=-5)
        session.add(made)
    (line,) = lines(store, NOW)
    assert line.is_due
    assert line.due_at == NOW


def test_a_callback_of_somebody_who_is_not_here_is_shown_all_the_same(store, customer):
    callback = promise(store, customer)
    with store.from_central() as inbox:
        inbox.connection.execute("delete from customer")
    (line,) = lines(store)
    assert (line.id, line.customer) == (callback, "not on this PC")


def test_who_is_served_is_found_in_any_region(store):
    assert set(callbacks.ZONES) == set(REGIONS)
    assert all(ZoneInfo(zone) for zone in callbacks.ZONES.values())


TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # 14:30 in Tashkent


def form(at, **facts):
    return CallbackForm(at, None, None, ME, **facts)


def add(store, customer, said, **options):
    with store.write() as session:
        return callbacks.add_callback(session, customer, ME, said, TUESDAY, "UZ", **options)


def preview(store, customer, said):
    with store.read() as session:
        return callback_rules.preview(session, customer, said, TUESDAY, "UZ")


def try_to_reach(store, customer, *minutes_ago):
    with store.write() as session:
        if not session.query(Disposition).count():
            session.add(Disposition(code="no_answer", label="No answer"))
            session.add(Disposition(code="solved", label="Solved", is_right_party=True, closes_callback=True))
        for minutes in minutes_ago:
            at = TUESDAY - timedelta(minutes=minutes)
            session.add(
                Contact(
                    customer_id=customer, author_id=ME, channel="call", direction="out", disposition="no_answer",
                    started_at=at, written_at=at,
                )
            )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "told"),
    [("2026-11-29T12:00", "Sunday at Dilnoza's; calling hours are Mon–Sat 09:00–20:00"), ("2026-11-25T08:59", "08:59"),
     ("2026-11-25T20:00", "20:00"), ("2026-11-25T19:57", "too late to begin")],
)  # fmt: skip
def test_outside_calling_hours_needs_a_reason_or_the_customers_wish(store, customer, at, told):
    with pytest.raises(Refused, match=told) as refusal:
        add(store, customer, form(at))
    assert refusal.value.field == "at"
    with pytest.raises(Refused, match=told):
        add(store, customer, form(at, override_reason=" "))
    asked = one(store, add(store, customer, form(at, made_by="customer asked")))
    reasoned = one(store, add(store, customer, form(at, override_reason="works nights")))
    assert (asked.made_by, asked.state_reason, reasoned.state_reason) == ("customer asked", None, "works nights")
    warned = []
    add(store, customer, form(at), warn=warned.append)
    assert len(warned) == 1
    assert told in warned[0]


def test_a_fourth_attempt_of_a_day_needs_a_reason(store, customer):
    try_to_reach(store, customer, 10, 60, 120)
    with pytest.raises(Refused, match="Already 3 attempts that day"):
        add(store, customer, form("2026-11-24T18:00"))
    add(store, customer, form("2026-11-25T10:00"))
    shown = preview(store, customer, form("2026-11-24T18:00"))
    assert (shown.objection.may_override, shown.attempts_words) == (True, "attempt 4 of 3 today")
    add(store, customer, form("2026-11-24T18:00", override_reason="her flight leaves tonight"))


def test_a_number_not_to_be_used_or_of_somebody_else_is_refused_whatever_the_reason(store, customer):
    with store.write() as session:
        other = customers.add_customer(session, 1, "Otabek Karimov", ["+998711112233"], NOW, REGIONS)
        points = {p.customer_id: p.id for p in session.query(ContactPoint)}
        session.get_one(ContactPoint, points[customer]).do_not_use = True
    for wrong, told in ((points[customer], "not to be used"), (points[other], "not one of"), (UUID(int=9), "not one")):
        said = form("2026-11-25T10:00", contact_point_id=wrong, override_reason="r", made_by="customer asked")
        with pytest.raises(Refused, match=told) as refusal:
            add(store, customer, said)
        assert refusal.value.field == "contact_point"
        assert not preview(store, customer, said).objection.may_override


def test_the_window_ends_when_calling_hours_do(store, customer):
    assert one(store, add(store, customer, form("2026-11-25T19:30"))).window_minutes == 30
    assert one(store, add(store, customer, form("2026-11-25T10:00"))).window_minutes == 60
    late = form("2026-11-25T21:00", made_by="customer asked", window_minutes=15)
    assert one(store, add(store, customer, late)).window_minutes == 15


@pytest.mark.parametrize(
    "facts", [{"made_by": "nobody"}, {"priority": "soon"}, {"window_minutes": 0}, {"window_minutes": 2000}]
)
def test_what_is_no_choice_is_refused(store, customer, facts):
    with pytest.raises(Refused) as refusal:
        add(store, customer, form("2026-11-25T10:00", **facts))
    assert refusal.value.field in facts


def test_a_preview_says_what_a_form_means(store, customer):
    shown = preview(store, customer, form("2026-11-25T10:00"))
    assert (shown.starts, shown.ends) == (
        datetime(2026, 11, 25, 5, tzinfo=UTC), datetime(2026, 11, 25, 6, tzinfo=UTC)
    )  # fmt: skip
    assert (shown.zone, shown.hours_words, shown.attempts_words, shown.objection) == (
        "Asia/Tashkent", "inside calling hours", "attempt 1 of 3 that day", None
    )  # fmt: skip
    sunday = preview(store, customer, form("2026-11-29T12:00", override_reason="she asked"))
    assert (sunday.objection, len(sunday.waived)) == (None, 1)
    assert "past" in preview(store, customer, form("2026-11-24T10:00")).objection.words
    assert "not a time" in preview(store, customer, form("soon")).objection.words
    assert preview(store, customer, CallbackForm("soon", "Mars", None, ME)).zone == "UTC"


def test_reaching_nobody_never_consumes_a_callback(store, customer):
    try_to_reach(store, customer, 60)
    callback = add(store, customer, form("2026-11-24T15:00"))
    with store.write() as session:
        outcome = callbacks.record_attempt(session, callback, ME, TUESDAY + timedelta(minutes=30))
    assert (outcome.is_closed, one(store, callback).state) == (False, "open")
    assert outcome.attempts_words == "2 today · 2 in 7 days · 2 in all"
    assert outcome.proposed.at.astimezone(ZoneInfo("Asia/Tashkent")).hour in (9, 10, 17, 18, 19)
    with store.write() as session:
        outcome = callbacks.record_attempt(session, callback, ME, TUESDAY + timedelta(minutes=40), "solved")
    assert (outcome.is_closed, outcome.proposed, one(store, callback).state) == (True, None, "done")
    with pytest.raises(Refused, match="closed already"), store.write() as session:
        callbacks.record_attempt(session, callback, ME, TUESDAY)


def test_a_new_time_keeps_priority_words_and_number_but_not_the_customers_wish(store, customer):
    with store.read() as session:
        (point,) = session.query(ContactPoint).all()
    said = form(
        "2026-11-25T21:00", made_by="customer asked", priority="deadline", said="after work", contact_point_id=point.id
    )
    old = add(store, customer, said)
    with pytest.raises(Refused, match="calling hours"), store.write() as session:
        callbacks.reschedule(session, old, ME, "2026-11-26T21:00", TUESDAY, "UZ")
    with store.write() as session:
        new = callbacks.reschedule(session, old, ME, "2026-11-26T19:00", TUESDAY, "UZ")
    made = one(store, new)
    assert (made.priority, made.said, made.contact_point_id, made.made_by) == (
        "deadline", "after work", point.id, "we promised"
    )  # fmt: skip
