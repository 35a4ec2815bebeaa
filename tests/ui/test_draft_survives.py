"""A window that is killed while somebody types has the draft back: told "kept" means it is on the disk."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.desks import environment
from workstation.services import drafts

TYPED = "Квитанция найдена: paid to “Utilities”, ʻoʻ 😀"
TYPIST = """
import sys
from uuid import UUID
from PySide6.QtWidgets import QApplication
from tests.desks import PASSWORD
from tests.windows import type_text, until
from workstation.app.desk import open_desk
from workstation.app.window import open_workstation
from workstation.home import Home
from workstation.ui.doors import Doors
from pathlib import Path

application = QApplication([])
home, customer, text = Home(Path(sys.argv[1])), UUID(sys.argv[2]), sys.argv[3]
doors = Doors()
who = home.sign_ins()[0]
with open_desk(home, who, PASSWORD, doors.announce) as desk, open_workstation(desk, doors) as workstation:
    workstation.window.show()
    workstation.window.open_customer(customer)
    note = workstation.window.screen_of("desk").note
    until(lambda: note.isEnabled() and workstation.window.screen_of("desk").customer_id == customer)
    note.focus_editor()
    type_text(note.editor, text)
    until(lambda: note.kept.text())
    print("kept", flush=True)
    until(lambda: False, 60)
"""


def test_a_window_killed_while_typing_has_the_draft_back(open_desk, tmp_path):
    aziza = open_desk("aziza")
    customer = aziza.add_customer("Dilnoza Karimova")
    aziza.sync()
    aziza.line.cut()
    arguments = [sys.executable, "-c", TYPIST, str(aziza.desk.home.root), str(customer), TYPED]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2],
        env=environment() | {"QT_QPA_PLATFORM": "offscreen"},
    ) as typist:  # fmt: skip
        assert typist.stdout is not None
        assert typist.stdout.readline() == b"kept\n"
        os.kill(typist.pid, signal.SIGKILL)
    with aziza.store.read() as session:
        draft = drafts.draft_of(session, drafts.QUICK_NOTE, customer)
    assert draft is not None
    assert draft.values["text"] == TYPED
