"""One NVIDIA GPU, by torch: calls are captured into a graph and replayed, so that no time of the host counts."""

import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

from gauntlet.errors import UsageError
from gauntlet.hardware.calibration.bench import SCALE, SEED, Call, Stream, torch_module
from gauntlet.hardware.calibration.plan import TimingPlan
from gauntlet.hardware.calibration.timing import Timing, time_of
from gauntlet.hardware.records import Precision

PRECISIONS: tuple[Precision, ...] = ("bf16", "fp16", "tf32", "fp32", "fp64")
_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "tf32": "float32", "fp32": "float32", "fp64": "float64"}
_CALLS = 10
"""Calls in a graph: its own start, some microseconds, is spread over them."""
_WARM = 3


class Cuda:
    """The GPU that torch uses; UsageError where torch or a GPU is missing."""

    def __init__(self) -> None:
        self._torch = torch_module("times of a GPU", "measure --on cpu")
        if not self._torch.cuda.is_available():
            raise UsageError("torch finds no CUDA GPU; check nvidia-smi and that torch was built for it, or --on cpu.")
        self._torch.manual_seed(SEED)

    def element_bytes(self, precision: Precision) -> int:
        """Of torch's type."""
        return int(self._torch.finfo(self._dtype(precision)).bits) // 8

    def gemm(self, m: int, n: int, k: int, precision: Precision) -> Call:
        """A by rows and B by columns, as layers store their weights."""
        a, b = self._random(m, k, precision=precision), self._random(n, k, precision=precision)
        c = self._torch.empty(m, n, device="cuda", dtype=a.dtype)
        return self._captured(lambda: self._torch.mm(a, b.t(), out=c), precision)

    def stream(self, kernel: Stream, elements: int, precision: Precision) -> Call:
        """Each kernel in one launch."""
        torch = self._torch
        target, first, second = (self._random(elements, precision=precision) for _ in range(3))
        calls: dict[Stream, Call] = {
            "copy": lambda: target.copy_(first),
            "scale": lambda: torch.mul(first, SCALE, out=target),
            "add": lambda: torch.add(first, second, out=target),
            "triad": lambda: torch.add(first, second, alpha=SCALE, out=target),
        }
        return self._captured(calls[kernel], precision)

    def convolution(self, shape: Mapping[str, int], precision: Precision) -> Call:
        """Channels last, the fastest of cuDNN's algorithms."""
        torch, kernel, image = self._torch, shape["kernel"], shape["image"]
        torch.backends.cudnn.benchmark = True
        form = {"memory_format": torch.channels_last}
        weights = self._random(shape["outputs"], shape["channels"], kernel, kernel, precision=precision).to(**form)
        pictures = self._random(shape["batch"], shape["channels"], image, image, precision=precision).to(**form)
        convolve = torch.nn.functional.conv2d
        return self._captured(
            lambda: convolve(pictures, weights, stride=shape["stride"], padding=kernel // 2), precision
        )

    def last_cache_bytes(self) -> int:
        """The second-level cache."""
        return int(self._torch.cuda.get_device_properties().L2_cache_size)

    def free_memory_bytes(self) -> int | None:
        """Of the GPU, once what earlier rows took is given back."""
        self._torch.cuda.empty_cache()
        return int(self._torch.cuda.mem_get_info()[0])

    def about(self) -> dict[str, object]:
        """As torch tells."""
        torch = self._torch
        software = f"torch {torch.__version__}, CUDA {torch.version.cuda}, Python {platform.python_version()}"
        return {"threads": "", "machine": torch.cuda.get_device_name(), "conditions": f"warm, graphs; {software}"}

    def time(self, call: Call, plan: TimingPlan) -> Timing:
        """By the clock, until the GPU is done; a process that waits for its GPU is no disturbed one."""
        found = time_of(call, plan, self._torch.cuda.synchronize, processor_clock=time.perf_counter)
        return found._replace(
            median_s=found.median_s / _CALLS, low_s=found.low_s / _CALLS, high_s=found.high_s / _CALLS
        )

    def _captured(self, call: Callable[[], Any], precision: Precision) -> Call:
        """Calls in a graph, in the arithmetic that the precision names."""
        torch = self._torch
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.inference_mode(), torch.cuda.stream(side):
            for _ in range(_WARM):  # libraries choose their kernels, which no graph may hold
                call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(graph):
            for _ in range(_CALLS):
                call()

        def replay() -> object:
            graph.replay()
            return call  # which keeps its operands

        return replay

    def _random(self, *shape: int, precision: Precision) -> Any:
        return self._torch.randn(*shape, device="cuda", dtype=self._dtype(precision))

    def _dtype(self, precision: Precision) -> Any:
        if precision not in PRECISIONS:
            raise UsageError(f"precision {precision!r} is not measured on a GPU; one of {', '.join(PRECISIONS)}.")
        return getattr(self._torch, _DTYPES[precision])
