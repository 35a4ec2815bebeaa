"""A PC whose data the new password does not open: what waits in them is told, and comes back with the old password."""

from pathlib import Path

import pytest

from tests import dumps
from tests.cli import Shell, customer_of, desk_of
from tests.desks import PASSWORD
from workstation.central import accounts, admin
from workstation.home import UNOPENED, Home, waiting_of
from workstation.replica import vault
from workstation.services import drafts

NEW = "another horse"


class Restored:
    """An agent who first signed in after the moment to which central went back, added again with a new password."""

    def __init__(self, centre, home: Path, saved: Path) -> None:
        self.centre, self.shell = centre, Shell(home)
        dumps.dump(centre.admin_url, saved)
        self.login = centre.add_agent("aziza")
        self.sign_in()
        self.customer = customer_of(self.shell, "Dilnoza Karimova")
        self.shell("note", self.customer, "delivered, and lost at central")
        self.shell("sync")
        self.shell("note", self.customer, "never delivered")
        dumps.restore_in_place(centre.admin_url, saved)
        admin.restored(centre.admin_url)
        centre.sql(f"drop role {self.login}")
        accounts.add_agent(centre.admin_url, self.login, "Aziza", "agent", "main", "main", NEW)

    @property
    def folder(self) -> Path:
        return Home(self.shell.home).replica_folder(self.centre.url, self.login)

    @property
    def bodies(self) -> list[str]:
        return [body for (body,) in self.centre.sql("select body from workstation.note order by body")]

    def sign_in(self) -> str:
        return self.shell("sign-in", "--central", self.centre.url, "--agent", self.login).err

    def set_password(self, password: str) -> None:
        accounts.set_password(self.centre.admin_url, self.login, password)


@pytest.fixture
def restored(centre, tmp_path) -> Restored:
    return Restored(centre, tmp_path / "pc", tmp_path / "central.dump")


EVERYTHING = ["delivered, and lost at central", "never delivered"]


def test_it_is_never_said_that_nothing_waits_while_it_lies_in_a_file_that_does_not_open(restored, monkeypatch):
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    said = restored.sign_in()
    assert "1 change that waited lies in a file" in said
    assert "password used before on this PC" in said
    assert "1 change that waited lies in a file" in restored.sign_in(), "as long as it is so"
    finished = restored.shell.spoken("waiting")
    assert "Nothing waits" not in finished.out
    assert "1 change that waited lies in a file" in finished.out
    answer = restored.shell.ask("waiting")
    assert (answer["items"], answer["unopened"]) == ([], {"files": 1, "changes": 1})
    assert "1 change that waited lies in a file" in restored.shell.spoken("status").out
    assert restored.shell.ask("status")["unopened"] == {"files": 1, "changes": 1}
    home = Home(restored.shell.home)
    assert waiting_of(home, home.last_sign_in())[0] == 1, "the sign-in lists whose work waits"
    assert restored.shell("forget", ok=1).err.startswith("1 change on this PC is not at central")


def test_where_nothing_waited_it_is_not_said_that_central_has_everything(restored, monkeypatch):
    (restored.folder / "waiting.json").unlink()  # as after a delivery: what central lost was not waiting
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    assert "work may wait in it" in restored.sign_in()
    assert "work may wait in it" in restored.shell.spoken("waiting").out


def test_the_old_password_brings_everything_back_and_no_file_need_be_renamed(restored, monkeypatch):
    with desk_of(restored.shell) as desk, desk.store.write() as session:
        drafts.keep_draft(session, drafts.QUICK_NOTE, None, {"text": "half a sentence"}, desk.clock())
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    restored.sign_in()
    restored.shell("sync")
    meanwhile = customer_of(restored.shell, "Rustam Saidov")
    for number in range(9):  # more than lay in the file: its numbers are taken
        restored.shell("note", meanwhile, f"with the new password {number}")
    restored.shell("sync")
    with desk_of(restored.shell, NEW) as desk, desk.store.from_central() as inbox:  # as numbers grow apart over weeks
        inbox.connection.execute("update outbox set n = n + 100 where n > 1")

    restored.set_password(PASSWORD)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    assert "1 change that waited" in restored.sign_in()
    items = restored.shell.ask("waiting")["items"]
    assert [item["entity"] for item in items] == ["customer", "note", "note", "draft"], "in their order"
    assert [item["values"].get("body") for item in items[1:3]] == EVERYTHING, "what was delivered may be lost there"
    assert items[3]["values"] == {"text": "half a sentence"}
    restored.shell("sync")
    assert restored.bodies[:2] == EVERYTHING
    assert len(restored.bodies) == 2 + 9
    shown = restored.shell.ask("show", restored.customer)
    assert shown["customer"]["name"] == "Dilnoza Karimova"
    assert "never delivered" in str(shown)
    assert restored.shell.ask("waiting")["unopened"] == {"files": 0, "changes": 0}
    assert restored.shell("recover").err == "", "no file of another key is left"
    assert restored.sign_in() == ""
    assert not list(restored.folder.rglob("*.unopened-*")), "what was recovered whole is not kept twice"


def test_a_log_that_was_not_folded_in_and_a_journal_that_is_gone_cost_nothing(restored, monkeypatch):
    with desk_of(restored.shell) as desk:
        restored.shell("note", restored.customer, "in the log only")
        whole = {path: path.read_bytes() for path in desk.folder.glob("replica.db*")}
    for path, content in whole.items():  # as a killed program leaves it
        path.write_bytes(content)
    for path in (restored.folder / "journal").iterdir():
        path.unlink()
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    assert "2 changes that waited lie in a file" in restored.sign_in()
    restored.set_password(PASSWORD)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    assert "2 changes that waited" in restored.sign_in()
    restored.shell("sync")
    assert restored.bodies == sorted([*EVERYTHING, "in the log only"])


def test_taken_back_once_more_after_a_kill_nothing_comes_twice(restored, monkeypatch):
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    restored.sign_in()
    aside = {path: path.read_bytes() for path in restored.folder.glob(f"*{UNOPENED}*")}
    restored.set_password(PASSWORD)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    restored.sign_in()
    for path, content in aside.items():  # as when it was killed before they were put away
        path.write_bytes(content)
    restored.sign_in()
    assert len(restored.shell.ask("waiting")["items"]) == 3
    restored.shell("sync")
    for path, content in aside.items():
        path.write_bytes(content)
    restored.sign_in()
    assert restored.shell.ask("waiting") == {"items": [], "unopened": {"files": 0, "changes": 0}}
    assert restored.bodies == EVERYTHING


def test_what_is_damaged_in_it_is_kept_and_the_rest_comes_back(restored, monkeypatch):
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    restored.sign_in()
    (file,) = restored.folder.glob("replica.db.unopened-*")
    file.write_bytes(bytes(file.stat().st_size))
    restored.set_password(PASSWORD)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    assert "1 change that waited" in restored.sign_in()
    assert list(restored.folder.glob("replica.db.recovered-*"))
    assert restored.sign_in() == ""
    restored.shell("sync")
    assert restored.bodies == EVERYTHING


def test_forgetting_begins_with_the_keys_of_such_files_too(restored, monkeypatch):
    monkeypatch.setenv("WORKSTATION_PASSWORD", NEW)
    restored.sign_in()
    vault.forget_key(restored.folder)
    assert not list(restored.folder.glob("key*.json*"))
