"""Check the mechanism library against a file of oracle cases: `python -m benchmarks.oracles FILE.json`.

A case names a primitive, its inputs, the outputs that someone else computed, and a relative tolerance. Infinities
are the strings "inf" and "-inf". Exit code 1 if a primitive that exists fails a case.
"""

import argparse
import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.catalogue import catalogue

_INFINITIES = {"inf": np.inf, "+inf": np.inf, "Infinity": np.inf, "-inf": -np.inf, "-Infinity": -np.inf, "nan": np.nan}


class Outcome(NamedTuple):
    """One case: worst relative difference over its outputs, and in words what was wrong ('' if nothing)."""

    worst: float
    complaint: str


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if a case of an existing primitive fails, 2 if the file cannot be used."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, help="JSON file with a list 'cases'")
    path = parser.parse_args(arguments).file
    console = Console(width=150)
    try:
        cases = read_cases(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        console.print(f"{path}: not a file of oracle cases ({error}); expected JSON with a list 'cases'.", markup=False)
        return 2
    grouped: dict[str, list[Outcome]] = {}
    for case in cases:
        if case["primitive"] in catalogue():
            grouped.setdefault(case["primitive"], []).append(check(case))
    table = Table("primitive", "cases", "passed", "worst relative difference")
    for name, outcomes in grouped.items():
        passed = sum(not outcome.complaint for outcome in outcomes)
        table.add_row(name, str(len(outcomes)), str(passed), f"{max(outcome.worst for outcome in outcomes):.1e}")
    console.print(table)
    complaints = [f"{name}: {o.complaint}" for name, outcomes in grouped.items() for o in outcomes if o.complaint]
    absent = sorted({case["primitive"] for case in cases} - set(grouped))
    total = sum(map(len, grouped.values()))
    console.print(f"{len(grouped)} primitives, {total - len(complaints)} of {total} cases passed.")
    console.print(f"Not built ({len(absent)}): {', '.join(absent) or 'none'}", markup=False)
    for complaint in complaints:
        console.print(complaint, markup=False)
    return 1 if complaints else 0


def read_cases(path: Path) -> list[dict[str, Any]]:
    """The cases with their infinities as numbers."""
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return [{**case, "inputs": _numbers(case["inputs"]), "outputs": _numbers(case["outputs"])} for case in cases]


def check(case: dict[str, Any]) -> Outcome:
    """Evaluate one case and compare every output that it states."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ValidityWarning
            )  # an oracle may state a formula's value outside its validity
            result = catalogue()[case["primitive"]].function(**case["inputs"])
    except (TypeError, ValueError) as error:
        return Outcome(np.inf, f"{case['inputs']}: {error}")
    worst, complaints = 0.0, []
    for name, expected in case["outputs"].items():
        found = getattr(result, name, None)
        difference = np.inf if found is None else relative_difference(found, expected)
        worst = max(worst, difference)
        if not difference <= case["rtol"]:
            complaints.append(f"{name} is {found}, expected {expected} within {case['rtol']:g}")
    return Outcome(worst, f"{case['inputs']}: {'; '.join(complaints)}" if complaints else "")


def relative_difference(found: Any, expected: Any) -> float:
    """Largest |found - expected| / |expected|; 0 for equal infinities, infinite for another shape or a NaN."""
    left, right = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if left.shape != right.shape:
        return float(np.inf)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(all="ignore"):
        difference = np.where(same, 0.0, np.abs(left - right) / np.abs(right))
    return float(np.max(np.where(np.isnan(difference), np.inf, difference), initial=0.0))


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return _INFINITIES.get(value, value) if isinstance(value, str) else value


if __name__ == "__main__":
    raise SystemExit(main())
