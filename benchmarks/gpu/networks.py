"""Vision networks of pytorch-image-models on a GPU: images in a second, and what each network counts. Needs timm.

As the published benchmarks of that library: random weights, synthetic images, 256 a step, mixed precision of 16 bit.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

Row = dict[str, object]

_BATCH = 256
_STEPS, _LEAST_S = 6, 0.5
_LARGEST_SIDE = 288
_LAYERS = (torch.nn.Conv2d, torch.nn.Linear)
_LAYOUTS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


def networks(allowed_s: float) -> Iterator[Row]:
    """One network of each architecture, in random order, in both layouts, until the allowed time is over."""
    torch.backends.cudnn.benchmark = True
    until = time.monotonic() + allowed_s
    for name in chosen():
        if time.monotonic() > until:
            print("the rest of the networks is left out: the allowed time is over")
            return
        try:
            yield from _network(name)
        except (RuntimeError, ValueError, TypeError) as error:  # a network may not take this step
            print(f"{name}: {str(error).splitlines()[0]}")
        torch.cuda.empty_cache()


def chosen() -> list[str]:
    """A name of each module of the library, drawn from a fixed seed, and the modules in a random order."""
    draw = random.Random(10)
    names = [draw.choice(timm.list_models(module=module)) for module in sorted(timm.list_modules())
             if timm.list_models(module=module)]  # fmt: skip
    draw.shuffle(names)
    return names


def _network(name: str) -> Iterator[Row]:
    model = timm.create_model(name, pretrained=False).cuda().eval()
    side = int(model.default_cfg["input_size"][-1])
    if side > _LARGEST_SIDE:
        return
    counts = _counts(model, side)
    for layout, form in _LAYOUTS.items():
        model = model.to(memory_format=form)
        images = torch.randn(_BATCH, 3, side, side, device="cuda").contiguous(memory_format=form)
        yield {"model": name, "image_side": side, "layout": layout, "batch": _BATCH, **counts,
               "time_s": _step_s(model, images)}  # fmt: skip


def _counts(model: Any, side: int) -> Row:
    """Parameters, multiply-accumulates and elements that convolutions and linear layers write, for one image."""
    written = 0

    def add(_module: Any, _given: Any, output: Any) -> None:
        nonlocal written
        written += output.numel()

    hooks = [layer.register_forward_hook(add) for layer in model.modules() if isinstance(layer, _LAYERS)]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        model(torch.randn(1, 3, side, side, device="cuda"))
    for hook in hooks:
        hook.remove()
    parameters = sum(each.numel() for each in model.parameters())
    return {"parameters": parameters, "mac": counter.get_total_flops() // 2, "activations": written}


def _step_s(model: Any, images: Any) -> float:
    with torch.inference_mode(), torch.autocast("cuda", torch.float16):
        for _ in range(4):
            model(images)
        torch.cuda.synchronize()
        start, steps = time.perf_counter(), 0
        while steps < _STEPS or time.perf_counter() - start < _LEAST_S:
            model(images)
            steps += 1
            torch.cuda.synchronize()
        return (time.perf_counter() - start) / steps
