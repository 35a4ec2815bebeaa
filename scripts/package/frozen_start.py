"""First thing in the packaged program on Linux: what it starts (a player of sounds, a browser, PostgreSQL) finds the
libraries of the system again, not ours, whose folder PyInstaller's starter puts into LD_LIBRARY_PATH. The linker read
that when this process began, so nothing of ours is lost."""

import os

_before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
os.environ.pop("LD_LIBRARY_PATH", None)
if _before is not None:
    os.environ["LD_LIBRARY_PATH"] = _before
