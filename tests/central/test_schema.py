"""What an administrator builds and upgrades, and what plain SQL of other systems leaves in the feed and on desks."""

from contextlib import contextmanager

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from tests.alike import assert_alike
from tests.desks import Centre
from tests.servers import rows, scratch_database
from workstation.central import admin
from workstation.records import RECORDS
from workstation.services.sync import reconciling

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


def build_first_schema(admin_url):
    """Central as the first release made it: the first migration alone."""
    with admin.as_owner(admin_url) as connection:
        admin.run_script(connection, admin._GROUND)
        script = Config()
        script.set_main_option("script_location", str(admin.SCHEMA_FOLDER))
        script.attributes["connection"] = connection
        command.upgrade(script, "0001")


SPARSE = {
    "customer": "insert into workstation.customer (name) values ('Dilnoza Karimova') returning id",
    "contact_point": "insert into workstation.contact_point (customer_id, kind, value) values (%s, 'phone', '+998')",
    "contact": "insert into workstation.contact (customer_id, channel, direction) values (%s, 'phone', 'in')",
    "note": "insert into workstation.note (customer_id, body) values (%s, 'paid 200,000')",
    "callback": "insert into workstation.callback (customer_id, wall_start, zone) values (%s, '2026-11-23T10:00', 'UTC')",
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
        "insert into workstation.feed (scope_id, entity, entity_id, version, kind, actor) values (1, 'x', gen_random_uuid(), 1, 'p', 'x')",
        "select * from workstation.feed",
        "select * from workstation.op_applied",
        "select api.hello(gen_random_uuid(), '', '', 1, '{}')",
    )
    for statement in forbidden:
        with billing(centre) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
