"""Vision networks from their counts: steps of pytorch-image-models on GPUs and CPUs.

Rows: config (machine/precision/layout/version/compiler), img, batch, params_M, gmacs, acts_M. Answers are seconds of
one step of `batch` images. Validation holds out whole families, then whole machines, never rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.truth.rows import numbers, read_rows, registry, registry_key
from benchmarks.truth.scores import accused, summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.errors import RegistryError, UsageError
from gauntlet.workloads.vision.choices import vision_choices
from gauntlet.workloads.vision.estimate import estimate_step
from gauntlet.workloads.vision.fit import Measured, fit_vision
from gauntlet.workloads.vision.machine import Stack
from gauntlet.workloads.vision.parameters import VisionParameters
from gauntlet.workloads.vision.work import NetworkWork, network_work

_PROVENANCE = (
    "fitted by `python -m benchmarks.truth fit --set cv_throughput` to benchmark-infer-*.csv of "
    "huggingface/pytorch-image-models@aa4b5850c154 (Apache-2.0)"
)
_COUNTS = {
    "parameters": ("params_M", 1e6),
    "mac": ("gmacs", 1e9),
    "activations": ("acts_M", 1e6),
    "image_side": ("img", 1.0),
    "batch": ("batch", 1.0),
}
"""Column of each count, and its unit."""

Mask = npt.NDArray[np.bool_]


def fit(train: Path) -> dict[str, Any]:
    """Parameters learnt from all networks in `train`."""
    return _fit(_read(train))


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One call of `estimate_step` for all rows of one configuration."""
    learnt = VisionParameters.model_validate(parameters)
    work = _work(rows)
    answers: list[Answer | None] = [None] * len(rows)
    for config, places in _places(row["config"] for row in rows).items():
        machine, stack = _split(config)
        key = registry_key(machine)
        if key is None:
            continue
        try:
            found = estimate_step(work.at(places), key, stack, learnt, registry())
        except RegistryError:
            continue
        for place, *values in zip(places, *found, strict=True):
            answers[place] = Answer(*values)
    return answers


def validate(train: Path) -> Iterator[Score]:
    """Families held out one by one; then each GPU, all its configurations, on networks known from the others."""
    rows = _read(train)
    step_s = _step_s(rows)
    measured = step_s.tolist()
    families, machines = ([row[name] for row in rows] for name in ("family", "machine"))
    answers = _held_out(rows, families)
    naive = _naive(rows, families)
    found = summary(answers, measured)
    errors = np.abs(naive / step_s - 1)
    yield Score("unseen families, median error", found.median_error, 0.20, naive=float(np.median(errors)))
    yield Score("unseen families, MAPE", found.mape, 0.24, naive=float(errors.mean()))
    yield Score("unseen families, 90 % band holds", found.inside, (0.85, 0.95))
    yield Score("unseen families, faster than the bound", found.beaten, 0.0005)
    yield Score("worst machine, faster than the bound", _worst_beaten(answers, measured, machines), 0.005)
    yield Score("median bound / measured", found.median_bound_share, 0.24, "higher")
    yield Score("false alarms", accused(answers, measured, 1.0), 0.05)
    yield Score("claims 2 times too good are found", accused(answers, measured, 2.0), 0.75, "higher")
    yield Score("claims 3 times too good are found", accused(answers, measured, 3.0), 0.93, "higher")
    gpus = np.array([machine.startswith("rtx") for machine in machines])
    of_gpus = [row for row, chosen in zip(rows, gpus, strict=True) if chosen]
    elsewhere = _held_out(of_gpus, [row["machine"] for row in of_gpus])
    unseen = summary(elsewhere, step_s[gpus].tolist())
    yield Score("unseen GPU from its data sheet, median error", unseen.median_error, 0.16)
    yield Score("unseen GPU, 90 % band holds", unseen.inside, (0.85, 0.99))
    for machine, places in sorted(_places(row["machine"] for row in of_gpus).items()):
        one = summary([elsewhere[place] for place in places], [step_s[gpus][place] for place in places])
        yield Score(f"unseen {machine}, median error", one.median_error)


def _read(train: Path) -> list[dict[str, str]]:
    """Measured rows with the counts of their networks and the machine's name."""
    folder = train / "cv_throughput"
    counts = {(row["model"], row["img"]): row for row in read_rows(folder / "models.csv")}
    rows = []
    for row in read_rows(folder / "throughput.csv"):
        if (network := counts.get((row["model"], row["img"]))) is None:
            raise UsageError(f"{folder / 'models.csv'} lacks {row['model']} at {row['img']} pixels.")
        rows.append(row | network | {"machine": _split(row["config"])[0]})
    return rows


def _fit(rows: Rows) -> dict[str, Any]:
    known = [row for row in rows if registry_key(_split(row["config"])[0])]
    configs = [_split(row["config"]) for row in known]
    measured = Measured(
        _work(known),
        _step_s(known),
        [str(registry_key(machine)) for machine, _ in configs],
        [stack for _, stack in configs],
        [row["family"] for row in known],
    )
    return fit_vision(measured, registry(), vision_choices(), _PROVENANCE).model_dump(mode="json")


def _held_out(rows: Rows, groups: list[str]) -> list[Answer | None]:
    """Answers to each group of rows from a fit to all others."""
    answers: list[Answer | None] = [None] * len(rows)
    for places in _places(groups).values():
        out = set(places)
        parameters = _fit([row for place, row in enumerate(rows) if place not in out])
        for place, answer in zip(places, predict([rows[place] for place in places], parameters), strict=True):
            answers[place] = answer
    return answers


def _naive(rows: Rows, families: list[str]) -> npt.NDArray[np.float64]:
    """Steps by a line through the logarithms of time, work and activations, one a configuration, families held out."""
    work, step_s = _work(rows), _step_s(rows)
    counts = np.stack([np.ones(len(rows)), np.log(work.mac), np.log(work.activations)], axis=1)
    image_s, family = np.log(step_s / work.batch), np.array(families)
    found = np.full(len(rows), np.nan)
    for places in map(np.array, _places(row["config"] for row in rows).values()):
        for name in np.unique(family[places]):
            out, used = places[family[places] == name], places[family[places] != name]
            line = np.linalg.lstsq(counts[used], image_s[used], rcond=None)[0]
            found[out] = np.exp(counts[out] @ line) * work.batch[out]
    return found


def _worst_beaten(answers: list[Answer | None], measured: list[float], machines: list[str]) -> float:
    return max(
        summary([answers[place] for place in places], [measured[place] for place in places]).beaten
        for places in _places(machines).values()
    )


def _places(names: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        found[name].append(place)
    return dict(found)


def _split(config: str) -> tuple[str, Stack]:
    machine, *software = config.split("/")
    if len(software) != len(Stack._fields):
        raise UsageError(f"config is {config!r}; machine/precision/layout/version/compiler was expected.")
    return machine, Stack(*software)


def _work(rows: Rows) -> NetworkWork:
    return network_work(
        {field: [unit * value for value in numbers(rows, name)] for field, (name, unit) in _COUNTS.items()}
    )


def _step_s(rows: Rows) -> npt.NDArray[np.float64]:
    return np.divide(numbers(rows, "batch"), numbers(rows, "samples_per_s"))
