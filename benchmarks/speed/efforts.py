"""What one evaluation of each primitive costs: `python -m benchmarks.speed.efforts` writes gauntlet/costs/efforts.json.

Each output is asked for at the example of its primitive, every number varied by up to 2 %; microseconds of the
processor in the quickest of some runs, rounded to two digits. What costs less than a default is left out.
"""

import json
import platform
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.clock import seconds
from gauntlet.mechanisms._inputs import ask
from gauntlet.mechanisms.catalogue import Primitive, catalogue

FILE = Path(__file__).parents[2] / "gauntlet" / "costs" / "efforts.json"
POINTS, RUNS, DEFAULT_US, SEARCH_STEPS = 1000, 7, 0.3, 40


def main() -> None:
    """Measure all and write the file."""
    warnings.simplefilter("ignore")
    found = {}
    for primitive in catalogue().values():
        for output in primitive.outputs:
            cost_us = _cost_us(primitive, output)
            if cost_us > 2 * DEFAULT_US:
                found[f"{primitive.name}.{output}"] = float(f"{cost_us:.2g}")
    content = {
        "source": f"python -m benchmarks.speed.efforts; Python {platform.python_version()}, numpy {np.__version__}",
        "default_us": DEFAULT_US,
        "search_steps": SEARCH_STEPS,
        "us": dict(sorted(found.items())),
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found)} outputs cost more than {2 * DEFAULT_US:g} us; written to {FILE.name}")


def _cost_us(primitive: Primitive, output: str) -> float:
    stream = np.random.default_rng(1)
    arguments = {name: _varied(value, stream) for name, value in primitive.example.items()}
    try:
        ask(primitive.function, arguments, output)
        return _least_us(primitive, arguments, output) / POINTS
    except ValueError:  # counts and shares that must add up are asked for as they stand
        return _least_us(primitive, dict(primitive.example), output)


def _least_us(primitive: Primitive, arguments: dict[str, Any], output: str) -> float:
    return 1e6 * min(seconds(lambda: ask(primitive.function, arguments, output)) for _ in range(RUNS))


def _varied(value: Any, stream: np.random.Generator) -> Any:
    if isinstance(value, bool | int | str | list | dict):
        return value
    return np.asarray(value * stream.uniform(0.98, 1.0, (POINTS, 1)))


if __name__ == "__main__":
    main()
