"""How a figure is told: ours and its physical limit at the same percentile, in one unit, beside the goal."""

import statistics
from collections.abc import Sequence
from typing import Any

Figure = dict[str, Any]


def figure(name: str, ours: float, limit: float, unit: str, goal: float | None = None) -> Figure:
    """One line of the table; `goal` in `unit`."""
    return {"name": name, "ours": ours, "limit": limit, "ratio": ours / limit, "unit": unit, "goal": goal}


def at(figures: Sequence[float], percent: float) -> float:
    """The value that so many of 100 figures do not exceed."""
    return statistics.quantiles(figures, n=1000, method="inclusive")[round(percent * 10) - 1]


def spread(name: str, figures: Sequence[float], unit: str = "ms") -> None:
    """Print how figures are spread."""
    p50, p95, p99 = (at(figures, percent) for percent in (50, 95, 99))
    print(f"  {name:24} p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f}  max {max(figures):.2f} {unit} ({len(figures)})")
