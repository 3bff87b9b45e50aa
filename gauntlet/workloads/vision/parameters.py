"""The fitted parameters of vision networks: one file of the registry, small enough to read."""

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from gauntlet.data import find_data
from gauntlet.records import Record
from gauntlet.workloads.vision.machine import Machine, Stack

FILE = Path("estimates") / "cv_throughput.json"

Row = tuple[float, float, float, float]
"""Multiply-accumulates, activations, parameters, image side."""


class Scaling(Record):
    """Rates of an estimate from nominal ones: memory B0 (B/B0)^b (A/A0)^a, arithmetic A (M/(r0 A))^m on a GPU.

    B is memory, A ordinary arithmetic, M what the matrix units reach at most; r0 is M/A of the GPUs that were measured.
    """

    memory_reference_bytes_per_s: float = Field(gt=0)
    alu_reference_flop_per_s: float = Field(gt=0)
    memory_exponent: float = Field(ge=0, le=1)
    alu_exponent: float = Field(ge=0, le=1)
    matrix_reference: float = Field(gt=0, description="Rate of the matrix units over that of ordinary arithmetic.")
    matrix_exponent: float = Field(ge=0, le=1)

    def memory_rate(self, machine: Machine) -> float:
        """Bytes/s to which the memory time of an estimate is relative."""
        memory = machine.memory_bytes_per_s / self.memory_reference_bytes_per_s
        alu = machine.alu_flop_per_s / self.alu_reference_flop_per_s
        return float(self.memory_reference_bytes_per_s * memory**self.memory_exponent * alu**self.alu_exponent)

    def arithmetic_rate(self, machine: Machine) -> float:
        """FLOP/s to which the arithmetic time of an estimate is relative."""
        if machine.device_class != "gpu":
            return machine.alu_flop_per_s
        ratio = machine.peak_limit_flop_per_s / machine.alu_flop_per_s / self.matrix_reference
        return float(machine.alu_flop_per_s * ratio**self.matrix_exponent)


class Mismatch(Record):
    """What a measured configuration counts for another that differs in one thing; the factors multiply."""

    device: float = Field(gt=0, le=1)
    compiler: float = Field(gt=0, le=1)
    layout: float = Field(gt=0, le=1)
    version: float = Field(gt=0, le=1)
    precision: float = Field(gt=0, le=1)


class Band(Record):
    """Logarithms of measured / estimated at both ends of the 90 % band."""

    low: float
    high: float


class Configuration(Record):
    """One machine with its software: times of arithmetic and memory over their nominal ones, and a correction."""

    machine: str
    device_class: str
    precision: str
    layout: str
    version: str
    compiler: str
    compute: float = Field(ge=0)
    memory: float = Field(ge=0)
    correction: tuple[float, ...]
    band: Band
    smallest_batch: float = Field(gt=0)
    largest_batch: float = Field(gt=0)
    networks: int = Field(gt=0)

    @property
    def stack(self) -> Stack:
        """The software as one value."""
        return Stack(self.precision, self.layout, self.version, self.compiler)


class VisionParameters(Record):
    """Everything an estimate needs beside the registry. `elsewhere`: bands on a device that was not measured."""

    provenance: str = Field(min_length=8)
    centre: Row
    spread: Row
    smallest: Row = Field(description="Logarithms of the counts that were measured.")
    largest: Row
    graph: tuple[str, ...] = Field(default=(), description="Shares of operator graphs that the correction uses.")
    scaling: Scaling
    mismatch: Mismatch
    cached_layers: float = Field(ge=0, description="Layers of which the cache may keep the whole output, in a bound.")
    assumed_launches: float = Field(ge=0, description="Kernels of a step, where the counts do not tell.")
    configurations: tuple[Configuration, ...] = Field(min_length=1)
    elsewhere: dict[str, Band]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        length = 15 + len(self.graph)
        for one in self.configurations:
            if len(one.correction) != length:
                raise ValueError(f"{one.machine}: {len(one.correction)} coefficients; {length} features there are")
        return self


@cache
def vision_parameters(folder: Path | None = None) -> VisionParameters:
    """The parameters in registry folder `folder`, or in the one that belongs to the installation."""
    return VisionParameters.load(find_data("hardware_registry", folder) / FILE)
