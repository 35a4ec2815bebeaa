"""A small disk of its own for tests that fill it or take it away."""

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Volume:
    """A small disk of its own."""

    root: Path

    def fill(self) -> None:
        """Write until nothing more fits."""
        with contextlib.suppress(OSError), (self.root / "filling").open("ab", buffering=0) as file:
            for size in (65_536, 4096, 512):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def empty(self) -> None:
        (self.root / "filling").unlink()

    def may_only_be_read(self, yes: bool) -> None:
        subprocess.run(["mount", "-o", f"remount,{'ro' if yes else 'rw'}", str(self.root)], check=True)


@contextmanager
def mounted_at(root: Path) -> Iterator[Volume]:
    """A disk of 40 MB in memory; the test is skipped where nobody may mount one."""
    root.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(root)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a small disk of its own is mounted by root alone")
    try:
        yield Volume(root)
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)
