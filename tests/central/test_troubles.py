"""What a person is told when central does not let them in, or is not what they think."""

import contextlib
import socket
import threading

import psycopg
import pytest

from tests.cli import Shell, run_here
from tests.desks import PASSWORD
from tests.servers import scratch_database
from workstation.central.troubles import unreached
from workstation.errors import CentralOffline, CentralRefused, LoginRefused
from workstation.replica import vault


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(vault, "MEMORY_KIB", 64)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def told(home, url, login="aziza"):
    finished = Shell(home)("sign-in", "--central", url, "--agent", login, ok=1)
    assert finished.is_told(), finished
    return finished.err.strip()


def test_a_database_that_was_never_built(cluster, centre, tmp_path):
    login = centre.add_agent("aziza")
    with scratch_database(cluster) as admin_url:
        at = admin_url.rpartition("@")[2]
        words = told(tmp_path, f"postgresql://{at}", login)
        assert words.startswith("This database is not a central, or an older one: its administrator runs")
        for command in (["status", admin_url], ["agent", "list", "--central", admin_url], ["restored-not", admin_url]):
            finished = run_here("admin", *command)
            assert finished.is_told(), finished
            assert command[0] == "restored-not" or "run “workstation admin init” on it first" in finished.err


def test_a_database_that_is_not_there(centre, tmp_path):
    url = f"{centre.url.rpartition('/')[0]}/elsewhere"
    assert told(tmp_path, url, centre.add_agent("aziza")) == "There is no database elsewhere at this address."


def test_a_name_that_nobody_knows(tmp_path, monkeypatch):
    words = told(tmp_path, "postgresql://central.invalid:5432/workstation")
    assert words == "The name central.invalid is not known here: check the address, or the network."


def test_something_else_that_answers(tmp_path):
    def talk() -> None:
        with contextlib.suppress(OSError):
            line, _address = listener.accept()
            with line:
                line.recv(100)
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        talking = threading.Thread(target=talk)
        talking.start()
        words = told(tmp_path, f"postgresql://127.0.0.1:{listener.getsockname()[1]}/workstation")
        talking.join(10)
    assert words == "What answers at this address is no PostgreSQL: check the host and the port."


AT = 'connection failed: connection to server at "10.0.0.5", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ('FATAL:  password authentication failed for user "aziza"', LoginRefused, "does not accept this login"),
        ('FATAL:  role "aziza" is not permitted to log in', LoginRefused, "no rights at central"),
        ("FATAL:  sorry, too many clients already", CentralOffline, "busy or restarting"),
        ('FATAL:  too many connections for role "aziza"', CentralOffline, "busy or restarting"),
        ("FATAL:  the database system is starting up", CentralOffline, "busy or restarting"),
        ("FATAL:  the database system is in recovery mode", CentralOffline, "busy or restarting"),
        ("session is read-only", CentralOffline, "takes no writes"),
        ("Connection refused\n\tIs the server running on that host?", CentralOffline, "cannot be reached"),
        ("timeout expired", CentralOffline, "cannot be reached"),
        ("SSL SYSCALL error: EOF detected", CentralOffline, "cannot be reached"),
        # A server of another language: nothing is guessed, what it says is shown, and it is asked again.
        ("ВАЖНО:  пользователь не прошёл проверку подлинности", CentralRefused, "in: пользователь не прошёл"),
    ],
)
def test_what_a_server_says_at_the_door(said, kind, words):
    found = unreached(psycopg.OperationalError(AT + said), {"host": "10.0.0.5", "port": "5432"})
    assert type(found) is kind
    assert words in str(found)


def test_of_several_servers_the_one_that_says_most_is_told():
    text = f'{AT}Connection refused\n{AT}server certificate for "a" does not match host name "b.example.org"'
    found = unreached(psycopg.OperationalError(text), {"host": "10.0.0.5,b.example.org", "port": ""})
    assert "not for b.example.org" in str(found)
