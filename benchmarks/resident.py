"""How much memory the running window takes for itself (PSS), against a bare window of Qt's in the same Python."""

from pathlib import Path

from PySide6.QtWidgets import QApplication, QLabel

from benchmarks import apart
from benchmarks.figures import Figure, figure
from benchmarks.homes import home_with, people_with
from benchmarks.painting import bare_window, desk_of, open_window, rest, rest_until

FEW, MANY = 10, 1_000_000
GOAL_MB, GROWTH_GOAL_MB = 200.0, 30.0


def run() -> list[Figure]:
    """Megabytes, after a search and a few customers opened."""
    few, many = (apart.run("benchmarks.resident", "measure", home_with(people)) for people in (FEW, MANY))
    bare = apart.run("benchmarks.resident", "measure_bare")
    return [
        figure("memory", many, bare, "MB", GOAL_MB),
        figure("memory_growth", many, few, "MB", few + GROWTH_GOAL_MB),
    ]


def measure(home: str) -> float:
    """Of the program's window at work."""
    with open_window(Path(home)) as shift:
        desk = desk_of(shift)
        with shift.desk.store.read() as session:
            people = people_with(session.connection().connection.driver_connection, 1_000)[:5]
        for who in people:
            shift.window.open_customer(who)
            rest_until(lambda who=who: desk.profile.card is not None and desk.profile.card.id == who)
        shift.window.search_box.setText("dil")
        shift.window.search_box.textEdited.emit("dil")
        rest(1)
        rest_until(lambda: shift.workstation.background.is_idle)
        return resident_mb()


def measure_bare() -> float:
    """Of a window with nothing in it."""
    application = QApplication([])
    window, _painted = bare_window(QLabel("nothing"))
    found = resident_mb()
    window.close()
    application.quit()
    return found


def resident_mb() -> float:
    """Proportional set size of this process, in megabytes; Linux tells it."""
    for line in Path("/proc/self/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the memory of a process")
