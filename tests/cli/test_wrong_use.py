"""Whatever is typed, the answer is words: every command with odd arguments, streams that fail, a password amiss."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli import Shell, customer_of, later, run_here
from tests.desks import PASSWORD, environment

ODD = [
    "", " ", "\t\r\n", "-", "--", "-1", "=", "\u2028", os.fsdecode(b"\xed\xa0\x80"), "\udcff\udcfe", "\x1b[31m\x07\x7f", "\ufeff", "🙂" * 10,
    "'; drop table customer; --", "%s %n {0} {name}", "../../../../etc/passwd", "/", "/etc/shadow", "9" * 400, "1e999",
    "NaN", "null", "0" * 32, "ffffff", "x" * 1_000_000, "2026-13-40T99:99:99+99:99",
]  # fmt: skip
CUSTOMER, CALLBACK = "{customer}", "{callback}"
LOG = ("--channel", "call", "--direction", "in", "--disposition", "solved")
FIELDS = ("name", "kind", "language", "channel", "hours", "time_zone", "need", "is_vip", "do_not_contact",
          "do_not_contact_until", "wish", "more", "id", "version", "no_such_field")  # fmt: skip
TEMPLATES = [
    ["{odd}"],
    ["find", "{odd}"], ["find", "x", "--limit", "{odd}"], ["find", "-", "{odd}"],
    ["show", "{odd}"], ["show", CUSTOMER, "{odd}"],
    ["customer", "{odd}"], ["customer", "add", "--name", "{odd}"], ["customer", "add", "--name", "n", "--phone", "{odd}"],
    ["customer", "add", "--name", "n", "--email", "{odd}"], ["customer", "edit", "{odd}", "name=n"],
    ["customer", "edit", CUSTOMER, "{odd}"], *(["customer", "edit", CUSTOMER, field + "={odd}"] for field in FIELDS),
    ["note", "{odd}", "text"], ["note", CUSTOMER, "{odd}"], ["note", CUSTOMER, "--", "{odd}"],
    ["note", CUSTOMER, "text", "{odd}"], ["note", CUSTOMER, "{odd}", "--lines"],
    ["contact", "{odd}", *LOG], ["contact", CUSTOMER, *LOG, "--note", "{odd}"], ["contact", CUSTOMER, *LOG, "--phone", "{odd}"],
    ["contact", CUSTOMER, *LOG, "--started", "{odd}"], ["contact", CUSTOMER, *LOG, "--ended", "{odd}"],
    ["contact", CUSTOMER, *LOG[:4], "--disposition", "{odd}"], ["contact", CUSTOMER, *LOG[2:], "--channel", "{odd}"],
    ["contact", CUSTOMER, *LOG[:2], *LOG[4:], "--direction", "{odd}"],
    ["callback", "{odd}"], ["callback", "add", "{odd}", "--at", "2026-11-23T10:00:00Z"], ["callback", "add", CUSTOMER, "--at", "{odd}"],
    ["callback", "add", CUSTOMER, "--at", "{later}", "--zone", "{odd}"], ["callback", "add", CUSTOMER, "--at", "{later}", "--reason", "{odd}"],
    ["callback", "add", CUSTOMER, "--at", "{later}", "--owner", "{odd}"], ["callback", "list", "{odd}"], ["callback", "done", "{odd}"],
    ["callback", "cancel", "{odd}", "--reason", "r"], ["callback", "reschedule", CALLBACK, "--at", "{odd}"],
    ["callback", "reassign", CALLBACK, "--to", "{odd}"], ["callback", "reassign", CALLBACK, "--to", "team", "--reason", "{odd}"],
    ["callback", "cancel", CALLBACK, "--reason", "{odd}"],
    ["conflicts", "{odd}"], ["conflicts", "resolve", "{odd}", "--take", "mine"], ["refused", "{odd}"],
    ["refused", "correct", "{odd}", "a=b"], ["refused", "discard", "{odd}"], ["refused", "attach", "{odd}", "--to", CUSTOMER],
    ["import", "{odd}", "/etc/hostname"], ["import", "customers", "{odd}"], ["import", "customers", "{csv}", "--map", "{odd}"],
    ["import", "customers", "{csv}", "--region", "{odd}"], ["import", "customers", "{csv}", "--encoding", "{odd}"],
    ["import", "customers", "{csv}", "--delimiter", "{odd}"], ["import", "customers", "{csv}", "--header-row", "{odd}"],
    ["sign-in", "--central", "{odd}", "--agent", "aziza"], ["sign-in", "--central", "{url}", "--agent", "{odd}"], ["sync", "{odd}"],
    ["status", "--agent", "{odd}"], ["status", "--home", "{odd}"], ["check", "{odd}"],
]  # fmt: skip


SLOW = {"sign-in": 4, "check": 2}  # odd arguments tried where each waits for something


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


def filled(template: list[str], names: dict[str, str], odd: str) -> list[str]:
    arguments = template
    for name, value in (names | {"{odd}": odd}).items():
        arguments = [part.replace(name, value) for part in arguments]
    return arguments


def name_of(template: list[str]) -> str:
    return " ".join(template)


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_odd_arguments_are_answered_in_words_and_central_takes_what_the_desk_took(shell, names, template, monkeypatch):
    monkeypatch.chdir(shell.home)
    for odd in ODD:
        finished = shell(*filled(template, names, odd), ok=None)
        assert finished.is_told(), (odd[:100], finished)
    finished = shell("sync")
    assert (finished.answer["refused"], finished.answer["waiting"]) == (0, 0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(template=st.sampled_from(TEMPLATES[:-5]), odd=st.text(st.characters(exclude_characters="\0"), max_size=50))
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
