"""Agreement: mean end-to-end latency of Byzantine protocols across five regions, and closed loops of small quorums.

Rows of one table have source, faults, nodes, workers, input_tps; answers are seconds of end-to-end latency
(`consensus_throughput` answers the same rows with seconds per transaction). Rows of the other table have clients and
latency_ms; the answer is seconds per operation of so many clients that each wait for their reply. Validation holds out
whole scales.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth.rows import numbers, read_rows
from benchmarks.truth.scores import summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.workloads.agreement import (
    Agreement,
    AgreementParameters,
    Load,
    agreement_choices,
    estimate_agreement,
)
from gauntlet.workloads.agreement_fit import MeasuredRuns, fit_agreement

_PROVENANCE = (
    "fitted by `python -m benchmarks.truth fit --set consensus` to asonnino/hotstuff@dc01ac8626a6 and "
    "asonnino/narwhal@f5145b7219f6 (figures of their result files)"
)
_PRINTED = 0.05
"""Latencies of closed loops are printed with two digits; half a unit of the last is at most so much."""

Answering = Callable[[Agreement], Iterator[Answer]]


def fit(train: Path) -> dict[str, Any]:
    """Parameters learnt from all runs in `train`."""
    return _fit(read_runs(train))


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One call of `estimate_agreement` a protocol; closed loops by the interactive law."""
    answers = answer(rows, parameters, _latencies)
    for place, row in enumerate(rows):
        if row.get("clients"):
            answers[place] = _closed_loop(row)
    return answers


def validate(train: Path) -> Iterator[Score]:
    """Every number of nodes of every protocol held out, where the protocol was measured at another."""
    rows = read_runs(train)
    measured = [value / 1e3 for value in numbers(rows, "e2e_latency_ms")]
    yield from scores(rows, measured, _latencies, "latency", 0.30)
    loops = [
        row
        for row in read_rows(train / "consensus" / "quorum_small.csv")
        if row["latency_stat"] == "mean" and row["op"] == "write"
    ]
    found = summary([_closed_loop(row) for row in loops], [1 / rate for rate in numbers(loops, "ops_per_s_max")])
    yield Score("closed loops of writes, median error", found.median_error, 0.07)


def answer(rows: Rows, parameters: dict[str, Any], answering: Answering) -> list[Answer | None]:
    """Answers to runs, as `answering` reads them out of an estimate."""
    answers: list[Answer | None] = [None] * len(rows)
    learnt = AgreementParameters.model_validate(parameters)
    known = {one.name for one in learnt.protocols}
    for protocol, places in _protocols(rows).items():
        if protocol in known:
            found = estimate_agreement(protocol, _load([rows[place] for place in places]), learnt)
            for place, one in zip(places, answering(found), strict=True):
                answers[place] = one
    return answers


def scores(rows: Rows, measured: list[float], answering: Answering, name: str, bar: float) -> Iterator[Score]:
    """Figures of one measure with scales held out."""
    held = [(protocol, row["nodes"]) for protocol, row in zip(map(_protocol, rows), rows, strict=True)]
    answers: list[Answer | None] = [None] * len(rows)
    tested = []
    for scale in sorted(set(held)):
        rest = [row for row, one in zip(rows, held, strict=True) if one != scale]
        if scale[0] not in set(map(_protocol, rest)):
            continue
        places = [place for place, one in enumerate(held) if one == scale]
        tested += places
        for place, one in zip(places, answer([rows[place] for place in places], _fit(rest), answering), strict=True):
            answers[place] = one
    found = summary([answers[place] for place in tested], [measured[place] for place in tested])
    naive = _naive(rows, measured, held, tested)
    yield Score(f"unseen scale, {name}, median error", found.median_error, bar, naive=naive)
    yield Score(f"unseen scale, {name}, MAPE", found.mape)
    yield Score(f"unseen scale, {name}, 90 % band holds", found.inside)
    yield Score(f"{name} better than the bound", found.beaten, 0.0005)


def read_runs(train: Path) -> list[dict[str, str]]:
    """Runs of Byzantine protocols."""
    return read_rows(train / "consensus" / "bft_wan.csv")


def _fit(rows: Rows) -> dict[str, Any]:
    measured = []
    for protocol, places in _protocols(rows).items():
        runs = [rows[place] for place in places]
        latency_s = np.array(numbers(runs, "e2e_latency_ms")) / 1e3
        measured.append(MeasuredRuns(protocol, _load(runs), np.array(numbers(runs, "e2e_tps")), latency_s))
    return fit_agreement(measured, agreement_choices(), _PROVENANCE).model_dump(mode="json")


def _latencies(found: Agreement) -> Iterator[Answer]:
    for value, bound, low, high, basis in zip(*found.latency_s, found.basis, strict=True):
        yield Answer(value, bound, low, high, basis)


def _protocols(rows: Rows) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.get("input_tps"):
            found[_protocol(row)].append(place)
    return dict(found)


def _protocol(row: dict[str, str]) -> str:
    """Repository and folder of the result file, without what all folders of results share."""
    return row["source"].partition("/")[2].removesuffix("/results").replace("paper-data/", "")


def _load(rows: Rows) -> Load:
    columns = [numbers(rows, "nodes"), numbers(rows, "faults"), numbers(rows, "workers", empty=1.0)]
    return Load(*map(np.array, (*columns, numbers(rows, "input_tps"))))


def _closed_loop(row: dict[str, str]) -> Answer | None:
    """Clients that wait, X = N / R: seconds per operation from a mean latency, or the latency from a rate."""
    clients = float(row["clients"])
    if row.get("latency_ms") and row["latency_stat"] == "mean":
        found_s = float(row["latency_ms"]) / 1e3 / clients
    elif row.get("ops_per_s_max"):
        found_s = clients / float(row["ops_per_s_max"])
    else:
        return None
    low_s, high_s = found_s * (1 - _PRINTED), found_s * (1 + _PRINTED)
    return Answer(found_s, low_s, low_s, high_s, "exact")


def _naive(rows: Rows, measured: list[float], held: list[tuple[str, str]], tested: list[int]) -> float:
    """Median error of the run of the same protocol at another scale whose faults and load are nearest."""
    errors = []
    for place in tested:
        others = [one for one, scale in enumerate(held) if scale[0] == held[place][0] and scale != held[place]]

        def distance(one: int, place: int = place) -> tuple[float, float]:
            faults = abs(float(rows[one]["faults"]) - float(rows[place]["faults"]))
            return faults, abs(np.log(float(rows[one]["input_tps"]) / float(rows[place]["input_tps"])))

        errors.append(abs(measured[min(others, key=distance)] / measured[place] - 1))
    return float(np.median(errors))
