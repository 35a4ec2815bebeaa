"""A newer program in the update folder: found, offered while nobody is signed in, taken and started."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation import programs
from workstation.errors import WorkstationError
from workstation.language import _
from workstation.programs import Release, Version
from workstation.ui.relay import Relay, outcome_of
from workstation.ui.sign_in.screen import SignInScreen

PATIENCE_SECONDS = 5.0


class _Stopped(Exception):
    """The program ends."""


class Updates(QObject):
    """Looks and copies beside the window: the folder may be on a network that is down.

    `than` is the version of this program; without one nothing newer is looked for.

    Signals:
        found: text, whether it can be asked for; what to show about a newer program.
        taken: Release; it lies on this PC and may be started in place of this program.
    """

    found = Signal(str, bool)
    taken = Signal(object)

    def __init__(self, than: Version | None, into: Path) -> None:
        super().__init__()
        self._than, self._into = than, into
        self._release: Release | None = None
        self._is_busy, self._closing = False, threading.Event()
        self._work: threading.Thread | None = None
        self._percent, self._end = Relay(self._show_percent), Relay(self._show_end)

    def offer(self, gate: SignInScreen, folder: Path | None) -> None:
        """Show at the sign-in what is newest there, if it is newer than this program. Nothing is said of a folder out
        of reach."""
        self.found.connect(gate.show_newer)
        gate.update_asked.connect(self.take)
        if self._than is not None and folder is not None:
            self._begin(partial(_look, folder, self._than))

    def take(self) -> None:
        """Copy what was found."""
        if self._release is not None:
            self._begin(partial(_take, self._release, self._into, self._percent.tell, self._closing))

    def close(self) -> None:
        """Stop a copy under way; what stands of it is made anew the next time. A dead network is not waited for."""
        self._closing.set()
        if self._work is not None:
            self._work.join(PATIENCE_SECONDS)

    def _begin(self, work: Callable[[], object]) -> None:
        """Run `work` beside the window unless another runs."""
        if not self._is_busy:
            self._is_busy = True
            self._work = threading.Thread(target=_run, args=(work, self._end.tell), name="updates", daemon=True)
            self._work.start()

    def _show_percent(self, percent: int) -> None:
        if self._release is not None:
            words = _("Version {version} is being copied: {percent} %")
            self.found.emit(words.format(version=self._release.words, percent=percent), False)

    def _show_end(self, outcome: object) -> None:
        self._is_busy = False  # first: what is shown now may be clicked at once
        if isinstance(outcome, _Found):
            self._release = outcome.release
            if outcome.release is not None:
                words = _("Version {version} of this program lies ready.")
                self.found.emit(words.format(version=outcome.release.words), True)
        elif isinstance(outcome, Release):
            self.taken.emit(outcome)
        elif isinstance(outcome, WorkstationError):
            self.found.emit(str(outcome), True)


@dataclass(frozen=True, slots=True)
class _Found:
    """The newer program of the folder, if any."""

    release: Release | None


def _run(work: Callable[[], object], tell: Callable[[object], None]) -> None:
    tell(outcome_of(work))


def _look(folder: Path, than: Version) -> _Found:
    return _Found(next(programs.newer(folder, than), None))


def _take(release: Release, into: Path, tell: Callable[[int], None], closing: threading.Event) -> Release | None:
    told = -1

    def progress(share: float) -> None:
        nonlocal told
        if closing.is_set():
            raise _Stopped
        if (percent := int(share * 100)) != told:
            told = percent
            tell(percent)

    try:
        return programs.take(release, into, progress)
    except _Stopped:
        return None
