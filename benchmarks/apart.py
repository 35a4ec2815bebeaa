"""Measures in a process of its own, with nothing in it but what is measured: `run` starts it, this file runs in it."""

import importlib
import json
import os
import subprocess
import sys
from typing import Any

SECONDS = 300


def environment() -> dict[str, str]:
    """Qt draws into memory, and no keyring is asked."""
    return os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONUNBUFFERED": "1",
    }


def run(module: str, function: str, *arguments: object) -> Any:
    """What a function of a benchmark gives, called with these texts in a fresh process."""
    asked = command(module, function, *arguments)
    done = subprocess.run(asked, env=environment(), capture_output=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout.splitlines()[-1])


def command(module: str, function: str, *arguments: object) -> list[str]:
    """The command that prints it as JSON on its last line."""
    return [sys.executable, "-m", "benchmarks.apart", module, function, *map(str, arguments)]


if __name__ == "__main__":
    _, where, what, *given = sys.argv
    print(json.dumps(getattr(importlib.import_module(where), what)(*given)))
    sys.stdout.flush()
    os._exit(0)  # threads that wait for a central are not waited for
