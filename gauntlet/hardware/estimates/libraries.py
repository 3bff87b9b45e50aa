"""Kernels of another library than the one measured: how far they lie from an estimate, and where all are slower."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
import yaml
from pydantic import Field

from gauntlet.data import find_data
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.records import Record

_END = NormalDist().inv_cdf(0.95)  # of a band of 90 %


class Unaligned(Record):
    """Factors on the time of a product whose rows do not begin at multiples of so many bytes."""

    bytes: int = Field(gt=0)
    low: float = Field(ge=1)
    typical: float = Field(ge=1)
    high: float = Field(ge=1)


class Libraries(Record):
    """The registry's estimates/libraries.yaml; `spread` by kernel, or by kernel and format ('gemm.fp8')."""

    source: str = Field(min_length=8)
    spread: dict[str, float]
    unaligned: Unaligned


@cache
def libraries(folder: Path | None = None) -> Libraries:
    """What was measured of other libraries, from registry folder `folder` or that of the installation."""
    file = find_data("hardware_registry", folder) / "estimates" / "libraries.yaml"
    return Libraries.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def of_any_library(found: Estimate, kernel: str, format: str | None = None) -> Estimate:
    """The estimate with a band for a library that is not named; never below the bound."""
    spread = libraries().spread
    sigma = spread.get(f"{kernel}.{format}", spread.get(kernel, 0.0))
    low, high = (_END * np.hypot(np.log(end / found.value) / _END, sigma) for end in (found.low, found.high))
    return replace(found, low=np.maximum(found.value * np.exp(-low), found.bound), high=found.value * np.exp(high))
