"""Measurements with a law planted in them, as the CSV files that `gauntlet calibrate` reads."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from gauntlet.hardware.calibration.fit import Choices, fit_calibration
from gauntlet.hardware.calibration.measurements import Measurements, read_measurements
from gauntlet.hardware.calibration.policy import Policy
from gauntlet.hardware.calibration.samples import Peaks
from gauntlet.hardware.curves import Calibration
from gauntlet.hardware.forms import Form, Knots, Saturating, Sigmoid
from gauntlet.hardware.registry import Registry

PEAK = 1e12
LOW, HIGH = 1e6, 1e10
FORMS: dict[str, Form] = {
    "linear": Knots(shape="linear", x=(LOW, HIGH), efficiency=(0.1, 0.8)),
    "log_linear": Knots(shape="log_linear", x=(LOW, HIGH), efficiency=(0.05, 0.85)),
    "piecewise": Knots(shape="piecewise", x=(LOW, 1e7, 1e9, HIGH), efficiency=(0.05, 0.4, 0.42, 0.9)),
    "saturating": Saturating(top=0.8, half=3e7),
    "sigmoid": Sigmoid(bottom=0.1, top=0.8, middle=1e8, steepness=2.0),
}


def planted_rows(form: Form, seed: int, *, groups: int = 8, each: int = 12, noise: float = 0.05, level: float = 0.05,
                 operation: str = "gemm", precision: str = "bf16", slower: float = 1.0) -> list[str]:  # fmt: skip
    """Lines of a CSV: sizes spread so that the shape shows, noise of every row, and a level of every group."""
    random = np.random.default_rng(seed)
    count = groups * each
    evenly = random.uniform(size=count)
    x = LOW + (HIGH - LOW) * evenly if form.shape == "linear" else np.exp(np.log(LOW) + np.log(HIGH / LOW) * evenly)
    group = np.repeat(np.arange(groups), each)
    scatter = random.normal(0, level, groups)[group] + random.normal(0, noise, count)
    efficiency = np.minimum(form(x) * np.exp(scatter) / slower, 1.0)
    return [
        f"{operation},{precision},family {name},{work!r},{work / PEAK / share!r}"
        for name, work, share in zip(group, x.tolist(), efficiency.tolist(), strict=True)
    ]


def write(folder: Path, lines: list[str], name: str = "measured.csv") -> Path:
    """The lines under their header."""
    file = folder / name
    file.write_text("\n".join(("operation,precision,group,work_flop,time_s", *lines)) + "\n", encoding="utf-8")
    return file


def read(file: Path) -> Measurements:
    return read_measurements(file, policy())


@lru_cache
def registry() -> Registry:
    return Registry.load()


@lru_cache
def policy() -> Policy:
    return Policy.of_registry(registry().folder)


def fitted(file: Path, **choices) -> Calibration:
    """The calibration of a made-up machine with a peak of 1 TFLOP/s."""
    return fit_calibration(
        read(file), registry().device("h20_96gb"), registry(), policy(), source="planted for a test", date="2026-11",
        choices=Choices(**({"peak_flop_per_s": PEAK} | choices)),
    )  # fmt: skip


def peaks() -> Peaks:
    """Peaks of the made-up machine."""
    return Peaks(PEAK, None, "planted for a test")
