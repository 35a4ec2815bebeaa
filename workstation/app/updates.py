"""A newer program in the update folder: found, offered while nobody is signed in, taken and started."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation import programs
from workstation.errors import WorkstationError
from workstation.language import _
from workstation.programs import Release, Version
from workstation.ui.sign_in.screen import SignInScreen

log = logging.getLogger(__name__)

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
    _seen = Signal(object)

    def __init__(self, than: Version | None, into: Path) -> None:
        super().__init__()
        self._than, self._into = than, into
        self._release: Release | None = None
        self._is_closed = False
        self._work: threading.Thread | None = None
        self._seen.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def offer(self, gate: SignInScreen, folder: Path | None) -> None:
        """Show at the sign-in what is newest there, if it is newer than this program. Nothing is said of a folder out
        of reach."""
        self.found.connect(gate.show_newer)
        gate.update_asked.connect(self.take)
        than = self._than
        if than is not None and folder is not None and not self._is_busy():
            self._begin(lambda: self._seen.emit(next(programs.newer(folder, than), None)))

    def take(self) -> None:
        """Copy what was found."""
        release = self._release
        if release is not None and not self._is_busy():
            self._begin(lambda: self._take(release))

    def close(self) -> None:
        """Stop a copy under way; what stands of it is made anew the next time. A dead network is not waited for."""
        self._is_closed = True
        if self._work is not None:
            self._work.join(PATIENCE_SECONDS)

    def _take(self, release: Release) -> None:
        told = -1

        def progress(share: float) -> None:
            nonlocal told
            if self._is_closed:
                raise _Stopped
            if (percent := int(share * 100)) != told:
                told = percent
                words = _("Version {version} is being copied: {percent} %")
                self.found.emit(words.format(version=release.words, percent=percent), False)

        try:
            self.taken.emit(programs.take(release, self._into, progress))
        except _Stopped:
            pass
        except WorkstationError as error:
            self.found.emit(str(error), True)

    @Slot(object)
    def _show(self, release: Release | None) -> None:
        self._release = release
        if release is not None:
            words = _("Version {version} of this program lies ready.")
            self.found.emit(words.format(version=release.words), True)

    def _is_busy(self) -> bool:
        return self._work is not None and self._work.is_alive()

    def _begin(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Exception:
                log.exception("looking for a newer program failed")

        self._work = threading.Thread(target=run, name="updates", daemon=True)
        self._work.start()
