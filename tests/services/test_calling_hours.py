"""Calling hours: of the customer's wall clock, in any zone, on days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.services import calling_hours
from workstation.services.calling_hours import DEFAULT, Hours

TASHKENT, MINSK = ZoneInfo("Asia/Tashkent"), ZoneInfo("Europe/Minsk")
ZONES = st.sampled_from(
    "Asia/Tashkent Europe/Minsk Europe/Dublin America/New_York Pacific/Apia Australia/Lord_Howe America/Sao_Paulo "
    "Africa/Casablanca Asia/Kathmandu Pacific/Kiritimati UTC".split()
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
HOURS = st.builds(
    lambda ends, days, off: Hours(min(ends), max(ends), days, off),
    st.sets(TIMES, min_size=2, max_size=2),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.frozensets(st.dates(date(2010, 1, 1), date(2040, 1, 1)), max_size=3),
)


def at(text, zone=TASHKENT):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("wall", "inside"),
    [("2026-11-23T09:00", True), ("2026-11-23T08:59", False), ("2026-11-23T19:59", True), ("2026-11-23T20:00", False),
     ("2026-11-28T12:00", True), ("2026-11-22T12:00", False)],
)  # fmt: skip
def test_nine_to_eight_monday_to_saturday(wall, inside):
    assert calling_hours.is_inside(at(wall), TASHKENT) is inside
    assert (calling_hours.why_outside(at(wall), TASHKENT) is None) is inside


def test_the_zone_of_the_customer_decides():
    moment = at("2026-11-23T09:30", TASHKENT)
    assert calling_hours.is_inside(moment, TASHKENT)
    assert not calling_hours.is_inside(moment, MINSK)
    assert calling_hours.next_inside(moment, MINSK) == at("2026-11-23T09:00", MINSK)


def test_why_not_is_said_in_words():
    sunday = at("2026-11-22T12:00")
    assert calling_hours.why_outside(sunday, TASHKENT, whose="Dilnoza") == (
        "Sunday at Dilnoza's; calling hours are Mon–Sat 09:00–20:00"
    )
    assert calling_hours.why_outside(at("2026-11-23T21:10"), TASHKENT) == (
        "21:10 at the customer's; calling hours are Mon–Sat 09:00–20:00"
    )
    closed = Hours(holidays=frozenset({date(2026, 11, 23)}))
    assert str(calling_hours.why_outside(at("2026-11-23T12:00"), TASHKENT, closed)).startswith("A holiday at")
    assert calling_hours.in_words(Hours(weekdays=frozenset({0, 1, 2, 4, 6}))) == "Mon–Wed, Fri, Sun 09:00–20:00"


def test_a_window_is_inside_as_a_whole():
    assert calling_hours.is_window_inside(at("2026-11-23T19:00"), 60, TASHKENT)
    assert not calling_hours.is_window_inside(at("2026-11-23T19:01"), 60, TASHKENT)
    assert calling_hours.minutes_left(at("2026-11-23T19:45"), TASHKENT) == 15
    assert calling_hours.minutes_left(at("2026-11-23T21:00"), TASHKENT) == 0


def test_after_saturday_evening_comes_monday_morning():
    assert calling_hours.next_inside(at("2026-11-21T20:00"), TASHKENT) == at("2026-11-23T09:00")
    never = Hours(weekdays=frozenset())
    assert calling_hours.next_inside(at("2026-11-21T20:00"), TASHKENT, never) is None


@given(MOMENTS, ZONES, HOURS)
def test_the_next_moment_inside_is_inside_and_none_before_it_is(moment, zone, hours):
    found = calling_hours.next_inside(moment, zone, hours)
    assert found is not None
    assert found >= moment
    assert calling_hours.is_inside(found, zone, hours)
    if found > moment and found - moment < timedelta(days=30):
        step = max(timedelta(minutes=30), (found - moment) / 50)
        between = [moment + step * n for n in range(50) if moment + step * n < found - timedelta(hours=3)]
        assert not any(calling_hours.is_inside(earlier, zone, hours) for earlier in between)


@given(MOMENTS, ZONES)
def test_what_is_inside_shows_an_open_hour_on_the_wall(moment, zone):
    local = moment.astimezone(zone)
    shown = local.weekday() < 6 and time(9) <= local.time() < time(20)
    assert calling_hours.is_inside(moment, zone) is shown
    assert (calling_hours.minutes_left(moment, zone) > 0) <= shown
    assert calling_hours.minutes_left(moment, zone) <= 11 * 60


def test_the_defaults_are_those_of_the_product():
    assert (DEFAULT.opens, DEFAULT.closes, DEFAULT.weekdays) == (time(9), time(20), frozenset(range(6)))
