"""Who opens tel: and workstation: addresses: registered for one person, asked of the real xdg-mime, and undone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workstation import call_links
from workstation.call_links import DESKTOP_FILE, desktop_entry, windows_values

NEEDED = ("xdg-mime", "xdg-open")


@pytest.fixture
def person(tmp_path, monkeypatch):
    """A person with nothing configured, on a plain desktop."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)} of this system (the package xdg-utils)")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CURRENT_DESKTOP", "KDE_FULL_SESSION", "DESKTOP_SESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def opener(scheme):
    asked = subprocess.run(
        ["xdg-mime", "query", "default", f"x-scheme-handler/{scheme}"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="the desktop files of Linux")
def test_registered_for_this_person_and_undone(person):
    lists = person / ".config" / "mimeapps.list"
    lists.parent.mkdir()
    lists.write_text("[Default Applications]\nx-scheme-handler/http=browser.desktop\n", "utf-8")
    call_links.register()
    assert [opener(scheme) for scheme in ("tel", "workstation")] == [DESKTOP_FILE, DESKTOP_FILE]
    call_links.register()
    call_links.unregister()
    assert [opener(scheme) for scheme in ("tel", "workstation")] == ["", ""]
    assert "x-scheme-handler/http=browser.desktop" in lists.read_text("utf-8")
    assert not list(person.rglob(DESKTOP_FILE))
    call_links.unregister()


@pytest.mark.skipif(sys.platform != "linux", reason="the desktop files of Linux")
@pytest.mark.parametrize("address", ["tel:+998-90-123-45-67;ext=1", "workstation:call?number=103&direction=out"])
def test_an_address_that_is_opened_reaches_the_program_as_one_argument(person, monkeypatch, address):
    """xdg-open itself starts what was registered."""
    program, told = person / "program", person / "told"
    write = f"open({str(told)!r}, 'w').write(json.dumps(sys.argv[1:]))"
    program.write_text(f"#!{sys.executable}\nimport json, sys\n{write}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(call_links, "command", lambda: [str(program), "pop", "--"])
    call_links.register()
    opened = subprocess.run(["xdg-open", address], env=os.environ | {"DISPLAY": ":0"}, capture_output=True, check=False)
    assert opened.returncode == 0, opened.stderr
    assert json.loads(told.read_text("utf-8")) == ["pop", "--", address]


def test_a_desktop_file_of_a_strange_folder_is_valid(tmp_path):
    validate = shutil.which("desktop-file-validate")
    if validate is None:
        pytest.skip("needs desktop-file-validate of this system (the package desktop-file-utils)")
    file = tmp_path / DESKTOP_FILE
    file.write_text(desktop_entry(['/a "b" $HOME `x` 100% \\/program', "pop", "--"]), "utf-8")
    checked = subprocess.run([validate, str(file)], capture_output=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, b"")


def test_the_home_of_another_desk_is_named_before_the_address():
    entry = desktop_entry(["/opt/workstation", "--home", "/srv/a b", "pop", "--"])
    assert 'Exec=/opt/workstation --home "/srv/a b" pop -- %u\n' in entry
    assert 'Exec="/a\\\\"b\\\\$c\\\\\\\\d%%" %u\n' in desktop_entry(['/a"b$c\\d%'])


def test_the_values_for_windows_quote_the_program_and_end_the_options():
    values = {(key, name): text for key, name, text in windows_values([r"C:\Program Files\ws.exe", "pop", "--"])}
    opens = r'"C:\Program Files\ws.exe" pop -- "%1"'
    assert values[r"Software\Classes\workstation\shell\open\command", ""] == opens
    assert values[r"Software\Classes\AgentWorkstation.Call\shell\open\command", ""] == opens
    assert values[r"Software\Classes\workstation", "URL Protocol"] == ""
    assert values[r"Software\AgentWorkstation\Capabilities\UrlAssociations", "tel"] == "AgentWorkstation.Call"
    assert all(key.startswith("Software\\") for key, _name in values)


def test_without_xdg_mime_it_says_what_is_missing(tmp_path):
    if sys.platform != "linux":
        pytest.skip("the desktop files of Linux")
    root = Path(__file__).parents[1]
    script = "from workstation import call_links; call_links.register()"
    failed = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(root)},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert "xdg-utils" in failed.stderr
    assert not list(tmp_path.rglob(DESKTOP_FILE))
