"""What is timed on processors and on GPUs, from hardware_registry/curves/measure.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from gauntlet.hardware.reading import section, validated
from gauntlet.hardware.records import Precision
from gauntlet.records import Record

Size = int | Literal["s"]
Part = Literal["cpu", "cuda"]


class Family(Record):
    """Shapes of one form: numbers, and the letter s for each of the sizes in turn."""

    s: tuple[int, ...] = Field(min_length=1)

    def members(self) -> Iterator[dict[str, int]]:
        """The numbers of each member by name."""
        sizes = {name: value for name, value in self if name != "s"}
        for size in self.s:
            yield {name: size if value == "s" else value for name, value in sizes.items()}


class GemmFamily(Family):
    """C[m,n] = A[m,k] B[k,n]."""

    m: Size
    n: Size
    k: Size


class ConvolutionFamily(Family):
    """Square images, padding half the kernel."""

    batch: Size
    channels: Size
    outputs: Size
    kernel: Size
    stride: Size
    image: Size


class GemmPlan(Record):
    """Families of matrix products."""

    precisions: tuple[Precision, ...]
    families: dict[str, GemmFamily]


class ConvolutionPlan(Record):
    """Families of convolutions."""

    precisions: tuple[Precision, ...]
    families: dict[str, ConvolutionFamily]


class MemoryPlan(Record):
    """STREAM kernels with the arrays that each touches, and how large those are."""

    precisions: tuple[Precision, ...]
    kernels: dict[Literal["copy", "scale", "add", "triad"], int]
    cache_multiples: tuple[float, ...] = Field(min_length=3)
    smallest_array_bytes: int = Field(gt=0)
    share_of_free_memory: float = Field(gt=0, lt=1)


class TimingPlan(Record):
    """Repeats, and when they are enough."""

    warm_up_calls: int = Field(ge=1)
    fewest_repeats: int = Field(ge=3)
    most_repeats: int
    shortest_repeat_s: float = Field(ge=0)
    least_s: float = Field(ge=0)
    restless: float = Field(gt=0)
    least_running: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.most_repeats < self.fewest_repeats:
            raise ValueError("most_repeats is below fewest_repeats")
        return self


class Plan(Record):
    """What is timed on one part of a machine."""

    gemm: GemmPlan
    memory: MemoryPlan
    conv2d: ConvolutionPlan
    timing: TimingPlan

    @classmethod
    def of_registry(cls, folder: Path, part: Part = "cpu") -> Self:
        """The plan of a registry folder for a part of a machine; RegistryError names the field that is wrong."""
        file = folder / "curves" / "measure.yaml"
        return validated(cls, section(file, part, dict), str(file))
