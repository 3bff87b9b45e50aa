"""The thresholds of the verdict: read from `policy.yaml`, where each stands with its source and reason."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from gauntlet.errors import RecordError
from gauntlet.records import Record

_DEFAULT = Path(__file__).with_name("policy.yaml")


class Policy(Record):
    """Thresholds of the verdict. `policy.yaml` says what each means and where it comes from."""

    band_low: float = Field(gt=0, lt=0.5)
    band_high: float = Field(gt=0.5, lt=1)
    discrepancy_sigma: float = Field(ge=0, lt=1, description="Standard deviation of the log.")
    bound_tolerance: float = Field(ge=0, lt=1)
    false_alarm: float = Field(gt=0, lt=0.5, description="Share of honest papers, on each side.")
    deviating_points: int = Field(ge=1)
    informative_band: float = Field(gt=1, description="Highest over lowest value.")
    about_error: float = Field(ge=0, lt=1)
    gross_misfit: float = Field(gt=0, description="In units of discrepancy_sigma.")
    undefined_share: float = Field(ge=0, lt=1)
    settling_share: float = Field(ge=0, lt=1)
    settling_count: int = Field(ge=1)
    arithmetic_tolerance: float = Field(ge=0, lt=1)
    drawn_tolerance: float = Field(ge=0, lt=1)
    level_sigma: float = Field(ge=0, lt=1, description="Standard deviation of the log, shared by a claim's points.")
    shape_sigma: float = Field(gt=0, lt=1, description="Standard deviation of the log, of each point by itself.")
    load_sigma: float = Field(ge=0, lt=1, description="Standard deviation of the log of an offered load.")
    kinship: float = Field(ge=0, le=1, description="Correlation of the levels of two implementations in one paper.")
    effective_samples: float = Field(ge=50)
    reach_sigmas: float = Field(gt=0)
    largest_strain: float = Field(ge=1)
    held_out_share: float = Field(gt=0, lt=0.5)

    def needed(self, points: int) -> int:
        """How many of `points` must deviate before a claim does."""
        return min(self.deviating_points, points)


@lru_cache(maxsize=8)
def load_policy(path: Path = _DEFAULT) -> Policy:
    """The policy in `path`; RecordError names an entry that is missing, unknown, unsourced or out of range."""
    import yaml

    try:
        entries: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RecordError(f"{path} cannot be read as YAML ({error}); restore it from the package.") from None
    if not isinstance(entries, dict):
        raise RecordError(f"{path}: expected entries such as 'band_low: {{value: 0.05, source: ..., why: ...}}'.")
    for name, entry in entries.items():
        if not isinstance(entry, dict) or set(entry) != {"value", "source", "why"}:
            raise RecordError(f"{path}: {name!r} needs exactly value, source and why; add what is missing.")
    try:
        return Policy(**{name: entry["value"] for name, entry in entries.items()})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in problem["loc"])
        raise RecordError(f"{path}: {name}: {problem['msg']} (found {problem['input']!r}); correct it.") from None
