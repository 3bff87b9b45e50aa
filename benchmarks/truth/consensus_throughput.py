"""Agreement: throughput of Byzantine protocols across five regions, as seconds per transaction; see `consensus`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.truth import consensus
from benchmarks.truth.rows import numbers, read_parameters
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.workloads.agreement import Agreement


def fit(train: Path) -> dict[str, Any]:
    """Nothing of its own: the parameters are those of `consensus`."""
    return {}


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One call of `estimate_agreement` a protocol."""
    return consensus.answer(rows, parameters or read_parameters("consensus"), _seconds)


def validate(train: Path) -> Iterator[Score]:
    """Scales held out, as in `consensus`."""
    rows = consensus.read_runs(train)
    measured = [1 / rate for rate in numbers(rows, "e2e_tps")]
    yield from consensus.scores(rows, measured, _seconds, "seconds per transaction", 0.15)


def _seconds(found: Agreement) -> Iterator[Answer]:
    """The highest rate is the least time."""
    for rate, most, low, high, basis in zip(*found.throughput_per_s, found.basis, strict=True):
        yield Answer(1 / rate, 1 / most, 1 / high, 1 / low, basis)
