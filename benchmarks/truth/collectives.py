"""Collectives among GPUs of one machine and of several: times of NCCL and of the all-reduces of serving engines.

Rows of one table have hw, impl, op, dtype, num_gpus, size (elements); of the other node, op, num_workers,
devices_per_node, bytes. Validation holds out whole machines.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.truth.rows import numbers, read_rows, registry, registry_key
from benchmarks.truth.scores import summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.errors import RegistryError
from gauntlet.hardware.collectives import (
    CollectiveParameters,
    Fabric,
    collective_choices,
    estimate_collective,
    fabric_of,
    network_fabric,
)
from gauntlet.hardware.collectives_fit import MeasuredCollectives, fit_collectives

_PROVENANCE = (
    "fitted by `python -m benchmarks.truth fit --set collectives` to ai-dynamo/aiconfigurator@095f58a51c4c "
    "(Apache-2.0) and microsoft/vidur@7d47513363ec (MIT)"
)
_ELEMENT_BYTES = {"half": 2, "bfloat16": 2, "int8": 1}
_PROFILER = "torch"
"""Library of the rows that name none: torch.distributed over NCCL, launched one by one."""

_ADAPTER_BYTES_PER_S = {"h100": 50e9, "a100": 25e9}
"""Adapter of each GPU in the makers' own machines (ConnectX-7 of 400 Gb/s, ConnectX-6 of 200 Gb/s); else 100 Gb/s."""

_OTHER_ADAPTER_BYTES_PER_S = 12.5e9

_LIBRARY = {_PROFILER: "NCCL"}


class _Call(NamedTuple):
    """What the rows of one curve share."""

    implementation: str
    operation: str
    machine: str
    ranks: int
    ranks_per_node: int


def fit(train: Path) -> dict[str, Any]:
    """Parameters learnt from all machines in `train`."""
    return _fit(_read(train))


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One call of `estimate_collective` for all sizes of one curve."""
    learnt = CollectiveParameters.model_validate(parameters)
    answers: list[Answer | None] = [None] * len(rows)
    for call, places in _calls(rows).items():
        fabric = _fabric(call)
        if fabric is None:
            continue
        sizes = np.array([_message_bytes(rows[place]) for place in places])
        found = estimate_collective(
            call.operation, call.implementation, call.ranks, sizes, fabric, learnt, call.ranks_per_node
        )
        for place, *values in zip(places, *found, strict=True):
            answers[place] = Answer(*values)
    return answers


def validate(train: Path) -> Iterator[Score]:
    """Machines held out one by one."""
    rows = _read(train)
    measured = [_time_s(row) for row in rows]
    machines = [_machine(row) for row in rows]
    answers: list[Answer | None] = [None] * len(rows)
    for machine in sorted(set(machines)):
        places = [place for place, one in enumerate(machines) if one == machine]
        parameters = _fit([row for row, one in zip(rows, machines, strict=True) if one != machine])
        for place, answer in zip(places, predict([rows[place] for place in places], parameters), strict=True):
            answers[place] = answer
    found = summary(answers, measured)
    yield Score("unseen machines, median error", found.median_error, 0.30, naive=_naive(rows, measured, machines))
    yield Score("unseen machines, 90 % band holds", found.inside)
    yield Score("faster than the bound", found.beaten, 0.0005)
    yield Score("answered", found.answered, 0.98, "higher")
    for machine in sorted(set(machines)):
        chosen = [place for place, one in enumerate(machines) if one == machine]
        one = summary([answers[place] for place in chosen], [measured[place] for place in chosen])
        yield Score(f"unseen {machine}, median error", one.median_error)


def _read(train: Path) -> list[dict[str, str]]:
    folder = train / "collectives"
    return [*read_rows(folder / "aic_collectives.csv"), *read_rows(folder / "vidur_collectives.csv")]


def _fit(rows: Rows) -> dict[str, Any]:
    curves = []
    for call, places in _calls(rows).items():
        if fabric := _fabric(call):
            sizes, times = ([of(rows[place]) for place in places] for of in (_message_bytes, _time_s))
            library = _LIBRARY.get(call.implementation, call.implementation)
            curve = (call.implementation, library, call.operation, fabric, call.ranks, call.ranks_per_node)
            curves.append(MeasuredCollectives(*curve, np.array(sizes), np.array(times)))
    return fit_collectives(curves, collective_choices().band, _PROVENANCE).model_dump(mode="json")


def _calls(rows: Rows) -> dict[_Call, list[int]]:
    found: dict[_Call, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.get("hw"):
            ranks = int(row["num_gpus"])
            call = _Call(row["impl"], row["op"], row["hw"], ranks, ranks)
        else:
            call = _Call(_PROFILER, row["op"], row["node"], int(row["num_workers"]), int(row["devices_per_node"]))
        found[call].append(place)
    return dict(found)


def _fabric(call: _Call) -> Fabric | None:
    """What joins the ranks; machines in which only pairs are linked pass other traffic through host memory."""
    name = call.machine.partition("_")[0]
    key = registry_key(call.machine) or registry_key(name)
    if key is None:
        return None
    if call.ranks > call.ranks_per_node:
        adapter = _ADAPTER_BYTES_PER_S.get(name, _OTHER_ADAPTER_BYTES_PER_S)
        return network_fabric(key, adapter, call.ranks_per_node)
    try:
        return fabric_of(registry(), key, peers="pair" not in call.machine)
    except RegistryError:
        return None


def _machine(row: dict[str, str]) -> str:
    return row.get("hw") or row["node"]


def _message_bytes(row: dict[str, str]) -> float:
    if row.get("hw"):
        return numbers([row], "size")[0] * _ELEMENT_BYTES[row["dtype"]]
    return numbers([row], "bytes")[0]


def _time_s(row: dict[str, str]) -> float:
    return numbers([row], "lat_us")[0] * 1e-6 if row.get("hw") else numbers([row], "median_ms")[0] * 1e-3


def _naive(rows: Rows, measured: list[float], machines: list[str]) -> float:
    """Median error of the median of the other machines at that library, operation, number of ranks and size."""
    keys = [(call[:2], *call[3:], round(np.log2(_message_bytes(rows[place]))), place)
            for call, places in _calls(rows).items() for place in places]  # fmt: skip
    table: dict[Any, list[tuple[str, float]]] = defaultdict(list)
    for *key, place in keys:
        table[tuple(key)].append((machines[place], measured[place]))
    errors = []
    for *key, place in keys:
        others = [time_s for machine, time_s in table[tuple(key)] if machine != machines[place]]
        if others:
            errors.append(abs(float(np.median(others)) / measured[place] - 1))
    return float(np.median(errors))
