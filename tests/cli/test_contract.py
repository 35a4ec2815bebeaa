"""The commands as a contract: names, options, JSON keys and exit statuses that scripts rely on."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cli import Shell, customer_of, desk_of, later, run_here, signed_in
from tests.desks import environment
from tests.line import Line
from workstation.app import now
from workstation.central import accounts
from workstation.cli import COMMANDS
from workstation.records import Customer

NAMES = [
    ["central"], ["central", "run"], ["admin"], ["admin", "init"], ["admin", "restored"], ["admin", "status"],
    ["admin", "set"], ["admin", "agent", "add"], ["admin", "agent", "disable"], ["admin", "agent", "password"],
    ["admin", "agent", "list"], ["admin", "team", "add"], ["admin", "team", "list"], ["admin", "scope", "add"],
    ["admin", "scope", "list"], ["sign-in"], ["sync"], ["status"], ["find"], ["show"], ["customer", "add"],
    ["customer", "edit"], ["note"], ["contact"], ["callback", "add"], ["callback", "list"], ["callback", "done"],
    ["callback", "cancel"], ["callback", "reschedule"], ["callback", "reassign"], ["conflicts"], ["refused"],
    ["import"], ["monitoring"], ["check"],
]  # fmt: skip


def types_of(answer: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in answer.items()}


@pytest.mark.parametrize("name", NAMES, ids=" ".join)
def test_every_command_explains_itself(name):
    finished = run_here(*name, "--help")
    assert (finished.status, finished.err) == (0, "")
    assert finished.out.startswith("Usage: workstation " + " ".join(name))
    assert "--help" in finished.out
    assert name[-1] in COMMANDS or len(name) > 1


@pytest.mark.parametrize(
    "arguments",
    [("--home", "{home}", "--json", "status"), ("status", "--home", "{home}", "--json"),
     ("--json", "status", "--home", "{home}"), ("--home", "{home}", "status", "--json"),
     ("--home", "/nowhere", "--json", "status", "--home", "{home}")],
)  # fmt: skip
def test_home_and_json_stand_before_or_after_the_name(shell, arguments):
    finished = run_here(*(part.format(home=shell.home) for part in arguments))
    assert (finished.status, finished.err) == (0, "")
    assert finished.answer["customers"] == 0


@pytest.mark.parametrize(
    "arguments",
    [("--home", "{home}", "--json", "callback", "list"), ("callback", "list", "--json", "--home", "{home}")],
)
def test_home_and_json_stand_anywhere_with_a_command_of_two_words(shell, arguments):
    assert run_here(*(part.format(home=shell.home) for part in arguments)).answer == {"callbacks": []}


def test_the_keys_of_the_desk(shell):
    answer = shell.ask("status")
    assert answer["agent"].startswith("aziza")
    named = {key: answer[key] for key in ("online", "waiting", "refused", "customers", "last_sync", "replica_bytes")}
    assert types_of(named) == {
        "online": bool, "waiting": int, "refused": int, "customers": int, "last_sync": str, "replica_bytes": int
    }  # fmt: skip
    assert datetime.fromisoformat(answer["last_sync"]).utcoffset() == timedelta(0)
    customer_of(shell)
    answer = shell.ask("sync")
    assert types_of(answer) == {
        "pushed": int, "pulled": int, "refused": int, "conflicts": int, "waiting": int, "seconds": float
    }  # fmt: skip
    assert (answer["pushed"], answer["waiting"]) == (1, 0)
    assert shell.ask("conflicts") == {"items": []}
    assert shell.ask("refused") == {"items": []}


def test_the_keys_of_sign_in(shared_centre, tmp_path):
    login = shared_centre.add_agent("botir", "senior")
    answer = Shell(tmp_path).ask("sign-in", "--central", shared_centre.url, "--agent", login)
    assert answer == {"agent": login, "role": "senior"}


def test_the_keys_of_find_and_show(shell):
    customer = customer_of(shell, "Dilnoza Karimova", "+998 90 123-45-67")
    found = shell.ask("find", "karimova")
    assert types_of(found) == {"results": list, "milliseconds": float}
    (result,) = found["results"]
    assert types_of(result) == {"id": str, "name": str, "matched": str, "score": float}
    assert (result["id"], result["name"], result["matched"]) == (customer, "Dilnoza Karimova", "name")
    assert shell.ask("find", "4567")["results"][0]["matched"] == "phone"
    assert shell.ask("find", "nobody at all") | {"milliseconds": 0} == {"results": [], "milliseconds": 0}
    for number in range(3):
        customer_of(shell, f"Botirov {number}")
    assert len(shell.ask("find", "botirov", "--limit", "2")["results"]) == 2

    shell("note", customer, "Wants her contract by e-mail")
    card = shell.ask("show", customer)
    assert {"customer", "contact_points", "timeline"} <= card.keys()
    assert (card["customer"]["id"], card["customer"]["name"]) == (customer, "Dilnoza Karimova")
    assert card["contact_points"][0]["value"] == "+998 90 123-45-67"
    assert card["timeline"][0]["text"] == "Wants her contract by e-mail"


def test_every_saving_command_gives_the_id_of_what_it_made(shell):
    customer = customer_of(shell, "Dilnoza Karimova", "+998 90 123-45-67")
    made = [
        shell.ask("note", customer, "text", "--pin"),
        shell.ask("note", customer, "-", stdin=b"from standard input"),
        shell.ask("contact", customer, "--channel", "call", "--direction", "in", "--disposition", "solved",
                  "--note", "said", "--phone", "901234567", "--started", later(hours=-1), "--ended", later()),
        shell.ask("callback", "add", customer, "--at", later(hours=1), "--zone", "Asia/Tashkent", "--reason", "r"),
    ]  # fmt: skip
    assert [list(answer) for answer in made] == [["id"]] * 4
    assert shell.ask("customer", "edit", customer, "name=D. Karimova", "language=uz") == {"id": customer}
    card = shell.ask("show", customer)
    ids = {entry["id"] for entry in card["timeline"]}
    assert {answer["id"] for answer in made} < ids
    assert [entry["kind"] for entry in card["timeline"]].count("note") == 3
    assert card["customer"]["name"] == "D. Karimova"
    assert all(str(UUID(i)) == i for i in ids)


def test_the_keys_of_callbacks_and_their_way_to_the_end(shell):
    customer = customer_of(shell)
    done, cancelled, team = (
        shell.ask("callback", "add", customer, "--at", later(hours=n), "--owner", owner)["id"]
        for n, owner in ((1, "me"), (2, "me"), (3, "team"))
    )
    (first, second, third) = shell.ask("callback", "list")["callbacks"]
    assert [first["id"], second["id"], third["id"]] == [done, cancelled, team]
    assert {"id", "customer", "due_at", "owner", "state"} <= first.keys()
    assert first["customer"] == {"id": customer, "name": "Dilnoza Karimova"}
    assert (first["state"], first["owner"][:5], third["owner"]) == ("open", "aziza", "team")
    assert datetime.fromisoformat(first["due_at"]).utcoffset() == timedelta(0)
    assert shell.ask("callback", "list", "--due") == {"callbacks": []}
    assert shell.ask("callback", "done", done) == {"id": done}
    assert shell.ask("callback", "cancel", cancelled, "--reason", "paid meanwhile") == {"id": cancelled}
    again = shell.ask("callback", "reschedule", team, "--at", later(days=1))["id"]
    assert again != team
    assert [line["id"] for line in shell.ask("callback", "list")["callbacks"]] == [again]
    assert "closed already" in shell("callback", "done", done, ok=1).err


def test_check_names_what_it_looked_at(shell):
    finished = shell("check", ok=None)
    (checks,) = finished.answer.values()
    assert all(types_of(check) == {"name": str, "ok": bool, "detail": str} for check in checks)
    named = {check["name"]: check["ok"] for check in checks}
    assert {"qt", "fonts", "keyring", "replica", "central", "clock", "time zones"} <= named.keys()
    assert named["replica"]
    assert named["central"]
    assert finished.status == (0 if all(named.values()) else 1)


def test_the_end_of_an_id_is_enough_when_only_one_ends_so(shell):
    customer = customer_of(shell)
    short = customer.replace("-", "")[-6:]
    for spelling in (short, short.upper(), customer[-12:], customer[-22:], customer.upper(), customer.replace("-", "")):
        assert shell.ask("show", spelling)["customer"]["id"] == customer
    assert "6 characters" in shell("show", short[1:], ok=1).err
    assert "6 characters" in shell("show", customer[:8] + "x", ok=1).err
    assert shell("show", "0" * 32, ok=1).err == f"Nothing on this PC has the id {'0' * 32}.\n"
    other = shell.ask("callback", "add", customer, "--at", later(hours=1))["id"]
    assert "Nothing" in shell("show", other[-12:], ok=1).err, "the id of a callback names no customer"


def test_an_end_that_several_ids_share_is_refused(shell):
    with desk_of(shell) as desk, desk.store.write() as session:
        session.add_all(
            Customer(id=UUID(f"{n}a203e7-3062-74ec-8490-4e40f7c1fd5f"), name="n", made_at=now()) for n in (10, 20)
        )
    assert "More than one" in shell("show", "c1fd5f", ok=1).err
    assert "More than one" in shell("note", "4ec84904e40f7c1fd5f", "text", ok=1).err
    assert shell.ask("show", "20a203e7-3062-74ec-8490-4e40f7c1fd5f")["customer"]["name"] == "n"


def test_a_text_that_begins_with_a_dash_follows_two_dashes(shell):
    customer = customer_of(shell)
    assert "No such option" in shell("note", customer, "-5 degrees", ok=2).err
    shell("note", customer, "--", "-5 degrees")
    shell("note", "--pin", "--", customer, "--json")
    assert {entry["text"] for entry in shell.ask("show", customer)["timeline"]} == {"-5 degrees", "--json"}
    assert shell.ask("find", "--", "-karimova")["results"][0]["id"] == customer
    shell("customer", "edit", "--", customer, "need=--loud--")
    assert shell.ask("show", customer)["customer"]["need"] == "--loud--"


def test_times_need_an_offset_and_come_back_in_utc(shell):
    customer = customer_of(shell)
    log = ("contact", customer, "--channel", "call", "--direction", "out", "--disposition", "no_answer", "--started")
    shell(*log, "2026-03-01T09:30:00+05:00", "--ended", "2026-03-01T04:31:00Z")
    (entry,) = shell.ask("show", customer)["timeline"]
    assert (entry["at"], entry["ended_at"]) == ("2026-03-01T04:30:00+00:00", "2026-03-01T04:31:00+00:00")
    assert "offset" in shell(*log, "2026-03-01T09:30:00", ok=1).err
    assert "not a time" in shell(*log, "yesterday", ok=1).err
    assert "not a time" in shell(*log, "", ok=1).err
    assert "ends before it starts" in shell(*log, later(), "--ended", later(hours=-1), ok=1).err
    for edge in ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"):
        shell(*log, edge)
    for beyond in ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"):
        assert "not a time" in shell(*log, beyond, ok=1).err
    assert shell.ask("sync")["refused"] == 0


def test_a_wall_clock_is_read_in_the_zone_named(shell):
    customer = customer_of(shell)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
    for zone, hour in (("Asia/Tashkent", 5), ("Europe/Minsk", 7), ("UTC", 10)):
        made = shell.ask("callback", "add", customer, "--at", f"{tomorrow}T10:00", "--zone", zone)["id"]
        (line,) = [c for c in shell.ask("callback", "list")["callbacks"] if c["id"] == made]
        assert line["due_at"] == f"{tomorrow}T{hour:02}:00:00+00:00"
    assert "no time zone" in shell("callback", "add", customer, "--at", later(), "--zone", "Mars", ok=1).err
    assert "past" in shell("callback", "add", customer, "--at", later(hours=-1), ok=1).err
    assert "90 days" in shell("callback", "add", customer, "--at", later(days=91), ok=1).err


def test_everything_but_sync_goes_on_while_central_is_away(shared_centre, tmp_path):
    login = shared_centre.add_agent("cut_off")
    with Line(shared_centre.cluster.address) as line:
        shell = Shell(tmp_path)
        shell("sign-in", "--central", line.url_for(shared_centre.url), "--agent", login)
        shell("sync")
        line.cut()
        accepted = line.accepted
        customer = customer_of(shell, "Dilnoza Karimova", "901234567")
        shell("customer", "edit", customer, "need=large print")
        shell("note", customer, "written while the line was cut")
        shell("contact", customer, "--channel", "call", "--direction", "in", "--disposition", "solved")
        callback = shell.ask("callback", "add", customer, "--at", later(hours=1))["id"]
        shell("callback", "done", callback)
        assert customer in {line["id"] for line in shell.ask("find", "karimova")["results"]}
        assert len(shell.ask("show", customer)["timeline"]) == 3
        assert shell.ask("conflicts") == shell.ask("refused") == {"items": []}
        waiting = shell.ask("status")["waiting"]
        assert waiting == 7
        assert line.accepted == accepted, "nothing may even ask for central"

        finished = shell("sync", ok=1)
        assert (finished.out, finished.err) == ("", "Central cannot be reached.\n")
        assert shell.ask("status")["online"] is False
        line.restore()
        assert shell.ask("sync") | {"seconds": 0, "pulled": 0} == {
            "pushed": waiting, "pulled": 0, "refused": 0, "conflicts": 0, "waiting": 0, "seconds": 0
        }  # fmt: skip
        assert shell.ask("status")["online"] is True


def test_two_agents_share_one_home_and_see_their_own_desks(shared_centre, tmp_path):
    shell = signed_in(shared_centre, tmp_path, "aziza")
    customer_of(shell, "Only on Aziza's desk")
    signed_in(shared_centre, tmp_path, "botir")
    aziza, botir = shared_centre.login("aziza"), shared_centre.login("botir")
    assert shell.ask("status")["agent"] == botir, "the last one to sign in"
    assert (shell.ask("status", "--agent", aziza)["waiting"], shell.ask("status", "--agent", botir)["waiting"]) == (
        1,
        0,
    )
    assert shell("status", "--agent", "nobody", ok=1).err == "nobody has not signed in on this PC.\n"


def test_the_password_comes_from_standard_input_or_the_environment_only(shell, monkeypatch):
    customer = customer_of(shell)
    monkeypatch.delenv("WORKSTATION_PASSWORD")
    shell("note", customer, "-", "--password-stdin", stdin=b"correct horse\nthe rest is the note\n")
    assert shell("find", "-", "--password-stdin", stdin=b"correct horse\r\nKarimova\n").answer["results"]
    assert shell("status", "--password-stdin", stdin=b"wrong\n", ok=1).err == "The password is wrong.\n"
    assert "empty" in shell("status", "--password-stdin", ok=1).err
    assert "not UTF-8" in shell("status", "--password-stdin", stdin=b"\xff\n", ok=1).err
    assert "NUL" in shell("status", "--password-stdin", stdin=b"a\0b\n", ok=1).err
    for absent in (None, ""):
        if absent is not None:
            monkeypatch.setenv("WORKSTATION_PASSWORD", absent)
        assert "A password is needed" in shell("status", ok=1).err
    assert "No such option" in shell("status", "--password", "x", ok=2).err
    monkeypatch.setenv("WORKSTATION_PASSWORD", "correct horse")
    assert shell.ask("show", customer)["timeline"][0]["text"] == "the rest is the note\n"


def test_each_line_is_answered_at_once_and_only_after_its_commit(shell):
    customer = customer_of(shell)
    command = [sys.executable, "-m", "workstation", "--home", str(shell.home)]
    for arguments, kind in ((["note", customer, "-", "--lines"], "id"), (["find", "-"], "results")):
        with subprocess.Popen(
            [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        ) as running:
            for text in ("one", "two"):
                running.stdin.write(text.encode() + b"\n")
                running.stdin.flush()
                answer = json.loads(running.stdout.readline())
                assert next(iter(answer)) == kind
                if kind == "id":
                    top = shell.ask("show", customer)["timeline"][0]
                    assert (top["id"], top["text"]) == (answer["id"], text), "printed before it was committed"
            running.stdin.close()
            assert running.stdout.read() == b""
            assert running.wait(20) == 0


@pytest.fixture
def pair(shared_centre, tmp_path):
    """Two desks that see one customer and nobody else's, and its id."""
    accounts.add_scope(shared_centre.admin_url, tmp_path.name)
    names = [f"{tmp_path.name}_{n}" for n in ("a", "b")]
    first, second = (signed_in(shared_centre, tmp_path / name, name, scope=tmp_path.name) for name in names)
    customer = customer_of(first)
    first("sync")
    second("sync")
    return first, second, customer


