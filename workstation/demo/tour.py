"""The main stories in the real window, without a person: every step checks what it should show, and is a picture."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QApplication, QWidget

from workstation.app import now
from workstation.app.program import Program
from workstation.app.shift import Shift
from workstation.demo.centre import Centre
from workstation.demo.driving import NotShown, press, settle, type_text, until
from workstation.demo.line import RelayLine
from workstation.home import Home
from workstation.language import _
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.shell.connection import OutageBanner
from workstation.ui.widgets.reassign import ReassignDialog

SIZE = (1366, 768)
SEARCHED, FOUND = "dilnoza sobir", "Дилноза Собирова"
FIRST_NOTE = "Receipt found: paid to “Utilities”. Asked finance to move it, answer by Friday."
OFFLINE_NOTE = "Линия пропала во время разговора. Ответ обещан до вечера."
FILL_SECONDS = 120.0


@dataclass(frozen=True)
class Step:
    """How one step ended; `picture` is a whole path, `words` why it is not ok."""

    name: str
    ok: bool
    picture: str
    words: str = ""


class Stage:
    """Several people of one centre, each at a PC of their own; the first one's line can be cut."""

    def __init__(self, application: QApplication, centre: Centre, folder: Path, homes: Path) -> None:
        self._application, self._centre, self._folder, self._homes = application, centre, folder, homes
        self._programs: list[Program] = []
        self._line = RelayLine(centre.address)
        self._shown: QWidget | None = None
        self._customer: UUID | None = None
        self.first: Shift | None = None
        self.second: Shift | None = None
        self.head: Shift | None = None

    def close(self) -> None:
        """Everybody goes home."""
        self._line.close()
        for program in self._programs:
            program.close()

    def _step(self, file: str, name: str, part: Callable[[], None]) -> Step:
        words = ""
        try:
            part()
        except NotShown as error:
            words = str(error) or _("not shown")
        settle()
        if not words and self.first is not None and _undecided(self.first):
            words = _("Needs your decision · {n}").format(n=_undecided(self.first))  # central refused something
        shown = QApplication.activeModalWidget() if words == "" else None
        picture = self._folder / f"{file}.png"
        widget = self._shown or shown
        is_kept = widget is not None and widget.grab().save(str(picture))
        return Step(name, not words and is_kept, str(picture.absolute()), words)

    def _enter(self, login: str, url: str) -> Shift:
        program = Program(self._application, Home(self._homes / login))
        self._programs.append(program)
        program.entrance.show()
        gate = program.entrance.gate
        if gate is None:
            raise NotShown("the sign-in")
        self._shown = gate
        gate.central.setText(url)
        type_text(gate.login, login)
        type_text(gate.password, self._centre.passwords[login])
        press(gate.password, "Return")
        until(lambda: program.shift is not None, "the window after the sign-in")
        shift = program.shift
        assert shift is not None, "waited for"
        shift.window.resize(*SIZE)
        until(lambda: _state(shift) == "online", "online and filled", FILL_SECONDS)
        self._shown = shift.window
        return shift

    @property
    def _first(self) -> Shift:
        assert self.first is not None, "signed in by the first step"
        return self.first

    def _write(self, text: str) -> None:
        note = _desk(self._first).note
        note.focus_editor()
        type_text(note.editor, text)
        note.outcome.setFocus()
        press(note.outcome, "2")
        until(note.kept.text, "the draft kept")
        press(note.editor, "Ctrl+Return")
        until(lambda: not note.editor.toPlainText(), "the note saved")


