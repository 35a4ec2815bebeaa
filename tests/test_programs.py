"""Programs side by side: which is newer, a copy that is whole or absent, and stepping aside for one that starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation import programs
from workstation.errors import Refused
from workstation.programs import CONTENTS, MOST_STARTS, STARTS, Release

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs of these tests are shell scripts")
SAYS = '#!/bin/sh\necho "$0 $*"\n'


def package(folder: Path, version: str, script: str = SAYS) -> Path:
    """A small program with its list, as a package is made."""
    made = folder / f"agent-workstation-{version}"
    (made / "_internal" / "lib").mkdir(parents=True)
    (made / "workstation").write_text(script)
    (made / "workstation").chmod(0o755)
    (made / "_internal" / "lib" / "part.so.1").write_bytes(bytes(range(256)) * 40)
    (made / "_internal" / "part.so").symlink_to("lib/part.so.1")
    (made / CONTENTS).write_text(json.dumps(programs.contents(made)))
    return made


def release(folder: Path, version: str) -> Release:
    return Release(tuple(map(int, version.split("."))), package(folder, version))


def relist(one: Release, **changed: object) -> None:
    """Write another list into a package."""
    path = one.folder / CONTENTS
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def versions(folder: Path, than: str) -> list[str]:
    return [one.words for one in programs.newer(folder, tuple(map(int, than.split("."))))]


def test_the_newest_comes_first_and_only_what_is_newer_and_whole(tmp_path):
    for version in ("0.9.0", "0.10.0", "0.2.1", "0.1.0"):
        package(tmp_path, version)
    (package(tmp_path, "0.11.0") / CONTENTS).unlink()  # is still being copied
    (tmp_path / "agent-workstation-latest").mkdir()
    (tmp_path / "agent-workstation-9.9.9.zip").touch()
    assert versions(tmp_path, "0.2.0") == ["0.10.0", "0.9.0", "0.2.1"]
    assert versions(tmp_path, "0.10.0") == []


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_folder_that_cannot_be_read_holds_nothing(tmp_path, place):
    (tmp_path / "file").touch()
    assert versions(tmp_path / place, "0.1") == []


def test_a_copy_is_the_program_and_starts(tmp_path):
    one = release(tmp_path / "share", "0.2.0")
    shares: list[float] = []
    taken = programs.take(one, tmp_path / "mine", shares.append)
    assert programs.contents(taken.folder) == programs.contents(one.folder)
    assert taken.folder == tmp_path / "mine" / "agent-workstation-0.2.0"
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert (taken.folder / "_internal" / "part.so").read_bytes() == bytes(range(256)) * 40
    said = subprocess.run([taken.folder / "workstation", "x"], capture_output=True, text=True, check=True)
    assert said.stdout == f"{taken.folder}/workstation x\n"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["agent-workstation-0.2.0"]


def test_a_second_copy_takes_the_place_of_a_broken_one(tmp_path):
    one = release(tmp_path / "share", "0.2.0")
    taken = programs.take(one, tmp_path / "mine")
    (taken.folder / STARTS).write_bytes(b"...")
    (taken.folder / "workstation").unlink()
    programs.take(one, tmp_path / "mine")
    assert programs.contents(taken.folder) == programs.contents(one.folder)


@pytest.mark.parametrize("damage", ["longer", "shorter", "other", "absent"])
def test_a_program_that_differs_from_its_list_is_not_taken(tmp_path, damage):
    one = release(tmp_path / "share", "0.2.0")
    part = one.folder / "_internal" / "lib" / "part.so.1"
    content = part.read_bytes()
    if damage == "absent":
        part.unlink()
    else:
        part.write_bytes({"longer": content + b"x", "shorter": content[:-1], "other": b"x" + content[1:]}[damage])
    with pytest.raises(Refused) as refused:
        programs.take(one, tmp_path / "mine")
    assert str(one.folder) in str(refused.value)
    assert versions(tmp_path / "mine", "0.1") == []


HOSTILE = [
    "", "..", "../x", "a/../../x", "/etc/passwd", "C:/x", "a\\..\\x", "x\0y", CONTENTS,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    one = release(tmp_path / "share", "0.2.0")
    files = programs.contents(one.folder)["files"]
    relist(one, files={**files, name: [1, "0" * 64, False]})
    with pytest.raises(Refused, match="is damaged"):
        programs.take(one, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("target", ["/etc", "../../x", "lib/../../../x", "", "..\\x"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path, target):
    one = release(tmp_path / "share", "0.2.0")
    relist(one, links={"_internal/part.so": target})
    with pytest.raises(Refused, match="is damaged"):
        programs.take(one, tmp_path / "mine")


def test_nothing_is_written_through_a_link(tmp_path):
    one = release(tmp_path / "share", "0.2.0")
    files = programs.contents(one.folder)["files"]
    relist(one, files={**files, "away/x": [1, "0" * 64, False]}, links={"away": "_internal"})
    with pytest.raises(Refused, match="is damaged"):
        programs.take(one, tmp_path / "mine")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", "[" * 100_000, '{"system": 1, "files": [], "links": 2}', "\udcff"]
)
def test_a_list_that_is_none_is_refused(tmp_path, text):
    one = release(tmp_path / "share", "0.2.0")
    (one.folder / CONTENTS).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Refused):
        programs.take(one, tmp_path / "mine")


def test_too_much_and_another_system_are_refused(tmp_path):
    one = release(tmp_path / "share", "0.2.0")
    files = programs.contents(one.folder)["files"]
    relist(one, files={**files, "big": [10**12, "0" * 64, False]})
    with pytest.raises(Refused, match="is damaged"):
        programs.take(one, tmp_path / "mine")
    relist(one, system="win32-arm64", files=files)
    with pytest.raises(Refused, match="another system"):
        programs.take(one, tmp_path / "mine")


def test_a_folder_where_everybody_may_write_is_not_trusted(tmp_path):
    one = release(tmp_path / "share", "0.2.0")
    (tmp_path / "share").chmod(0o777)
    with pytest.raises(Refused, match="Everybody may write"):
        programs.take(one, tmp_path / "mine")


NAMES = st.text(st.sampled_from("ab./\\:-"), max_size=12)


@given(name=NAMES, target=NAMES)
def test_no_name_and_no_link_that_passes_leaves_the_folder(name, target):
    root = "/program"
    if programs._is_inside(name):
        assert os.path.normpath(f"{root}/{name}").startswith(f"{root}/")
        if programs._leads_inside(name, target):
            led = os.path.normpath(f"{root}/{name}/../{target}")
            assert led == root or led.startswith(f"{root}/")


def start(installed: Path, data: Path, *arguments: str) -> str:
    """Start a packaged program, played by Python, that steps aside when it should; gives what is said."""
    code = (
        "import sys; from importlib import metadata; sys.frozen, sys.executable = True, sys.argv.pop(1); "
        "metadata.version = lambda _name: '0.1.0'; from workstation import programs; "
        "programs.step_aside(sys.argv); print('the installed one')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(installed / "workstation"), *arguments],
        env={**os.environ, "XDG_DATA_HOME": str(data)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_installed_program_steps_aside_for_the_newest_taken(tmp_path, data):
    installed = package(tmp_path, "0.1.0")
    assert start(installed, data) == "the installed one"
    for version in ("0.2.0", "0.3.0"):
        programs.take(release(tmp_path / "share", version), programs.taken_folder())
    assert (
        start(installed, data, "find", "a b")
        == f"{programs.taken_folder()}/agent-workstation-0.3.0/workstation find a b"
    )


def test_one_that_does_not_start_is_left_alone_after_three_times(tmp_path, data):
    installed = package(tmp_path, "0.1.0")
    programs.take(release(tmp_path / "share", "0.2.0"), programs.taken_folder())
    said = [start(installed, data) for _ in range(MOST_STARTS + 1)]
    assert ["0.2.0" in words for words in said] == [True] * MOST_STARTS + [False]
    assert said[-1] == "the installed one"


def test_one_that_has_started_stays_and_what_is_older_goes(tmp_path, data, monkeypatch):
    taken = [
        programs.take(release(tmp_path / "share", v), programs.taken_folder()) for v in ("0.2.0", "0.3.0", "0.4.0")
    ]
    (taken[1].folder / STARTS).write_bytes(b"..")
    monkeypatch.setattr(programs, "own_folder", lambda: taken[1].folder)
    programs.confirm_start()
    assert versions(programs.taken_folder(), "0.1") == ["0.4.0", "0.3.0"]
    assert not (taken[1].folder / STARTS).exists()


def test_an_installed_program_takes_nothing_away(tmp_path, data, monkeypatch):
    beside = [package(tmp_path / "opt", version) for version in ("0.1.0", "0.2.0")]
    monkeypatch.setattr(programs, "own_folder", lambda: beside[1])
    programs.confirm_start()
    assert all(path.is_dir() for path in beside)


def test_a_program_that_python_runs_never_steps_aside(tmp_path, data):
    programs.take(release(tmp_path / "share", "9.0.0"), programs.taken_folder())
    assert programs.own_folder() is None
    programs.step_aside(["workstation"])  # returns
    programs.confirm_start()
    assert versions(programs.taken_folder(), "0.1") == ["9.0.0"]
