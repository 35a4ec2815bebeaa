"""Where the files lie that come with the program: styles, icons, words, sounds, the invented centre."""

import sys
from pathlib import Path


def folder() -> Path:
    """The folder `resources`: beside the package, or in the folder of the frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    return (Path(frozen) if frozen else Path(__file__).resolve().parent.parent) / "resources"
