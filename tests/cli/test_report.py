"""The report for support: enough to find a trouble by, and nothing in it about any person, wherever it was planted."""

import json
import logging
import re
from pathlib import Path

import pytest

from tests.cli import PASSWORD, Shell, desk_of, run_here
from tests.cli.test_secrets import SECRETS, day_of_work, found_in
from workstation import logs
from workstation.home import Home

MORE = {"login": "aziza", "host": "zulfizarkhon-pc", "folder": "home-of-zulfizarkhon"}


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        head = re.fullmatch(r"\[([a-z ]+)\]", line)
        name = head[1] if head else name
        found.setdefault(name, []).append(line)
    return found


def test_it_holds_versions_checks_counts_and_log(shell, tmp_path):
    file = tmp_path / "report.txt"
    answer = shell.ask("report", str(file))
    assert answer == {"file": str(file), "bytes": file.stat().st_size, "ok": answer["ok"]}
    found = sections(file.read_text("utf-8"))
    assert {"versions", "check", "settings", "rows", "operations", "facts", "log"} <= found.keys()
    assert any(line.startswith("Python: 3.") for line in found["versions"])
    assert {line.split(":")[0] for line in found["check"][1:-1]} >= {
        "qt", "fonts", "keyring", "sqlite", "time zones", "disk", "settings", "replica", "central", "clock"
    }  # fmt: skip
    assert "central: ok answers" in found["check"]
    assert "customer: 0" in found["rows"]
    assert any(line.startswith("last_sync: 20") for line in found["facts"])


