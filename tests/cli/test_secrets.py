"""After a day of work nobody's name, number, words or password lie readable on the PC or in the server's log."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli import Shell, customer_of, desk_of, later
from tests.desks import Centre, command
from tests.servers import ScratchCluster, scratch_cluster, scratch_database
from workstation.app import now
from workstation.central import accounts
from workstation.services import customers

PASSWORD = "Qoraqalpoq-parol-7391"
SECRETS = {
    "name": "Zulfizarkhon Qodirberganova",
    "phone": "+998 90 777-66-55",
    "digits": "998907776655",
    "e-mail": "zulfizar@example.uz",
    "note": "owes the clinic her second instalment",
    "reason": "husband must not hear",
    "need": "hard of hearing since birth",
    "cyrillic": "Зульфизар",
    "password": PASSWORD,
    "other password": "Boshqa-parol-2846",
}
SPELLINGS = ("utf-8", "utf-16-le", "utf-16-be")
# What an administrator's own PostgreSQL writes unless told otherwise.
AS_INSTALLED = {
    "log_min_messages": "warning", "log_min_error_statement": "error", "log_error_verbosity": "default",
    "log_statement": "all", "log_parameter_max_length_on_error": "-1", "log_connections": "on",
}  # fmt: skip


@pytest.fixture(scope="module")
def talkative() -> Iterator[ScratchCluster]:
    """A server that logs all it may."""
    with scratch_cluster(AS_INSTALLED) as running:
        yield running


@pytest.fixture
def centre(talkative: ScratchCluster) -> Iterator[Centre]:
    with scratch_database(talkative) as admin_url:
        made = Centre(talkative, admin_url)
        yield made
        made.close()


@pytest.fixture
def shell(centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A desk whose temporary files lie in a folder of their own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    login = centre.login("aziza")
    accounts.add_agent(centre.admin_url, login, "Aziza", "agent", "main", "main", PASSWORD)
    centre.logins.append(login)
    made = Shell(tmp_path / "home")
    made("sign-in", "--central", centre.url, "--agent", login)
    made("sync")
    return made


def found_in(content: bytes) -> list[str]:
    """Which secrets stand in these bytes, in any of the spellings a file may hold; capital letters or small."""
    low = content.lower()
    return [
        what
        for what, secret in SECRETS.items()
        if any(secret.encode(spelling) in content or secret.lower().encode(spelling) in low for spelling in SPELLINGS)
    ]


def leaks(*folders: Path) -> dict[str, list[str]]:
    return {
        str(path): found
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (found := found_in(path.read_bytes()))
    }


def day_of_work(shell: Shell, folder: Path) -> str:
    """Good work, refused work and work that breaks; gives the customer."""
    customer = customer_of(shell, SECRETS["name"], SECRETS["phone"])
    customer_of(shell, SECRETS["cyrillic"])
    shell("customer", "add", "--name", "n", "--email", SECRETS["e-mail"])
    shell("customer", "edit", customer, f"need={SECRETS['need']}")
    shell("note", customer, SECRETS["note"])
    shell("note", customer, "-", "--lines", stdin=SECRETS["note"].encode() + b"\n\n", ok=1)
    shell(
        "contact",
        customer,
        "--channel",
        "call",
        "--direction",
        "in",
        "--disposition",
        "solved",
        "--note",
        SECRETS["note"],
    )
    shell("callback", "add", customer, "--at", later(hours=1), "--reason", SECRETS["reason"])
    shell("find", SECRETS["name"])
    shell("find", "-", stdin=SECRETS["phone"].encode())
    (folder / "list.csv").write_text(
        f"name,phone\n{SECRETS['name']},{SECRETS['phone']}\n,{SECRETS['phone']}\n", "utf-8"
    )
    shell("import", "customers", str(folder / "list.csv"))
    (folder / "list.csv").unlink()
    shell("sync")
    log = ("contact", customer, "--channel", "call", "--direction", "in", "--disposition")
    for wrong in (["note", "ffffff", SECRETS["note"]], ["show", SECRETS["name"]], [*log, SECRETS["note"]],
                  ["customer", "edit", customer, SECRETS["need"]]):  # fmt: skip
        assert shell(*wrong, ok=None).status == 1
    shell("customer", "edit", customer, f"name={SECRETS['name']}")
    return customer


def poison(shell: Shell, found: str, put: str) -> None:
    """Make waiting operations such that central cannot carry them out."""
    with desk_of(shell, PASSWORD) as desk, desk.store.from_central() as inbox:
        inbox.connection.execute(
            'update outbox set "set" = replace("set", ?, ?) where state = \'waiting\'', (found, put)
        )


def failing_pushes(shell: Shell, customer: str) -> None:
    for found, put in (("owes", "owes\\u0000"), ('"written_at": [null, "', '"written_at": [null, "' + SECRETS["note"]),
                       ('"is_pinned": [null, false]', f'"is_pinned": [null, "{SECRETS["reason"]}"]')):  # fmt: skip
        shell("note", customer, SECRETS["note"])
        poison(shell, found, put)
        assert shell.ask("sync")["refused"] == 1
    assert SECRETS["note"].split("owes")[1] in shell("refused").out, "the text itself waits whole for a decision"


def test_nothing_readable_lies_on_the_pc_while_at_work_and_afterwards(shell, tmp_path):
    home, temporary = shell.home, tmp_path / "tmp"
    customer = day_of_work(shell, tmp_path)
    failing_pushes(shell, customer)
    with desk_of(shell, PASSWORD) as desk:
        # A fact that no central of ours sends: what the conversion says of it, and where, is a defect, and logged.
        desk.store.note_facts({"agent": json.dumps({"id": str(desk.agent_id), "scopes": [SECRETS["note"]]})})
        assert "defect" in shell("customer", "add", "--name", SECRETS["name"], ok=1).err
        for _n in range(20):
            with desk.store.write() as session:
                customers.add_customer(session, 1, SECRETS["name"], [SECRETS["phone"]], now(), desk.regions)
        assert desk.folder.joinpath("replica.db-wal").stat().st_size > 100_000
        assert leaks(home, temporary) == {}
    shell("status", "--password-stdin", stdin=SECRETS["other password"].encode(), ok=1)
    assert leaks(home, temporary) == {}
    files = {path.name for path in home.rglob("*") if path.is_file()}
    assert {"desk.json", "replica.db", "key.json", "key.second.json", "workstation.log"} <= files
    log = next(home.rglob("workstation.log")).read_text("utf-8")
    assert "a command failed" in log, "the log must have something to tell"
    assert "put aside" in log
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_scan_would_find_what_it_looks_for(tmp_path, spelling):
    for number, secret in enumerate(SECRETS.values()):
        (tmp_path / f"{number}").write_bytes(b"\0\xff" + secret.encode(spelling) + b"\0")
    assert {what for found in leaks(tmp_path).values() for what in found} == SECRETS.keys()


def test_the_servers_log_holds_neither_words_nor_passwords(shell, centre, talkative, tmp_path):
    customer = day_of_work(shell, tmp_path)
    failing_pushes(shell, customer)
    accounts.set_password(centre.admin_url, shell.login, SECRETS["other password"])
    shell("sign-in", "--central", centre.url, "--agent", shell.login, ok=1)
    with pytest.raises(Exception, match="not-null"):
        centre.sql(f"update workstation.customer set kind = null where id = '{customer}'")
    log = (talkative.folder / "central" / "server.log").read_bytes()
    assert b"api.push" in log, "the log must have something to tell"
    assert b"password authentication failed" in log
    assert found_in(log) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another program's arguments are read from /proc")
def test_no_process_carries_a_password_or_a_customer_in_its_arguments(shell, centre, talkative):
    seen: set[str] = set()
    over = threading.Event()
    me = psutil.Process()

    def watch() -> None:
        while not over.wait(0.03):
            for process in (*me.children(recursive=True), psutil.Process(talkative.server.pid)):
                try:
                    seen.add(" ".join(process.cmdline()))
                    seen.update(" ".join(child.cmdline()) for child in process.children(recursive=True))
                except psutil.NoSuchProcess:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        login = centre.login("botir")
        add = ("admin", "agent", "add", login, "--name", "Botir", "--role", "agent", "--central", centre.admin_url)
        command(shell.home, *add, "--password-stdin", stdin=SECRETS["other password"].encode())
        centre.logins.append(login)
        command(shell.home, "sign-in", "--central", centre.url, "--agent", login, "--password-stdin",
                stdin=SECRETS["other password"].encode())  # fmt: skip
        command(shell.home, "sync", password=SECRETS["other password"])
    finally:
        over.set()
        watcher.join()
    assert any("sync" in line for line in seen)
    assert any("postgres" in line for line in seen)
    assert [line for line in seen if found_in(line.encode())] == []
    titles = centre.sql(
        "select application_name || ' ' || query from pg_stat_activity where application_name is not null"
    )
    assert [title for (title,) in titles if found_in(title.encode())] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in lists, and the folder is the person's own")
def test_files_of_the_desk_are_for_their_owner_alone(shell, tmp_path):
    day_of_work(shell, tmp_path)
    for path in (shell.home, *shell.home.rglob("*")):
        allowed = 0o700 if path.is_dir() else 0o600
        if path.name != "workstation.log":
            assert path.stat().st_mode & 0o777 & ~allowed == 0, path
