"""The sync of an open window: when it asks, when it waits, how it ends. Rounds are called; no test waits for time."""

import json
import logging
import queue
import random
import threading
from datetime import timedelta

import pytest

from workstation.central import accounts
from workstation.home import FileLock
from workstation.services.sync.loop import Pace, RoundEnd, SyncLoop

NEVER = Pace(active=3600, idle=3600)
SECONDS = 20.0  # until a thread must have done its part


class Watched:
    """A loop of a desk, with all that it told."""

    def __init__(self, desk, pace=None, call_seconds=15.0, open_line=None, wait=threading.Event.wait):
        work = desk.desk
        self.lock_path = work.home.sync_lock(work.who.central, work.who.agent)
        self.told: queue.Queue[RoundEnd] = queue.Queue()
        self.loop = SyncLoop(
            open_line or (lambda: work.sync_desk(work.central("window", call_seconds))),
            FileLock(self.lock_path), self.told.put, pace or Pace(), random.Random(7), wait,
        )  # fmt: skip

    def round(self) -> RoundEnd:
        self.loop.round()
        return self.told.get_nowait()

    def hear(self) -> RoundEnd:
        return self.told.get(timeout=SECONDS)


@pytest.fixture
def watch():
    """Loops that end with the test, before the desk they work on."""
    made = []

    def watched(desk, *args, **options):
        made.append(Watched(desk, *args, **options))
        return made[-1]

    yield watched
    for one in made:
        assert one.loop.stop(10), "the loop did not end"


@pytest.fixture
def aziza(open_desk):
    return open_desk("aziza")


def test_one_line_serves_many_rounds_and_hello_is_said_again_only_to_send(aziza, open_desk, watch, clock):
    botir = open_desk("botir")
    customer = botir.add_customer()
    botir.sync()
    window, before = watch(aziza), aziza.line.accepted
    assert window.round().state == "online"
    hello = aziza.store.fact("last_hello")
    for number in range(3):
        botir.note(customer, f"note {number}")
        botir.sync()
        assert window.round().report.pulled == 1
    assert (aziza.line.accepted - before, aziza.store.fact("last_hello")) == (1, hello)
    for number in range(3):
        aziza.note(customer, f"mine {number}")
        assert window.round().report.pushed == 1
    assert len(aziza.notes(customer)) == 6
    assert set(aziza.states()) == {"settled"}
    assert aziza.line.accepted - before == 1
    hello, said_before = aziza.store.fact("last_hello"), hello
    assert hello != said_before  # nothing is sent without asking first where central stands
    clock.offset += timedelta(minutes=11)
    assert window.round().state == "online"
    assert aziza.store.fact("last_hello") != hello


def test_a_round_with_nothing_new_writes_and_announces_nothing(aziza, watch):
    window = watch(aziza)
    window.round()
    with aziza.store.read() as session:
        session.connection().exec_driver_sql("commit")
        version = session.connection().exec_driver_sql("pragma data_version").scalar_one()
        for _ in range(3):
            assert window.round().state == "online"
        assert session.connection().exec_driver_sql("pragma data_version").scalar_one() == version
        aziza.note(aziza.add_customer(), "text")
        assert session.connection().exec_driver_sql("pragma data_version").scalar_one() != version


def test_the_pace_follows_the_person_and_varies(aziza, watch):
    window = watch(aziza)
    active = {window.round().next_in for _ in range(12)}
    window.loop.set_active(False)
    idle = {window.round().next_in for _ in range(12)}
    assert len(active) == 12
    assert all(1.6 <= seconds <= 2.4 for seconds in active)
    assert all(12 <= seconds <= 18 for seconds in idle)


def test_tries_are_further_and_further_apart_but_not_while_work_waits(aziza, watch):
    window = watch(aziza)
    customer = aziza.add_customer()
    window.round()
    aziza.line.cut()
    ends = [window.round() for _ in range(12)]
    assert {end.state for end in ends} == {"offline"}
    assert all(1 <= end.next_in <= 60 for end in ends)
    assert ends[0].next_in <= 2
    assert ends[3].next_in >= 4
    assert all(end.next_in >= 30 for end in ends[7:])
    assert aziza.store.fact("last_error") == "offline"
    aziza.note(customer, "while the line was cut")
    assert window.round().next_in <= 8

    aziza.line.restore()
    end = window.round()
    assert (end.state, end.report.pushed, end.words) == ("online", 1, "")
    assert aziza.store.fact("last_error") == ""
    aziza.line.cut()
    assert window.round().next_in <= 2


