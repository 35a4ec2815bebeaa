"""O1 and O2: the network goes down in the middle of a shift; two agents change one customer meanwhile."""

import pytest

from workstation.errors import CentralOffline


def test_o1_a_note_written_offline_reaches_a_colleague_once_under_its_author(open_desk, centre):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer("Dilnoza Karimova", "+998 90 123-45-67")
    aziza.sync()
    botir.sync()

    aziza.line.cut()
    aziza.note(customer, "Contract not received, wrong category chosen in the app")
    with pytest.raises(CentralOffline):
        aziza.sync()
    botir.sync()
    assert botir.notes(customer) == set()
    assert aziza.notes(customer) == {"Contract not received, wrong category chosen in the app"}

    aziza.line.restore()
    aziza.sync()
    botir.sync()
    assert botir.notes(customer) == {"Contract not received, wrong category chosen in the app"}
    ((login, count),) = centre.sql(
        "select a.login, count(*) from workstation.note n join workstation.agent a on a.id = n.author_id group by 1"
    )
    assert (login, count) == (centre.login("aziza"), 1)
    assert set(aziza.states()) == {"settled"}


def test_o2_different_fields_merge_and_the_same_field_keeps_both_values(open_desk):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer("Dilnoza Karimova")
    aziza.sync()
    botir.sync()

    aziza.edit(customer, name="Dilnoza K.", need="deaf – write, don't call")
    botir.edit(customer, name="D. Karimova", language="uz")
    aziza.sync()
    botir.sync()
    aziza.sync()

    for desk in (aziza, botir):
        seen = desk.customer(customer)
        assert (seen.name, seen.need, seen.language) == ("Dilnoza K.", "deaf – write, don't call", "uz")
