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
from workstation.records import Agent, Callback, Customer
from workstation.services import callbacks, customers
from workstation.services.callbacks import CallbackForm

GIVEN_TIMES = Path(__file__).parents[3] / "shared" / "data" / "time"
BOTIR = UUID("01a20000-0000-7000-8000-00000000b071")
SOON = (NOW + timedelta(hours=1)).isoformat()
ZONES = ["Asia/Tashkent", "Europe/Minsk", "Europe/Moscow", "Europe/Dublin", "America/New_York", "Pacific/Apia", "UTC"]


def promise(store, customer, at=SOON, zone=None, now=NOW, **facts):
    form = CallbackForm(at, zone, facts.pop("reason", None), facts.pop("owner_id", ME))
    with store.write() as session:
        return callbacks.add_callback(session, customer, ME, form, now, facts.pop("region", "UZ"))


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
    forbid(do_not_contact_until=(NOW + timedelta(days=1)).isoformat())
    with pytest.raises(Refused, match="must not be contacted"):
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
