"""Attempts: counted in the customer's own days, limited, and never proposed again at the hours that failed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.conftest import ME, NOW, REGIONS
from workstation.records import Contact, ContactPoint, Disposition
from workstation.services import attempts, calling_hours, customers
from workstation.services.attempts import Attempt, Limits

TASHKENT = ZoneInfo("Asia/Tashkent")
ZONES = st.sampled_from("Asia/Tashkent Europe/Minsk Europe/Dublin America/New_York Pacific/Apia UTC".split())
TRIES = st.lists(
    st.builds(
        Attempt,
        st.integers(-60 * 24 * 60, 0).map(lambda minutes: NOW + timedelta(minutes=minutes)),
        st.none(),
        st.sampled_from([True, False, None]),
    ),
    max_size=25,
)


def tries(*walls, reached=False):
    return [Attempt(datetime.fromisoformat(w).replace(tzinfo=TASHKENT).astimezone(UTC), None, reached) for w in walls]


def there(moment):
    return f"{moment.astimezone(TASHKENT):%a %H:%M}"


def log(store, customer, minutes, disposition="no_answer", direction="out", point=None):
    with store.write() as session:
        moment = NOW - timedelta(minutes=minutes)
        session.add(
            Contact(
                customer_id=customer, author_id=ME, channel="call", direction=direction, disposition=disposition,
                contact_point_id=point, started_at=moment, written_at=moment,
            )
        )  # fmt: skip


@pytest.fixture
def outcomes(store):
    with store.write() as session:
        session.add(Disposition(code="no_answer", label="No answer"))
        session.add(Disposition(code="solved", label="Solved", is_right_party=True))


def test_only_what_we_did_is_an_attempt_and_the_outcome_says_whether_it_reached(store, customer, outcomes):
    log(store, customer, 30, "solved")
    log(store, customer, 60)
    log(store, customer, 90, None)
    log(store, customer, 10, "solved", "in")
    with store.read() as session:
        found = attempts.attempts_of(session, customer)
    assert [attempt.reached for attempt in found] == [None, False, True]
    assert attempts.counts_in_words(attempts.count(found, NOW, TASHKENT)) == "3 today · 3 in 7 days · 3 in all"


def test_a_number_that_two_people_share_is_counted_once_for_both(store, customer, outcomes):
    with store.write() as session:
        other = customers.add_customer(session, 1, "Otabek Karimov", ["90 123 45 67", "+998711112233"], NOW, REGIONS)
    with store.read() as session:
        points = session.query(ContactPoint).order_by(ContactPoint.digits).all()
    shared = {p.customer_id: p.id for p in points if p.digits == "998901234567"}
    (own,) = (p.id for p in points if p.digits != "998901234567")
    log(store, customer, 30, point=shared[customer])
    log(store, other, 60, point=shared[other])
    log(store, other, 90, point=own)
    with store.read() as session:
        assert len(attempts.attempts_on_number(session, shared[customer])) == 2
        assert len(attempts.attempts_on_number(session, own)) == 1
        assert attempts.attempts_on_number(session, UUID(int=1)) == []


def test_their_day_ends_at_their_midnight():
    made = tries("2026-11-23T23:50", "2026-11-24T00:10")
    now = datetime(2026, 11, 23, 19, 20, tzinfo=UTC)  # 00:20 on the 24th in Tashkent, still the 23rd in London
    assert attempts.count(made, now, TASHKENT).today == 1
    assert attempts.count(made, now, ZoneInfo("Europe/London")).today == 2


def test_three_a_day_and_eight_in_seven_days():
    at = datetime(2026, 11, 24, 7, tzinfo=UTC)
    two = tries("2026-11-24T09:00", "2026-11-24T10:00")
    assert attempts.why_too_many(two, at, TASHKENT) is None
    assert attempts.in_words(two, at, at, TASHKENT) == "attempt 3 of 3 today"
    assert attempts.in_words(two, at + timedelta(days=1), at, TASHKENT) == "attempt 1 of 3 that day"
    three = two + tries("2026-11-24T11:00")
    assert attempts.why_too_many(three, at, TASHKENT) == "Already 3 attempts that day; the limit is 3."
    assert attempts.why_too_many(three, at + timedelta(days=1), TASHKENT) is None
    week = tries(*(f"2026-11-{day}T{hour}:00" for day in (18, 19, 20, 21) for hour in (10, 15)))
    assert attempts.why_too_many(week, at, TASHKENT) == "Already 8 attempts in 7 days; the limit is 8."
    assert attempts.why_too_many(week, at + timedelta(days=1), TASHKENT) is None
    assert attempts.in_words(week[1:], at, at, TASHKENT) == "attempt 8 of 8 in 7 days"


def test_the_hours_that_failed_are_left_alone_and_the_never_tried_ones_come_first():
    after = datetime(2026, 11, 24, 4, tzinfo=UTC)  # Tuesday 09:00 there
    assert there(attempts.next_best_slot([], after, TASHKENT).at) == "Tue 09:00"
    one = attempts.next_best_slot(tries("2026-11-23T10:00"), after, TASHKENT)
    assert (there(one.at), one.why) == ("Tue 12:30", "never tried: weekday afternoons")
    reached = attempts.next_best_slot(tries("2026-11-23T10:00", reached=True), after, TASHKENT)
    assert there(reached.at) == "Tue 12:00"
    busy = tries("2026-11-23T10:00", "2026-11-20T14:00", "2026-11-19T18:30")
    slot = attempts.next_best_slot(busy, after, TASHKENT)
    assert (there(slot.at), slot.why) == ("Sat 09:00", "never tried: Saturday")
    assert attempts.parts_never_tried(busy, TASHKENT) == ["Saturday"]
    everything = busy + tries("2026-11-21T10:00", "2026-11-21T14:00", "2026-11-21T18:00")
    assert attempts.next_best_slot(everything, after, TASHKENT).why == "the hour that failed least often"


def test_after_the_third_attempt_of_a_day_the_next_day_is_proposed():
    made = tries("2026-11-24T09:00", "2026-11-24T09:10", "2026-11-24T09:20")
    slot = attempts.next_best_slot(made, datetime(2026, 11, 24, 4, 30, tzinfo=UTC), TASHKENT)
    assert there(slot.at) == "Wed 12:00"
    assert attempts.next_best_slot([], NOW, TASHKENT, limits=Limits(a_day=0)) is None


@given(TRIES, ZONES, st.integers(0, 10 * 24 * 60))
def test_what_is_proposed_may_be_promised_and_avoids_what_failed_where_it_can(made, zone_name, minutes):
    zone, after = ZoneInfo(zone_name), NOW + timedelta(minutes=minutes)
    slot = attempts.next_best_slot(made, after, zone)
    if slot is None:
        assert all(
            attempts.why_too_many(made, opening, zone) for opening in list(calling_hours.openings(after, zone))[1:10]
        )
        return
    assert slot.at >= after
    assert calling_hours.is_inside(slot.at, zone)
    assert attempts.why_too_many(made, slot.at, zone) is None
    if slot.why != "the hour that failed least often":
        local = slot.at.astimezone(zone)
        for attempt in made:
            failed = attempt.at.astimezone(zone)
            recent = attempt.at > after - timedelta(days=30)
            if attempt.reached is False and recent and max(failed.weekday(), 4) == max(local.weekday(), 4):
                apart = abs(failed.hour * 60 + failed.minute - local.hour * 60 - local.minute)
                assert apart > 120


@given(TRIES, ZONES)
def test_counts_only_grow_with_the_span(made, zone_name):
    counts = attempts.count(made, NOW, ZoneInfo(zone_name))
    assert counts.today <= counts.days_7 <= counts.days_30 <= counts.in_all == len(made)
    too_many = attempts.why_too_many(made, NOW, ZoneInfo(zone_name))
    assert (too_many is not None) == (counts.today >= 3 or counts.days_7 >= 8)
