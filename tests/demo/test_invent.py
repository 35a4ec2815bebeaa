"""The invented centre: the same seed gives the same people, every phone is whole, nobody is nameless."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from workstation.demo.invent import Inventor, Worker, agents_wanted
from workstation.keys import parse_phone
from workstation.records import Callback, Contact, ContactPoint, Customer, Note

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WORKERS = [Worker(UUID(int=number), team, None) for number, team in enumerate(["Tashkent", "Tashkent", "Minsk"], 1)]


def centre(seed, count):
    return [record for person in Inventor(seed, WORKERS, 1, NOW).people(count) for record in person]


def said(records):
    return [(type(r).__name__, r.id, getattr(r, "name", None), getattr(r, "body", None)) for r in records]


def test_the_same_seed_gives_the_same_centre():
    assert said(centre(7, 50)) == said(centre(7, 50))
    assert said(centre(7, 50)) != said(centre(8, 50))


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_every_record_belongs_to_its_customer_and_lies_before_now(seed, count):
    records = centre(seed, count)
    customers = {r.id for r in records if isinstance(r, Customer)}
    assert len(customers) == count
    assert {r.customer_id for r in records if isinstance(r, ContactPoint | Contact | Note | Callback)} <= customers
    assert all(r.started_at <= r.ended_at <= NOW for r in records if isinstance(r, Contact))
    assert all(r.body.strip() and "{" not in r.body for r in records if isinstance(r, Note))


def test_every_phone_is_whole_and_found_by_its_digits():
    phones = [r for r in centre(1, 300) if isinstance(r, ContactPoint) and r.kind == "phone"]
    assert len(phones) > 300
    assert all(phone.digits and parse_phone(phone.value, ("UZ",)).digits == phone.digits for phone in phones)


def test_the_notes_read_like_different_talks():
    notes = [r.body for r in centre(1, 200) if isinstance(r, Note)]
    assert len(set(notes)) > len(notes) * 0.6


def test_two_teams_with_a_supervisor_each():
    people = agents_wanted()
    assert {team for _login, _name, _role, team in people} == {"Tashkent", "Minsk"}
    assert sum(role == "supervisor" for _login, _name, role, _team in people) == 2
    assert len({login for login, *_rest in people}) == len(people)
