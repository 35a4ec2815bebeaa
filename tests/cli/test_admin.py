"""Day one from outside: central run, admin, sign-in, and a central that is not what it should be."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.cli import PASSWORD, Finished, Shell, customer_of, run_here, signed_in
from tests.desks import Centre, command, environment
from tests.servers import scratch_database
from workstation.central import health


def admin(centre: Centre, *arguments: str, stdin: bytes = b"", ok: int | None = 0) -> Finished:
    finished = run_here("--json", "admin", *arguments, "--central", centre.admin_url, stdin=stdin)
    assert finished.is_told(), finished
    assert ok is None or finished.status == ok, finished
    return finished


@contextmanager
def central_run(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """`workstation central run` in a process of its own, and the addresses of its first line."""
    with subprocess.Popen(
        [sys.executable, "-m", "workstation", "--json", "central", "run", "--data", str(data)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    ) as running:  # fmt: skip
        try:
            yield running, json.loads(running.stdout.readline())
        finally:
            running.kill()


def test_the_first_day_from_an_empty_folder_to_a_note_on_another_desk(tmp_path):
    with central_run(tmp_path / "central") as (running, addresses):
        assert list(addresses) == ["url", "admin_url"]
        url, admin_url = addresses["url"], addresses["admin_url"]
        assert urlsplit(url).username is None
        assert urlsplit(admin_url).password
        with psycopg.connect(admin_url) as connection:
            assert connection.execute("select count(*) from pg_namespace where nspname = 'workstation'").fetchone() == (
                0,
            )
        version = command(tmp_path, "admin", "init", admin_url)["schema_version"]
        assert command(tmp_path, "admin", "init", admin_url) == {"schema_version": version}, "safe to repeat"
        for login in ("aziza", "botir"):
            added = command(
                tmp_path,
                "admin",
                "agent",
                "add",
                login,
                "--name",
                login.title(),
                "--role",
                "agent",
                "--central",
                admin_url,
            )
            assert added["login"] == login
        aziza, botir = tmp_path / "aziza", tmp_path / "botir"
        assert command(aziza, "sign-in", "--central", url, "--agent", "aziza") == {"agent": "aziza", "role": "agent"}
        command(botir, "sign-in", "--central", url, "--agent", "botir")
        customer = command(aziza, "customer", "add", "--name", "Dilnoza Karimova", "--phone", "+998901234567")["id"]
        note = command(aziza, "note", customer, "Asked for the contract")["id"]
        assert command(aziza, "sync")["pushed"] == 3
        command(botir, "sync")
        assert command(botir, "find", "901234567")["results"][0]["id"] == customer
        (entry,) = command(botir, "show", customer)["timeline"]
        assert (entry["id"], entry["text"], entry["author"]) == (note, "Asked for the contract", "aziza")
        status = command(tmp_path, "admin", "status", admin_url)
        assert (status["agents"], status["waiting"], status["rejected"], status["healthy"]) == (2, 0, 0, True)

        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (0, b"", b"")
    failed = command(aziza, "sync", ok=None)
    assert (failed.returncode, failed.stderr) == (1, b"Central cannot be reached.\n")


def test_central_run_ends_by_ctrl_c_and_keeps_its_data(tmp_path):
    with central_run(tmp_path / "central") as (running, first):
        command(tmp_path, "admin", "init", first["admin_url"])
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
    with central_run(tmp_path / "central") as (running, again):
        assert again == first
        assert command(tmp_path, "admin", "status", again["admin_url"])["agents"] == 0
        second = command(tmp_path, "central", "run", "--data", str(tmp_path / "central"), ok=None)
        assert second.returncode == 1
        assert second.stderr.count(b"\n") == 1
        assert b"in use" in second.stderr


def test_agents_teams_and_scopes(centre, tmp_path):
    login = centre.login("dilshod")
    centre.logins.append(login)
    admin(centre, "team", "add", "Renewals")
    assert admin(centre, "scope", "add", "Samarkand").answer == {"number": 2, "name": "Samarkand"}
    add = ("agent", "add", login, "--name", "Dilshod", "--role", "senior")
    admin(centre, *add, "--team", "Renewals", "--scope", "Samarkand", "--password-stdin", stdin=b"first one\n")
    (agent,) = admin(centre, "agent", "list").answer["agents"]
    assert {key: agent[key] for key in ("login", "name", "role", "team", "scopes", "active")} == {
        "login": login, "name": "Dilshod", "role": "senior", "team": "Renewals", "scopes": [2], "active": True
    }  # fmt: skip
    assert {team["name"] for team in admin(centre, "team", "list").answer["teams"]} == {"main", "Renewals"}
    assert [s["name"] for s in admin(centre, "scope", "list").answer["scopes"]] == ["main", "Samarkand"]

    shell = Shell(tmp_path)
    sign_in = ("sign-in", "--central", centre.url, "--agent", login, "--password-stdin")
    assert shell(*sign_in, stdin=b"first one\n").answer == {"agent": login, "role": "senior"}
    admin(centre, "agent", "password", login, "--password-stdin", stdin=b"second one\n")
    assert "does not accept" in shell(*sign_in, stdin=b"first one\n", ok=1).err
    shell(*sign_in, stdin=b"second one\n")
    shell("sync", "--password-stdin", stdin=b"second one\n")
    admin(centre, "agent", "disable", login)
    assert shell("sync", "--password-stdin", stdin=b"second one\n", ok=1).err.count("\n") == 1
    assert shell(*sign_in, stdin=b"second one\n", ok=1).err.count("\n") == 1
    assert shell("status", "--password-stdin", stdin=b"second one\n").answer["customers"] == 0, "what is here stays"


def test_a_closed_accounts_work_waits_until_it_is_opened_again(centre, tmp_path):
    shell = signed_in(centre, tmp_path, "dilshod")
    login = shell.login
    customer = customer_of(shell)
    centre.sql("update workstation.device set waiting = 1, host = 'pc-14'")  # as a window's beat tells it
    closed = admin(centre, "agent", "disable", login)
    assert [(pc["host"], pc["waiting"]) for pc in closed.answer["left"]] == [("pc-14", 1)]
    assert closed.err.startswith("1 change waited on pc-14 (")
    shell("note", customer, "Written after the account was closed")
    assert shell("sync", ok=1).err == "This login has no rights at central.\n"
    assert len(shell.ask("waiting")["items"]) == 2
    admin(centre, "agent", "password", login)
    assert shell.ask("sync")["pushed"] == 2
    assert admin(centre, "agent", "disable", login).answer["left"] == []
    assert centre.sql("select body from workstation.note") == [("Written after the account was closed",)]


def test_a_database_that_is_not_in_utf8_is_refused(cluster):
    with scratch_database(cluster) as other:
        psycopg_of(other, "create database latin template template0 encoding 'LATIN1' locale 'C'")
        try:
            refused = run_here("admin", "init", other.rpartition("/")[0] + "/latin")
            assert "createdb --encoding=UTF8" in refused.err
            assert refused.is_told()
        finally:
            psycopg_of(other, "drop database latin")


def psycopg_of(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("language", "is_english"),
    [("C", True), ("", True), ("POSIX", True), ("C.UTF-8", True), ("en_US.UTF-8", True), ("en", True),
     ("ru_RU.UTF-8", False), ("uz_UZ", False), ("ca_ES", False), ("Cy", False)],
)  # fmt: skip
def test_a_server_that_does_not_speak_english_is_noticed(language, is_english):
    assert bool(health._ENGLISH.match(language)) is is_english


def test_the_settings_name_central_for_signing_in(centre, tmp_path):
    shell, login = Shell(tmp_path / "pc"), centre.add_agent("aziza")
    assert "Say where central is" in shell("sign-in", "--agent", login, ok=1).err
    shell.home.mkdir(exist_ok=True)
    (shell.home / "settings.toml").write_text(f'central = "{centre.url.removeprefix("postgresql://")}"\n')
    assert shell.ask("sign-in", "--agent", login) == {"agent": login, "role": "agent"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["agent", "add", "Big", "--name", "n", "--role", "agent"], "a-z"),
        (["agent", "add", "a b", "--name", "n", "--role", "agent"], "a-z"),
        (["agent", "add", "pg_x", "--name", "n", "--role", "agent"], "a-z"),
        (["agent", "add", "x; drop role postgres", "--name", "n", "--role", "agent"], "a-z"),
        (["agent", "add", "postgres", "--name", "n", "--role", "agent"], "taken"),
        (["agent", "add", "blank", "--name", " ", "--role", "agent"], "name"),
        (["agent", "add", "odd", "--name", "\udcff", "--role", "agent"], "name"),
        (["agent", "add", "long", "--name", "x" * 1_000_000, "--role", "agent"], "name"),
        (["agent", "add", "lost", "--name", "n", "--role", "agent", "--team", "nowhere"], "nowhere"),
        (["agent", "add", "lost", "--name", "n", "--role", "agent", "--scope", "\udcff"], "name"),
        (["agent", "add", "lost", "--name", "n", "--role", "agent", "--team", "\udcff"], "name"),
        (["agent", "disable", "nobody"], "nobody"),
        (["agent", "disable", "\udcff"], "agent"),
        (["agent", "password", "nobody"], "nobody"),
        (["team", "add", ""], "name"),
        (["team", "add", "\udcff"], "name"),
        (["team", "add", "x" * 1_000_000], "name"),
        (["team", "add", "main"], "there already"),
        (["scope", "add", "main"], "there already"),
        (["scope", "add", "\udcff"], "name"),
        (["set", "/nowhere/file.toml"], "file.toml"),
        (["set", "/"], "/"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_an_administrator_gets_wrong_is_told(shared_centre, arguments, told):
    before = shared_centre.sql("select count(*) from pg_roles")
    assert told in admin(shared_centre, *arguments, ok=1).err
    assert shared_centre.sql("select count(*) from pg_roles") == before


def test_passwords_of_any_letters_let_in_and_empty_ones_do_not(shared_centre, tmp_path, monkeypatch):
    for number, password in enumerate(["'; drop role x; --", "пароль ʻ 🙂", "\\ \" ' %s {0}", "x" * 900, " "]):
        login = shared_centre.login(f"letters{number}")
        add = ("agent", "add", login, "--name", "n", "--role", "agent", "--password-stdin")
        admin(shared_centre, *add, stdin=password.encode() + b"\n")
        shared_centre.logins.append(login)
        shell = Shell(tmp_path / str(number))
        shell("sign-in", "--central", shared_centre.url, "--agent", login, "--password-stdin", stdin=password.encode())
        shell("sync", "--password-stdin", stdin=password.encode())
    for said in (b"", b"\n", b"a\0b\n", b"\xff\n"):
        assert admin(shared_centre, *add, stdin=said, ok=1).err.split()[-1] in ("empty.", "character.", "0).")
    monkeypatch.setenv("WORKSTATION_PASSWORD", "")
    assert "A password is needed" in admin(shared_centre, *add[:-1], ok=1).err


@pytest.mark.parametrize(
    "text",
    ["", "[[disposition", "disposition = 5", "[[disposition]]\ncode = 1", "x = 1", "[[holiday]]\nday = 2026-01-01",
     '[[disposition]]\ncode = "a"\nlabel = "b"\nqueue = []',
     '[[disposition]]\ncode = "a"\nlabel = "b"\nright_party = "maybe"',
     '[[disposition]]\ncode = "a"\nlabel = 2026-01-01', '[[disposition]]\ncode = {}\nlabel = "b"',
     "a = " + "[" * 100_000, '[[disposition]]\ncode = "a"\nlabel = "b\\u0000c"',
     '[[disposition]]\ncode = "a"\nlabel = "b"\n[[disposition]]\ncode = "a"\nlabel = "c"'],
    ids=range(13),
)  # fmt: skip
def test_a_settings_file_that_is_wrong_changes_nothing(shared_centre, tmp_path, text):
    (tmp_path / "set.toml").write_text(text, "utf-8")
    before = shared_centre.sql("select code, label, is_active from workstation.disposition order by code")
    admin(shared_centre, "set", str(tmp_path / "set.toml"), ok=1)
    assert shared_centre.sql("select code, label, is_active from workstation.disposition order by code") == before


def test_dispositions_are_set_and_reach_the_desks(centre, tmp_path):
    shell = signed_in(centre, tmp_path / "desk")
    (tmp_path / "set.toml").write_text('[[disposition]]\ncode = "paid"\nlabel = "Оплачено"\ncloses = true\n', "utf-8")
    assert admin(centre, "set", str(tmp_path / "set.toml")).answer == {"dispositions": 1}
    shell("sync")
    customer = customer_of(shell)
    log = ("contact", customer, "--channel", "call", "--direction", "in", "--disposition")
    shell(*log, "оплачено")
    assert shell.ask("show", customer)["timeline"][0]["disposition"] == "paid"
    assert "there are: paid" in shell(*log, "solved", ok=1).err


def test_restored_begins_a_new_epoch_and_desks_go_on(centre, tmp_path):
    shell = signed_in(centre, tmp_path)
    customer_of(shell)
    shell("sync")
    finished = run_here("--json", "admin", "restored", centre.admin_url)
    assert list(finished.answer) == ["epoch", "feed_archived"]
    customer_of(shell, "after the restore")
    assert shell.ask("sync")["waiting"] == 0
    assert centre.count("customer") == 2


@pytest.mark.parametrize(
    "url",
    ["", "rubbish", "http://127.0.0.1:1/x", "postgresql://", "postgresql://127.0.0.1", "postgresql://127.0.0.1:1/nothing",
     "postgresql://127.0.0.1:99999/x", "postgresql://127.0.0.1:port/x", "postgresql://[::1/x", "postgresql:///x", "sqlite://",
     "mysql://127.0.0.1/x", "postgresql+asyncpg://127.0.0.1/x", "host=127.0.0.1", "\udcff", "postgresql://no.such.host.invalid/x",
     "postgresql://127.0.0.1:1/x?nonsense=1", "-", "postgresql://127.0.0.1:1/%00"],
)  # fmt: skip
def test_rubbish_for_an_address_is_told(tmp_path, url):
    owner = [["admin", verb, "--", url] for verb in ("init", "status", "restored")]
    for arguments in (
        ["sign-in", "--central", url, "--agent", "aziza"],
        *owner,
        ["admin", "team", "list", "--central", url],
    ):
        finished = run_here("--home", str(tmp_path / "desk"), *arguments)
        assert (finished.status, finished.is_told()) == (1, True), (arguments, finished)
    assert not (tmp_path / "desk" / "desk.json").exists()


@pytest.mark.parametrize(
    "more", ["?password=correct%20horse", "?user=postgres", "?sslmode=disable", "?options=-cx%3D1"]
)
def test_the_address_of_central_holds_nothing_else(shared_centre, tmp_path, more):
    login = shared_centre.add_agent("aziza")
    for url in (shared_centre.url + more, shared_centre.url.replace("//", "//aziza:correct%20horse@")):
        finished = run_here("--home", str(tmp_path), "sign-in", "--central", url, "--agent", login)
        assert (finished.status, "alone" in finished.err) == (1, True), finished
        assert "horse" not in finished.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", [b"HTTP/1.0 400 Bad Request\r\n\r\n", b"", b"E\0\0\0", b"R" + b"\xff" * 50, b"S"])
def test_something_else_at_the_address_of_central_is_told(tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(5)
                    client.recv(1000)
                    client.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        try:
            url = f"postgresql://127.0.0.1:{server.getsockname()[1]}/workstation"
            for arguments in (["sign-in", "--central", url, "--agent", "aziza"], ["admin", "init", url]):
                finished = run_here("--home", str(tmp_path), *arguments)
                assert (finished.status, finished.is_told()) == (1, True), finished
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_database_that_is_no_central_is_told(cluster, centre, tmp_path):
    login = centre.add_agent("early")
    with scratch_database(cluster) as admin_url:
        centre.sql(f'grant connect on database "{urlsplit(admin_url).path[1:]}" to {login}')
        url = centre.url.rpartition("/")[0] + urlsplit(admin_url).path
        for arguments in (["sign-in", "--central", url, "--agent", login], ["admin", "status", admin_url],
                          ["admin", "agent", "list", "--central", admin_url]):  # fmt: skip
            finished = run_here("--home", str(tmp_path), *arguments)
            assert (finished.status, finished.is_told()) == (1, True), finished


def test_a_login_without_rights_or_password_is_told(centre, tmp_path):
    login = centre.login("outsider")
    centre.sql(f"create role {login} login password '{PASSWORD}'")
    centre.logins.append(login)
    for arguments in (["sign-in", "--central", centre.url, "--agent", login],
                      ["sign-in", "--central", centre.url, "--agent", "nobody_at_all"]):  # fmt: skip
        finished = run_here("--home", str(tmp_path), *arguments)
        assert (finished.status, finished.is_told()) == (1, True), finished
    owner = centre.admin_url.replace(urlsplit(centre.admin_url).password, "wrong")
    assert "password" in run_here("admin", "status", owner).err
    agent = centre.add_agent("curious", "admin")
    as_agent = urlsplit(centre.admin_url)._replace(
        netloc=f"{agent}:{PASSWORD.replace(' ', '%20')}@{urlsplit(centre.admin_url).netloc.rpartition('@')[2]}"
    )
    for arguments in (["init"], ["status"], ["restored"]):
        finished = run_here("admin", *arguments, as_agent.geturl())
        assert (finished.status, finished.is_told()) == (1, True), finished
