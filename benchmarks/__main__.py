"""Runs every benchmark, prints a table and writes results.json beside this file."""

import json
from pathlib import Path

from benchmarks import crowd, growth, save, search, sync


def main() -> None:
    """Each figure with its physical limit, measured in the same run."""
    results = [*sync.run(), save.run(), search.run(), *crowd.run(), *growth.run()]
    print(f"{'name':12}{'ours':>10}{'limit':>10}{'ratio':>8}{'goal':>10}  unit")
    for figure in results:
        numbers = "".join(f"{figure[key]:10.3f}" for key in ("ours", "limit"))
        goal = f"{figure['goal']:10.3f}" if figure["goal"] is not None else " " * 10
        print(f"{figure['name']:12}{numbers}{figure['ratio']:8.2f}{goal}  {figure['unit']}")
    Path(__file__).with_name("results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


main()