def test_saves_do_not_shorten_the_pause_after_a_failure_below_a_second(aziza, watch):
    waits = []

    def wait(event, _seconds):
        waits.append(_seconds)
        if len(waits) < 6:
            window.loop.wake()
            return event.wait(0)
        return event.wait(SECONDS)

    aziza.line.cut()
    window = watch(aziza, wait=wait)
    window.loop.start()
    ends = [window.hear() for _ in range(3)]
    assert {end.state for end in ends} == {"offline"}
    assert waits[0:5:2] == [1.0, 1.0, 1.0]


def test_a_half_open_line_is_offline_after_the_deadline(aziza, watch):
    window = watch(aziza, call_seconds=0.3)
    assert window.round().state == "online"
    aziza.line.stall()
    assert window.round().state == "offline"
    aziza.line.restore()
    assert window.round().state == "online"


def test_central_that_was_restored_meanwhile_is_met_again(aziza, watch, centre):
    customer = aziza.add_customer()
    window = watch(aziza)
    window.round()
    epoch = aziza.store.fact("epoch")
    centre.sql("update workstation.meta set value = value || '-again' where key = 'epoch'")
    aziza.note(customer, "after the restore")
    assert window.round().state == "online"
    assert aziza.store.fact("epoch") == epoch + "-again"
    assert centre.count("note") == 1


def test_a_refused_login_ends_the_loop_and_keeps_the_work(aziza, watch, centre):
    customer = aziza.add_customer()
    window = watch(aziza, NEVER)
    window.loop.start()
    assert window.hear().state == "online"
    accounts.disable_agent(centre.admin_url, centre.login("aziza"))
    aziza.note(customer, "not delivered yet")
    states = []
    while not states or states[-1] == "offline":  # the account's connection is ended first
        window.loop.wake()
        states.append(window.hear().state)
    assert states[-1] == "login"
    assert window.loop.stop()
    assert aziza.states()[-1] in ("waiting", "sent")


def test_another_sync_of_this_home_is_waited_for(aziza, watch):
    window = watch(aziza)
    with FileLock(window.lock_path):
        assert window.round().state == "busy"
    assert window.round().state == "online"


def test_a_save_is_sent_at_once(aziza, watch, centre):
    customer = aziza.add_customer()
    window = watch(aziza, NEVER)
    window.loop.start()
    window.hear()
    for number in range(5):
        aziza.note(customer, f"note {number}")
        window.loop.wake()
        assert window.hear().report.pushed == 1
    assert centre.count("note") == 5


def test_coming_back_to_the_window_begins_a_round(aziza, watch):
    window = watch(aziza, NEVER)
    window.loop.set_active(False)
    window.loop.start()
    window.hear()
    window.loop.set_active(True)
    assert window.hear().state == "online"


def test_stopping_does_not_wait_for_a_central_that_says_nothing(aziza, watch):
    customer = aziza.add_customer()
    window = watch(aziza, NEVER, call_seconds=600)
    window.loop.start()
    window.hear()
    aziza.line.stall()
    aziza.note(customer, "on its way")
    window.loop.wake()
    assert aziza.line.wait_until(lambda line: line.up.held > 0)
    assert window.loop.stop(10)
    aziza.line.restore()
    assert aziza.sync().waiting == 0


def test_a_loop_that_never_started_can_be_stopped(aziza, watch):
    assert watch(aziza).loop.stop()


def test_a_defect_is_logged_without_its_text_and_the_next_round_works(aziza, watch, caplog):
    lines = [lambda: aziza.desk.sync_desk(aziza.desk.central("window"))]
    faults = [ValueError("Dilnoza said"), KeyError("+998901234567")]

    def open_line():
        if faults:
            raise faults.pop()
        return lines[0]()

    window = watch(aziza, open_line=open_line)
    with caplog.at_level(logging.ERROR):
        ends = [window.round() for _ in range(3)]
    assert [end.state for end in ends] == ["refused", "refused", "online"]
    assert "Dilnoza" not in json.dumps([end.words for end in ends] + [record.getMessage() for record in caplog.records])
    assert len(caplog.records) == 2


def test_the_desk_hands_out_a_loop_that_others_do_not_hang_up_on(aziza):
    told = queue.Queue()
    loop = aziza.desk.sync_loop(told.put)
    try:
        loop.round()
        aziza.sync()  # another line of this desk
        loop.round()
        assert [told.get_nowait().state for _ in range(2)] == ["online", "online"]
    finally:
        loop.stop()
