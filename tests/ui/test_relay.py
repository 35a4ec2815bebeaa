"""Whatever is Qt's ends on the UI thread: a window that ended on another one would take the program down."""

import gc
import threading
import weakref
from collections import Counter

from PySide6.QtCore import QObject

from tests.desks import PASSWORD
from tests.ui.quiet_desk import quiet_desk
from tests.ui.test_program import give
from tests.windows import until
from workstation.ui.garbage import COLLECTED_AFTER, Collecting
from workstation.ui.relay import Relay

OF_A_SHIFT = ("workstation.ui.", "workstation.app.", "workstation.replica.")  # the last holds the key


class Hearer(QObject):
    """Hears what is told."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def hear(self, what):
        self.heard.append((what, threading.get_ident()))


def end_of(thing):
    """Where it ends: the ids of threads."""
    ended = []
    weakref.finalize(thing, lambda: ended.append(threading.get_ident()))
    return ended


def on_a_thread(work, *args):
    thread = threading.Thread(target=work, args=args)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def test_what_a_thread_tells_is_heard_on_the_ui_thread_in_order(qapp):
    hearer = Hearer()
    tell = Relay(hearer.hear).tell
    on_a_thread(lambda: [tell(n) for n in range(100)])
    until(lambda: len(hearer.heard) == 100)
    assert hearer.heard == [(n, threading.get_ident()) for n in range(100)]


def test_a_relay_keeps_nobody_alive_and_outlives_who_heard(qapp):
    hearer, other = Hearer(), Hearer()
    ended, tell = end_of(hearer), Relay(hearer.hear).tell
    del hearer
    assert ended == [threading.get_ident()]
    on_a_thread(tell, "to nobody")
    on_a_thread(Relay(other.hear).tell, "after that")
    until(lambda: other.heard)


def asked(desk):
    """Ask and hear; gives where the asker ends."""
    asker = Hearer()
    desk.background.read(asker, lambda _session: 7, then=asker.hear)
    until(lambda: asker.heard)
    desk.settle()
    return end_of(asker)


def test_who_asked_the_background_ends_on_the_ui_thread(qapp, tmp_path):
    is_over = threading.Event()
    with quiet_desk(tmp_path) as desk:
        submit = desk.background._readers.submit

        def submit_lingering(work, *args):
            def run():
                work(*args)
                is_over.wait(30)

            return submit(run)

        desk.background._readers.submit = submit_lingering
        ended = asked(desk)
        is_over.set()
        desk.background._readers.shutdown(wait=True)
    assert ended == [threading.get_ident()]


def worked(program, url, login):
    """Sign in and out; gives the thread that ended the shift, and where the shift and what stood behind it ended."""
    give(program, url, login, PASSWORD)
    until(lambda: program.shift is not None)
    shift = program.shift
    until(lambda: shift.workstation.watch.connection is not None)
    shift.window.go_to("callbacks")
    until(lambda: shift.workstation.background.is_idle)
    shift.sign_out()
    until(lambda: program.entrance.gate is not None and not program._leaving)
    return shift._ending, [end_of(one) for one in (shift, shift.workstation.background, shift.workstation.watch)]


def test_a_shift_ends_on_the_ui_thread(program, centre, lingering):
    is_over = lingering("end of shift")
    thread, ended = worked(program, centre.url, centre.add_agent("aziza"))
    gc.collect()
    is_over.set()
    thread.join(30)

    def are_gone():
        gc.collect()
        return all(ended)

    until(are_gone)
    assert ended == [[threading.get_ident()]] * 3


def ours():
    """How many there are of each kind of ours, but for relays, which are meant to stay."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    names = (f"{kind.__module__}.{kind.__name__}" for kind in kinds if kind is not Relay)
    return Counter(name for name in names if name.startswith(OF_A_SHIFT))


def test_nothing_of_a_shift_stays_behind_neither_a_window_nor_the_key(program, centre):
    until(lambda: program.entrance._is_loaded)
    before, login = ours(), centre.add_agent("hodisa", "supervisor")
    worked(program, centre.url, login)[0].join(30)
    until(lambda: not ours() - before)
    assert before["workstation.app.entrance.Entrance"] >= 1


def test_garbage_is_looked_for_on_the_ui_thread(qapp):
    gc.enable()
    collecting = Collecting(qapp)
    circle = Hearer()
    circle.itself = circle
    ended, kept = end_of(circle), []
    del circle

    def want_memory():
        kept.extend([] for _ in range(COLLECTED_AFTER[0] * 2))

    on_a_thread(want_memory)
    assert not ended
    until(lambda: ended)
    assert ended == [threading.get_ident()]
    collecting.setParent(None)
