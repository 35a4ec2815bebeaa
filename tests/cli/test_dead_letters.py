"""Dead letters: what central could not carry out is listed, shown whole, applied once after a correction, and its desk
learns of it."""

import json
import re

import pytest

from tests.cli import run_here
from tests.desks import Centre
from tests.faults.test_poison import assert_settles, correct, refused, smuggle

BREAK = "alter table workstation.note add constraint only_short check (length(body) < 20) not valid"
MEND = "alter table workstation.note drop constraint only_short"


def dead_letters(centre: Centre, *arguments: str, ok: int | None = 0):
    finished = run_here("--json", "admin", "dead-letters", *arguments, "--central", centre.admin_url)
    assert finished.is_told(), finished
    assert ok is None or finished.status == ok, finished
    return finished


def waiting(centre):
    return dead_letters(centre, "list").answer["dead_letters"]


@pytest.fixture
def aziza(open_desk, centre):
    """A desk with a note that central, which has a defect, could not carry out."""
    desk = open_desk("aziza")
    desk.customer_id = desk.add_customer("Dilnoza Karimova")
    desk.sync()
    centre.sql(BREAK)
    desk.note_id = desk.note(desk.customer_id, "owes the clinic her second instalment")
    desk.sync()
    return desk


def test_one_is_listed_without_its_text_and_shown_whole(aziza, centre):
    (line,) = waiting(centre)
    assert {key: line[key] for key in ("agent", "kind", "entity", "record", "code", "state", "n")} == {
        "agent": aziza.desk.who.agent, "kind": "add", "entity": "note", "record": str(aziza.note_id),
        "code": "23514", "state": "waiting", "n": 2,
    }  # fmt: skip
    assert re.fullmatch(r"[a-z_]+:\d+ only_short", line["place"])
    assert "instalment" not in json.dumps(line)
    whole = dead_letters(centre, "show", line["op_id"][-6:]).answer["dead_letter"]
    assert whole["operation"]["set"]["body"] == [None, "owes the clinic her second instalment"]
    assert centre.sql("select detail ->> 'op_id' from workstation.audit where verb = 'dead_letter_shown'") == [
        (line["op_id"],)
    ]
    spoken = run_here("admin", "dead-letters", "list", "--central", centre.admin_url).out
    assert spoken.count("\n") == 1
    assert aziza.desk.who.agent in spoken


def test_before_the_correction_nothing_is_applied_and_the_note_is_not_quoted(aziza, centre):
    (line,) = waiting(centre)
    failed = dead_letters(centre, "apply", line["op_id"], ok=1)
    assert "23514" in failed.err
    assert "instalment" not in failed.err + failed.out
    assert (centre.count("note"), len(waiting(centre))) == (0, 1)


def test_after_the_correction_it_is_applied_once_in_the_authors_name_and_its_desk_learns(aziza, open_desk, centre):
    botir = open_desk("botir")
    (line,) = waiting(centre)
    centre.sql(MEND)
    (applied,) = dead_letters(centre, "apply", line["op_id"]).answer["applied"]
    assert (applied["op_id"], applied["status"]) == (line["op_id"], "applied")
    (again,) = dead_letters(centre, "apply", line["op_id"]).answer["applied"]
    assert again["status"] == "duplicate"
    author = centre.sql("select a.login, n.body from workstation.note n join workstation.agent a on a.id = n.author_id")
    assert author == [(aziza.desk.who.agent, "owes the clinic her second instalment")]
    assert waiting(centre) == []
    assert [one["state"] for one in dead_letters(centre, "list", "--all").answer["dead_letters"]] == ["applied"]

    botir.sync()
    assert botir.notes(aziza.customer_id) == {"owes the clinic her second instalment"}
    aziza.sync()
    assert refused(aziza) == []
    assert_settles(aziza)
    assert centre.count("note") == 1


def test_a_desk_that_numbered_anew_meanwhile_does_not_take_central_for_an_older_one(aziza, centre, caplog):
    (line,) = waiting(centre)
    for number in range(5):
        aziza.note(aziza.customer_id, f"short {number}")
    aziza.sync()
    with aziza.store.from_central() as inbox:  # as after an older file of the replica was put back
        inbox.connection.execute("update outbox set n = n + 100 where state = 'quarantined'")
    centre.sql(MEND)
    dead_letters(centre, "apply", line["op_id"])
    aziza.sync()
    aziza.sync()
    assert "went back" not in caplog.text
    assert refused(aziza) == []
    assert centre.count("note") == 6


def test_what_was_held_because_of_it_follows(open_desk, centre):
    aziza = open_desk("aziza")
    centre.sql("alter table workstation.customer add constraint no_dilnoza check (name <> 'Dilnoza') not valid")
    customer = aziza.add_customer("Dilnoza")
    aziza.note(customer, "waits with her")
    aziza.sync()
    assert aziza.states() == ["quarantined", "held"]
    centre.sql("alter table workstation.customer drop constraint no_dilnoza")
    (line,) = waiting(centre)
    dead_letters(centre, "apply", line["op_id"])
    aziza.sync()
    assert centre.sql("select body from workstation.note") == [("waits with her",)]
    assert_settles(aziza)


