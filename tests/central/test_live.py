"""Presence, the figures of a team and the reaper: what central keeps, to whom it tells it, and what it ends."""

import json
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import errors

from tests.central.test_forbidden import check_denied, intruder
from tests.central.test_forbidden_rows import calling
from tests.central.test_schema import build_first_schema
from tests.desks import Centre
from tests.servers import rows, scratch_database
from workstation.central import accounts, admin
from workstation.services.callbacks import instant_of

BEAT = "select api.beat(%s, %s, %s, %s, %s, 'PC 14', '0.1', %s::uuid, %s, %s, %s::jsonb)"


def beat(caller, state="available", *, text=None, since=None, customer=None, waits=(0, 0), spent=(), now=None):
    now = now or datetime.now(UTC)
    given = json.dumps(list(spent), default=str)
    args = (caller.device, now, state, text, since or now, customer, *waits, given)
    ((answer,),) = caller.ask(BEAT, *args)
    return answer


def monitoring(caller, zone="Asia/Tashkent"):
    ((answer,),) = caller.ask("select api.monitoring(%s)", zone)
    return answer


def interval(state, began, ended, **more):
    return {"id": uuid4(), "state": state, "began_at": began.isoformat(), "ended_at": ended.isoformat()} | more


def agents(answer):
    return {agent["name"].lower(): agent for agent in answer["agents"]}


@pytest.fixture
def team(centre):
    """Aziza and her supervisor Sanjar, of team main."""
    with calling(centre, "aziza") as aziza, calling(centre, "sanjar", "supervisor") as sanjar:
        yield aziza, sanjar


