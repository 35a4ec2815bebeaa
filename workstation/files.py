"""Writes small files so that a crash leaves the old one or the new one whole."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from workstation.errors import Refused
from workstation.language import _


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that any crash leaves the old content or the new one; mode 0600, on the disk on return."""
    temporary: Path | None = None
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise unwritable(path, error) from None


def fsync_folder(folder: Path) -> None:
    """The names in this folder are on the disk on return. Raises OSError."""
    # Windows cannot open a folder as a file; NTFS journals the rename itself
    if sys.platform != "win32":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def unwritable(path: Path, error: OSError) -> Refused:
    """Why a file could not be written, in words."""
    return Refused(_("{path} cannot be written: {why}.").format(path=path, why=error.strerror or type(error).__name__))
