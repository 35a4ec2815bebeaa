"""What the window says of a wrong clock and of a program that is too old, and what goes on meanwhile."""

from datetime import timedelta

import pytest

from tests.cli import run_here
from workstation.ui.shell.connection import ConnectionLabel, OutageBanner
from workstation.ui.shell.presence_menu import PresenceMenu


def banner(head) -> str:
    return head.window.findChild(OutageBanner).words


def word(head) -> str:
    return head.window.findChild(ConnectionLabel).words


def next_round(head) -> None:
    """The next word of the sync, whatever it is."""
    rounds: list[object] = []
    head.workstation.watch.round_ended.connect(rounds.append)
    head.workstation.loop.wake()
    head.until(lambda: rounds)
    head.workstation.watch.round_ended.disconnect(rounds.append)
    head.settle()


@pytest.mark.parametrize(("minutes", "told"), [(5, "5 min"), (-5, "5 min"), (60 * 26, "26 h")])
def test_a_wrong_clock_is_told_until_it_is_set_right(open_window, clock, minutes, told):
    clock.offset = timedelta(minutes=minutes, seconds=5 if minutes > 0 else -5)
    head = open_window("aziza")
    head.until(lambda: told in banner(head))
    assert "clock of this PC" in banner(head)
    assert "Online" in word(head), "the sync never stops because of it"
    customer = head.desk.add_customer()
    head.sync()
    assert head.desk.customer(customer).version > 0 or "settled" in head.desk.states()
    clock.offset = timedelta(0)
    head.desk.add_customer("Botir")  # what is saved is sent with a hello, which compares the clocks again
    head.sync()
    head.until(lambda: not banner(head))


def test_two_minutes_are_no_wrong_clock(open_window, clock):
    clock.offset = timedelta(seconds=100)
    head = open_window("aziza")
    assert banner(head) == ""


def test_below_the_least_program_work_is_delivered_and_nothing_received(open_window, centre):
    """The program here is 0.1; central is told that desks need a newer one."""
    head = open_window("aziza")
    customer = head.desk.add_customer("Dilnoza")
    head.sync()
    centre.sql("update workstation.meta set value = '0.2' where key = 'min_program'")
    head.workstation.loop._met_at = None  # as ten minutes later, at the next hello
    mine = head.desk.note(customer, "mine")
    next_round(head)
    head.until(lambda: "Update needed" in word(head))
    assert "must be updated" in banner(head)
    assert "offline" not in head.window.findChild(PresenceMenu).accessibleName(), "central hears this desk"
    head.until(lambda: centre.sql("select id from workstation.note") == [(mine,)])

    centre.sql("update workstation.customer set wish = 'write' where id = %s", customer)
    next_round(head)
    assert head.desk.customer(customer).wish is None, "the pull pauses"

    finished = run_here("admin", "min-program", "0.1", "--central", centre.admin_url)
    assert finished.status == 0
    head.sync()
    head.until(lambda: "Online" in word(head) and not banner(head))
    assert head.desk.customer(customer).wish == "write"
    head.until(lambda: set(head.desk.states()) == {"settled"})


def test_a_central_that_does_not_understand_this_program_is_told(open_window, centre):
    head = open_window("aziza")
    customer = head.desk.add_customer("Dilnoza")
    head.sync()
    centre.sql("update workstation.meta set value = '7' where key in ('min_op_schema', 'max_op_schema')")
    head.desk.note(customer, "waits here")
    next_round(head)
    head.until(lambda: "Update needed" in word(head))
    assert "1 waits" in word(head)
    assert "must be updated" in banner(head)
    assert head.desk.states()[-1] == "waiting"
