"""The recipe of the package: nothing that is loaded by name or read as a file is forgotten. Nothing is built here."""

import ast
import configparser
import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtGui import QImage, QImageReader

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
