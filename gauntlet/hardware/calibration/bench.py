"""What is needed to time operations on some part of a machine: its calls, and how to wait for them."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from gauntlet.errors import UsageError
from gauntlet.hardware.calibration.plan import TimingPlan
from gauntlet.hardware.calibration.timing import Timing
from gauntlet.hardware.records import Precision

Call = Callable[[], object]
Stream = Literal["copy", "scale", "add", "triad"]
SEED = 0
"""Operands are random, never zero: powers of denormals and zeros are other speeds and other watts."""
SCALE = 3.0
"""Of the kernels 'scale' and 'triad'. Source: McCalpin, Memory Bandwidth and Machine Balance, IEEE TCCA, 1995."""


class Bench(Protocol):
    """The processors, or one GPU."""

    def element_bytes(self, precision: Precision) -> int:
        """Bytes of one number in memory; UsageError for a precision that is not measured there."""

    def gemm(self, m: int, n: int, k: int, precision: Precision) -> Call:
        """C[m,n] = A[m,k] B[k,n]."""

    def stream(self, kernel: Stream, elements: int, precision: Precision) -> Call:
        """One pass of a STREAM kernel over arrays of so many elements."""

    def convolution(self, shape: Mapping[str, int], precision: Precision) -> Call:
        """A two-dimensional convolution without bias; UsageError where torch is missing."""

    def last_cache_bytes(self) -> int:
        """The last cache before memory; 0 where nobody says."""

    def free_memory_bytes(self) -> int | None:
        """What can be taken; None where nobody says."""

    def about(self) -> dict[str, object]:
        """Threads, machine and conditions, as columns of the file."""

    def time(self, call: Call, plan: TimingPlan) -> Timing:
        """How long one call takes."""


def convolution_demands(shape: Mapping[str, int], element_bytes: int) -> tuple[int, int]:
    """FLOP, and bytes of input, weights and output, each once.

    2 batch channels outputs kernel^2 FLOP for each of side^2 pixels,
    side = floor((image + 2 pad - kernel) / stride) + 1.
    """
    channels, outputs, kernel = (shape[name] for name in ("channels", "outputs", "kernel"))
    side = (shape["image"] + 2 * (kernel // 2) - kernel) // shape["stride"] + 1
    weights, batch = channels * outputs * kernel**2, shape["batch"]
    written = batch * outputs * side**2
    return 2 * batch * weights * side**2, element_bytes * (batch * channels * shape["image"] ** 2 + weights + written)


def torch_module(what: str, otherwise: str) -> Any:
    """torch, where it is installed; UsageError says what needs it, how to get it, and what to do without."""
    try:
        import torch
    except ImportError:
        raise UsageError(f"{what} need torch: pip install 'gauntlet-eval[torch]', or {otherwise}.") from None
    return torch
