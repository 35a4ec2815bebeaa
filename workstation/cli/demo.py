"""The demonstration: an invented centre on an embedded PostgreSQL, with its window or with a tour through it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from workstation.app import now
from workstation.app.program import Program, keep_pauses_short
from workstation.cli.common import on_central
from workstation.cli.output import Output, plain
from workstation.demo import pictures as picture_book
from workstation.demo.centre import Centre, running_centre
from workstation.demo.tour import Step, Tour
from workstation.home import Home
from workstation.language import _

PICTURES = Path("build") / "pictures"
TOUR = Path("build") / "tour"


@click.command("demo")
@click.option("--tour", type=click.Path(path_type=Path), help="Run the stories without a person; pictures go here.")
@click.option("--pictures", type=click.Path(path_type=Path), help="Take pictures of every screen into this folder.")
@click.option("--customers", type=click.IntRange(3, 1_000_000), default=1_000, show_default=True)
@click.option("--data", type=click.Path(path_type=Path), help="Keep the centre here; else it is gone at the end.")
@on_central
def demo_command(tour: Path | None, pictures: Path | None, customers: int, data: Path | None, out: Output) -> int:
    """Try the program: a central database with invented people, and a window signed in to it."""
    if tour is None and pictures is None and not _has_display():
        tour = TOUR
        click.echo(_("There is no display here: the tour runs without one."), err=True)
    if (tour is not None or pictures is not None) and not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with (
        _folder(data) as folder,
        running_centre(folder, customers, now(), lambda words: click.echo(words, err=True)) as c,
        _qt_in_few_words(),
    ):
        application = QApplication.instance()
        if application is None:
            application = QApplication([])
            keep_pauses_short(application)
        assert isinstance(application, QApplication), "made here, or by a test"
        application.setQuitOnLastWindowClosed(False)
        with tempfile.TemporaryDirectory(prefix="workstation-demo-") as homes:
            if pictures is not None:
                said = _("{n} pictures in {folder}")  # asked for before: the last pictures speak another language
                count = picture_book.take(
                    application, c, pictures, Path(homes), lambda words: click.echo(words, err=True)
                )
                out.show({"pictures": count}, said.format(n=count, folder=pictures))
                return 0
            if tour is not None:
                return _run_tour(application, c, tour, Path(homes), out)
            return _open_window(application, c, Path(homes))


@contextmanager
def _qt_in_few_words() -> Iterator[None]:
    before = qInstallMessageHandler(_tell_what_matters)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _tell_what_matters(_kind: object, _context: object, words: str) -> None:
    """What Qt says, but for what its window without a display says of itself each time."""
    if "propagateSizeHints" not in words:
        click.echo(words, err=True)


def _run_tour(application: QApplication, centre: Centre, folder: Path, homes: Path, out: Output) -> int:
    def tell(step: Step) -> None:
        click.echo(f"{'ok  ' if step.ok else 'FAIL'} {step.name} {step.words}".rstrip(), err=out.as_json)

    steps = Tour(application, centre, folder, homes).run(tell)
    words = _("Pictures are in {folder}").format(folder=folder.absolute())
    out.show({"steps": [plain_step(step) for step in steps]}, words)
    return 0 if all(step.ok for step in steps) and len(steps) == STEPS else 1


STEPS = 12


def plain_step(step: Step) -> dict[str, object]:
    """A step as the contract names it."""
    return {name: value for name, value in plain(step).items() if name in ("name", "ok", "picture")}


def _open_window(application: QApplication, centre: Centre, homes: Path) -> int:
    """The window of the first agent; who else can sign in is told."""
    for login in ("tashkent2", "tashkent-head"):
        click.echo(f"{login}  {centre.passwords[login]}")
    click.echo(_("central: {url}").format(url=centre.url))
    click.echo(_("Another window: workstation --home FOLDER"))
    program = Program(application, Home(homes / "tashkent1"))
    program.entrance.show()
    gate = program.entrance.gate
    assert gate is not None, "just shown"
    gate.central.setText(centre.url)
    gate.login.setText("tashkent1")
    gate.password.setText(centre.passwords["tashkent1"])
    gate.enter.click()
    try:
        return application.exec()
    finally:
        program.close()


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="workstation-centre-") as made:
        yield Path(made)


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