def test_a_conflict_is_shown_whole_and_chosen(pair):
    first, second, customer = pair
    first("customer", "edit", customer, "need=first\nwrote")
    second("customer", "edit", customer, "need=second wrote")
    first("sync")
    assert second.ask("sync")["conflicts"] == 1
    (item,) = second.ask("conflicts")["items"]
    assert (item["field"], item["mine"], item["theirs"], item["before"]) == (
        "need", "second wrote", "first\nwrote", None
    )  # fmt: skip
    assert (item["customer_id"], item["customer"]) == (customer, "Dilnoza Karimova")
    assert second.ask("show", customer)["conflicts"] == 1
    second("conflicts", "resolve", item["id"][-8:], "--take", "mine")
    assert "decided already" in second("conflicts", "resolve", item["id"], "--take", "theirs", ok=1).err
    assert second.ask("conflicts") == {"items": []}
    for shell in (second, first):
        shell("sync")
        assert shell.ask("show", customer)["customer"]["need"] == "second wrote"
        assert shell.ask("conflicts") == {"items": []}


def test_what_central_refuses_waits_whole_until_somebody_decides(pair):
    first, _second, customer = pair
    first("customer", "edit", customer, "do_not_contact=calls")
    first("sync")
    first("customer", "edit", customer, "do_not_contact=")
    answer = first.ask("sync")
    assert (answer["refused"], answer["waiting"]) == (1, 0)
    assert first.ask("status")["refused"] == 1
    (item,) = first.ask("refused")["items"]
    assert (item["entity"], item["entity_id"], item["values"]) == ("customer", customer, {"do_not_contact": None})
    assert "senior" in item["reason"]
    assert first.ask("show", customer)["customer"]["do_not_contact"] == "calls"
    assert first.ask("refused", "discard", item["op_id"][-6:]) == {"discarded": 1}
    assert first.ask("refused") == {"items": []}
    assert first.ask("status")["refused"] == 0
