"""T20: central wants to take much away at once; a replica that silently differs is made equal, bucket by bucket."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.desks import Centre, DeskAtWork
from tests.faults.test_poison import assert_settles, sync_overheard
from workstation.central import accounts
from workstation.records import Customer, Note


def many_customers(centre: Centre, count: int, scope: int = 1) -> None:
    """Customers that came by an import of another system."""
    centre.sql(
        "insert into workstation.customer (name, scope_id) select 'Customer ' || n, %s from generate_series(1, %s) n",
        scope,
        count,
    )


def remove(centre: Centre, count: int, scope: int = 1) -> None:
    centre.sql(
        "delete from workstation.customer where id in (select id from workstation.customer "
        "where scope_id = %s and name ~ '^Customer' order by id limit %s)",
        scope,
        count,
    )


def here(desk: DeskAtWork) -> int:
    with desk.store.read() as session:
        return session.query(Customer).count()


@pytest.fixture
def aziza(centre, open_desk) -> DeskAtWork:
    """A desk with 500 customers."""
    many_customers(centre, 500)
    desk = open_desk("aziza")
    desk.sync()
    assert here(desk) == 500
    return desk


def test_what_may_go_goes_without_asking(aziza, centre):
    remove(centre, 60)
    assert aziza.sync().problems == ()
    assert here(aziza) == 440


def test_more_is_held_until_it_is_confirmed_and_work_goes_on(aziza, centre, open_desk):
    mine = aziza.add_customer("Dilnoza Karimova")
    aziza.sync()
    remove(centre, 300)
    aziza.note(mine, "written while it was held")
    for _ in range(3):
        report = aziza.sync()
        (problem,) = report.problems
        assert "300" in problem
        assert (here(aziza), report.waiting) == (501, 0)
    assert centre.sql("select body from workstation.note") == [("written while it was held",)]
    botir = open_desk("botir")
    assert botir.notes(mine) == set()
    botir.sync()
    assert botir.notes(mine) == {"written while it was held"}
    assert here(botir) == 201  # a first fill removes nothing

    report = aziza.sync(allow_removal=True)
    assert (report.problems, here(aziza)) == ((), 201)
    assert_settles(aziza)
    assert aziza.sync().problems == ()


def test_it_is_held_however_the_feed_is_cut_into_pages(centre, open_desk):
    many_customers(centre, 4_500)
    aziza = open_desk("aziza")
    aziza.sync()
    remove(centre, 4_400)
    assert len(aziza.sync().problems) == 1
    assert here(aziza) == 4_500


def test_a_scope_that_was_taken_from_the_agent_goes_without_asking(aziza, centre):
    accounts.add_scope(centre.admin_url, "north")
    many_customers(centre, 300, scope=2)
    centre.sql("update workstation.agent set scopes = '[1, 2]' where login = %s", centre.login("aziza"))
    aziza.sync()
    assert here(aziza) == 800
    centre.sql("update workstation.agent set scopes = '[2]' where login = %s", centre.login("aziza"))
    assert aziza.sync().problems == ()
    assert here(aziza) == 300


def test_neither_a_digest_nor_patience_takes_away_what_is_held(aziza, centre):
    remove(centre, 300)
    for _ in range(3):
        let_a_day_pass(aziza)
        assert len(aziza.sync().problems) >= 1
        assert here(aziza) == 500
    aziza.sync(allow_removal=True)
    assert here(aziza) == 200


def test_what_vanished_at_central_without_a_trace_is_held_too(aziza, centre):
    """An emptied table, a dump of another day: no feed tells of it, only the digest does."""
    centre.sql("alter table workstation.customer disable trigger capture_removed")
    remove(centre, 300)
    let_a_day_pass(aziza)
    report = aziza.sync()
    assert (len(report.problems), here(aziza)) == (1, 500)
    assert (len(aziza.sync().problems), here(aziza)) == (1, 500)
    aziza.sync(allow_removal=True)
    assert here(aziza) == 200


def a_customer(desk: DeskAtWork, number: int = 250) -> UUID:
    with desk.store.read() as session:
        return session.query(Customer.id).order_by(Customer.id).offset(number).limit(1).scalar()


def let_a_day_pass(desk: DeskAtWork) -> None:
    """The digest is due: central's clock decides, so the desk remembers an earlier one."""
    desk.store.note_facts({"last_digest": (desk.clock() - timedelta(days=2)).isoformat()})


def plant(desk: DeskAtWork, statement: str, *args: object) -> None:
    with desk.store.from_central() as inbox:
        assert inbox.connection.execute(statement, args).rowcount == 1


def test_a_replica_that_is_alike_reads_nothing_again(aziza):
    let_a_day_pass(aziza)
    report, heard = sync_overheard(aziza)
    assert (heard.buckets, report.pulled) == ([], 0)


@pytest.mark.parametrize(
    "divergence",
    [
        ("delete from customer where id = ?",),
        ("update customer set version = version + 1, name = 'changed by a cosmic ray' where id = ?",),
        ("update customer set version = version - 1048576, name = 'a change that never came' where id = ?",),
    ],
    ids=["missing", "newer", "older"],
)
def test_only_the_bucket_that_differs_is_read_again(aziza, centre, divergence):
    customer = a_customer(aziza)
    plant(aziza, divergence[0], customer.bytes)
    assert sync_overheard(aziza)[1].buckets == []  # not before it is due
    let_a_day_pass(aziza)
    _report, heard = sync_overheard(aziza)
    assert heard.buckets == [("customer", customer.bytes[15])]
    ((name,),) = centre.sql("select name from workstation.customer where id = %s", customer)
    assert (aziza.customer(customer).name, here(aziza)) == (name, 500)
    let_a_day_pass(aziza)
    assert sync_overheard(aziza)[1].buckets == []


def test_a_record_central_never_had_goes_and_pending_work_stays(aziza, centre):
    """A ghost in the same bucket as a customer with waiting and held work: the ghost goes, nothing else."""
    customer = a_customer(aziza)
    ghost = UUID(bytes=uuid4().bytes[:15] + customer.bytes[15:])
    columns = "scope_id, kind, is_vip, is_staff, is_conflict, is_vulnerable, consent_withdrawn, more, made_at"
    copied = f"insert into customer (id, version, name, {columns}) select ?, 5, 'ghost', {columns} from customer"
    plant(aziza, f"{copied} where id = ?", ghost.bytes, customer.bytes)
    plant(aziza, "update customer set version = version + 1 where id = ?", customer.bytes)
    with aziza.store.write() as session:
        session.get(Customer, customer).name = "   "  # refused by central
    aziza.sync()
    aziza.edit(customer, need="held below the refused change")
    note = aziza.note(customer, "not at central yet")
    aziza.line.cut()
    aziza.line.restore()
    let_a_day_pass(aziza)
    _report, heard = sync_overheard(aziza)
    assert heard.buckets == [("customer", customer.bytes[15])]
    assert aziza.customer(ghost) is None
    assert aziza.customer(customer).need == "held below the refused change"
    assert aziza.states() == ["refused", "held", "settled"]
    with aziza.store.read() as session:
        assert session.get(Note, note).body == "not at central yet"
    assert centre.sql("select body from workstation.note") == [("not at central yet",)]
