"""Room kept for the moment when the disk of this PC is full, so that the work in hand can still be saved."""

import contextlib
import logging
import os
import shutil
from pathlib import Path

from workstation.language import _

log = logging.getLogger(__name__)

BYTES = 64_000_000
LOW_BYTES = 8_000_000  # a save with its log and its journal needs some kilobytes; a page of a fill a few megabytes
NO_ROOM_BYTES = 65_536
_BLOCK = 1_000_000


class Reserve:
    """A file that takes up room until it is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.was_released = False

    def keep(self) -> None:
        """Make it, where it is missing and the disk has room for three of it; never a reason to stop work."""
        with contextlib.suppress(OSError):
            if not self._path.exists() and shutil.disk_usage(self._path.parent).free > 3 * BYTES:
                _fill(self._path)

    def release(self) -> bool:
        """Give the room back; False when there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.was_released = True
        log.warning("the disk is full; the reserve was released")
        return True

    def is_used_up(self) -> bool:
        """Whether not even a small file fits any more: SQLite calls this an I/O error where it maps its memory."""
        with contextlib.suppress(OSError):
            return shutil.disk_usage(self._path.parent).free < NO_ROOM_BYTES
        return False

    def make_room(self) -> None:
        """Release it before a save that would hardly fit."""
        with contextlib.suppress(OSError):
            if shutil.disk_usage(self._path.parent).free < LOW_BYTES:
                self.release()


def advice() -> str:
    """What a person should do once the reserve is in use."""
    return _("The disk of this PC is full. What is saved now still fits; make room on it soon.")


def _fill(path: Path) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, BYTES)
            else:
                for _ in range(BYTES // _BLOCK):
                    file.write(bytes(_BLOCK))
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