def test_it_never_writes_over_a_file_or_where_it_may_not(shell, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("mine", "utf-8")
    assert "already" in shell("report", str(file), ok=1).err
    assert file.read_text("utf-8") == "mine"
    finished = shell("report", str(tmp_path / "no" / "such" / "folder.txt"), ok=1)
    assert finished.is_told()


@pytest.mark.parametrize("state", ["nobody", "no password", "wrong password", "damaged list", "damaged replica"])
def test_it_is_written_just_when_things_are_broken(shell, tmp_path, monkeypatch, state):
    file, home = tmp_path / "report.txt", shell.home
    if state == "nobody":
        home = tmp_path / "empty"
    elif state == "no password":
        monkeypatch.delenv("WORKSTATION_PASSWORD")
    elif state == "wrong password":
        monkeypatch.setenv("WORKSTATION_PASSWORD", SECRETS["other password"])
    elif state == "damaged list":
        (home / "desk.json").write_text(SECRETS["name"], "utf-8")
    else:
        next(home.rglob("replica.db")).write_bytes(SECRETS["name"].encode() * 1_000)
    finished = run_here("--home", str(home), "--json", "report", str(file))
    assert finished.status == 0, finished
    text = file.read_text("utf-8")
    assert "[log]" in text
    told = {"nobody": "replica: ok none", "damaged replica": "replica: ok open"}  # that one is mended meanwhile
    assert told.get(state, "replica: NO ") in text
    assert found_in(file.read_bytes()) == []


@pytest.fixture
def planted(shared_centre, tmp_path, monkeypatch):
    """A home in a folder with somebody's name, with secrets in every place they could be in."""
    monkeypatch.setattr("socket.gethostname", lambda: MORE["host"])
    login = shared_centre.add_agent("aziza")
    shared_centre.sql("update workstation.agent set name = %s where login = %s", SECRETS["name"], login)
    shell = Shell(tmp_path / MORE["folder"])
    shell("sign-in", "--central", shared_centre.url, "--agent", login)
    shell("sync")
    return shell


def plant(shell, customer: str) -> None:
    """Secrets where no program of ours puts them."""
    with desk_of(shell, PASSWORD) as desk:
        lies = (
            ("entity", SECRETS["name"]),
            ("reason", json.dumps({"reason": SECRETS["note"]})),
            ("reason", json.dumps({"reason": "failed", "code": SECRETS["digits"], "place": SECRETS["phone"]})),
            ("reason", json.dumps({"reason": "failed", "field": SECRETS["name"]})),
            ("reason", SECRETS["e-mail"]),
            ("reason", json.dumps([SECRETS["note"]])),
        )
        with desk.store.from_central() as inbox:
            numbers = inbox.connection.execute("select n from outbox where state = 'refused'").fetchall()
            for (n,), (column, words) in zip(numbers, lies, strict=False):
                inbox.connection.execute(f"update outbox set {column} = ? where n = ?", (words, n))
            inbox.connection.execute(
                "update cursor set fill_entity = ?, fill_key = ? where scope_id = 0",
                (SECRETS["name"], SECRETS["phone"]),
            )
        desk.store.note_facts({
            "last_error": SECRETS["note"], "last_digest": SECRETS["phone"], "compare": SECRETS["e-mail"],
            SECRETS["name"]: "1", "clock_offset_ms": SECRETS["phone"],
        })  # fmt: skip
    log = logs.start_log(Home(shell.home).logs)
    for secret in [*SECRETS.values(), *MORE.values()]:
        logging.getLogger("workstation.x").warning("about %s", secret)
        logging.getLogger("sqlalchemy.engine").warning("parameters %s", secret)
        try:
            raise ValueError(secret)
        except ValueError:
            logging.getLogger("workstation.x").exception("failed")
    logs.stop_log(log)
    with next(shell.home.rglob("workstation.log")).open("a", encoding="utf-8") as file:
        for secret in [*SECRETS.values(), *MORE.values()]:
            file.write(f'{secret}\n  File "{secret}"\n')
        stamp = "2026-11-25T01:02:03.004Z WARNING workstation.x"
        file.write(f"{stamp} called {SECRETS['phone']} and wrote to {SECRETS['e-mail']}\n{stamp} {SECRETS['digits']}\n")
    with (shell.home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(f'"{SECRETS["name"]}" = "{SECRETS["phone"]}"\nroot_cert = "/home/{MORE["folder"]}/ca.pem"\n')
    assert customer


def test_no_secret_planted_anywhere_reaches_it(planted, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.cli.test_secrets.PASSWORD", PASSWORD)
    customer = day_of_work(planted, tmp_path)
    planted("note", customer, SECRETS["note"])
    poison_here(planted)
    planted("sync")
    for _n in range(6):
        planted("note", customer, SECRETS["note"])
    with desk_of(planted, PASSWORD) as desk, desk.store.from_central() as inbox:
        inbox.connection.execute("update outbox set state = 'refused', reason = '{}' where state = 'waiting'")
    plant(planted, customer)
    file = tmp_path / "report.txt"
    planted("report", str(file))
    content = file.read_bytes()
    assert found_in(content) == []
    low = content.decode().lower()
    for what, secret in MORE.items():
        assert secret not in low, what
    for private in (str(tmp_path).lower(), PASSWORD, planted.login, Path.home().name + "/", "127.0.0.1"):
        assert private not in low, private
    assert "quarantined add note" in low, "the report must have something to tell"
    assert "22p05" in low or "22007" in low
    assert "workstation.x failed" in low
    assert "called # and wrote to #" in low


def poison_here(shell) -> None:
    with desk_of(shell, PASSWORD) as desk, desk.store.from_central() as inbox:
        inbox.connection.execute(
            'update outbox set "set" = replace("set", ?, ?) where state = \'waiting\'', ("owes", "owes\\u0000")
        )


def test_of_a_long_log_the_end_is_there(shell, tmp_path):
    handler = logs.start_log(Home(shell.home).logs)
    log = logging.getLogger("workstation.x")
    for number in range(60_000):
        log.info("line number %d of a long day at work with much to tell and little to say about it", number)
    logs.stop_log(handler)
    shell("report", str(tmp_path / "report.txt"))
    lines = sections((tmp_path / "report.txt").read_text("utf-8"))["log"]
    told = [int(found[1]) for line in lines if (found := re.search(r"line number (\d+) of", line))]
    assert told == list(range(told[0], 60_000)), "in order, none missing"
    assert 5_000 < len(told) < 20_000
