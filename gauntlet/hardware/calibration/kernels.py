"""The operations that are timed, made ready so that only the work itself is: matrix products, memory, convolutions.

Operands are random, never zero: powers of denormals and zeros are other speeds and other watts.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.records import Precision

Call = Callable[[], object]
Stream = Literal["copy", "scale", "add", "triad"]
Array = npt.NDArray[np.floating[Any]]
_SEED = 0
_SCALE = 3.0
_BLOCK = 1 << 15
"""Elements of triad that a thread works through at once, so that its second half finds them in the cache."""
PRECISIONS: dict[Precision, type[np.floating[Any]]] = {"fp64": np.float64, "fp32": np.float32}


def gemm_call(m: int, n: int, k: int, precision: Precision) -> Call:
    """C[m,n] = A[m,k] B[k,n] by numpy, on as many threads as its library takes."""
    random = np.random.default_rng(_SEED)
    a, b = (random.standard_normal(shape).astype(dtype_of(precision)) for shape in ((m, k), (k, n)))
    c = np.empty((m, n), dtype=a.dtype)
    return lambda: np.matmul(a, b, out=c)


def stream_call(kernel: Stream, elements: int, precision: Precision, pool: ThreadPoolExecutor, threads: int) -> Call:
    """One pass of a STREAM kernel over arrays of so many elements, each thread over its own part.

    Source: McCalpin, Memory Bandwidth and Machine Balance, IEEE TCCA Newsletter, 1995.
    """
    target, first, second = (np.full(elements, value, dtype=dtype_of(precision)) for value in (0.5, 1.5, 2.5))
    edges = np.linspace(0, elements, threads + 1).astype(int)
    parts = [slice(int(start), int(end)) for start, end in pairwise(edges)]

    def work(part: slice) -> None:
        _stream(kernel, target[part], first[part], second[part])

    return lambda: list(pool.map(work, parts))


def convolution_call(
    channels: int, outputs: int, kernel: int, stride: int, image: int, precision: Precision, threads: int
) -> Call:
    """A two-dimensional convolution of one image by torch, without bias; UsageError where torch is missing."""
    torch = torch_module()
    torch.set_num_threads(threads)
    torch.manual_seed(_SEED)
    dtype = {"fp32": torch.float32, "fp64": torch.float64}[precision]
    layer = torch.nn.Conv2d(channels, outputs, kernel, stride=stride, padding=kernel // 2, bias=False, dtype=dtype)
    picture = torch.randn(1, channels, image, image, dtype=dtype)

    def call() -> object:
        with torch.inference_mode():
            return layer(picture)

    return call


def convolution_demands(
    channels: int, outputs: int, kernel: int, stride: int, image: int, element_bytes: int
) -> tuple[int, int]:
    """FLOP, and bytes of input, weights and output, each once.

    2 channels outputs kernel^2 FLOP for each of side^2 pixels, side = floor((image + 2 pad - kernel) / stride) + 1.
    """
    side = (image + 2 * (kernel // 2) - kernel) // stride + 1
    weights = channels * outputs * kernel**2
    return 2 * weights * side**2, element_bytes * (channels * image**2 + weights + outputs * side**2)


def has_torch() -> bool:
    """Whether torch is installed; does not load it."""
    return find_spec("torch") is not None


def torch_module() -> Any:
    """torch, where it is installed; UsageError says how to get it."""
    try:
        import torch
    except ImportError:
        raise UsageError("convolutions need torch: pip install 'gauntlet-eval[torch]', or leave conv2d out.") from None
    return torch


def dtype_of(precision: Precision) -> type[np.floating[Any]]:
    """numpy's type; UsageError for precisions that numpy does not compute in."""
    if precision not in PRECISIONS:
        raise UsageError(f"precision {precision!r} is not measured here; one of {', '.join(PRECISIONS)}.")
    return PRECISIONS[precision]


def element_bytes(precision: Precision) -> int:
    """Bytes of one number in memory."""
    return dtype_of(precision)().itemsize


def _stream(kernel: Stream, target: Array, first: Array, second: Array) -> None:
    if kernel == "copy":
        np.copyto(target, first)
    elif kernel == "scale":
        np.multiply(first, _SCALE, out=target)
    elif kernel == "add":
        np.add(first, second, out=target)
    else:
        for start in range(0, target.size, _BLOCK):
            here = slice(start, start + _BLOCK)
            np.multiply(second[here], _SCALE, out=target[here])
            np.add(target[here], first[here], out=target[here])
