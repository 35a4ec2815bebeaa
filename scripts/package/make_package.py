"""Makes the package: one folder below dist/ with the program, its licences and an installer, tried before it is named.

Needs what `make setup` installs and, on Linux, binutils. `make test` and continuous integration do not need it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import package_parts as parts
import package_trial
import third_party
from missing_packages import loads

from workstation import programs

WORK, MADE = parts.ROOT / "build" / "package", parts.ROOT / "dist"
HERE = Path(__file__).resolve().parent
LIMIT_BYTES = 200_000_000
SHOWN = 14


def main() -> int:
    """0 when a package lies there that has passed its trial."""
    if sys.platform == "linux" and (lacking := _lacking()):
        return _fail(f"install as root: apt-get install --no-install-recommends {' '.join(lacking)}")
    folder = MADE / parts.folder_name()
    if not _build():
        return _fail(f"PyInstaller failed; what it said is in {WORK / 'build.log'}")
    try:
        _complete(folder)
    except third_party.UnknownOrigin as error:
        return _fail(f"whose work is this, and under which licence? {error}")
    (folder / programs.CONTENTS).write_text(json.dumps(programs.contents(folder)), "utf-8")  # the last: now it is whole
    size = _table(folder)
    if size > LIMIT_BYTES:
        return _fail(f"{size / 1e6:.0f} MB are more than {LIMIT_BYTES / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory(prefix="workstation-package-") as scratch:
        wrong = package_trial.trial(folder, Path(scratch))
    if wrong:
        return _fail("\n".join(wrong))
    print(f"package: {folder} ({size / 1e6:.0f} MB)")
    return 0


def _fail(reason: str) -> int:
    print(f"package: {reason}", file=sys.stderr)
    return 1


def _lacking() -> list[str]:
    """The packages that a build needs and this machine lacks; as root they are installed."""
    lacking = [] if shutil.which("objdump") and shutil.which("strip") else ["binutils"]
    lacking += [package for library, package in parts.X_LIBRARIES.items() if not loads(library)]
    apt = shutil.which("apt-get")
    if not lacking or os.geteuid() != 0 or not apt:
        return lacking
    print(f"package: installing {' '.join(lacking)}", flush=True)
    install = [apt, "install", "-y", "-qq", "--no-install-recommends", *lacking]
    for command in ([apt, "update", "-qq"], install):
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return lacking if done.returncode else []


def _build() -> bool:
    WORK.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    print("package: PyInstaller works for a minute or two", flush=True)
    places = ["--distpath", str(MADE), "--workpath", str(WORK)]
    with (WORK / "build.log").open("w", encoding="utf-8") as log:
        command = [sys.executable, "-m", "PyInstaller", "--noconfirm", *places, str(parts.ROOT / "build.spec")]
        done = subprocess.run(command, stdout=log, stderr=log, check=False, cwd=parts.ROOT)
    print(f"package: built in {time.monotonic() - began:.0f} s")
    return done.returncode == 0


def _complete(folder: Path) -> None:
    """What belongs beside the program: licences, and on Linux what puts it into the menu."""
    inside = json.loads((WORK / "build" / parts.CONTENTS).read_text("utf-8"))
    (folder / "THIRD_PARTY.txt").write_text(third_party.document(map(tuple, inside)), "utf-8")
    shutil.copy(parts.ROOT / "LICENSE", folder)
    if sys.platform == "linux":
        shutil.copy(HERE / "install.sh", folder)


def _table(folder: Path) -> int:
    """Print the largest parts; gives the size of the whole in bytes."""
    sizes: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[_part(path.relative_to(folder))] += path.stat().st_size
    for name, size in sizes.most_common(SHOWN):
        print(f"{size / 1e6:8.1f} MB  {name}")
    whole = sum(sizes.values())
    print(f"{whole / 1e6:8.1f} MB  in all, {len(sizes)} parts")
    return whole


def _part(path: Path) -> str:
    """The part a file belongs to: Qt by its kind, a library with its .libs, everything else by its first folder."""
    names = path.parts[1:] if path.parts[0] == "_internal" else path.parts
    if names[0] == "PySide6":
        if "libicu" in names[-1]:
            return "Qt: ICU"
        return f"Qt: {names[2]}" if len(names) > 3 and names[1] == "Qt" else "Qt: PySide6"
    if len(names) == 1 and path.parts[0] == "_internal":
        is_library = names[0].startswith("lib") and not names[0].startswith("libpython")
        return "libraries of the system" if is_library else "Python"
    return "Python" if names[0].startswith("python3") else names[0].removesuffix(".libs")


if __name__ == "__main__":
    sys.exit(main())