def test_a_supervisor_sees_what_the_agents_of_the_team_do(centre, team):
    aziza, sanjar = team
    centre.sql("insert into workstation.customer (name) values ('Dilnoza Karimova')")
    ((customer,),) = centre.sql("select id from workstation.customer")
    began = datetime.now(UTC) - timedelta(minutes=7)
    beat(aziza, "on_contact", text="a hard one", since=began, customer=customer, waits=(3, 1))
    centre.sql(
        "insert into workstation.contact (customer_id, author_id, channel, direction, started_at) "
        "select %s, %s::uuid, 'call', 'in', now() - d from (values ('0'::interval), ('49 h')) v(d)",
        customer,
        aziza.id,
    )
    answer = monitoring(sanjar)
    seen = agents(answer)["aziza"]
    assert (seen["state"], seen["text"], seen["customer"], seen["host"]) == (
        "on_contact", "a hard one", "Dilnoza Karimova", "PC 14"
    )  # fmt: skip
    assert abs(datetime.fromisoformat(seen["since"]) - began) < timedelta(seconds=5)
    assert (seen["waiting"], seen["undecided"], seen["contacts_today"]) == (3, 1, 1)
    assert agents(answer)["sanjar"]["state"] is None
    assert answer["team"] == "main"
    assert abs(datetime.fromisoformat(answer["as_of"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert not [entity for (entity,) in centre.sql("select entity from workstation.feed") if "presence" in entity]


@pytest.mark.parametrize("off", [timedelta(days=4000), -timedelta(days=4000), timedelta(seconds=200)])
def test_a_wrong_clock_of_a_pc_does_not_shift_its_times(centre, team, off):
    aziza, sanjar = team
    there = datetime.now(UTC) + off
    spent = interval("break", there - timedelta(minutes=30), there - timedelta(minutes=10))
    beat(aziza, "available", since=there - timedelta(minutes=10), spent=[spent], now=there)
    since = datetime.fromisoformat(agents(monitoring(sanjar))["aziza"]["since"])
    assert abs(datetime.now(UTC) - since - timedelta(minutes=10)) < timedelta(seconds=10)
    ((length, ago),) = centre.sql("select ended_at - began_at, now() - ended_at from workstation.presence_interval")
    assert abs(length - timedelta(minutes=20)) < timedelta(seconds=1)
    assert abs(ago - timedelta(minutes=10)) < timedelta(seconds=10)


def test_a_timer_does_not_jump_from_beat_to_beat(centre, team):
    aziza, sanjar = team
    now = datetime.now(UTC)
    seen = set()
    for second in range(3):
        later = now + timedelta(seconds=second)
        beat(aziza, "meal", since=now - timedelta(minutes=5), now=later)
        seen.add(agents(monitoring(sanjar))["aziza"]["since"])
    assert len(seen) == 1


def test_intervals_are_kept_once_and_never_changed(centre, team):
    aziza, sanjar = team
    now = datetime.now(UTC)
    spent = [
        interval("break", now - timedelta(hours=2), now - timedelta(hours=1), text="x" * 200),
        interval("working_offline", now - timedelta(minutes=18), now - timedelta(minutes=6)),
        interval("dancing", now - timedelta(hours=1), now),
        interval("meal", now, now - timedelta(hours=1)),
    ]
    for _ in range(2):
        beat(aziza, spent=spent, now=now)
    spent[0]["state"] = "meal"
    beat(aziza, spent=spent, now=now)
    kept = centre.sql(
        "select state, length(text), ended_at >= began_at from workstation.presence_interval order by began_at"
    )
    assert kept == [("break", 100, True), ("meal", None, True), ("working_offline", None, True)]
    seen = agents(monitoring(sanjar))["aziza"]
    away = datetime.fromisoformat(seen["away_until"]) - datetime.fromisoformat(seen["away_from"])
    assert abs(away - timedelta(minutes=12)) < timedelta(seconds=1)


def test_what_waits_is_added_up_over_the_desks_of_an_agent_each_by_its_latest_word(centre, team):
    aziza, sanjar = team
    first = aziza.device
    beat(aziza, "offline", waits=(18, 0))
    with calling(centre, "aziza") as elsewhere:
        beat(elsewhere, "available", waits=(2, 1))
    seen = agents(monitoring(sanjar))["aziza"]
    assert (seen["state"], seen["waiting"], seen["undecided"]) == ("available", 20, 1)
    assert sorted(desk["waiting"] for desk in seen["desks"]) == [2, 18]
    aziza.ask("select api.report(%s, 5, 0)", first)  # a sync without a window, later than the last beat
    assert agents(monitoring(sanjar))["aziza"]["waiting"] == 7


def test_figures_about_others_are_for_their_supervisor_alone(centre, team):
    aziza, _sanjar = team
    accounts.add_team(centre.admin_url, "night")
    beat(aziza, "available")
    for role in ("agent", "senior", "admin"):
        with calling(centre, f"one_{role}", role) as caller, pytest.raises(psycopg.Error) as refused:
            monitoring(caller)
        assert refused.value.sqlstate == "WS003"
    centre.add_agent("nodir", "supervisor", team="night")
    with calling(centre, "nodir") as nodir:
        assert set(agents(monitoring(nodir))) == {"nodir"}
        centre.sql("update workstation.agent set team_id = null where name = 'Nodir'")
        with pytest.raises(psycopg.Error):
            monitoring(nodir)


def test_a_customer_of_another_scope_has_no_name_for_the_supervisor(centre, team):
    aziza, sanjar = team
    accounts.add_scope(centre.admin_url, "north")
    centre.sql("insert into workstation.customer (name, scope_id) values ('Zamira Yusupova', 2)")
    ((customer,),) = centre.sql("select id from workstation.customer")
    beat(aziza, "on_contact", customer=customer)
    seen = agents(monitoring(sanjar))["aziza"]
    assert (seen["customer"], seen["customer_id"]) == (None, None)


def test_nobody_beats_for_another_or_nonsense(centre, team):
    aziza, _sanjar = team
    beat(aziza, "available")
    with calling(centre, "eve") as eve:
        for device, state, spent in (
            (aziza.device, "available", "[]"),  # a desk of another: nothing was said hello from it
            (eve.device, "dancing", "[]"),
            (eve.device, None, "[]"),
            (eve.device, "available", "{}"),
            (eve.device, "available", json.dumps([{}] * 501)),
            (eve.device, "available", '[{"id": "x"}]'),
        ):
            with pytest.raises(psycopg.Error):
                eve.ask(BEAT, device, datetime.now(UTC), state, None, datetime.now(UTC), None, 0, 0, spent)
    assert centre.sql("select count(*) from workstation.presence") == [(1,)]
    with intruder(centre, "eve") as connection:
        check_denied(
            connection,
            [
                f"{verb} {table}{rest}"
                for table in ("workstation.presence", "workstation.presence_interval")
                for verb, rest in (
                    ("select * from", ""), ("update", " set state = 'meal'"), ("delete from", ""),
                    ("insert into", " default values"), ("truncate", "")
                )
            ] + [
                "select * from workstation.holding('0 s')", "select workstation.reap()",
                "select workstation.agents_of_team(null, now())", "select * from workstation.callbacks_of_team(null)",
                "select workstation.keep_intervals(null, null, now(), '[]')",
            ],
        )  # fmt: skip
        centre.sql("update workstation.agent set is_active = false where name = 'Eve'")
        for call in ("select api.reap()", "select api.monitoring('UTC')"):
            with pytest.raises(errors.InvalidAuthorizationSpecification):
                connection.execute(call)


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "'; drop table workstation.presence; --", None])
def test_a_zone_that_is_none_harms_nothing(centre, team, zone):
    _aziza, sanjar = team
    if zone is None:
        assert monitoring(sanjar, None)["agents"][0]["contacts_today"] == 0
    else:
        with pytest.raises(psycopg.Error):
            monitoring(sanjar, zone)
    assert centre.count("presence") == 0


# The reaper.


@contextmanager
def holder(centre, name, opening="select api.report(gen_random_uuid(), 0, 0)"):
    """An agent in psql who has written and does not commit."""
    with intruder(centre, name) as connection:
        connection.execute("set idle_in_transaction_session_timeout = 0")
        connection.execute("begin")
        connection.execute(opening.encode())
        yield connection
        connection.close()


def holding(centre, older_than="0 s"):
    names = centre.sql("select login::text from workstation.holding(%s::interval) order by 1", older_than)
    return [name.split("_")[0] for (name,) in names]


WRITES = "select api.search_customers('Zamira', 1)"


def test_only_agents_who_hold_back_the_feed_count_as_holders(centre, team):
    aziza, _sanjar = team
    with ExitStack() as open_ones:
        for name, opening in (("reader", "select api.rows('customer', '{}')"), ("eve", WRITES)):
            open_ones.enter_context(holder(centre, name, opening))
        owner = open_ones.enter_context(psycopg.connect(centre.admin_url))
        owner.execute("create table workstation.slow (a int)")
        assert holding(centre) == ["eve"]
        assert holding(centre, "30 s") == []
        assert aziza.ask("select api.reap()") == [(0,)]
        owner.rollback()


def test_the_reaper_ends_a_session_that_holds_back_the_feed_and_says_so(centre, team, open_desk):
    aziza, sanjar = team
    hasten(centre)
    botir, desk = open_desk("botir"), open_desk("aziza")
    botir.sync()
    with holder(centre, "eve", WRITES) as eve, intruder(centre, "olim") as olim:
        customer = desk.add_customer()
        desk.sync()
        botir.sync()
        assert botir.customer(customer) is None  # the feed is held back
        assert monitoring(sanjar)["feed_delay"] > 0
        assert monitoring(sanjar)["feed_holder"] is None  # ended by itself
        beat(aziza)
        with pytest.raises(psycopg.OperationalError):
            eve.execute("select 1")
        assert olim.execute("select 1").fetchone() == (1,)
        botir.sync()
        assert botir.customer(customer) is not None
    ((actor, detail),) = centre.sql("select actor, detail from workstation.audit where verb = 'reap'")
    assert (actor, detail["login"]) == (centre.login("aziza"), centre.login("eve"))


def hasten(centre):
    """Half a minute passes at once: the reaper's patience is none, nor is that of who looks."""
    for function, patience in (("workstation.reap", "30 s"), ("api.monitoring", "5 s")):
        changed = f"replace(pg_get_functiondef('{function}'::regproc), '''{patience}''', '''0 s''')"
        centre.sql(f"do $$ begin execute {changed}; end $$")


def test_who_holds_back_the_feed_and_may_not_be_ended_is_named(centre, team):
    aziza, sanjar = team
    hasten(centre)
    assert monitoring(sanjar)["feed_delay"] == 0
    with psycopg.connect(centre.admin_url) as owner:
        owner.execute("create table workstation.slow (a int)")
        answer = monitoring(sanjar)
        assert answer["feed_delay"] > 0
        assert answer["feed_holder"] == owner.info.user
        beat(aziza)
        assert aziza.ask("select api.reap()") == [(0,)]
        assert owner.execute("select 1").fetchone() == (1,)
        owner.rollback()
    assert monitoring(sanjar)["feed_delay"] == 0


def test_a_session_to_be_reaped_cannot_keep_the_reaper_away(centre, team):
    """It may hold every row of presence that is its own; others beat and reap all the same."""
    aziza, _sanjar = team
    beat(aziza)
    centre.sql("update workstation.presence set reaped_at = '-infinity'")
    hasten(centre)
    with calling(centre, "eve") as eve:
        eve.connection.execute("set idle_in_transaction_session_timeout = 0")
        eve.connection.execute("begin")
        beat(eve)
        beat(aziza)
        with pytest.raises(psycopg.OperationalError):
            eve.connection.execute("select 1")
        eve.connection.close()


# Callbacks.

WALLS = st.one_of(
    st.integers(0, 15 * 365 * 24 * 60).map(
        lambda minutes: (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()[:16]
    ),
    st.sampled_from(["2026-11-23T10", "2026-11-23", "2026-11-23T10:00+05:00", "2026-10-25T02:30", "now", "infinity", "",
                     "tomorrow", "2026-13-01T10:00", "2026-02-30T10:00", "x", "2026-03-29T02:30", "10:00"]),
)  # fmt: skip
ZONES = st.sampled_from(["Asia/Tashkent", "Europe/Minsk", "Europe/Berlin", "America/New_York", "UTC", "x/y", ""])


@pytest.fixture(scope="module")
def asked(cluster):
    """A connection for many questions."""
    with scratch_database(cluster) as admin_url:
        admin.init(admin_url)
        with psycopg.connect(admin_url, autocommit=True) as connection:
            yield connection


@settings(max_examples=150)
@given(wall=WALLS, zone=ZONES)
def test_central_reckons_when_a_callback_is_due_as_the_desks_do(asked, wall, zone):
    made = datetime(2026, 1, 1, tzinfo=UTC)
    (there,) = asked.execute("select workstation.due_at(%s, %s, %s)", (wall, zone, made)).fetchone()
    assert there == instant_of(wall, zone, made)


def owe(centre, owner, minutes, *, window=10, team=None, state="open"):
    at = datetime.now(UTC).astimezone(ZoneInfo("Asia/Tashkent")) + timedelta(minutes=minutes)
    centre.sql(
        "insert into workstation.callback (customer_id, owner_id, team_id, wall_start, zone, window_minutes, state) "
        "select id, %s::uuid, %s::uuid, %s, 'Asia/Tashkent', %s, %s from workstation.customer limit 1",
        owner, team, at.replace(tzinfo=None).isoformat(timespec="seconds"), window, state,
    )  # fmt: skip


def test_callbacks_of_the_team_that_need_somebody(centre, team):
    aziza, sanjar = team
    centre.sql("insert into workstation.customer (name) values ('Dilnoza Karimova')")
    accounts.add_team(centre.admin_url, "night")
    centre.add_agent("rano", team="night")
    ((night, rano),) = centre.sql("select team_id, id from workstation.agent where name = 'Rano'")
    beat(aziza)
    owe(centre, aziza.id, -60)  # overdue
    owe(centre, aziza.id, -5)  # due; she is there
    owe(centre, aziza.id, 30)
    owe(centre, sanjar.id, -5)  # due; he is not
    owe(centre, None, -60)  # overdue and nobody's
    owe(centre, None, 30)
    owe(centre, None, 24 * 60)
    owe(centre, None, -60, team=night)
    owe(centre, rano, -60)
    owe(centre, aziza.id, -60, state="done")
    answer = monitoring(sanjar)
    assert (answer["overdue"], answer["due"], answer["unowned"]) == (2, 2, 2)
    found = [(one["owner"], one["stands"], one["owner_absent"]) for one in answer["callbacks"]]
    assert sorted(found, key=str) == sorted(
        [("Aziza", "overdue", False), (None, "overdue", False), ("Sanjar", "due", True), (None, "soon", False)], key=str
    )
    beat(sanjar)
    assert len(monitoring(sanjar)["callbacks"]) == 3


def test_an_older_central_gets_presence_and_keeps_what_it_has(cluster):
    with scratch_database(cluster) as admin_url:
        build_first_schema(admin_url, "0002")
        rows(admin_url, "insert into workstation.customer (name) values ('Dilnoza Karimova')")
        centre = Centre(cluster, admin_url)  # runs `admin init`
        try:
            with calling(centre, "aziza") as aziza:
                beat(aziza, "meal")
            assert centre.sql("select state from workstation.presence") == [("meal",)]
            assert centre.sql("select name from workstation.customer") == [("Dilnoza Karimova",)]
            assert centre.sql("select value from workstation.meta where key = 'schema'") == [("0003",)]
        finally:
            centre.close()
