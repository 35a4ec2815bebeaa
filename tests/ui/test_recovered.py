"""A damaged replica at the start of the window: told in one calm sentence, and what waited is there."""

import os
from contextlib import ExitStack

from PySide6.QtWidgets import QLabel

from tests.desks import PASSWORD
from tests.windows import until
from workstation.app.desk import open_desk as open_desk_of
from workstation.app.shift import Shift
from workstation.home import SignIn
from workstation.ui.doors import Doors


def test_the_window_says_what_was_recovered(qapp, centre, clock, tmp_path):
    with centre.desk("aziza", "agent", tmp_path / "aziza", clock) as aziza:
        customer = aziza.add_customer("Dilnoza Karimova")
        aziza.line.cut()
        aziza.note(customer, "Waits on this PC alone")
        desk = aziza.desk
    file = desk.folder / "replica.db"
    file.write_bytes(os.urandom(file.stat().st_size))

    closing, doors = ExitStack(), Doors()
    found = closing.enter_context(
        open_desk_of(desk.home, SignIn(desk.who.central, desk.who.agent, desk.who.device), PASSWORD, doors.announce)
    )
    shift = Shift(qapp, found, doors, closing)
    shift.window.show()
    words = " ".join(label.text() for label in shift.window.findChildren(QLabel))
    assert "2 changes that waited were recovered" in words
    until(lambda: shift.waiting == 2)
    shift.end_now()