def test_an_edit_is_merged_field_by_field_as_a_push_would(open_desk, centre):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer("Dilnoza")
    aziza.sync()
    botir.sync()
    centre.sql("alter table workstation.customer add constraint no_need check (need is null) not valid")
    aziza.edit(customer, need="deaf")
    aziza.sync()
    centre.sql("alter table workstation.customer drop constraint no_need")
    botir.edit(customer, wish="write, do not call")
    botir.sync()
    (line,) = waiting(centre)
    dead_letters(centre, "apply", line["op_id"])
    aziza.sync()
    assert centre.sql("select need, wish from workstation.customer") == [("deaf", "write, do not call")]
    assert (aziza.customer(customer).need, aziza.customer(customer).wish) == ("deaf", "write, do not call")
    assert_settles(aziza)


def test_all_that_wait_are_applied_at_once_and_the_hopeless_one_stays(aziza, centre):
    for number in range(3):
        aziza.note(aziza.customer_id, f"a note that is too long for the defect {number}")
    bad = aziza.note(aziza.customer_id, "nul")
    smuggle(aziza, bad, body="be\0fore")
    aziza.sync()
    centre.sql(MEND)
    finished = dead_letters(centre, "apply", "--all", ok=None)
    assert finished.status == 1
    assert (len(finished.answer["applied"]), len(finished.answer["failed"])) == (4, 1)
    assert "22P05" in finished.answer["failed"][0]["reason"]
    assert centre.count("note") == 4
    assert len(waiting(centre)) == 1
    whole = dead_letters(centre, "show", waiting(centre)[0]["op_id"]).answer["dead_letter"]
    assert whole["operation"]["set"]["body"][1] == "be\0fore"


def test_a_closed_account_does_not_lose_its_words(aziza, centre):
    (line,) = waiting(centre)
    centre.sql(MEND)
    run_here("admin", "agent", "disable", aziza.desk.who.agent, "--central", centre.admin_url)
    dead_letters(centre, "apply", line["op_id"])
    assert centre.count("note") == 1


def test_dropped_it_waits_no_longer_here_and_stays_at_its_desk(aziza, centre):
    (line,) = waiting(centre)
    assert "reason" in dead_letters(centre, "drop", line["op_id"], "--reason", " ", ok=1).err
    dead_letters(centre, "drop", line["op_id"], "--reason", "typed twice")
    assert waiting(centre) == []
    assert "before" in dead_letters(centre, "drop", line["op_id"], "--reason", "again", ok=1).err
    assert "dropped" in dead_letters(centre, "apply", line["op_id"], ok=1).err
    aziza.sync()
    assert [one.state for one in refused(aziza)] == ["quarantined"]
    (whole,) = dead_letters(centre, "list", "--all").answer["dead_letters"]
    assert (whole["state"], whole["decided_why"]) == ("dropped", "typed twice")


def test_one_corrected_at_its_desk_meanwhile_is_not_applied_over_it(aziza, centre):
    (line,) = waiting(centre)
    (held,) = refused(aziza)
    correct(aziza, held, body="owes a part")
    aziza.sync()
    assert waiting(centre) == []
    assert "already" in dead_letters(centre, "apply", line["op_id"], ok=1).err
    assert centre.sql("select body from workstation.note") == [("owes a part",)]


def test_what_an_agent_forges_gives_no_rights_of_others(open_desk, centre):
    """An agent puts aside what was never an operation of theirs; applied, it has their own rights at most."""
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer("Dilnoza")
    aziza.edit(customer, do_not_contact="all")
    aziza.sync()
    central = botir.desk.central()
    forged = {"op_id": "00000000-0000-4000-8000-000000000001", "n": 9, "kind": "edit", "entity": "customer",
              "id": str(customer), "set": {"do_not_contact": ["all", None]}, "needs": []}  # fmt: skip

    def put(op_id, payload, device=botir.desk.who.device):
        central._ask("select api.put_aside(%s, %s, 9, %s, 'x')", (device, op_id, payload))

    put(forged["op_id"], json.dumps(forged))
    put("00000000-0000-4000-8000-000000000002", json.dumps(forged))
    put("00000000-0000-4000-8000-000000000003", "no JSON at all")
    put("00000000-0000-4000-8000-000000000004", json.dumps(["a list"]))
    put("x'; drop table workstation.note; --", json.dumps({"id": "x", "kind": "add", "entity": "pg_class"}))
    put("00000000-0000-4000-8000-000000000005", json.dumps(forged | {"op_id": "00000000-0000-4000-8000-000000000005"}),
        aziza.desk.who.device)  # fmt: skip
    central.close()
    assert len(waiting(centre)) == 6
    reasons = [dead_letters(centre, "apply", f"00000{number}", ok=1).err for number in range(1, 6)]
    assert "lift_do_not_contact" in reasons[0]
    assert "not the operation" in reasons[1]
    assert "22P02" in reasons[2]
    assert "not the operation" in reasons[3]
    assert "desk" in reasons[4]
    assert dead_letters(centre, "apply", "--all", ok=None).status == 1
    assert centre.sql("select do_not_contact from workstation.customer") == [("all",)]
    for rubbish in ("", "00000", "%", "______", "'", "\udcff\udcff\udcff\udcff\udcff\udcff", "ffffff"):
        assert "No single" in dead_letters(centre, "show", rubbish, ok=1).err