class Tour(Stage):
    """The main stories, with an agent, a colleague and their supervisor."""

    def run(self, tell: Callable[[Step], None]) -> list[Step]:
        """All steps in order; after one that failed the others are not tried."""
        self._folder.mkdir(parents=True, exist_ok=True)
        steps: list[Step] = []
        parts: list[tuple[str, Callable[[], None]]] = [
            ("sign-in", self._sign_in), ("search", self._search), ("open", self._open), ("note", self._note),
            ("callback", self._callback), ("line-cut", self._cut), ("note-offline", self._note_offline),
            ("second-desk-does-not-see-it", self._second_desk), ("line-back", self._restore),
            ("second-desk-sees-it", self._second_sees), ("monitoring", self._monitor), ("reassign", self._reassign),
        ]  # fmt: skip
        try:
            for number, (name, part) in enumerate(parts, start=1):
                step = self._step(f"{number:02}-{name}", name, part)
                steps.append(step)
                tell(step)
                if not step.ok:
                    break
        finally:
            self.close()
        return steps

    def _sign_in(self) -> None:
        self.first = self._enter("tashkent1", self._line.url_for(self._centre.url))
        _idle(self.first)

    def _search(self) -> None:
        box = self._first.window.search_box
        press(self._first.window, "Ctrl+K")
        type_text(box, SEARCHED)
        found = box.found.list
        until(lambda: found.count() > 1 and FOUND in found.item(0).text(), FOUND)

    def _open(self) -> None:
        press(self._first.window.search_box, "Return")
        desk = _desk(self._first)
        until(lambda: desk.profile.card is not None and desk.profile.card.name == FOUND, FOUND)
        self._customer = desk.profile.card.id
        until(lambda: _texts(self._first), "the history")
        if not desk.profile.card.warnings:
            raise NotShown("the need above the name")

    def _note(self) -> None:
        self._write(FIRST_NOTE)
        until(lambda: any(FIRST_NOTE in text for text in _texts(self._first)), "the note in the history")

    def _callback(self) -> None:
        window = self._first.window
        _desk(self._first).begin_callback()
        until(lambda: isinstance(QApplication.activeModalWidget(), CallbackDialog), "the form of a callback")
        form: Any = QApplication.activeModalWidget()
        day = now().astimezone(self._first.workstation.seat.zone) + timedelta(days=1)
        if day.weekday() == 6:
            day += timedelta(days=1)
        type_text(form.when.text, f"{day:%d.%m} 10:00")
        until(form.times.text, "both times")
        self._shown = form
        press(form.when.text, "Return")
        until(lambda: QApplication.activeModalWidget() is None, "the callback saved")
        self._shown = window
        until(lambda: sum("Callback" in text for text in _texts(self._first)) > 0, "the callback in the history")

    def _cut(self) -> None:
        until(lambda: self._first.waiting == 0, "what was written before is delivered")
        self._line.cut()
        banner = self._first.window.findChild(OutageBanner)
        until(lambda: _state(self._first) == "offline", "the line is known to be cut")
        until(lambda: banner is not None and banner.words, "the banner")

    def _note_offline(self) -> None:
        self._write(OFFLINE_NOTE)
        until(lambda: any(OFFLINE_NOTE in text for text in _texts(self._first)), "the note in the history")
        until(lambda: self._first.waiting > 0, "the mark that it waits")

    def _second_desk(self) -> None:
        self.second = self._enter("tashkent2", self._centre.url)
        assert self._customer is not None, "opened by a step before"
        self.second.window.open_customer(self._customer)
        until(lambda: any(FIRST_NOTE in text for text in _texts(self.second)), "the first note at the second desk")
        if any(OFFLINE_NOTE in text for text in _texts(self.second)):
            raise NotShown("a note that central cannot have")

    def _restore(self) -> None:
        self._shown = self._first.window
        self._line.restore()
        until(lambda: _state(self._first) == "online" and self._first.waiting == 0, "all delivered", 60)

    def _second_sees(self) -> None:
        assert self.second is not None, "a step before"
        self._shown = self.second.window
        until(lambda: any(OFFLINE_NOTE in text for text in _texts(self.second)), "the note at the second desk", 60)

    def _monitor(self) -> None:
        self.head = self._enter("tashkent-head", self._centre.url)
        self.head.window.go_to("monitoring")
        screen = self.head.window.screen_of("monitoring")
        until(lambda: screen.agents.model.rowCount() > 1, "the agents")
        until(lambda: screen.needs.model.rowCount() > 0, "callbacks that need somebody")

    def _reassign(self) -> None:
        assert self.head is not None, "a step before"
        screen = self.head.window.screen_of("monitoring")
        screen.needs.view.selectRow(0)
        (chosen,) = screen.needs.chosen()
        screen.needs.reassign.click()
        until(lambda: isinstance(QApplication.activeModalWidget(), ReassignDialog), "who shall have it")
        dialog: Any = QApplication.activeModalWidget()
        type_text(dialog.search, "tashkent2")
        press(dialog.search, "Ctrl+Return")
        until(lambda: chosen in screen.moving.just_moved(), "moved")
        until(lambda: self.head is not None and self.head.waiting == 0, "central has it")
        until(lambda: chosen not in [line.id for line in screen.needs.model.rows], "gone from the list")


def _desk(shift: Shift) -> Any:
    return shift.window.screen_of("desk")


def _idle(shift: Shift) -> None:
    until(lambda: shift.workstation.background.is_idle, "everything read")


def _undecided(shift: Shift) -> int:
    connection = shift.workstation.watch.connection
    return connection.undecided if connection is not None else 0


def _state(shift: Shift) -> str:
    connection = shift.workstation.watch.connection
    return connection.state if connection is not None else ""


def _texts(shift: Shift | None) -> list[str]:
    """What the history of the open customer shows."""
    if shift is None:
        return []
    model = _desk(shift).timeline.model
    return [str(model.index(row).data()) for row in range(model.rowCount())]
