"""The words and limits of calibration, from hardware_registry/curves/policy.yaml."""

import difflib
import math
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from gauntlet.errors import RegistryError
from gauntlet.hardware.reading import section, validated
from gauntlet.hardware.sizes import Variable
from gauntlet.records import Record


class Operation(Record):
    """What is known about an operation before anything is measured."""

    variable: Variable
    rising: bool
    meaning: str = Field(min_length=8)


class RowGrade(Record):
    """A word for one row, up to an absolute error in percent."""

    word: str
    up_to_percent: float = Field(gt=0)


class SetGrade(Record):
    """A word for many rows; without limits it takes what is left."""

    word: str
    mape_below: float = Field(default=math.inf, gt=0)
    pearson_above: float = Field(default=-math.inf, lt=1)


class FitPolicy(Record):
    """Least of what a curve is drawn through, and how the fit is checked."""

    fewest_rows: int = Field(ge=3)
    fewest_groups: int = Field(ge=2)
    fewest_sizes: int = Field(ge=3)
    most_folds: int = Field(ge=2)
    most_knots: int = Field(ge=3)
    mixes: tuple[Annotated[float, Field(gt=0)], ...] = ()
    resamples: int = Field(ge=20)
    points: int = Field(ge=4)


class RegressionPolicy(Record):
    """When a new calibration counts as worse."""

    mape_points: float = Field(gt=0)
    standard_errors: float = Field(ge=0)
    slower: float = Field(gt=0, lt=1)
    slower_over: float = Field(gt=0, le=1)
    narrower: float = Field(gt=0, lt=1)


class Policy(Record):
    """The whole file."""

    operations: dict[str, Operation]
    breakdown: tuple[RowGrade, ...] = Field(min_length=2)
    breakdown_source: str = Field(min_length=8)
    grades: tuple[SetGrade, ...] = Field(min_length=1)
    grades_source: str = Field(min_length=8)
    fit: FitPolicy
    regression: RegressionPolicy

    @classmethod
    def of_registry(cls, folder: Path) -> Self:
        """The policy of a registry folder; RegistryError names the field that is wrong."""
        file = folder / "curves" / "policy.yaml"
        return validated(cls, section(file, "calibration", dict), str(file))

    def operation(self, name: str, where: str) -> Operation:
        """The entry of an operation; RegistryError offers the nearest names."""
        if name in self.operations:
            return self.operations[name]
        near = difflib.get_close_matches(name, self.operations, n=2, cutoff=0.5)
        raise RegistryError(
            f"{where}: operation {name!r} is unknown; nearest: {', '.join(near) or 'none'}; known: "
            f"{', '.join(self.operations)}. Correct it, or add it to curves/policy.yaml of your registry."
        )

    def word_of_row(self, error_percent: float) -> str:
        """The word for one relative error."""
        return next(grade.word for grade in self.breakdown if abs(error_percent) <= grade.up_to_percent)

    def word_of_set(self, mape: float, pearson: float | None) -> str:
        """The word for many rows. Without a correlation (of fewer than three times) the error alone counts."""
        known = math.inf if pearson is None else pearson
        return next(each.word for each in self.grades if mape < each.mape_below and known > each.pearson_above)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.breakdown[-1].up_to_percent < math.inf or self.grades[-1] != SetGrade(word=self.grades[-1].word):
            raise ValueError("the last of breakdown and of grades must take all that is left")
        return self
