"""Whatever is typed, the answer is words: every command with odd arguments, streams that fail, a password amiss."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli import Shell, customer_of, later
from tests.desks import environment
from tests.line import Line

ODD = [
    "", " ", "\t\r\n", "-", "--", "-1", "=", "\u2028", os.fsdecode(b"\xed\xa0\x80"), "\udcff\udcfe", "\x1b[31m\x07\x7f",
    "\ufeff", "🙂" * 10, "'; drop table customer; --", "%s %n {0} {name}", "../../../../etc/passwd", "/", "/etc/shadow",
    "9" * 400, "1e999", "NaN", "null", "0" * 32, "ffffff", "x" * 1_000_000, "2026-13-40T99:99:99+99:99",
]  # fmt: skip
LOG = "--channel call --direction in --disposition solved"
FIELDS = ("name", "kind", "language", "channel", "hours", "time_zone", "need", "is_vip", "do_not_contact_reason",
          "do_not_contact_until", "wish", "more", "id", "version", "no_such_field")  # fmt: skip
TEMPLATES = [
    *f"""\
{{odd}}
find {{odd}}
find x --limit {{odd}}
find - {{odd}}
show {{odd}}
show {{customer}} {{odd}}
customer {{odd}}
customer add --name {{odd}}
customer add --name n --phone {{odd}}
customer add --name n --email {{odd}}
customer edit {{odd}} name=n
customer edit {{customer}} {{odd}}
note {{odd}} text
note {{customer}} {{odd}}
note {{customer}} -- {{odd}}
note {{customer}} text {{odd}}
note {{customer}} {{odd}} --lines
contact {{odd}} {LOG}
contact {{customer}} {LOG} --note {{odd}}
contact {{customer}} {LOG} --phone {{odd}}
contact {{customer}} {LOG} --started {{odd}}
contact {{customer}} {LOG} --ended {{odd}}
contact {{customer}} --channel call --direction in --disposition {{odd}}
contact {{customer}} --direction in --disposition solved --channel {{odd}}
contact {{customer}} --channel call --disposition solved --direction {{odd}}
callback {{odd}}
callback add {{odd}} --at 2026-11-23T10:00:00Z
callback add {{customer}} --at {{odd}}
callback add {{customer}} --at {{later}} --zone {{odd}}
callback add {{customer}} --at {{later}} --reason {{odd}}
callback add {{customer}} --at {{later}} --owner {{odd}}
callback list {{odd}}
callback done {{odd}}
callback cancel {{odd}} --reason r
callback reschedule {{callback}} --at {{odd}}
callback reassign {{callback}} --to {{odd}}
callback reassign {{callback}} --to team --reason {{odd}}
callback cancel {{callback}} --reason {{odd}}
conflicts {{odd}}
conflicts resolve {{odd}} --take mine
refused {{odd}}
refused correct {{odd}} a=b
refused discard {{odd}}
refused attach {{odd}} --to {{customer}}
import {{odd}} /etc/hostname
import customers {{odd}}
import customers {{csv}} --map {{odd}}
import customers {{csv}} --region {{odd}}
import customers {{csv}} --encoding {{odd}}
import customers {{csv}} --delimiter {{odd}}
import customers {{csv}} --header-row {{odd}}
sign-in --central {{odd}} --agent aziza
sign-in --central {{url}} --agent {{odd}}
sync {{odd}}
status --agent {{odd}}
status --home {{odd}}
check {{odd}}""".splitlines(),
    *("customer edit {customer} " + field + "={odd}" for field in FIELDS),
]


@pytest.fixture
def names(shell: Shell, shared_centre, tmp_path: Path) -> dict[str, str]:
    """What the templates name: a customer, a callback, a time to come, a file, central."""
    customer = customer_of(shell)
    (tmp_path / "few.csv").write_text("name,phone\nDilnoza,+998 90 123-45-67\n", "utf-8")
    return {
        "{customer}": customer,
        "{callback}": shell.ask("callback", "add", customer, "--at", later(hours=1))["id"],
        "{later}": later(hours=2),
        "{csv}": str(tmp_path / "few.csv"),
        "{url}": shared_centre.url,
    }


def filled(template: str, names: dict[str, str], odd: str) -> list[str]:
    arguments = template.split()
    for name, value in (names | {"{odd}": odd}).items():
        arguments = [part.replace(name, value) for part in arguments]
    return arguments


@pytest.mark.parametrize("template", TEMPLATES)
def test_odd_arguments_are_answered_in_words_and_central_takes_what_the_desk_took(shell, names, template, monkeypatch):
    monkeypatch.chdir(shell.home)
    for odd in ODD:
        finished = shell(*filled(template, names, odd), ok=None)
        assert finished.is_told(), (odd[:100], finished)
    finished = shell("sync")
    assert (finished.answer["refused"], finished.answer["waiting"]) == (0, 0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    template=st.sampled_from([t for t in TEMPLATES if not t.startswith(("sign-in", "check", "status --home"))]),
    odd=st.text(st.characters(exclude_characters="\0"), max_size=50),
)
def test_any_argument_is_answered_in_words(shell, names, template, odd):
    finished = shell(*filled(template, names, odd), ok=None)
    assert finished.is_told(), finished


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.binary(max_size=300))
def test_any_bytes_on_standard_input_are_answered_in_words(shell, names, said):
    for arguments in (["note", names["{customer}"], "-"], ["note", names["{customer}"], "-", "--lines"], ["find", "-"],
                      ["status", "--password-stdin"]):  # fmt: skip
        finished = shell(*arguments, stdin=said, ok=None)
        assert finished.status in (0, 1)
        assert "Traceback" not in finished.err
        assert "defect" not in finished.err


def start(shell: Shell, *arguments: str | bytes, **options: Any) -> subprocess.Popen[bytes]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "workstation", "--home", str(shell.home), *arguments],
        stderr=subprocess.PIPE,
        env=environment() | {"PYTHONUNBUFFERED": ""} | options.pop("env", {}),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | options,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/full on Windows")
@pytest.mark.parametrize(
    "arguments", [["status"], ["--help"], ["find", "Dilnoza", "--json"], ["note", "{customer}", "text"]]
)
def test_an_answer_that_cannot_be_written_is_told(shell, names, arguments):
    with Path("/dev/full").open("wb") as full:
        running = start(shell, *filled(" ".join(arguments), names, ""), stdout=full)
    _out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (1, b"The operating system refused: No space left on device.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize(
    ("closed", "arguments", "status"),
    [(">&-", ["status"], 0), ("2>&-", ["show", "nobody"], 1), ("<&-", ["note", "{customer}", "-"], 1),
     ("<&-", ["find", "-"], 1), ("<&-", ["status", "--password-stdin"], 1), ("<&- >&- 2>&-", ["show", "nobody"], 1)],
)  # fmt: skip
def test_a_stream_that_is_closed_is_no_defect(shell, names, closed, arguments, status):
    command = ["sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, "-m", "workstation", "--home", str(shell.home)]
    finished = subprocess.run(
        [*command, *filled(" ".join(arguments), names, "")],
        capture_output=True,
        env=environment(),
        timeout=30,
        check=False,
    )
    assert finished.returncode == status
    told = b"There is no standard input.\n" if status and "2>&-" not in closed else b""
    assert finished.stderr == told


def test_whoever_stops_reading_gets_no_complaint(shell):
    with start(shell, "find", "-", stdin=subprocess.PIPE) as running:
        running.stdin.write(b"Dilnoza\n")
        running.stdin.flush()
        assert running.stdout.readline().startswith(b'{"results"')
        running.stdout.close()
        running.stdin.write(b"Dilnoza\n")
        running.stdin.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("arguments", [["find", "-"], ["note", "{customer}", "-", "--lines"]])
def test_ctrl_c_stops_in_one_line(shell, names, arguments):
    with start(shell, *filled(" ".join(arguments), names, ""), stdin=subprocess.PIPE) as running:
        running.stdin.write(b"Dilnoza\n")
        running.stdin.flush()
        assert running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.stderr.read() == b"Stopped.\n"
        assert running.wait(30) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_a_sync_that_central_does_not_answer(shared_centre, tmp_path):
    with Line(shared_centre.cluster.address) as line:
        shell = Shell(tmp_path)
        login = shared_centre.add_agent("impatient")
        shell("sign-in", "--central", line.url_for(shared_centre.url), "--agent", login)
        line.stall(down=False)
        accepted = line.accepted
        running = start(shell, "sync")
        assert line.wait_until(lambda held: held.accepted > accepted and held.up.held > 0, 20)
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=10) == (b"", b"Stopped.\n")
        assert running.returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="arguments of Windows are no bytes")
@pytest.mark.parametrize(
    "env", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "latin-1"}]
)
def test_a_terminal_of_another_encoding_is_written_to_all_the_same(shell, env):
    customer = customer_of(shell, "Дилноза Ғўза")
    running = start(shell, "show", customer, env=env)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, b"")
    assert b"1" in out or "Дилноза".encode() in out
    running = start(shell, "note", customer, b"\xff\xfe", env=env)
    assert running.communicate(timeout=30) == (b"", b"A note holds bytes that are no text (not UTF-8).\n")
    assert running.returncode == 1


def test_the_self_test_needs_no_display(shell):
    running = start(shell, "check", "--json", env={"DISPLAY": ":77", "QT_QPA_PLATFORM": "xcb"})
    out, err = running.communicate(timeout=60)
    named = {check["name"]: check["ok"] for check in json.loads(out)["checks"]}
    assert running.returncode == (0 if all(named.values()) else 1)
    assert named["fonts"] or not named["qt"] or b"fonts" in err


def test_a_system_that_lacks_a_library_of_the_window_is_told_which(tmp_path):
    (tmp_path / "PySide6").mkdir()
    missing = "libEGL.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "PySide6" / "__init__.py").write_text(f"raise ImportError({missing!r})\n", "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "workstation", "demo"], env=environment() | {"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (1, f"Qt cannot be loaded: {missing}\n")
