"""The key of a replica: who can open it, what damage it outlives, and where the password is remembered."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workstation.errors import CannotOpen, Refused
from workstation.replica import keychain, vault

OWNER = '["central.example", "aziza"]'
SECRET = bytes(range(32))
PASSWORD = "очень-секретно oʻzbek"
ROOT = Path(__file__).resolve().parent.parent.parent

often = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least memory that is allowed, where the strength of the key is not what is tested."""
    monkeypatch.setattr(vault, "MEMORY_KIB", 8)


def fresh(folder: Path, password: str = PASSWORD) -> bytes:
    vault.forget_key(folder)
    return vault.new_key(folder, OWNER, password, SECRET)


def copies(folder: Path) -> list[Path]:
    return [folder / name for name in vault.COPIES]


def flip(path: Path, at: int, bits: int) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= bits
    path.write_bytes(content)


def test_key_opens_with_password_and_with_desk_secret(folder: Path) -> None:
    assert not vault.has_key(folder)
    key = vault.new_key(folder, OWNER, PASSWORD, SECRET)
    assert len(key) == 32
    assert vault.has_key(folder)
    assert vault.open_with_password(folder, OWNER, PASSWORD) == key
    assert vault.open_with_desk_secret(folder, OWNER, SECRET) == key


def test_opening_takes_long_enough_to_make_guessing_dear(folder: Path) -> None:
    vault.new_key(folder, OWNER, PASSWORD, SECRET)
    began = time.perf_counter()
    vault.open_with_password(folder, OWNER, PASSWORD)
    assert time.perf_counter() - began > 0.01


def test_files_are_private_and_hold_neither_password_nor_owner(folder: Path) -> None:
    key = fresh(folder)
    for path in copies(folder):
        content = path.read_bytes()
        assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600
        for secret in (PASSWORD.encode(), json.dumps(PASSWORD).encode()[1:-1], b"aziza", b"central.example"):
            assert secret not in content
        assert key.hex().encode() not in content
        assert SECRET.hex().encode() not in content
    assert {path.name for path in folder.iterdir()} == {*vault.COPIES, "key.lock"}


@often
@given(password=st.text(min_size=1, alphabet=st.characters(codec=None)))
def test_any_password_opens_what_it_closed(cheap: None, folder: Path, password: str) -> None:
    key = fresh(folder, password)
    assert vault.open_with_password(folder, OWNER, password) == key
    with pytest.raises(CannotOpen, match="password is wrong"):
        vault.open_with_password(folder, OWNER, password + "x")


@pytest.mark.parametrize("password", ["x" * 1_000_000, "\0", "\ud800", "ﷺ" * 1000])
def test_strange_passwords_open_too(cheap: None, folder: Path, password: str) -> None:
    key = fresh(folder, password)
    assert vault.open_with_password(folder, OWNER, password) == key


def test_one_password_typed_in_two_unicode_forms_is_one_password(cheap: None, folder: Path) -> None:
    key = fresh(folder, "Й" + "é")
    assert vault.open_with_password(folder, OWNER, "И\u0306" + "e\u0301") == key


def test_an_empty_password_is_refused(cheap: None, folder: Path) -> None:
    with pytest.raises(Refused, match="empty") as refused:
        vault.new_key(folder, OWNER, "", SECRET)
    assert refused.value.field == "password"
    assert not vault.has_key(folder)


def test_a_new_key_never_replaces_a_sound_one(cheap: None, folder: Path) -> None:
    key = fresh(folder)
    with pytest.raises(Refused, match="already"):
        vault.new_key(folder, OWNER, PASSWORD, SECRET)
    assert vault.open_with_password(folder, OWNER, PASSWORD) == key


def test_of_first_sign_ins_at_once_one_makes_the_key(cheap: None, folder: Path) -> None:
    together = threading.Barrier(8)

    def sign_in(_: int) -> bytes | None:
        together.wait(30)
        try:
            return vault.new_key(folder, OWNER, PASSWORD, SECRET)
        except Refused:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [key for key in pool.map(sign_in, range(8)) if key]
    assert made == [vault.open_with_password(folder, OWNER, PASSWORD)]


def test_rewrap_keeps_the_key_and_ends_the_old_password(cheap: None, folder: Path) -> None:
    key = fresh(folder)
    vault.rewrap(folder, OWNER, key, "new one", SECRET[::-1])
    assert vault.open_with_password(folder, OWNER, "new one") == key
    assert vault.open_with_desk_secret(folder, OWNER, SECRET[::-1]) == key
    with pytest.raises(CannotOpen, match="password is wrong"):
        vault.open_with_password(folder, OWNER, PASSWORD)
    with pytest.raises(CannotOpen, match="secret for this login"):
        vault.open_with_desk_secret(folder, OWNER, SECRET)


