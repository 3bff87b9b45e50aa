"""Kernels that PyTorch calls on a GPU, timed one by one: matrix products, attention, copies. Needs torch with CUDA.

Shapes are drawn from a fixed seed over what networks and servers ask for; operands are random, since zeros draw less
power and run faster. Calls are captured into a graph and replayed, so that no time of the host counts.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

Row = dict[str, object]
Call = Callable[[], object]

_DIMENSIONS = (512, 768, 1024, 1280, 1536, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 11008, 12288,
               14336, 16384, 18432, 28672)  # fmt: skip
"""Widths of layers of language models."""
_GEMMS = {"bf16": (220, 40), "fp16": (60, 0), "fp8": (120, 0), "tf32": (40, 0), "fp32": (40, 0)}
"""Products of layers, and of any three sizes, by format."""
_ATTENTIONS = 70
_COPIES = 30
_REPLAYS = 5, 200
_LEAST_S = 0.03
_LONG_S = 5e-3


def gemms() -> Iterator[Row]:
    """C[m,n] = A[m,k] B[n,k]^T by cuBLAS; fp8 without the quantisation of A."""
    draw = random.Random(7)
    for form, (layers, others) in _GEMMS.items():
        sizes = [(int(2 ** draw.uniform(0, 14)), *draw.choices(_DIMENSIONS, k=2)) for _ in range(layers)]
        sizes += [(size(draw, 5, 13.5), size(draw, 5, 13.5), size(draw, 5, 13.5)) for _ in range(others)]
        if form == "fp8":  # what the product of the library takes
            sizes = [tuple(max(16, each // 16 * 16) for each in shape) for shape in sizes]
        for m, n, k in sizes:
            yield {"format": form, "m": m, "n": n, "k": k, "time_s": seconds(_gemm(form, m, n, k))}


def attentions() -> Iterator[Row]:
    """Causal prefill, and decode of one token, by the kernels that PyTorch has; bf16."""
    draw = random.Random(8)
    for number in range(2 * _ATTENTIONS):
        phase = "prefill" if number % 2 else "decode"
        heads, width = draw.choice((8, 16, 32, 64)), draw.choice((64, 128, 128))
        shared = draw.choice([each for each in (1, 2, 4, 8, 16, 32, 64) if each <= heads])
        context, batch = size(draw, 7, 14), size(draw, 0, 5 if phase == "prefill" else 8)
        queries = context if phase == "prefill" else 1
        if batch * heads * queries * context * width > 6e13 or batch * context * shared * width > 5e9:
            continue
        operands = [
            torch.randn(batch, each, length, width, device="cuda", dtype=torch.bfloat16)
            for each, length in ((heads, queries), (shared, context), (shared, context))
        ]
        for library in ("FLASH_ATTENTION", "CUDNN_ATTENTION"):
            call = _attention(library, operands, causal=queries > 1, grouped=shared < heads)
            try:
                lasted = seconds(call)
            except RuntimeError as error:  # a library may not take a shape
                print(f"{library} {phase} {batch} {heads} {shared} {context}: {str(error).splitlines()[0]}")
                continue
            yield {
                "library": library.removesuffix("_ATTENTION").lower(), "phase": phase, "batch": batch,
                "context": context, "heads": heads, "kv_heads": shared, "head_size": width, "time_s": lasted,
            }  # fmt: skip


def copies() -> Iterator[Row]:
    """Arrays of 16 bit numbers that are copied, scaled and added."""
    draw = random.Random(9)
    for _ in range(_COPIES):
        count = size(draw, 10, 30)
        first = torch.randn(count, device="cuda", dtype=torch.bfloat16)
        target = torch.empty_like(first)
        calls: dict[str, tuple[Call, int]] = {
            "copy": (lambda: target.copy_(first), 1),  # noqa: B023 - called before the next pass
            "scale": (lambda: torch.mul(first, 3.0, out=target), 1),  # noqa: B023
            "add": (lambda: torch.add(first, target, out=target), 2),  # noqa: B023
        }
        for name, (call, reads) in calls.items():
            lasted = seconds(call)
            yield {"name": name, "read_bytes": 2 * reads * count, "written_bytes": 2 * count, "time_s": lasted}


def size(draw: random.Random, low: float, high: float) -> int:
    """A whole number between two powers of two."""
    return int(2 ** draw.uniform(low, high))


def seconds(call: Call) -> float:
    """Median time of one call among many of a replayed graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            call()
    torch.cuda.current_stream().wait_stream(side)
    calls = 2 if _once(call) > _LONG_S else 20
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(calls):
            call()
    graph.replay()
    found: list[float] = []
    while len(found) < _REPLAYS[0] or (sum(found) < _LEAST_S and len(found) < _REPLAYS[1]):
        found.append(_once(graph.replay))
    return sorted(found)[len(found) // 2] / calls


def _once(call: Call) -> float:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    start.record()
    call()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1e3


def _gemm(form: str, m: int, n: int, k: int) -> Call:
    if form == "fp8":
        a, b = (torch.randn(*shape, device="cuda").to(torch.float8_e4m3fn) for shape in ((m, k), (n, k)))
        scale = torch.ones((), device="cuda")
        return lambda: torch._scaled_mm(a, b.t(), scale_a=scale, scale_b=scale, out_dtype=torch.bfloat16)
    torch.backends.cuda.matmul.allow_tf32 = form == "tf32"
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(form, torch.float32)
    a, b = (torch.randn(*shape, device="cuda", dtype=dtype) for shape in ((m, k), (n, k)))
    c = torch.empty(m, n, device="cuda", dtype=dtype)
    return lambda: torch.mm(a, b.t(), out=c)


def _attention(library: str, operands: list[Any], causal: bool, grouped: bool) -> Call:
    def call() -> object:
        with sdpa_kernel(getattr(SDPBackend, library)):
            return scaled_dot_product_attention(*operands, is_causal=causal, enable_gqa=grouped)

    return call
