"""Customers: what is kept as given, what is refused and why, and how an agent names one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.conftest import ME, NOW, REGIONS
from workstation.errors import NotFound, Refused
from workstation.records import ContactPoint, Customer
from workstation.services import customers, lookup

DESK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def add(store, name="Dilnoza", phones=(), emails=()):
    with store.write() as session:
        return customers.add_customer(session, 1, name, phones, NOW, REGIONS, emails)


def edit(store, customer, **changes):
    with store.write() as session:
        customers.edit_customer(session, customer, changes)


def points(store, customer):
    with store.read() as session:
        return customers.contact_points_of(session, customer)


@DESK
@given(name=st.text(max_size=1000))
def test_any_name_is_kept_byte_for_byte_or_refused_as_blank(store, reread, name):
    kept = name.replace("\0", "")
    if not kept.strip():
        with pytest.raises(Refused, match="needs some text"):
            add(store, name)
        return
    assert reread(add(store, name)).name == kept


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u3000\u1680", "\0", "x" * 1001, "\ud800", "a\udcffb"])
def test_a_name_that_is_none_is_refused_and_nothing_is_kept(store, name):
    with pytest.raises(Refused) as refusal:
        add(store, name)
    assert refusal.value.field == "A name"
    with store.read() as session:
        assert session.query(Customer).count() == 0


def test_phones_are_kept_as_given_beside_the_forms_they_are_found_by(store):
    made = add(store, phones=["8 (90) 123-45-67 доб. 12", "1050", "<call me>", "+375 29 123-45-67"], emails=["a@b.uz"])
    found = {point.value: (point.kind, point.e164, point.is_primary) for point in points(store, made)}
    assert found["8 (90) 123-45-67 доб. 12"] == ("phone", "+998901234567", True)
    assert found["1050"] == ("phone", None, False)
    assert found["<call me>"] == ("phone", None, False)
    assert found["+375 29 123-45-67"] == ("phone", "+375291234567", False)
    assert found["a@b.uz"] == ("email", None, False)


def test_a_corrected_phone_is_found_by_its_new_digits(store, customer):
    (point,) = points(store, customer)
    with store.write() as session:
        customers.mark_point(session, point.id, {"value": "8 (91) 765-43-21 доб. 3"}, REGIONS)
    with store.read() as session:
        found = session.get_one(ContactPoint, point.id)
        assert (found.value, found.e164, found.digits, found.extension) == (
            "8 (91) 765-43-21 доб. 3", "+998917654321", "998917654321", "3",
        )  # fmt: skip


@pytest.mark.parametrize(("phones", "emails"), [([""], []), (["9" * 101], []), ([], [" "]), ([], ["x" * 1001])])
def test_a_blank_or_endless_way_to_reach_somebody_refuses_the_whole_customer(store, phones, emails):
    with pytest.raises(Refused):
        add(store, phones=phones, emails=emails)
    with store.read() as session:
        assert session.query(Customer).count() == 0


def test_fields_are_changed_cleared_and_refused_by_name(store, customer, reread):
    edit(store, customer, language="uz", need="deaf", is_vip="yes", wish="x" * 10_000)
    edit(store, customer, do_not_contact="calls", do_not_contact_until="2026-12-24T10:00:00+05:00")
    seen = reread(customer)
    assert (seen.language, seen.need, seen.is_vip, len(seen.wish or "")) == ("uz", "deaf", True, 10_000)
    assert seen.do_not_contact_until == datetime(2026, 12, 24, 5, tzinfo=UTC)
    edit(store, customer, language="", need="", is_vip="", wish="", do_not_contact_until="")
    seen = reread(customer)
    assert (seen.language, seen.need, seen.is_vip, seen.wish, seen.do_not_contact_until) == (
        None,
        None,
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("name", " ", "needs some text"), ("kind", "robot", "person, organisation"), ("is_vip", "perhaps", "yes or no"),
     ("kind", "", "person, organisation, prospect"), ("do_not_contact_until", "2026-12-24T10:00", "offset"),
     ("wish", "x" * 10_001, "at most 10000"), ("need", "x" * 1001, "at most 1000"), ("need", "\udcff", "UTF-8"),
     ("id", "x", "no field id"), ("version", "9", "no field"), ("more", "{}", "no field"),
     ("time_zone", "rubbish", "no time zone rubbish"), ("time_zone", "../../etc/passwd", "no time zone"),
     ("time_zone", "Asia", "no time zone"),
     ("scope_id", "2", "no field"), ("merged_into", "x", "no field"), ("__class__", "x", "no field"),
     ("metadata", "x", "no field")],
)  # fmt: skip
def test_a_field_that_cannot_be_so_is_refused_and_nothing_of_the_save_is_kept(
    store, customer, reread, field, value, told
):
    with pytest.raises(Refused, match=told):
        edit(store, customer, **{"language": "uz", field: value})
    assert reread(customer).language is None


def test_names_of_many_are_found_in_slices(store):
    made = {add(store, f"Customer {n}"): f"Customer {n}" for n in range(3)}
    with store.read() as session:
        assert customers.names_of(session, [*made, *(UUID(int=n) for n in range(1200))]) == made


def named(store, ids):
    with store.write() as session:
        session.add_all(Customer(id=UUID(i), name="n", made_at=NOW) for i in ids)


def test_the_end_of_an_id_names_one_record_or_none_or_too_many(store, customer):
    named(
        store,
        [
            "01a20000-0000-7000-8000-0000000abcde",
            "01a20000-0000-7000-8000-0000001abcde",
            "01a20000-0000-7000-8000-0000000000ff",
        ],
    )
    with store.read() as session:
        assert lookup.customer(session, customer.hex[-6:]).id == customer
        assert lookup.customer(session, f"  {str(customer).upper()} ").id == customer
        assert lookup.find_id(session, Customer, "0abcde") == UUID("01a20000-0000-7000-8000-0000000abcde")
        assert lookup.find_id(session, Customer, "8000-0000000000ff").hex.endswith("0000ff")
        for short in ("abcde", "a-b-c-d-e", " abcde "):
            with pytest.raises(Refused, match="at least its last 6"):
                lookup.find_id(session, Customer, short)
        for wrong in ("", "xyzxyz", "0" * 33, "%" * 6, "______", "٣٣٣٣٣٣"):
            with pytest.raises(Refused, match="UUID"):
                lookup.find_id(session, Customer, wrong)
        with pytest.raises(NotFound):
            lookup.find_id(session, Customer, "ffffffff")
    named(store, ["01a20001-0000-7000-8000-0000000abcde"])
    with store.read() as session, pytest.raises(Refused, match="More than one"):
        lookup.find_id(session, Customer, "0abcde")


def test_a_merged_customer_leads_to_the_survivor(store, customer):
    old = add(store, "D. Karimova")
    with store.write() as session:
        session.get_one(Customer, old).merged_into = customer
    with store.read() as session:
        assert lookup.customer(session, str(old)).id == customer


def test_agents_are_named_by_login(store):
    with store.read() as session:
        assert lookup.agent_by_login(session, "aziza").id == ME
        assert lookup.names_of_agents(session) == {ME: "aziza"}
        for nobody in ("Aziza", "", "\udcff", "botir"):
            with pytest.raises(NotFound):
                lookup.agent_by_login(session, nobody)
