"""T13: a PC that was away longer than the feed is kept fills anew, and what waited on it is delivered."""

from contextlib import closing

import pytest

from tests.alike import assert_alike
from workstation.central import postgres
from workstation.central.port import Position
from workstation.errors import CentralOffline
from workstation.services.sync import filling, pulling, sync_once


def archive(centre):
    """As after 35 days: what every desk but the one that is away has read leaves the feed."""
    ((moved,),) = centre.sql("select workstation.archive_feed('0 seconds')")
    assert moved > 0


def cursor_of(at_work, scope=1):
    return filling.cursors(at_work.desk.sync_desk(None))[scope]


def work_while_botir_is_away(aziza, botir, centre):
    """Gives the customer both know, the one made meanwhile, and the note deleted meanwhile."""
    customer = aziza.add_customer("Dilnoza Karimova", "+998 90 123-45-67")
    deleted = aziza.note(customer, "deleted while Botir was away")
    aziza.sync()
    botir.sync()
    botir.line.cut()
    botir.note(customer, "written while away")
    botir.edit(customer, need="deaf – write, don't call")
    aziza.edit(customer, language="uz")
    new = aziza.add_customer("Rustam Saidov")
    for number in range(300):
        aziza.note(new, f"note {number}")
    aziza.sync()
    centre.sql("delete from workstation.note where id = %s", deleted)
    return customer, new, deleted


def test_a_pc_that_was_away_fills_anew_and_delivers(centre, open_desk):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer, new, _deleted = work_while_botir_is_away(aziza, botir, centre)
    archive(centre)
    botir.line.restore()

    botir.sync()
    aziza.sync()
    assert len(botir.notes(new)) == 300
    assert aziza.notes(customer) == {"written while away"}
    assert set(botir.states()) == {"settled"}
    assert_alike(centre.admin_url, aziza, botir)


def test_a_fill_that_breaks_goes_on_where_it_was(centre, open_desk, monkeypatch):
    monkeypatch.setattr(postgres, "FILL_PAGE", 40)
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer, _new, _deleted = work_while_botir_is_away(aziza, botir, centre)
    archive(centre)
    botir.line.restore()

    botir.line.reset_after(60_000)
    with pytest.raises(CentralOffline):
        botir.sync()
    stopped = cursor_of(botir)
    assert (stopped.fill_entity, stopped.fill_key != "") == ("note", True)
    botir.note(customer, "written in the middle of a fill")
    report = botir.sync()
    assert cursor_of(botir).fill_entity == ""
    assert report.pulled < 300  # not from the beginning
    aziza.sync()
    botir.sync()
    assert set(botir.states()) == {"settled"}
    assert_alike(centre.admin_url, aziza, botir)


def test_a_cursor_in_the_middle_of_a_transaction_is_too_old_when_its_rest_is_gone(centre, open_desk, monkeypatch):
    monkeypatch.setattr(postgres, "PAGE", 5)
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer()
    aziza.sync()
    botir.sync()
    centre.sql(
        "insert into workstation.note (customer_id, body) select %s, 'note ' || n from generate_series(1, 12) n",
        customer,
    )
    read_one_page(botir)
    assert len(botir.notes(customer)) == 5

    archive(centre)
    botir.sync()
    assert len(botir.notes(customer)) == 12
    assert_alike(centre.admin_url, botir)


def read_one_page(at_work):
    """A pull that is broken off after its first page."""
    with closing(at_work.desk.central()) as central:
        cursor = cursor_of(at_work)
        page = central.pull(cursor.epoch, 1, Position(cursor.xid, cursor.seq), None)
        with at_work.store.from_central() as inbox:
            pulling.apply_page(inbox, 1, page)
            pulling.move_cursor(inbox.connection, 1, page.position)


def test_a_feed_archived_after_hello_is_noticed(centre, open_desk):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer()
    aziza.sync()
    with closing(botir.desk.central()) as central:
        desk = botir.desk.sync_desk(central)
        sync_once(desk)
        aziza.note(customer, "archived before Botir has read it")
        aziza.sync()
        archive(centre)
        sync_once(desk, is_met=True)
    assert botir.notes(customer) == {"archived before Botir has read it"}
    assert_alike(centre.admin_url, botir)


def test_a_desk_that_is_not_behind_does_not_fill_again(centre, open_desk):
    aziza = open_desk("aziza")
    aziza.note(aziza.add_customer(), "one")
    aziza.sync()
    aziza.sync()
    archive(centre)
    first, second = aziza.sync(), aziza.sync()
    assert second.pulled == 0, first
    assert_alike(centre.admin_url, aziza)