def test_an_older_second_copy_does_not_bring_the_old_password_back(cheap: None, folder: Path) -> None:
    key = fresh(folder)
    first, second = copies(folder)
    old = second.read_bytes()
    vault.rewrap(folder, OWNER, key, "new one", SECRET)
    second.write_bytes(old)  # as after a crash between the two
    with pytest.raises(CannotOpen, match="password is wrong"):
        vault.open_with_password(folder, OWNER, PASSWORD)
    assert vault.open_with_password(folder, OWNER, "new one") == key
    assert second.read_bytes() == first.read_bytes() != old


def test_another_owner_is_told_so(cheap: None, folder: Path) -> None:
    fresh(folder)
    with pytest.raises(CannotOpen, match="another agent"):
        vault.open_with_password(folder, '["central.example", "boris"]', PASSWORD)


def test_owner_is_bound_to_the_wraps_not_only_written_beside(cheap: None, folder: Path) -> None:
    fresh(folder)
    other = '["central.example", "boris"]'
    wraps = vault._parse(copies(folder)[0].open("rb"))
    assert wraps is not None
    forged = vault._Wraps(**{**vault.asdict(wraps), "owner": vault._digest(other)})
    for path in copies(folder):
        path.write_bytes(forged.content())
    with pytest.raises(CannotOpen, match="password is wrong"):
        vault.open_with_password(folder, other, PASSWORD)


@pytest.mark.parametrize("damaged", [0, 1])
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"[" * 4000),
        lambda path: path.write_bytes(b'{"memory_kib": ' + b"9" * 4000),
        lambda path: path.write_bytes(b"\xff" * 1_000_000),
        lambda path: path.write_bytes(b"null"),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
    ],
)
def test_one_damaged_copy_is_repaired(
    cheap: None, folder: Path, damaged: int, damage: Callable[[Path], object]
) -> None:
    key = fresh(folder)
    before = copies(folder)[damaged].read_bytes()
    damage(copies(folder)[damaged])
    assert vault.open_with_password(folder, OWNER, PASSWORD) == key
    assert copies(folder)[damaged].read_bytes() == before


@often
@given(damaged=st.sampled_from([0, 1]), content=st.binary(max_size=300), at=st.integers(0, 2000))
def test_any_damage_of_one_copy_still_opens(cheap: None, folder: Path, damaged: int, content: bytes, at: int) -> None:
    key = fresh(folder)
    path = copies(folder)[damaged]
    sound = path.read_bytes()
    path.write_bytes(sound[:at] + content)
    assert vault.open_with_desk_secret(folder, OWNER, SECRET) == key
    assert path.read_bytes() == sound


@settings(often, max_examples=150)
@given(first=st.integers(0, 5000), second=st.integers(0, 5000), bits=st.integers(1, 255))
def test_any_changed_byte_in_both_copies_is_told_in_words(
    cheap: None, folder: Path, first: int, second: int, bits: int
) -> None:
    fresh(folder)
    flip(copies(folder)[0], first, bits)
    flip(copies(folder)[1], second, bits)
    with pytest.raises(CannotOpen, match="Sign in online"):
        vault.open_with_password(folder, OWNER, PASSWORD)
    vault.new_key(folder, OWNER, PASSWORD, SECRET)  # damaged keys may be made anew


@pytest.mark.parametrize(
    "demand",
    [
        {"memory_kib": 100_000_000},
        {"passes": 1_000_000},
        {"lanes": 1_000},
        {"memory_kib": -1},
        {"lanes": 0},
        {"passes": True},
        {"memory_kib": 65536.0},
        {"salt": "00"},
        {"by_password": ""},
        {"by_desk_secret": "xyz"},
        {"owner": 7},
    ],
)
def test_a_file_that_asks_for_too_much_is_not_obeyed(folder: Path, demand: dict[str, object]) -> None:
    fresh(folder)
    wraps = vault._parse(copies(folder)[0].open("rb"))
    assert wraps is not None
    hostile = vault._Wraps(**{**vault.asdict(wraps), **demand})  # with a right digest
    for path in copies(folder):
        path.write_bytes(hostile.content())
    began = time.perf_counter()
    with pytest.raises(CannotOpen):
        vault.open_with_password(folder, OWNER, PASSWORD)
    assert time.perf_counter() - began < 1


