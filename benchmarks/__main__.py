"""Runs every benchmark, or those named, prints a table and writes results.json beside this file."""

import importlib
import json
import sys
from pathlib import Path

from benchmarks.figures import Figure

RESULTS = Path(__file__).with_name("results.json")
# One a line, with the figures it gives; each has run(), which gives one figure or several.
MODULES = {
    "starting": ("start", "desk"),
    "handling": ("search", "save", "scroll"),
    "resident": ("memory", "memory_growth"),
    "opening": ("open", "open_long", "open_10000"),
    "keystrokes": ("typing", "typing_filling", "freeze", "freeze_filling"),
    "sync": ("push", "pull", "first_fill", "poll"),
    "crowd": ("crowd_seen", "crowd_poll", "crowd_cpu", "crowd_lines", "crowd_return"),
    "growth": ("push_at_1M", "pull_at_1M", "open_at_1M"),
    "commit": ("commit",),
    "find": ("find",),
}


def main(wanted: list[str]) -> None:
    """Each figure with its physical limit, measured in the same run; named ones replace only their own results."""
    results: list[Figure] = []
    for module, names in MODULES.items():
        if not wanted or {module, *names} & set(wanted):
            given = importlib.import_module(f"benchmarks.{module}").run()
            results += [given] if isinstance(given, dict) else given
    print(f"{'name':16}{'ours':>10}{'limit':>10}{'ratio':>8}{'goal':>10}  unit")
    for figure in results:
        numbers = "".join(f"{figure[key]:10.3f}" for key in ("ours", "limit"))
        goal = f"{figure['goal']:10.3f}" if figure["goal"] is not None else " " * 10
        print(f"{figure['name']:16}{numbers}{figure['ratio']:8.2f}{goal}  {figure['unit']}")
    kept = json.loads(RESULTS.read_text("utf-8")) if wanted and RESULTS.exists() else []
    new = {figure["name"] for figure in results}
    results = [figure for figure in kept if figure["name"] not in new] + results
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


main(sys.argv[1:])
