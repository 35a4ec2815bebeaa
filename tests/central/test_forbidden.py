"""T19: what the login of an agent cannot do at central, whatever SQL it sends."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from tests.desks import PASSWORD, Centre, DeskAtWork
from workstation.central import accounts

TABLES = (
    "customer", "contact_point", "contact", "note", "callback", "conflict", "agent", "team", "scope", "disposition",
    "feed", "feed_archive", "op_applied", "op_rejected", "device", "audit", "meta", "entity", "field", "presence",
    "presence_interval",
)  # fmt: skip
# Each must be denied by its own right or its absence (class 42 and the like), not by a slip of the pen.
DENIED = """
select workstation.caller()
select workstation.epoch()
select * from pg_authid
select * from pg_largeobject
select * from pg_user_mapping
select * from pg_hba_file_rules
select current_setting('data_directory')
explain select * from workstation.customer
do $$ begin perform from workstation.customer; end $$
select query_to_xml('select * from workstation.customer', true, true, '')
select schema_to_xml('workstation', true, true, '')
declare c cursor with hold for select * from workstation.note
prepare p as select * from workstation.note
select last_value from workstation.feed_seq_seq
select setval('workstation.feed_seq_seq', 1)
create temp table mine (a int)
create temp view mine as select 1
create function pg_temp.f() returns int language sql as 'select 1'
create table public.mine (a int)
create table api.mine (a int)
create table workstation.mine (a int)
create schema mine
create type api.t as (a int)
create operator api.= (leftarg = int, rightarg = int, procedure = int4eq)
create cast (int as uuid) with inout
create function api.hello2() returns int language sql as 'select 1'
create publication p
create role mine
create database mine
create event trigger e on ddl_command_start execute function pg_catalog.suppress_redundant_updates_trigger()
drop function api.roll_up
alter function api.roll_up owner to current_user
alter function api.roll_up set search_path = public
drop schema workstation cascade
drop owned by workstation_api
reassign owned by workstation_api to current_user
alter default privileges for role workstation_api grant execute on functions to public
alter role current_user superuser
alter role current_user bypassrls
alter role current_user connection limit 100
alter role workstation_agent login
alter role workstation_api login
grant workstation_api to current_user
grant pg_read_all_data to current_user
set role workstation_api
set role postgres
set session authorization workstation_api
select set_config('role', 'workstation_api', false)
set session_replication_role = replica
set log_statement = 'all'
alter system set work_mem = '1GB'
alter database postgres set work_mem = '1GB'
comment on database postgres is 'x'
copy (select 1) to '/tmp/x'
copy (select 1) to program 'cat'
copy workstation.customer to stdout
select pg_read_file('PG_VERSION')
select pg_read_binary_file('PG_VERSION')
select pg_ls_dir('.')
select pg_stat_file('PG_VERSION')
select lo_create(0)
select lo_creat(-1)
select lo_from_bytea(0, 'a')
select lo_import('/etc/passwd')
select lo_export(1, '/tmp/x')
select loread(0, 1)
select pg_advisory_lock(1)
select pg_advisory_lock(1, 2)
select pg_try_advisory_lock(1)
select pg_advisory_xact_lock_shared(1)
select pg_try_advisory_xact_lock(1)
select pg_advisory_unlock_all()
select pg_current_xact_id()
select txid_current()
select pg_logical_emit_message(true, 'a', 'b')
select pg_logical_emit_message(false, 'a', 'b')
select pg_notify('a', 'b')
select pg_create_physical_replication_slot('mine')
select pg_create_logical_replication_slot('mine', 'test_decoding')
select pg_switch_wal()
select pg_reload_conf()
select pg_rotate_logfile()
select pg_stat_reset()
select pg_backup_start('mine')
select pg_promote()
select pg_log_backend_memory_contexts(1)
checkpoint
load '/tmp/mine.so'
""".strip().splitlines()
# PostgreSQL lets everyone say these; they may have no effect whatever.
WITHOUT_EFFECT = """
drop owned by workstation_agent
drop owned by current_user
revoke execute on all functions in schema api from workstation_agent
grant execute on all functions in schema api to public
set workstation.agent = 'somebody'
set "workstation.scopes" = '{1,2,3}'
set application_name = 'ws:somebody:sync'
set role workstation_agent
set local_preload_libraries = 'mine'
set search_path = workstation, pg_temp, public
set default_transaction_isolation = serializable
""".strip().splitlines()


@pytest.fixture
def eve(centre: Centre) -> Iterator[psycopg.Connection]:
    """An agent of scope main who speaks SQL."""
    with intruder(centre, "eve") as connection:
        yield connection


@pytest.fixture
def victim(centre: Centre, open_desk) -> DeskAtWork:
    """A desk of scope north with one customer of every kind of record, all at central."""
    accounts.add_scope(centre.admin_url, "north")
    centre.add_agent("rustam", scope="north")
    return open_desk("rustam")


def intruder(centre: Centre, name: str, role: str = "agent", database: str | None = None) -> psycopg.Connection:
    login = centre.add_agent(name, role)
    return psycopg.connect(centre.url, user=login, password=PASSWORD, autocommit=True, **_named(database))


def _named(database: str | None) -> dict[str, str]:
    return {"dbname": database} if database else {}


def check_denied(connection: psycopg.Connection, statements: list[str]) -> None:
    """Every statement raises an error of rights."""
    allowed = []
    for statement in statements:
        try:
            connection.execute(statement.encode())
            allowed.append(statement)
        except errors.InsufficientPrivilege:
            pass
    assert allowed == []


def whole(centre: Centre) -> dict[str, list[tuple]]:
    """Everything central holds, and who may do what with it."""
    found = {table: sorted(centre.sql(f"select t::text from workstation.{table} t")) for table in TABLES}
    found["rights"] = centre.sql(
        "select p.oid::regprocedure::text, p.proacl::text, p.proowner::regrole::text from pg_proc p "
        "where p.pronamespace in ('api'::regnamespace, 'workstation'::regnamespace) order by 1"
    ) + centre.sql("select datname, datacl::text from pg_database where datname = current_database()")
    return found


def test_no_table_can_be_read_or_written(centre, eve):
    before = whole(centre)
    for table in [
        name
        for (name,) in centre.sql(
            "select relname from pg_class where relnamespace = 'workstation'::regnamespace and relkind = 'r'"
        )
    ]:
        check_denied(
            eve,
            [
                f"select * from workstation.{table}",
                f"insert into workstation.{table} default values",
                f"delete from workstation.{table}",
                f"truncate workstation.{table}",
                f"drop table workstation.{table}",
                f"copy workstation.{table} to stdout",
                f"create rule r as on insert to workstation.{table} do instead nothing",
            ],
        )
    for table in TABLES:
        check_denied(eve, [f"do $$ begin lock table workstation.{table}; end $$", f"analyze workstation.{table}"])
    assert whole(centre) == before


def test_only_the_functions_of_api_can_be_seen_or_called(centre, eve):
    may = eve.execute(
        "select p.pronamespace::regnamespace::text from pg_proc p "
        "where p.oid >= 16384 and has_function_privilege(p.oid, 'execute') and "
        "has_schema_privilege(p.pronamespace, 'usage') group by 1"
    ).fetchall()
    assert may == [("api",)]
    schemas = eve.execute(
        "select nspname from pg_namespace where has_schema_privilege(oid, 'usage') "
        "and nspname not in ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert schemas == [("api",)]
    assert (
        eve.execute("select * from information_schema.tables where table_schema !~ '^(pg_|information)'").fetchall()
        == []
    )
    assert eve.execute("select * from pg_stats where schemaname = 'workstation'").fetchall() == []


def test_statements_beyond_an_agent_are_denied_and_change_nothing(centre, eve):
    before = whole(centre)
    check_denied(eve, DENIED)
    assert whole(centre) == before


def test_statements_that_everyone_may_say_have_no_effect(centre, eve, victim):
    victim.add_customer("Zamira Yusupova")
    victim.sync()
    before = whole(centre)
    for statement in WITHOUT_EFFECT:
        eve.execute(statement.encode())
        assert eve.execute("select session_user::text").fetchone() == (centre.login("eve"),)
        assert eve.execute("select * from api.search_customers('Zamira', 10)").fetchall() == []
    check_denied(eve, ["select * from workstation.customer"])
    with pytest.raises(errors.UndefinedTable):
        eve.execute("select * from customer")
    after = whole(centre)
    assert len(after.pop("audit")) == len(before.pop("audit")) + len(WITHOUT_EFFECT)
    assert after == before
    victim.note(victim.add_customer("Still at work"), "and heard")
    assert victim.sync().waiting == 0


def test_objects_of_one_s_own_cannot_lure_the_functions(centre, eve):
    """Nothing can be created, so that a hostile search_path finds nothing; the functions do not follow it anyway."""
    unsafe = centre.sql(
        "select p.oid::regprocedure::text from pg_proc p where p.pronamespace in ('api'::regnamespace, "
        "'workstation'::regnamespace) and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']"
    )
    assert unsafe == []
    eve.execute("set search_path = pg_temp, public, api")
    check_denied(eve, ["create temp table agent (login text)", "create function now() returns int language sql as '1'"])


def test_other_databases_of_the_server_cannot_be_entered(centre, eve):
    names = [
        name
        for (name,) in centre.sql(
            "select datname from pg_database "
            "where datallowconn and datname <> current_database() and datname !~ '^test_'"
        )
    ]
    assert "postgres" in names
    for name in names:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            intruder(centre, "eve", database=name)


def test_what_others_do_cannot_be_watched_or_ended(centre, eve):
    with intruder(centre, "bob") as bob:
        bob.execute("select 'a secret of Bob'")
        seen = eve.execute(
            "select query, client_addr::text from pg_stat_activity where usename is distinct from session_user"
        ).fetchall()
        assert seen
        assert {row for row in seen if row[0] not in (None, "<insufficient privilege>", "") or row[1]} == set()
        pid = bob.execute("select pg_backend_pid()").fetchone()[0]
        for verb in ("pg_terminate_backend", "pg_cancel_backend"):
            with pytest.raises(errors.InsufficientPrivilege):
                eve.execute(f"select {verb}({pid})".encode())
        assert bob.execute("select 1").fetchone() == (1,)
        # Nor by a hello in Bob's name: it ends sessions of the caller alone.
        bob.execute("set application_name = 'ws:same:sync'")
        eve.execute("set application_name = 'ws:same:sync'")
        say_hello(eve, uuid4())
        assert bob.execute("select 1").fetchone() == (1,)


def test_a_thirteenth_connection_is_refused_and_nobody_else_s_suffers(centre):
    with ExitStack() as open_ones:
        for _ in range(12):
            open_ones.enter_context(intruder(centre, "eve"))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            intruder(centre, "eve")
        with intruder(centre, "bob") as bob:
            assert bob.execute("select 1").fetchone() == (1,)


def test_a_flood_of_listening_and_notifying_holds_nobody_up(centre, eve, victim):
    for number in range(500):
        eve.execute(f"listen flood_{number}".encode())
        eve.execute(f"notify flood_{number}, 'x'".encode())
    victim.note(victim.add_customer("Zamira Yusupova"), "heard all the same")
    report = victim.sync()
    assert (report.waiting, report.refused) == (0, 0)


def test_who_is_closed_out_or_no_agent_gets_nothing(centre, eve):
    assert say_hello(eve, uuid4())["agent"]["login"] == centre.login("eve")
    centre.sql("update workstation.agent set is_active = false where login = %s", centre.login("eve"))
    for call in (
        "select api.rows('customer', array[gen_random_uuid()])",
        "select api.search_customers('Zamira', 1)",
        "select api.roll_up()",
        "select api.report(gen_random_uuid(), 0, 0)",
        "select api.put_aside(gen_random_uuid(), 'x', 1, '{}', 'x')",
    ):
        with pytest.raises(errors.InvalidAuthorizationSpecification):
            eve.execute(call.encode())
    centre.sql("update workstation.agent set is_active = true where login = %s", centre.login("eve"))


def say_hello(connection: psycopg.Connection, device: UUID) -> dict:
    query = "select api.hello(%s, 'pc', '0.1', 1, %s::jsonb)"
    (answer,) = connection.execute(query, (device, json.dumps({"waiting": 0}))).fetchone()
    return answer
