"""What is chosen, not learnt, in the estimates of vision networks: one file of the registry that says why."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from gauntlet.data import find_data
from gauntlet.records import Record
from gauntlet.workloads.vision.parameters import Band, Mismatch, Scaling

FILE = Path("estimates") / "vision_choices.yaml"


class Prior(Record):
    """Standard deviations of the correction before any data."""

    constant: float = Field(gt=0)
    counts: float = Field(gt=0)
    products: float = Field(gt=0)
    graph: float = Field(gt=0)


class Noise(Record):
    """Standard deviations of a network about its family, and of a family about the correction."""

    network: float = Field(gt=0)
    family: float = Field(gt=0)


class Choices(Record):
    """What is chosen, not learnt: the registry's estimates/vision_choices.yaml says why."""

    source: str
    prior: Prior
    noise: Noise
    scaling: Scaling
    mismatch: Mismatch
    band: Band
    cached_layers: float = Field(ge=0)
    assumed_launches: float = Field(ge=0)


@cache
def vision_choices(folder: Path | None = None) -> Choices:
    """The choices in registry folder `folder`, or in the one that belongs to the installation."""
    file = find_data("hardware_registry", folder) / FILE
    return Choices.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
