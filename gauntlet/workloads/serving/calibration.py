"""The fitted efficiencies of the roofline, from `estimates/llm_serving.json` of the registry."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from gauntlet.errors import RegistryError
from gauntlet.records import Record, describe_validation
from gauntlet.workloads.serving.step_time import Efficiencies


class Calibration(Record):
    """Efficiencies with where they come from. `low` and `high`: factors of the estimate between which 90 % of withheld
    measurements lay."""

    efficiencies: Efficiencies
    request_s: float = Field(ge=0, description="Handling of a request before its first step; 0 where not measured.")
    low: float = Field(gt=0, le=1)
    high: float = Field(ge=1)
    devices: tuple[str, ...] = Field(min_length=1, description="Devices of the measurements.")
    models: tuple[str, ...] = Field(min_length=1, description="Models of the measurements.")
    rows: int = Field(ge=1)
    source: str = Field(min_length=8)


def calibration_of(folder: Path) -> Calibration:
    """The calibration in a registry folder; RegistryError names file and field of what is broken or missing."""
    return _read(folder / "estimates" / "llm_serving.json")


def parse_calibration(data: dict[str, Any], where: Path) -> Calibration:
    """As `calibration_of`, from parameters already read."""
    text = json.dumps(data)
    try:
        return Calibration.model_validate_json(text)
    except ValidationError as error:
        raise RegistryError(describe_validation(error, text, where)) from None


@cache
def _read(file: Path) -> Calibration:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RegistryError(
            f"{file} cannot be read ({error}); "
            "'python -m benchmarks.truth fit --train DIR --set llm_serving' writes it."
        ) from None
    return parse_calibration(data, file)
