"""Two small files become settings, or one sentence that names the file, the key and what is expected."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workstation.errors import Refused
from workstation.settings import Settings, load, machine_file


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return tmp_path / "machine" / "settings.toml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "machine").mkdir()
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def write(home: Path, text: str) -> None:
    (home / "settings.toml").write_text(text, "utf-8")


def test_without_files_the_defaults_hold(home: Path, machine: Path) -> None:
    assert load(home, machine) == Settings()
    found = load(home / "absent", machine)
    assert (found.tls, found.history_days, found.directory, found.offline_days) == ("verify-full", 90, "all", 14)
    assert (found.region, found.central, found.remember_allowed, found.warnings) == ("UZ", None, True, ())


def test_every_setting_is_read(home: Path, machine: Path) -> None:
    certificate, folder = home / "root.crt", home / "updates"
    machine.write_text(
        f"""
        central = "db.example.org:5433/desk"
        tls = "none"
        root_cert = '{certificate}'
        remember_allowed = false
        history_days = 30
        directory = "touched"
        lock_minutes = 5
        offline_days = 0
        update_folder = '{folder}'
        language = "uz"
        region = "BY"
        """,
        "utf-8",
    )
    assert load(home, machine) == Settings(
        central="db.example.org:5433/desk",
        tls="none",
        root_cert=str(certificate),
        remember_allowed=False,
        history_days=30,
        directory="touched",
        lock_minutes=5,
        offline_days=0,
        update_folder=folder,
        language="uz",
        region="BY",
    )


def test_the_agent_wins_over_the_machine(home: Path, machine: Path) -> None:
    machine.write_text('central = "one"\nlanguage = "ru"\nhistory_days = 30')
    write(home, 'central = "two"\nlanguage = "be"')
    found = load(home, machine)
    assert (found.central, found.language, found.history_days, found.warnings) == ("two", "be", 30, ())


@pytest.mark.parametrize(
    ("fixed", "loosened"),
    [
        ('tls = "verify-full"', 'tls = "none"'),
        ('root_cert = "system"', 'root_cert = "/tmp/own.crt"'),
        ("remember_allowed = false", "remember_allowed = true"),
        ("lock_minutes = 5", "lock_minutes = 600"),
        ("offline_days = 3", "offline_days = 300"),
        ('update_folder = "/srv/updates"', 'update_folder = "/tmp/updates"'),
    ],
)
def test_the_agent_does_not_loosen_what_the_machine_protects(
    home: Path, machine: Path, fixed: str, loosened: str
) -> None:
    key = fixed.partition(" ")[0]
    machine.write_text(fixed)
    alone = load(home, machine)
    write(home, loosened)
    found = load(home, machine)
    assert getattr(found, key) == getattr(alone, key)
    assert len(found.warnings) == 1
    assert key in found.warnings[0]
    machine.unlink()
    free = load(home, machine)
    assert free.warnings == ()
    assert getattr(free, key) != getattr(alone, key)


def test_an_unknown_key_is_one_warning_naming_file_and_key(home: Path, machine: Path) -> None:
    write(home, 'centrall = "x"\nregion = "KZ"\n[extra]\na = 1')
    found = load(home, machine)
    assert found.region == "KZ"
    assert len(found.warnings) == 2
    assert "centrall" in found.warnings[0]
    assert str(home / "settings.toml") in found.warnings[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("central = 5", "address"),
        ('central = ""', "address"),
        ('central = "postgresql://aziza:secret@db"', "without login"),
        ('central = "a\\u0000b"', "address"),
        ('tls = "prefer"', '"verify-full", "none"'),
        ("tls = []", '"verify-full", "none"'),
        ('root_cert = "root.crt"', "full path"),
        ('remember_allowed = "yes"', "true or false"),
        ("remember_allowed = 1", "true or false"),
        ("history_days = true", "whole number from 1 to 3650"),
        ("history_days = 0", "whole number from 1"),
        ("history_days = 90.0", "whole number"),
        ("lock_minutes = 99999999999999999999999", "whole number"),
        ("offline_days = -1", "from 0 to 365"),
        ('directory = "none"', '"all", "touched"'),
        ('update_folder = "updates"', "full path of a folder"),
        ('language = "xx"', '"en", "ru", "uz", "be"'),
        ('region = "uzb"', "two capital letters"),
        ('region = "ЎЗ"', "two capital letters"),
    ],
)
def test_a_wrong_value_names_file_key_and_what_is_expected(home: Path, machine: Path, line: str, expected: str) -> None:
    write(home, line)
    with pytest.raises(Refused) as refused:
        load(home, machine)
    key = line.partition(" ")[0]
    assert refused.value.field == key
    for part in (str(home / "settings.toml"), key, expected):
        assert part in str(refused.value)
    assert "secret@" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [b"central = ", b"\xff\xfe\x00", b"a = 1\na = 2", b"a = " + b"[" * 50_000, b"#" * 200_000, b"d = 99999-99-99"],
)
def test_what_is_not_a_settings_file_is_told_in_words(home: Path, machine: Path, content: bytes) -> None:
    machine.write_bytes(content)
    with pytest.raises(Refused, match=r"settings\.toml"):
        load(home, machine)


def test_a_folder_in_place_of_a_file_is_told_in_words(home: Path, machine: Path) -> None:
    machine.mkdir()
    with pytest.raises(Refused, match="cannot be read"):
        load(home, machine)


def test_notepads_byte_order_mark_is_taken(home: Path, machine: Path) -> None:
    machine.write_bytes('region = "KZ"'.encode("utf-8-sig"))
    assert load(home, machine).region == "KZ"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_content_brings_a_traceback(home: Path, machine: Path, content: bytes) -> None:
    (home / "settings.toml").write_bytes(content)
    try:
        found = load(home, machine)
    except Refused as refused:
        assert str(home) in str(refused)  # noqa: PT017 - being readable is as good
    else:
        assert isinstance(found, Settings)


def test_the_machine_file_has_a_full_path() -> None:
    assert machine_file().is_absolute()
    assert machine_file().name == "settings.toml"
