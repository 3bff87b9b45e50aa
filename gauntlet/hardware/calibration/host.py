"""The processors of this machine: matrix products and arrays by numpy, convolutions by torch."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.calibration import machine
from gauntlet.hardware.calibration.bench import SCALE, SEED, Call, Stream, torch_module
from gauntlet.hardware.calibration.plan import TimingPlan
from gauntlet.hardware.calibration.timing import Timing, time_of
from gauntlet.hardware.records import Precision

Array = npt.NDArray[np.floating[Any]]
_BLOCK = 1 << 15
"""Elements of triad that a thread works through at once, so that its second half finds them in the cache."""
PRECISIONS: dict[Precision, type[np.floating[Any]]] = {"fp64": np.float64, "fp32": np.float32}


class Host:
    """So many threads, those that the process is bound to (machine.limited_to)."""

    def __init__(self, threads: int, pool: ThreadPoolExecutor) -> None:
        self._threads, self._pool = threads, pool

    @classmethod
    @contextmanager
    def of(cls, threads: int) -> Iterator["Host"]:
        """With a pool of its own."""
        with ThreadPoolExecutor(threads) as pool:
            yield cls(threads, pool)

    def element_bytes(self, precision: Precision) -> int:
        """Of numpy's type."""
        return _dtype(precision)().itemsize

    def gemm(self, m: int, n: int, k: int, precision: Precision) -> Call:
        """By numpy, on as many threads as its library takes."""
        random = np.random.default_rng(SEED)
        a, b = (random.standard_normal(shape).astype(_dtype(precision)) for shape in ((m, k), (k, n)))
        c = np.empty((m, n), dtype=a.dtype)
        return lambda: np.matmul(a, b, out=c)

    def stream(self, kernel: Stream, elements: int, precision: Precision) -> Call:
        """Each thread over its own part."""
        target, first, second = (np.full(elements, value, dtype=_dtype(precision)) for value in (0.5, 1.5, 2.5))
        edges = np.linspace(0, elements, self._threads + 1).astype(int)
        parts = [slice(int(start), int(end)) for start, end in pairwise(edges)]

        def work(part: slice) -> None:
            _stream(kernel, target[part], first[part], second[part])

        return lambda: list(self._pool.map(work, parts))

    def convolution(self, shape: Mapping[str, int], precision: Precision) -> Call:
        """By torch on the processors."""
        torch = torch_module("convolutions", "leave conv2d out")
        torch.set_num_threads(self._threads)
        torch.manual_seed(SEED)
        dtype = {"fp32": torch.float32, "fp64": torch.float64}[precision]
        kernel, image = shape["kernel"], shape["image"]
        layer = torch.nn.Conv2d(
            shape["channels"], shape["outputs"], kernel, stride=shape["stride"], padding=kernel // 2, bias=False,
            dtype=dtype,
        )  # fmt: skip
        pictures = torch.randn(shape["batch"], shape["channels"], image, image, dtype=dtype)

        def call() -> object:
            with torch.inference_mode():
                return layer(pictures)

        return call

    def last_cache_bytes(self) -> int:
        """Of the first CPU."""
        return machine.last_level_cache_bytes()

    def free_memory_bytes(self) -> int | None:
        """Without swapping."""
        return machine.free_memory_bytes()

    def about(self) -> dict[str, object]:
        """As the system tells."""
        return {"threads": self._threads, "machine": machine.machine_name(),
                "conditions": f"warm; {machine.software()}"}  # fmt: skip

    def time(self, call: Call, plan: TimingPlan) -> Timing:
        """By the clock, beside the time that the process had a processor."""
        return time_of(call, plan)


def has_torch() -> bool:
    """Whether torch is installed; does not load it."""
    return find_spec("torch") is not None


def _dtype(precision: Precision) -> type[np.floating[Any]]:
    if precision not in PRECISIONS:
        raise UsageError(f"precision {precision!r} is not measured here; one of {', '.join(PRECISIONS)}.")
    return PRECISIONS[precision]


def _stream(kernel: Stream, target: Array, first: Array, second: Array) -> None:
    if kernel == "copy":
        np.copyto(target, first)
    elif kernel == "scale":
        np.multiply(first, SCALE, out=target)
    elif kernel == "add":
        np.add(first, second, out=target)
    else:
        for start in range(0, target.size, _BLOCK):
            here = slice(start, start + _BLOCK)
            np.multiply(second[here], SCALE, out=target[here])
            np.add(target[here], first[here], out=target[here])
