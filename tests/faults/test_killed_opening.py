"""T3, the long works: sign-in, first fill and upgrade of a replica killed with -9, and begun again."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desks import Centre, command
from tests.faults.programs import Place, Program, check_sound, signed_in, tell
from workstation.home import Home
from workstation.records import Cursor
from workstation.replica.engines import writing_engine
from workstation.replica.upgrades import VERSION
from workstation.wire import FORMS

SEED = 20261123
CUSTOMERS, NOTES = 11_000, 6_000  # several pages of both


@pytest.fixture
def aziza(centre: Centre, tmp_path: Path) -> Iterator[Place]:
    with signed_in(centre, "aziza", tmp_path / "aziza") as place:
        yield place


def fill_central(centre: Centre, customers: int, notes: int) -> None:
    centre.sql(
        "insert into workstation.customer (id, scope_id, name, wish, made_at) select gen_random_uuid(), "
        "(select min(number) from workstation.scope where number > 0), 'Customer ' || i, 'wish ' || i, now() "
        "from generate_series(1, %s) i",
        customers,
    )
    centre.sql(
        "insert into workstation.note (id, scope_id, customer_id, author_id, body, written_at) "
        "select gen_random_uuid(), c.scope_id, c.id, (select id from workstation.agent limit 1), "
        "repeat('what was said ', 20) || c.name, now() - random() * interval '80 days' "
        "from workstation.customer c limit %s",
        notes,
    )


def rows(place: Place) -> dict[str, list[tuple[object, ...]]]:
    """Everything that syncs, by entity."""
    with place.store() as store, store.from_central() as inbox:
        return {
            entity: inbox.connection.execute(f"select {', '.join(form.names)} from {entity} order by id").fetchall()
            for entity, form in FORMS.items()
        }


def size(tables: dict[str, list[tuple[object, ...]]]) -> int:
    return sum(map(len, tables.values()))


def resume_points(place: Place) -> set[str]:
    with place.store() as store, store.read() as session:
        return {cursor.fill_entity for cursor in session.query(Cursor)}


def test_a_sign_in_killed_at_any_moment_can_be_made_again(centre: Centre, tmp_path: Path):
    chance, home, kills = random.Random(SEED), tmp_path / "aziza", 0
    login = centre.add_agent("aziza")
    for _ in range(8):
        with Program(home, "sign-in", "--central", centre.url, "--agent", login) as sign_in:
            kills += sign_in.kill_after(chance.uniform(0.2, 1.2))
    command(home, "sign-in", "--central", centre.url, "--agent", login)
    assert command(home, "sync")["waiting"] == 0
    assert len(Home(home).sign_ins()) == 1
    tell(f"{kills} of 8 sign-ins killed")


def test_a_first_fill_that_is_killed_goes_on_where_it_was(centre: Centre, aziza: Place, tmp_path: Path):
    chance, line = random.Random(SEED), aziza.line
    fill_central(centre, CUSTOMERS, NOTES)
    with signed_in(centre, "botir", tmp_path / "botir") as botir:
        begun = botir.line.down.passed
        whole = botir.run("sync")["pulled"]
        total = botir.line.down.passed - begun
        expected = rows(botir)
    assert whole == size(expected) > CUSTOMERS + NOTES

    here = [0]
    while here[-1] < 5_000:  # no page is in yet: the kill came before its last byte
        until = line.down.passed + int(total * (chance.uniform(0.35, 0.5) + 0.05 * len(here)))
        lines = line.accepted
        with aziza.program("sync"):
            line.wait_until(
                lambda it, u=until, n=lines: it.down.passed >= u or (it.accepted > n and not it.live), seconds=30
            )
        check_sound(aziza)
        here.append(size(rows(aziza)))
    assert here[-1] < whole, "no kill met the middle of the fill"
    assert resume_points(aziza) != {""}
    last = aziza.run("sync")
    tell(f"{here} of {whole} records after each kill, the last run brought {last['pulled']}")
    assert last["pulled"] == whole - here[-1]
    assert rows(aziza) == expected
    check_sound(aziza)


def make_older(place: Place) -> None:
    """The replica of a program from before a table and a column of today."""
    engine = writing_engine(place.file, place.key)
    with engine.begin() as connection:
        connection.exec_driver_sql("alter table customer drop column wish")
        connection.exec_driver_sql("drop table callback")
        connection.exec_driver_sql("update cursor set schema = '0:older'")
        connection.exec_driver_sql("pragma user_version = 0")
    engine.dispose()


def test_an_upgrade_killed_at_any_moment_leaves_what_waits_untouched(centre: Centre, aziza: Place, tmp_path: Path):
    chance, kills = random.Random(SEED), 0
    fill_central(centre, 500, 500)
    aziza.run("sync")
    ((customer,),) = centre.sql("select id::text from workstation.customer where name = 'Customer 7'")
    aziza.line.cut()
    for number in range(5):
        aziza.run("note", customer, f"waits {number}")
    aziza.run("customer", "edit", customer, "name=Dilnoza Karimova")
    make_older(aziza)
    before, older = tmp_path / "before", aziza.folder
    shutil.copytree(older, before)

    moments = [
        lambda: aziza.file.with_name("replica.db-wal").exists(),
        lambda: aziza.log_mark()[0] > 0,
        *[None] * 2,
    ]
    waiting = None
    for moment in moments * 2:
        shutil.rmtree(older)
        shutil.copytree(before, older)
        with aziza.program("status") as opening:
            kills += opening.kill_when(moment) if moment else opening.kill_after(chance.uniform(0.3, 1.0))
        check_sound(aziza)
        outbox = aziza.outbox()
        assert len(outbox) == 6
        assert waiting in (None, outbox)
        waiting = outbox
        with aziza.store() as store, store.from_central() as inbox:
            assert inbox.connection.execute("pragma user_version").fetchone() == (VERSION,)
    assert kills >= 4

    aziza.line.restore()
    aziza.run("sync")
    ((wishes, distinct, name),) = centre.sql(
        "select count(wish), count(distinct wish), max(name) filter (where id = %s) from workstation.customer", customer
    )
    assert (wishes, distinct, name) == (500, 500, "Dilnoza Karimova")
    at = FORMS["customer"].names.index("wish")
    assert len({row[at] for row in rows(aziza)["customer"]}) == 500
    assert len(aziza.notes()) == centre.count("note") == 505
    assert {entry[-1] for entry in aziza.outbox()} == {"settled"}
    tell(f"{kills} of {len(moments) * 2} upgrades killed")
