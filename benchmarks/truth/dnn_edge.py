"""Vision networks on edge devices: sums of the times of their fused subgraphs, each timed alone.

Rows: hw, dtype, batch, flops, bytes, subgraphs, and model. Both campaigns on one board count as one machine.
Validation holds out whole networks, then whole machines.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth.rows import numbers, read_rows, registry, registry_key
from benchmarks.truth.scores import Summary, summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.errors import RegistryError
from gauntlet.workloads.vision.parameters import Band
from gauntlet.workloads.vision.subgraph_fit import MeasuredNetworks, fit_subgraphs
from gauntlet.workloads.vision.subgraphs import SubgraphParameters, SubgraphSum, estimate_subgraphs

_PROVENANCE = (
    "fitted by `python -m benchmarks.truth fit --set dnn_edge` to calibration_data of "
    "branes-ai/graphs@b6c5e829c33a (MIT)"
)
_ENDS = Band(low=0.05, high=0.95)
_ORIN = re.compile(r"jetson_orin_(?:agx_)?(maxn|\d+w)")


def fit(train: Path) -> dict[str, Any]:
    """Parameters learnt from all networks in `train`."""
    return _fit(_read(train))


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One call of `estimate_subgraphs` a machine and precision."""
    learnt = SubgraphParameters.model_validate(parameters)
    answers: list[Answer | None] = [None] * len(rows)
    for (device, precision), places in _places(rows).items():
        if device is None:
            continue
        try:
            found = estimate_subgraphs(_work([rows[place] for place in places]), device, precision, learnt, registry())
        except RegistryError:
            continue
        for place, time_s, bound_s, low_s, high_s, basis in zip(places, *found, strict=True):
            answers[place] = Answer(time_s, bound_s, low_s, high_s, basis)
    return answers


def validate(train: Path) -> Iterator[Score]:
    """Networks held out one by one; then machines."""
    rows = _read(train)
    measured = [value / 1e3 for value in numbers(rows, "sum_latency_ms")]
    networks = _held_out(rows, [row["model"] for row in rows])
    found = summary(networks, measured)
    yield Score("unseen networks, median error", found.median_error, naive=_naive(rows, measured))
    yield Score("unseen networks, MAPE", found.mape)
    yield Score("unseen networks, 90 % band holds", found.inside, (0.85, 0.95))
    yield Score("faster than the bound", found.beaten, 0.0005)
    i7 = _part(networks, measured, [row["hw"].startswith("intel") and row["dtype"] == "fp32" for row in rows])
    orin = _part(networks, measured, ["orin" in row["hw"] for row in rows])
    yield Score("unseen networks, i7-12700K FP32, MAPE", i7.mape, peers="26.2 % (graphs, networks seen)")
    yield Score("unseen networks, Jetson Orin AGX, median error", orin.median_error, peers="69.8 % (graphs)")
    machines = summary(_held_out(rows, [_device(row["hw"]) or row["hw"] for row in rows]), measured)
    yield Score("unseen machines, median error", machines.median_error)
    yield Score("unseen machines, answered", machines.answered)


def _part(answers: list[Answer | None], measured: list[float], chosen: list[bool]) -> Summary:
    places = [place for place, one in enumerate(chosen) if one]
    return summary([answers[place] for place in places], [measured[place] for place in places])


def _read(train: Path) -> list[dict[str, str]]:
    return read_rows(train / "dnn_edge" / "model_latency.csv")


def _fit(rows: Rows) -> dict[str, Any]:
    measured = []
    for (device, precision), places in _places(rows).items():
        if device is not None:
            chosen = [rows[place] for place in places]
            time_s = np.array(numbers(chosen, "sum_latency_ms")) / 1e3
            networks = [row["model"] for row in chosen]
            measured.append(MeasuredNetworks(device, precision, _work(chosen), networks, time_s))
    return fit_subgraphs(measured, registry(), _ENDS, _PROVENANCE).model_dump(mode="json")


def _held_out(rows: Rows, groups: list[str]) -> list[Answer | None]:
    answers: list[Answer | None] = [None] * len(rows)
    for group in sorted(set(groups)):
        places = [place for place, one in enumerate(groups) if one == group]
        parameters = _fit([row for row, one in zip(rows, groups, strict=True) if one != group])
        for place, answer in zip(places, predict([rows[place] for place in places], parameters), strict=True):
            answers[place] = answer
    return answers


def _places(rows: Rows) -> dict[tuple[str | None, str], list[int]]:
    found: dict[tuple[str | None, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        found[_device(row["hw"]), row["dtype"]].append(place)
    return dict(found)


def _device(name: str) -> str | None:
    """Key in the registry, with the power mode."""
    if orin := _ORIN.fullmatch(name):
        return "gpu/jetson_orin_agx" + ("" if orin[1] == "maxn" else f"@{orin[1]}")
    return registry_key(name)


def _work(rows: Rows) -> SubgraphSum:
    return SubgraphSum(*(np.array(numbers(rows, name)) for name in ("flops", "bytes", "subgraphs")))


def _naive(rows: Rows, measured: list[float]) -> float:
    """Median error of the median rate, work over time, of the other networks on that machine and precision."""
    flops, errors = numbers(rows, "flops"), []
    for places in _places(rows).values():
        for place in places:
            rates = [flops[one] / measured[one] for one in places if rows[one]["model"] != rows[place]["model"]]
            if rates:
                errors.append(abs(flops[place] / float(np.median(rates)) / measured[place] - 1))
    return float(np.median(errors))
