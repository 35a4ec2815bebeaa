"""What an administrator builds and upgrades, and what plain SQL of other systems leaves in the feed and on desks."""

from contextlib import closing, contextmanager

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from tests.alike import assert_alike
from tests.desks import Centre
from tests.servers import rows, scratch_database
from workstation.central import accounts, admin
from workstation.records import RECORDS
from workstation.services.sync import reconciling, say_hello
from workstation.services.sync.desk import Tally

EXTERNAL = "workstation_external"


@contextmanager
def billing(centre):
    """A connection of another system: a login of the role made for them, in a transaction of its own."""
    login = centre.login("billing")
    centre.sql(f"create role {login} login password 'billing' in role {EXTERNAL}")
    try:
        with psycopg.connect(centre.url, user=login, password="billing") as connection:
            yield connection
    finally:
        centre.sql(f"drop role {login}")


def feed(centre):
    """(entity, kind, scope, actor) of the whole feed, in its order."""
    return centre.sql("select entity, kind::text, scope_id, actor from workstation.feed order by xid, seq")


def facts(centre):
    return centre.sql("select key, value from workstation.meta order by key")


def test_init_may_be_repeated_while_desks_work(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    before, entries, grants = facts(centre), feed(centre), grants_of(centre)

    assert admin.init(centre.admin_url) == admin.init(centre.admin_url)
    assert (facts(centre), feed(centre), grants_of(centre)) == (before, entries, grants)
    aziza.note(customer, "after a second init")
    assert aziza.sync().pushed == 1
    assert len(feed(centre)) == len(entries) + 1


def grants_of(centre):
    return centre.sql(
        "select p.oid::regprocedure::text, p.proacl::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
        "where n.nspname in ('api', 'workstation') union all select c.relname, c.relacl::text from pg_class c "
        "where c.relnamespace = 'workstation'::regnamespace order by 1, 2"
    )


def test_an_upgrade_from_the_first_schema_keeps_what_is_there(cluster, clock, tmp_path):
    with scratch_database(cluster) as admin_url:
        build_first_schema(admin_url)
        rows(admin_url, "insert into workstation.customer (name) values ('Dilnoza Karimova')")
        centre = Centre(cluster, admin_url)  # runs `admin init`
        try:
            with centre.desk("aziza", "agent", tmp_path / "aziza", clock) as aziza:
                aziza.sync()
                ((customer,),) = rows(admin_url, "select id from workstation.customer")
                assert aziza.customer(customer).name == "Dilnoza Karimova"
                rows(
                    admin_url,
                    "insert into workstation.callback (customer_id, wall_start, zone) "
                    f"values ('{customer}', '2026-11-23T10:00', 'Asia/Tashkent')",
                )
                aziza.sync()
                assert_alike(admin_url, aziza)
        finally:
            centre.close()


def build_first_schema(admin_url, version="0001"):
    """Central as an early release made it: by default the first migration alone."""
    with admin.as_owner(admin_url) as connection:
        admin.run_script(connection, admin._GROUND)
        script = Config()
        script.set_main_option("script_location", str(admin.SCHEMA_FOLDER))
        script.attributes["connection"] = connection
        command.upgrade(script, version)


SPARSE = {
    "customer": "insert into workstation.customer (name) values ('Dilnoza Karimova') returning id",
    "contact_point": "insert into workstation.contact_point (customer_id, kind, value) values (%s, 'phone', '+998')",
    "contact": "insert into workstation.contact (customer_id, channel, direction) values (%s, 'phone', 'in')",
    "note": "insert into workstation.note (customer_id, body) values (%s, 'paid 200,000')",
    "callback": "insert into workstation.callback (customer_id, wall_start, zone) values (%s, '2026-11-23T10', 'UTC')",
}


def test_another_system_may_leave_out_all_that_has_a_default(centre, open_desk):
    aziza = open_desk("aziza")
    aziza.sync()
    with billing(centre) as connection:
        (customer,) = connection.execute(SPARSE["customer"]).fetchone()
        for entity in SPARSE.keys() - {"customer"}:
            connection.execute(SPARSE[entity], (customer,))
        login = connection.info.user
    assert sorted(feed(centre)[-len(SPARSE) :]) == sorted((entity, "p", 1, login) for entity in SPARSE)
    aziza.sync()
    assert aziza.notes(customer) == {"paid 200,000"}
    assert_alike(centre.admin_url, aziza)


def test_every_column_that_a_replica_needs_has_a_default_or_is_demanded(centre):
    """A row that plain SQL may write must be one that every desk can keep."""
    written = centre.sql(
        "select table_name, column_name from information_schema.columns where table_schema = 'workstation' "
        "and (is_nullable = 'NO' or column_default is not null)"
    )
    for kind in RECORDS:
        needed = {column.name for column in kind.__table__.columns if not column.nullable}
        assert not needed - {name for table, name in written if table == kind.__tablename__}, kind.__tablename__


def test_what_another_system_may_not(centre):
    forbidden = (
        "delete from workstation.customer",
        "truncate workstation.note",
        "update workstation.agent set role = 'admin'",
        "delete from workstation.feed",
        "select * from workstation.feed",
        "select * from workstation.op_applied",
        "select api.hello(gen_random_uuid(), '', '', 1, '{}')",
    )
    for statement in forbidden:
        with billing(centre) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_a_change_that_changes_nothing_leaves_no_entry(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    before = feed(centre)
    with billing(centre) as connection:
        connection.execute("update workstation.customer set name = name, version = version where id = %s", (customer,))
    assert feed(centre) == before
    with billing(centre) as connection:
        connection.execute("update workstation.customer set name = 'D. K.', version = 0 where id = %s", (customer,))
    assert len(feed(centre)) == len(before) + 1
    ((version,),) = centre.sql("select version from workstation.customer")
    assert version >> 20 == 2  # the second time it was written, whatever the other system said
    aziza.sync()
    assert_alike(centre.admin_url, aziza)


def test_the_id_of_a_record_never_changes(centre):
    with billing(centre) as connection:
        connection.execute(SPARSE["customer"])
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            connection.execute("update workstation.customer set id = gen_random_uuid()")


def test_what_changed_stands_in_the_feed_with_who_did_it(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    with billing(centre) as connection:
        connection.execute("update workstation.customer set language = 'uz', is_vip = true where id = %s", (customer,))
        login = connection.info.user
    ((actor, changed),) = centre.sql("select actor, changed from workstation.feed order by xid desc, seq desc limit 1")
    assert (actor, changed) == (login, {"language": [None, "uz"], "is_vip": [False, True]})


def test_a_deleted_record_leaves_every_desk(centre, open_desk):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer()
    aziza.note(customer, "stays")
    gone = aziza.note(customer, "goes")
    aziza.sync()
    botir.sync()
    centre.sql("delete from workstation.note where id = %s", gone)
    assert feed(centre)[-1][:3] == ("note", "r", 1)
    for desk in (aziza, botir):
        desk.sync()
        assert desk.notes(customer) == {"stays"}
    assert_alike(centre.admin_url, aziza, botir)


def test_a_customer_that_moves_to_another_scope_takes_everything_along(centre, open_desk):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    number = accounts.add_scope(centre.admin_url, "uz")
    centre.sql("update workstation.agent set scopes = %s where login = %s", f"[1, {number}]", centre.login("botir"))
    customer = aziza.add_customer("Dilnoza Karimova", "+998 90 123-45-67")
    aziza.note(customer, "moves with its customer")
    aziza.sync()
    botir.sync()
    with billing(centre) as connection:
        connection.execute("update workstation.customer set scope_id = %s where id = %s", (number, customer))
    entries = [entry[:3] for entry in feed(centre)[-6:]]
    for entity in ("customer", "contact_point", "note"):
        assert {(entity, "r", 1), (entity, "p", number)} <= set(entries)
    aziza.sync()
    botir.sync()
    assert (aziza.customer(customer), aziza.notes(customer)) == (None, set())
    assert botir.notes(customer) == {"moves with its customer"}
    assert_alike(centre.admin_url, botir)


def differing(at_work):
    """How many buckets a digest of all scopes finds different; they are read again."""
    with closing(at_work.desk.central()) as central:
        desk = at_work.desk.sync_desk(central)
        hello = say_hello(desk)
        return sum(reconciling.reconcile(desk, hello.epoch, scope, Tally()) for scope in hello.scopes)


def test_the_digest_is_the_same_on_both_sides(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer("Dilnoza Karimova", "+998 90 123-45-67")
    notes = [aziza.note(customer, f"note {number}") for number in range(300)]
    aziza.sync()
    assert differing(aziza) == 0
    aziza.edit(customer, name="waits here")  # what waits is not compared: central's state beneath it is
    assert differing(aziza) == 0

    with aziza.store.from_central() as inbox:
        inbox.connection.execute("update note set version = version + 1 where id = ?", (notes[0].bytes,))
        inbox.connection.execute("delete from note where id = ?", (notes[1].bytes,))
    assert differing(aziza) in (1, 2)  # both ids may end in the same byte
    assert differing(aziza) == 0
    assert aziza.customer(customer).name == "waits here"
    assert len(aziza.notes(customer)) == 300
