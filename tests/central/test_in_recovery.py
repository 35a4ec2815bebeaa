"""A central that takes no writes, being in recovery or set to read only: every command and every desk is told so."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from tests.cli import Finished, Shell, desk_of, run_here
from tests.desks import PASSWORD, Centre
from tests.servers import scratch_cluster
from workstation.central.port import Central
from workstation.errors import CentralOffline
from workstation.replica import vault

FIRST = "Central is in recovery and takes no writes"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(vault, "MEMORY_KIB", 64)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@contextmanager
def in_recovery(centre: Centre) -> Iterator[None]:
    """As long as the block lasts the server replays a log that never ends, and can only be read."""
    signal = centre.cluster.folder / "central" / "cluster" / "standby.signal"
    centre.cluster.stop()
    signal.touch()
    centre.cluster.start()
    try:
        assert centre.sql("select pg_is_in_recovery()") == [(True,)]
        yield
    finally:
        centre.cluster.stop()
        signal.unlink()
        centre.cluster.start()


@pytest.fixture(scope="module")
def own() -> Iterator[Centre]:
    with scratch_cluster() as cluster:
        centre = Centre(cluster, cluster.admin_url)
        centre.add_agent("aziza")
        yield centre


@pytest.fixture
def shell(own, tmp_path) -> Shell:
    made = Shell(tmp_path / "pc")
    made("sign-in", "--central", own.url, "--agent", own.login("aziza"))
    return made


def writing(centre: Centre, dispositions: Path) -> list[list[str]]:
    dispositions.write_text('[[disposition]]\ncode = "x"\nlabel = "X"\n', "utf-8")
    at, login = ["--central", centre.admin_url], centre.login("aziza")
    return [
        ["init", centre.admin_url],
        ["restored", centre.admin_url],
        ["backup-done", centre.admin_url],
        ["min-program", "0.1", *at],
        ["set", str(dispositions), *at],
        ["agent", "add", "botir", "--name", "Botir", "--role", "agent", *at],
        ["agent", "password", login, *at],
        ["agent", "disable", login, *at],
        ["team", "add", "second", *at],
        ["scope", "add", "second", *at],
    ]


def refused(arguments: list[str]) -> Finished:
    finished = run_here("admin", *arguments)
    assert finished.status == 1, arguments
    assert finished.is_told(), (arguments, finished)
    return finished


def test_the_administrator_is_told_first_and_every_command_that_writes_refuses_in_words(own, tmp_path):
    commands = writing(own, tmp_path / "dispositions.toml")
    with in_recovery(own):
        answer = run_here("--json", "admin", "status", own.admin_url).answer
        assert answer["in_recovery"] is True
        assert answer["warnings"][0].startswith(FIRST)
        assert not answer["healthy"]
        said = run_here("admin", "status", own.admin_url).out
        assert "All is well" not in said
        assert FIRST in said
        assert run_here("admin", "agent", "list", "--central", own.admin_url).status == 0, "what only reads works"
        for arguments in commands:
            assert "takes no writes" in refused(arguments).err, arguments
    answer = run_here("--json", "admin", "status", own.admin_url).answer
    assert answer["in_recovery"] is False
    assert not any("takes no writes" in warning for warning in answer["warnings"])


def test_a_desk_is_told_so_and_goes_on(own, shell):
    with in_recovery(own):
        assert "takes no writes" in shell("sync", ok=1).err
        assert "Work goes on on this PC" in shell("sync", ok=1).err
        customer = shell.ask("customer", "add", "--name", "Dilnoza Karimova")["id"]
    assert shell.ask("sync")["pushed"] == 1
    assert shell.ask("show", customer)["customer"]["name"] == "Dilnoza Karimova"


@contextmanager
def read_only(centre: Centre) -> Iterator[None]:
    """As long as the block lasts every new transaction may only read."""
    set_read_only(centre, "on")
    try:
        yield
    finally:
        set_read_only(centre, "off")


def set_read_only(centre: Centre, value: str) -> None:
    centre.sql(f"alter system set default_transaction_read_only = {value}")
    centre.sql("select pg_reload_conf()")
    assert any(centre.sql("show default_transaction_read_only") == [(value,)] for _ in range(1_000))


def test_a_central_set_to_read_only_is_told_too(own, shell):
    with read_only(own):
        answer = run_here("--json", "admin", "status", own.admin_url).answer
        assert "default_transaction_read_only" in answer["warnings"][0]
        assert "takes no writes" in refused(["restored", own.admin_url]).err
        assert "takes no writes" in shell("sync", ok=1).err
    shell("sync")


def report_often(central: Central, device: UUID) -> None:
    for _ in range(10_000):  # until the new setting has reached its session
        central.report(device, 0, 0)


def test_a_line_that_was_open_before_is_told_too(own, shell):
    with desk_of(shell) as desk, contextlib.closing(desk.central()) as central:
        central.report(desk.who.device, 0, 0)
        with read_only(own), pytest.raises(CentralOffline, match="takes no writes"):
            report_often(central, desk.who.device)
