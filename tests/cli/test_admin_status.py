"""`admin status`: what an administrator must see of 200 desks, of the feed, and of what failed."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.cli import run_here
from tests.desks import Centre
from tests.faults.test_poison import smuggle


def status(centre: Centre):
    finished = run_here("--json", "admin", "status", centre.admin_url)
    assert finished.status == 0, finished
    return finished.answer


def words(centre: Centre) -> list[str]:
    finished = run_here("admin", "status", centre.admin_url)
    assert (finished.status, finished.err) == (0, ""), finished
    return finished.out.splitlines()


def warned(answer, *parts: str) -> bool:
    return any(all(part in warning for part in parts) for warning in answer["warnings"])


def two_hundred(centre: Centre) -> None:
    """200 invented agents with a desk each."""
    centre.sql(
        "insert into workstation.agent (login, name) select 'agent' || lpad(i::text, 3, '0'), 'Agent ' || i "
        "from generate_series(1, 200) i"
    )
    centre.sql(
        "insert into workstation.device (device, agent_id, host, program, op_schema, desk_secret, clock_offset_ms) "
        "select gen_random_uuid(), id, 'PC-' || right(login, 3), '0.1', 1, '', 15 from workstation.agent "
        "where login like 'agent%'"
    )


def test_problems_come_first_among_two_hundred_desks_and_each_desk_has_one_line(centre):
    two_hundred(centre)
    of = "from workstation.agent a where a.id = d.agent_id and a.login = "
    centre.sql(f"update workstation.device d set waiting = 18 {of} 'agent150'")
    centre.sql(f"update workstation.device d set seen_at = now() - interval '3 h' {of} 'agent150'")
    centre.sql(f"update workstation.device d set clock_offset_ms = -600000 {of} 'agent180'")
    centre.sql(f"update workstation.device d set program = '0.0.9' {of} 'agent007'")
    centre.sql(f"update workstation.device d set seen_at = now() - interval '5 days' {of} 'agent001'")
    answer = status(centre)
    assert len(answer["desks"]) == 200
    assert [(desk["login"], desk["problems"]) for desk in answer["desks"][:4]] == [
        ("agent150", ["silent"]), ("agent007", ["program"]), ("agent180", ["clock"]), ("agent001", [])
    ]  # fmt: skip
    silent = answer["desks"][0]
    assert (silent["waiting"], silent["host"], answer["waiting"]) == (18, "PC-150", 18)
    assert datetime.now(UTC) - datetime.fromisoformat(silent["waiting_since"]) < timedelta(minutes=5)
    assert warned(answer, "silent", "agent150 (PC-150)")
    assert warned(answer, "clock", "agent180")
    assert warned(answer, "older program", "agent007")
    needed = 3 * 200 + 30
    assert warned(answer, "max_connections", str(needed)) == (answer["max_connections"] < needed)
    assert answer["programs"] == {"0.1": 199, "0.0.9": 1}
    assert not answer["healthy"]

    lines = words(centre)
    assert max(map(len, lines)) <= 160
    first = next(at for at, line in enumerate(lines) if "agent150" in line and "PC-150" in line and "18" in line)
    calm = next(at for at, line in enumerate(lines) if "agent001" in line and "PC-001" in line)
    assert first < calm
    assert sum(("PC-" in line and "now" in line) or "PC-150 " in line or "PC-001 " in line for line in lines) >= 200
    assert "+600 s" in next(line for line in lines if "agent180" in line and "PC-180" in line and "!" not in line)


def test_too_few_connections_are_told(centre):
    answer = status(centre)
    agents = answer["max_connections"] // 3
    centre.sql(
        "insert into workstation.agent (login, name) select 'a' || i, 'A' from generate_series(1, %s::integer) i",
        agents,
    )
    assert not answer["warnings"]
    assert warned(status(centre), "max_connections", str(3 * agents + 30))
    assert max(map(len, words(centre))) <= 160, "thousands of logins are not named"


def test_since_when_work_waits_is_kept_until_it_is_delivered(open_desk, centre):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    (desk,) = status(centre)["desks"]
    assert (desk["waiting"], desk["waiting_since"], desk["problems"]) == (0, None, [])
    central = aziza.desk.central()
    central.report(aziza.desk.who.device, 5, 1)
    (told,) = status(centre)["desks"]
    central.report(aziza.desk.who.device, 7, 2)
    (again,) = status(centre)["desks"]
    assert (again["waiting"], again["refused"]) == (7, 2)
    assert (again["waiting_since"], again["refused_since"]) == (told["waiting_since"], told["refused_since"])
    assert told["waiting_since"] is not None
    central.report(aziza.desk.who.device, 0, 0)
    central.close()
    (calm,) = status(centre)["desks"]
    assert (calm["waiting_since"], calm["refused_since"]) == (None, None)
    assert customer


def test_who_holds_the_feed_back_is_named(centre):
    with psycopg.connect(centre.admin_url, application_name="nightly billing") as holder:
        holder.execute("select pg_current_xact_id()")
        answer = status(centre)
        assert answer["horizon"]["pid"] == holder.info.backend_pid
        assert answer["horizon"]["application"] == "nightly billing"
        assert answer["horizon"]["login"] == "postgres"
        assert answer["horizon_seconds"] == answer["horizon"]["seconds"] >= 0


def test_what_failed_is_counted_by_code_and_place_without_a_word_of_it(open_desk, centre):
    aziza = open_desk("aziza")
    customer = aziza.add_customer("Dilnoza Karimova")
    for number in range(3):
        note = aziza.note(customer, f"her secret {number}")
        smuggle(aziza, note, written_at=f"her secret {number}")
    other = aziza.add_customer("x")
    smuggle(aziza, other, name=" ")
    aziza.sync()
    answer = status(centre)
    (aside,) = answer["put_aside"]
    assert {key: aside[key] for key in ("count", "code", "entity", "kind")} == {
        "count": 3, "code": "22007", "entity": "note", "kind": "add"
    }  # fmt: skip
    assert re.fullmatch(r"[a-z_]+:\d+", aside["place"])
    (refusal,) = answer["refused_reasons"]
    assert (refusal["reason"], refusal["field"], refusal["entity"], refusal["count"]) == (
        "blank",
        "name",
        "customer",
        1,
    )
    assert warned(answer, "3 changes", "dead-letters list")
    assert "secret" not in json.dumps(answer)
    assert "secret" not in "\n".join(words(centre))


def test_a_backup_is_missed_after_a_day_and_a_mark_ends_it(centre):
    assert not warned(status(centre), "backup"), "nobody has worked here yet"
    two_hundred(centre)
    centre.sql("update workstation.device set made_at = now() - interval '3 days'")
    assert warned(status(centre), "No backup is known")
    marked = run_here("--json", "admin", "backup-done", centre.admin_url).answer["backup_at"]
    answer = status(centre)
    assert (answer["backup_at"], warned(answer, "backup")) == (marked, False)
    old = (datetime.now(UTC) - timedelta(hours=50)).isoformat()
    centre.sql("update workstation.meta set value = %s where key = 'backup_at'", old)
    assert warned(status(centre), "50 hours")


@pytest.mark.parametrize("version", ["", "x", "99", "1..2", "0.1; drop", "-1", "９"])
def test_a_version_no_desk_can_have_is_refused(centre, version):
    finished = run_here("admin", "min-program", "--central", centre.admin_url, "--", version)
    assert (finished.status, finished.is_told()) == (1, True), finished
    assert centre.sql("select value from workstation.meta where key = 'min_program'") == [("0.1",)]


def test_a_beat_is_a_later_word_than_a_hello(open_desk, centre):
    aziza = open_desk("aziza")
    aziza.sync()
    device, agent = centre.sql("select device, agent_id from workstation.device")[0]
    centre.sql(
        "insert into workstation.presence (device, agent_id, state, since, host, program, waiting, undecided, seen_at) "
        "values (%s, %s, 'available', now(), 'PC-1', '0.1', 4, 2, now() + interval '1 s')", device, agent,
    )  # fmt: skip
    (desk,) = status(centre)["desks"]
    assert (desk["waiting"], desk["refused"], desk["host"]) == (4, 2, "PC-1")
    assert desk["waiting_since"] is not None
    assert uuid.UUID(desk["device"]) == device
