"""Calling hours in the command: a time outside is kept with a warning, or without one where somebody says why."""

from datetime import UTC, datetime, timedelta

from tests.cli import customer_of


def next_sunday() -> str:
    today = datetime.now(UTC).date()
    return (today + timedelta(days=7 - today.isoweekday() or 7)).isoformat()


def test_a_sunday_is_kept_with_a_warning_on_standard_error(shell):
    customer, at = customer_of(shell), f"{next_sunday()}T12:00"
    kept = shell("callback", "add", customer, "--at", at)
    assert "warning: Sunday at Dilnoza's" in kept.err
    assert kept.answer["id"]
    assert shell("callback", "add", customer, "--at", at, "--override", "works on weekdays").err == ""
    asked = shell("callback", "add", customer, "--at", at, "--made-by", "customer asked")
    assert asked.err == ""
    moved = shell("callback", "reschedule", asked.answer["id"], "--at", at)
    assert "warning: Sunday" in moved.err
    assert len(shell.ask("callback", "list")["callbacks"]) == 3
    assert "customer asked" in shell("callback", "add", customer, "--at", at, "--made-by", "x", ok=2).err