def test_missing_keys_say_what_to_do(folder: Path) -> None:
    with pytest.raises(CannotOpen, match="Sign in online"):
        vault.open_with_password(folder, OWNER, PASSWORD)


def test_a_key_that_cannot_be_read_is_not_taken_for_a_damaged_one(cheap: None, folder: Path) -> None:
    for path in copies(folder):
        path.mkdir()
    with pytest.raises(CannotOpen, match="cannot be read"):
        vault.open_with_password(folder, OWNER, PASSWORD)
    with pytest.raises(CannotOpen, match="cannot be read"):
        vault.new_key(folder, OWNER, PASSWORD, SECRET)


def test_a_secret_of_wrong_length_is_refused(cheap: None, folder: Path) -> None:
    with pytest.raises(Refused, match="32 bytes"):
        vault.new_key(folder, OWNER, PASSWORD, SECRET[:31])
    with pytest.raises(Refused, match="32 bytes"):
        vault.open_with_desk_secret(folder, OWNER, b"")


KEYRING_STORY = """
import sys
from workstation.replica import keychain
password = "пароль oʻ" + "x" * 1000
keychain.remember("central", "aziza", password)
assert keychain.recall("central", "aziza") == password
assert keychain.recall("other", "aziza") is None
keychain.remember("central", "aziza", "second")
assert keychain.recall("central", "aziza") == "second"
keychain.forget("central", "aziza")
keychain.forget("central", "aziza")
assert keychain.recall("central", "aziza") is None
sys.stdout.write("remembered and forgotten")
"""

NO_KEYRING_STORY = """
import sys
from workstation.errors import Refused
from workstation.replica import keychain
assert keychain.recall("central", "aziza") is None
keychain.forget("central", "aziza")
try:
    keychain.remember("central", "aziza", "secret")
except Refused as refused:
    sys.stdout.write(str(refused))
"""

PLAIN_KEYRING = """
from keyring.backend import KeyringBackend
class Plain(KeyringBackend):
    priority = 99
    kept = {}
    def set_password(self, service, name, password): self.kept[service, name] = password
    def get_password(self, service, name): return "from a plain file"
    def delete_password(self, service, name): raise AssertionError("touched")
"""


def tell(story: str, home: Path, *before: str, **more: str) -> str:
    """Run a story in a process of its own, with a home of its own and the session's D-Bus taken away."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBUS", "XDG", "DISPLAY"))}
    environment |= {"HOME": str(home), "PYTHONPATH": f"{ROOT}{os.pathsep}{home}", "PYTHONUTF8": "1"}
    for name in ("data", "run", "config"):
        (home / name).mkdir(mode=0o700, exist_ok=True)
    environment |= {"XDG_DATA_HOME": str(home / "data"), "XDG_RUNTIME_DIR": str(home / "run"), **more}
    done = subprocess.run(
        [*before, sys.executable, "-c", story], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_keyring_of_the_system_remembers(tmp_path: Path) -> None:
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")):
        pytest.skip("needs the Debian packages gnome-keyring and dbus-daemon")
    # --unlock returns when the daemon answers: it goes to the background after taking its name on the bus
    session = 'echo scratch | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$@"'
    assert (
        tell(KEYRING_STORY, tmp_path, "dbus-run-session", "--", "sh", "-c", session, "sh") == "remembered and forgotten"
    )
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"second" in path.read_bytes() for path in kept)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have their keyring")
def test_without_a_keyring_the_password_is_asked_for_each_time(tmp_path: Path) -> None:
    assert "asked for each time" in tell(NO_KEYRING_STORY, tmp_path)
    assert "asked for each time" in tell(NO_KEYRING_STORY, tmp_path, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")


@pytest.mark.parametrize("chosen", ["plain.Plain", "keyring.backends.null.Keyring", "nowhere.Keyring"])
def test_a_keyring_that_is_not_the_systems_is_not_used(tmp_path: Path, chosen: str) -> None:
    (tmp_path / "plain.py").write_text(PLAIN_KEYRING)
    assert "asked for each time" in tell(NO_KEYRING_STORY, tmp_path, PYTHON_KEYRING_BACKEND=chosen)


def test_a_password_too_long_for_windows_is_not_given_to_the_keyring() -> None:
    with pytest.raises(Refused, match="1280"):
        keychain.remember("central", "aziza", "x" * 1281)
