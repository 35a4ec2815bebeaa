"""The sound of a reminder: two soft notes of our own, by whatever this PC plays sounds with."""

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QStandardPaths
from PySide6.QtWidgets import QApplication

from workstation import resources

if sys.platform == "win32":
    import winsound

# The multimedia part of Qt is 100 MB for one sound, and is not shipped.
PLAYERS = (("pw-play", ()), ("paplay", ()), ("aplay", ("-q",)), ("afplay", ()))


def sound_file() -> Path:
    """The sound, a WAV of half a second."""
    return resources.folder() / "sounds" / "callback_due.wav"


def ring() -> None:
    """Play the sound and do not wait for it; without a player the system's own beep."""
    if sys.platform == "win32":
        winsound.PlaySound(str(sound_file()), winsound.SND_FILENAME | winsound.SND_ASYNC)
        return
    for program, options in PLAYERS:
        found = QStandardPaths.findExecutable(program)
        if found and QProcess.startDetached(found, [*options, str(sound_file())])[0]:
            return
    QApplication.beep()
