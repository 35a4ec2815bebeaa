"""Keeps what belongs to one machine or one person out of the repository: addresses, paths, keys."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".git", ".venv", "build", "dist", "__pycache__"}
RULES = {
    # Spelled so that this list does not find itself.
    "address of a package registry": r"py[p]i\.org|python[h]osted\.|\.npm[j]s\.|deb\.de[b]ian\.|\.ubu[n]tu\.",
    "place to install from": r"(?m)^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)[ =]",
    "path of one machine": r"(?<![\w.~}/-])/(?:home|root|work|Users)/\w|(?i:[a-z]:\\+users\\+\w)",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "access token": r"\b(?:gh[pousr]_\w{30}|glpat-[\w-]{20}|AKIA[0-9A-Z]{16})",
}


def ours() -> Iterator[Path]:
    """Every file that is, or would be, in the repository; without git every file that is not made by a tool."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not is_made(path.relative_to(ROOT))]
    yield from (path for path in paths if path.is_file())


def is_made(path: Path) -> bool:
    """Whether a tool made this file, by the folders it lies in."""
    return any(part in NOT_OURS or part.endswith(("_cache", ".egg-info")) for part in path.parts)


def leaks(path: Path) -> Iterator[str]:
    """One line for each place of the file that breaks a rule; binary files are read as Latin-1, so keys show."""
    text = path.read_bytes().decode("latin-1")
    for name, pattern in RULES.items():
        for found in re.finditer(pattern, text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{path.relative_to(ROOT)}:{line}: {name}: {found[0].strip()[:60]}"


def main() -> int:
    """0 when nothing leaks, else 1 with a line for each leak."""
    found = [line for path in ours() for line in leaks(path)]
    print("\n".join(found) or "check_leaks: nothing of this machine in the repository")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
