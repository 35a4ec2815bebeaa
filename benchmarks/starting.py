"""How long a person waits at the start: for the sign-in, in a fresh process, and after the password for the desk."""

import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtWidgets import QApplication, QLabel

from benchmarks import apart
from benchmarks.figures import Figure, figure
from benchmarks.homes import PASSWORD, WHO, home_with, replica_of
from benchmarks.painting import Painted, bare_window
from workstation.app import use_own_zone_rules
from workstation.app.desk import open_desk
from workstation.app.program import Program, keep_pauses_short
from workstation.home import Home
from workstation.replica import vault
from workstation.ui.doors import Doors

TURNS = 7
CUSTOMERS = 1_000_000
START_GOAL_S, START_GOAL_RATIO, DESK_GOAL_S = 0.4, 4.0, 0.8
# The clock is the system's: the moment of the start comes from the process that started.
_AT_ONCE = "import sys, time; began = float(sys.argv[1]); "
_TOLD = "painted(window); print(time.clock_gettime(time.CLOCK_MONOTONIC) - began, flush=True); import os; os._exit(0)"
_PAINTED = """
def painted(window):
    from PySide6.QtCore import QEvent, QObject
    class Seen(QObject):
        over = False
        def eventFilter(self, watched, event):
            self.over = self.over or event.type() == QEvent.Type.Paint
            return False
    seen = Seen()
    window.installEventFilter(seen)
    window.show()
    while not seen.over:
        application.processEvents()
    application.processEvents()
"""
BARE = f"""{_AT_ONCE}
from PySide6.QtWidgets import QApplication, QMainWindow
{_PAINTED}
application = QApplication([]); window = QMainWindow(); window.resize(1093, 614); {_TOLD}
"""
OURS = f"""{_AT_ONCE}
import importlib
from pathlib import Path
from workstation import cli
from workstation.home import Home
cli.use_own_zone_rules()
program_of = importlib.import_module("workstation.app.program")
from PySide6.QtWidgets import QApplication
{_PAINTED}
application = QApplication([]); program_of.keep_pauses_short(application)
program = program_of.Program(application, Home(Path(sys.argv[2])))
program.entrance.show(); window = program.entrance.gate; {_TOLD}
"""


def run() -> list[Figure]:
    """Seconds, the middle of several starts; files are read from memory, as on a PC that was on before."""
    home = home_with(CUSTOMERS)
    ours, bare = [], []
    for _ in range(TURNS):  # turn by turn: a slow moment of the machine meets both
        ours.append(_started(OURS, home))
        bare.append(_started(BARE, home))
    start, limit = statistics.median(ours), statistics.median(bare)
    desk, floor = apart.run("benchmarks.starting", "measure_desk", home)
    return [
        figure("start", start, limit, "s", min(START_GOAL_S, START_GOAL_RATIO * limit)),
        figure("desk", desk, floor, "s", DESK_GOAL_S),
    ]


def _started(words: str, home: Path) -> float:
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    asked = [sys.executable, "-c", words, str(began), str(home)]
    done = subprocess.run(asked, env=apart.environment(), capture_output=True, timeout=apart.SECONDS, check=True)
    return float(done.stdout.split()[-1])


def measure_desk(home: str) -> tuple[float, float]:
    """From the password to the painted desk of a million people; and the password alone with a bare window."""
    use_own_zone_rules()
    application = QApplication([])
    keep_pauses_short(application)
    program = Program(application, Home(Path(home)))
    folder = replica_of(Path(home))[0].parent
    began = time.perf_counter()
    vault.open_with_password(folder, WHO.owner, PASSWORD)
    window, _painted = bare_window(QLabel("desk"))
    floor = time.perf_counter() - began
    window.close()
    sign_in = next(one for one in Home(Path(home)).sign_ins() if one.owner == WHO.owner)
    doors, closing = Doors(), ExitStack()
    began = time.perf_counter()
    desk = closing.enter_context(open_desk(Home(Path(home)), sign_in, PASSWORD, doors.announce))
    shift = program.enter(desk, doors, closing)
    painted = Painted(shift.window)
    done = painted.when(lambda: True)
    program.close()
    return done - began, floor
