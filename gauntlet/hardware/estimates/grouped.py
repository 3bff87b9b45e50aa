"""How long a grouped matrix product takes: one product for each local expert of a mixture-of-experts layer.

The model is that of `gemm.py` with the tiles and operands of all experts together, without split-k: the weights of each
expert that has a token are read once, so that few tokens leave memory to bind. Of E experts with t tokens in the mean,
chosen at random, E (1 - exp(-t)) have one. The bound counts five standard deviations fewer.

Layouts: masked, one buffer an expert, as decode uses it; contiguous, tokens sorted by expert, as prefill does.
Source of mean and deviation: Johnson & Kotz, Urn Models and Their Application, 1977, occupancy (Poisson limit).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real, Times, kernel_bound
from gauntlet.hardware.estimates.gemm import FORMATS, Format, Gemm
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import check_sizes, estimate
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters
from gauntlet.hardware.registry import Registry

Layout = Literal["masked", "contiguous"]
_DEVIATIONS = 5.0


@dataclass(frozen=True)
class GroupedGemm(Gemm):
    """Products of one format and layout; `m` are the tokens of an expert that has any, `groups` how many do.

    `least_groups` is what the bound counts instead.
    """

    layout: Layout = "contiguous"
    least_groups: Floats | float = 1.0

    @classmethod
    def of(cls, experts: Real, tokens_per_expert: Real, n: Real, k: Real, format: Format, layout: Layout) -> Self:
        """From the local experts and their mean tokens; sizes broadcast to one axis."""
        asked = (np.atleast_1d(np.asarray(size, np.float64)) for size in (experts, tokens_per_expert, n, k))
        local, tokens, columns, depth = np.broadcast_arrays(*asked)
        check_sizes({"experts": local, "tokens_per_expert": tokens, "n": columns, "k": depth})
        idle = np.exp(-tokens)
        active = np.maximum(local * (1 - idle), np.minimum(1, local * tokens))
        deviation = np.sqrt(local * idle * (1 - (1 + tokens) * idle))
        least = np.clip(active - _DEVIATIONS * deviation, np.minimum(1, active), local)
        return cls(local * tokens / active, columns, depth, format, active, layout, least)

    def bound(self, machine: Machine) -> Times:
        """Least times: all tokens, and the weights of the fewest experts."""
        element = FORMATS[self.format]
        rows = self.m * self.groups
        operands = (rows + self.least_groups * self.n) * self.k * element.input_bytes
        return kernel_bound(machine.limits, 2 * rows * self.n * self.k, operands + rows * self.n * element.output_bytes)

    def kernels(self, machine: Machine) -> Sequence[str]:
        """The layout's own constants, then those of the other; formats that were not measured as FP8 in blocks."""
        other: Layout = "contiguous" if self.layout == "masked" else "masked"
        formats = dict.fromkeys((self.format, "fp8_block"))
        return tuple(f"{name}/{layout}" for name in formats for layout in (self.layout, other))

    def sizes(self) -> Mapping[str, Floats]:
        """Tokens an active expert, columns, depth and active experts."""
        return {"m": self.m, "n": self.n, "k": self.k, "groups": np.broadcast_to(self.groups, self.m.shape)}


def grouped_gemm(
    registry: Registry,
    device: str,
    experts: Real,
    tokens_per_expert: Real,
    n: Real,
    k: Real,
    format: Format = "fp8_block",
    *,
    layout: Layout = "contiguous",
    parameters: Parameters | None = None,
) -> Estimate:
    """Times of one call for C_e[tokens,n] = A_e[tokens,k] B_e[k,n], e over the experts of one device.

    `tokens_per_expert` is the mean. Sizes broadcast to one axis. A gated layer of hidden size h and width f is a call
    with n = 2 f, k = h (up) and one with n = h, k = f (down). Quantised formats find their tokens quantised. Errors as
    of `gemm`.
    """
    if format not in FORMATS or layout not in get_args(Layout):
        raise UsageError(f"{format!r} in {layout!r} layout is not known; {get_args(Format)}, {get_args(Layout)} are.")
    work = GroupedGemm.of(experts, tokens_per_expert, n, k, format, layout)
    return estimate(
        work, Machine.of(registry, device, work.precision), parameters or Parameters.read("moe_grouped_gemm")
    )
