"""Names on one line the Debian and Ubuntu packages that the program's window needs and this machine lacks."""

import ctypes
import platform
import sys
from pathlib import Path

# Library, its package, and whether the package's name ends in "t64" since Debian 13 and Ubuntu 24.04.
LIBRARIES = (
    ("libglib-2.0.so.0", "libglib2.0-0", True),
    ("libGL.so.1", "libgl1", False),
    ("libEGL.so.1", "libegl1", False),
    ("libdbus-1.so.3", "libdbus-1-3", False),
    ("libfontconfig.so.1", "libfontconfig1", False),
    ("libxkbcommon.so.0", "libxkbcommon0", False),
)
FONT, FONT_PACKAGE = "DejaVuSans.ttf", "fonts-dejavu-core"  # has every letter of our languages
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
RENAMED_SINCE = {"debian": 13.0, "ubuntu": 24.04}


def loads(library: str) -> bool:
    """Whether the dynamic linker finds `library`, whoever installed it."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_new_names() -> bool:
    """Whether this system calls its libraries with 64-bit times by their new names."""
    try:
        system = platform.freedesktop_os_release()
        return float(system.get("VERSION_ID", "0")) >= RENAMED_SINCE[system["ID"]]
    except (OSError, KeyError, ValueError):
        return False


def missing() -> list[str]:
    """The packages to install, by the names that this system gives them."""
    ending = "t64" if has_new_names() else ""
    packages = [package + ending * renamed for library, package, renamed in LIBRARIES if not loads(library)]
    if not any(next(folder.rglob(FONT), None) for folder in FONT_FOLDERS):
        packages.append(FONT_PACKAGE)
    return packages


if __name__ == "__main__":
    if sys.platform == "linux":
        print(" ".join(missing()))
