"""Of the values of a message the log shows only those that can be nobody's words."""

import logging
import re
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest

from workstation import logs

NOTE = "звонить после 18:00 +998901234567"


def fail_with(note: str) -> None:
    raise RuntimeError(f"while saving {note}")


@pytest.mark.parametrize(
    "value",
    [NOTE, "+998901234567", "998901234567", "Dilnoza", "dilnoza", "Дилноза", "dilnoza@example.uz", b"dilnoza",
     ["Dilnoza"], Path("dilnoza"), {"name": "Dilnoza"}, "DILNOZA-PC", "dilnoza karimova", "", "x" * 40],
    ids=str,
)  # fmt: skip
def test_a_value_that_may_be_somebodys_words_is_not_written(value: object) -> None:
    record = logging.makeLogRecord({"name": "workstation.x", "levelname": "INFO", "msg": "about %s", "args": (value,)})
    written = logs.ImpersonalFormatter().format(record).split("about ")[1]
    assert re.fullmatch(r"<\d+ characters>|bytes|list|PosixPath|WindowsPath|dict", written), written


@pytest.mark.parametrize(
    "value", [logs.Plain("contact_point"), "OperationalError", "ENOSPC", 17, 1.5, True, None, UUID(int=5)]
)
def test_a_value_that_is_nobodys_words_is_written(value: object) -> None:
    record = logging.makeLogRecord({"name": "workstation.x", "levelname": "INFO", "msg": "about %s", "args": (value,)})
    assert logs.ImpersonalFormatter().format(record).endswith(f"about {value}")


def test_what_nobody_caught_is_logged_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    handler = logs.start_log(tmp_path)
    logs.log_uncaught()
    try:
        fail_with(NOTE)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail_with, args=(NOTE,))
    thread.start()
    thread.join()
    logs.stop_log(handler)
    written = (tmp_path / "workstation.log").read_text("utf-8")
    assert written.count("nobody caught this") == 2
    assert ":fail_with" in written
    assert NOTE not in written
    assert capfd.readouterr().err == ""
