"""Leaving a PC or a central: nothing that waits is left behind unseen."""

import json
import os
import pty
import secrets
import subprocess
import sys

import pytest

from tests.cli import Shell, customer_of, signed_in
from tests.desks import environment
from workstation.home import Home, waiting_of
from workstation.settings import whole_address


@pytest.fixture
def shell(centre, tmp_path) -> Shell:
    return signed_in(centre, tmp_path / "pc")


def elsewhere(centre):
    """The same central at another address."""
    return centre.url.replace("127.0.0.1", "localhost")


def files_of(home):
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()} if home.exists() else set()


def test_what_waits_is_listed_whole_and_noted_for_the_sign_in(shell):
    assert shell.ask("waiting") == {"items": [], "unopened": {"files": 0, "changes": 0}}
    assert "Nothing waits" in shell.spoken("waiting").out
    customer = customer_of(shell, "Dilnoza Karimova", "+998 90 123-45-67")
    text = "Asked for the contract; " * 200
    shell("note", customer, text)
    items = shell.ask("waiting")["items"]
    assert [item["entity"] for item in items] == ["customer", "contact_point", "note"]
    assert items[2]["values"]["body"] == text
    assert {item["customer"] for item in items} == {"Dilnoza Karimova"}
    home = Home(shell.home)
    assert waiting_of(home, home.last_sign_in()) == (3, items[0]["made_at"])
    shell("sync")
    assert waiting_of(home, home.last_sign_in()) == (0, "")


def test_another_address_of_central_is_refused_while_work_waits(shell, centre):
    customer = customer_of(shell)
    to_another = ("sign-in", "--central", elsewhere(centre), "--agent", shell.login)
    refused = shell(*to_another, ok=1)
    assert refused.err.startswith(
        f"1 change of {shell.login} still waits on this PC for {centre.url}. Deliver it there"
    )
    assert "workstation waiting --export FILE" in refused.err
    assert Home(shell.home).last_sign_in().central == centre.url
    shell("sync")
    shell(*to_another)
    assert Home(shell.home).last_sign_in().central == elsewhere(centre)
    shell("sync")
    assert shell.ask("show", customer)["customer"]["name"] == "Dilnoza Karimova"


def test_what_was_exported_keeps_nobody_but_what_was_saved_later_does(shell, centre, tmp_path):
    customer = customer_of(shell)
    file = tmp_path / "work.json"
    assert len(shell.ask("waiting", "--export", str(file))["items"]) == 1
    written = json.loads(file.read_text("utf-8"))
    assert (written["central"], written["agent"]) == (centre.url, shell.login)
    assert written["items"][0]["values"]["name"] == "Dilnoza Karimova"
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
    shell("note", customer, "Later")
    to_another = ("sign-in", "--central", elsewhere(centre), "--agent", shell.login)
    assert shell(*to_another, ok=1).err.startswith("1 change ")
    shell("waiting", "--export", str(file))
    shell(*to_another)


def test_other_agents_work_keeps_only_them(shell, centre):
    customer_of(shell)
    shell("sign-in", "--central", elsewhere(centre), "--agent", centre.add_agent("botir"))
    assert Home(shell.home).last_sign_in().central == elsewhere(centre)


def test_forget_asks_when_work_waits_and_leaves_everything_when_it_is_not_answered(shell):
    customer_of(shell)
    login, before = shell.login, files_of(shell.home)
    refused = shell("forget", ok=1)
    assert refused.is_told()
    assert refused.err.startswith("1 change on this PC is not at central and would be lost for good.")
    assert files_of(shell.home) == before
    assert shell.ask("waiting")["items"]
    assert shell.ask("forget", "--even-waiting") == {"forgotten": [login], "waiting": 1, "problems": []}
    assert not shell.home.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("answer", "is_wiped"), [(b"n\n", False), (b"y\n", True)])
def test_a_person_at_a_terminal_is_asked(shell, answer, is_wiped):
    customer_of(shell)
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    finished = subprocess.run(
        [sys.executable, "-m", "workstation", "--home", str(shell.home), "forget"],
        stdin=theirs, capture_output=True, env=environment(), timeout=120, check=False,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert b"would be lost for good. Wipe it all the same?" in finished.stderr
    assert finished.returncode == (0 if is_wiped else 1)
    assert shell.home.exists() is not is_wiped


def test_forget_wipes_what_is_ours_and_nothing_else(shell, centre):
    (shell.home / "somebody else's.txt").write_text("kept")
    (shell.home / "settings.toml").write_text('theme = "dark"\n')
    login = shell.login
    assert shell.spoken("forget").out == f"Wiped: {login}.\n"
    assert files_of(shell.home) == {"somebody else's.txt"}
    assert shell.ask("forget")["forgotten"] == []


def test_forget_one_agent_of_a_shared_pc(shell, centre):
    aziza = shell.login
    botir = centre.add_agent("botir")
    shell("sign-in", "--central", centre.url, "--agent", botir)
    customer_of(shell)
    assert shell("forget", "--agent", "nobody", ok=1).err == "nobody has not signed in on this PC.\n"
    assert shell.ask("forget", "--agent", aziza)["forgotten"] == [aziza]
    assert shell.login == botir
    assert len(shell.ask("waiting")["items"]) == 1
    assert shell("status", "--agent", aziza, ok=1).is_told()
    shell("sign-in", "--central", centre.url, "--agent", aziza)


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("central.example.org", "postgresql://central.example.org/workstation"),
        (" central.example.org:5433 ", "postgresql://central.example.org:5433/workstation"),
        ("db.example.org:5432/name", "postgresql://db.example.org:5432/name"),
        ("postgresql://central.example.org", "postgresql://central.example.org/workstation"),
        ("postgresql://a,b:5433/workstation", "postgresql://a,b:5433/workstation"),
        ("host=a dbname=b", "host=a dbname=b"),
        ("", ""),
    ],
)
def test_an_address_as_people_write_it(given, whole):
    assert whole_address(given) == whole
    assert whole_address(whole) == whole


def test_signing_in_with_a_short_address(centre, tmp_path):
    short = centre.url.removeprefix("postgresql://")
    shell, login = Shell(tmp_path / secrets.token_hex(4)), centre.add_agent("aziza")
    shell("sign-in", "--central", short, "--agent", login)
    assert Home(shell.home).last_sign_in().central == centre.url
