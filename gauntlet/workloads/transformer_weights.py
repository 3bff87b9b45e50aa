"""How a checkpoint stores its weights: from `quantization_config`, or from a precision that the user names."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gauntlet.errors import UsageError
from gauntlet.workloads.transformer import Transformer, Weights

_DTYPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32", "": "bf16"}

FORMATS: Mapping[str, Weights] = {
    "bf16": Weights("bf16", 16, 16),
    "fp16": Weights("fp16", 16, 16),
    "fp32": Weights("fp32", 32, 32, 32),
    "fp8": Weights("fp8", 8, 8),
    "int8": Weights("int8", 8, 8),
    "nvfp4": Weights("fp4", 4.5, 4.5),
    "mxfp4": Weights("fp4", 4.25, 4.25),
    "int4": Weights("bf16", 4.125, 4.125),
}
"""Formats by the name users give; bits include the scales: one FP8 scale for 16 weights in NVFP4, one byte for 32 in
MXFP4 (OCP Microscaling Formats v1.0), 16 bits for 128 in INT4, whose weights are widened before a 16-bit product."""


def weights_of(quantisation: Mapping[str, Any] | None, dtype: str, where: str) -> Weights:
    """What a config states; UsageError for a method or type that is not known."""
    if dtype.removeprefix("torch.") not in _DTYPES:
        raise UsageError(
            f"{where}: torch_dtype = {dtype!r} is unknown; expected one of {', '.join(filter(None, _DTYPES))}."
        )
    plain = FORMATS[_DTYPES[dtype.removeprefix("torch.")]]
    if quantisation is None:
        return plain
    method = str(quantisation.get("quant_method") or quantisation.get("quant_algo") or "").lower()
    algorithm = str(quantisation.get("quant_algo") or "").lower()
    if method in ("fp8", "fbgemm_fp8") or algorithm.startswith("fp8"):
        return FORMATS["fp8"]
    if method == "mxfp4":  # as gpt-oss stores it: experts only
        return Weights("bf16", plain.bits, FORMATS["mxfp4"].bits)
    if "nvfp4" in (method, algorithm):
        return FORMATS["nvfp4"]
    if method in ("gptq", "awq", "compressed-tensors", "bitsandbytes"):
        return _by_bits(quantisation, method, plain, where)
    raise UsageError(
        f"{where}: quantization_config.quant_method = {method!r} is unknown; expected fp8, fbgemm_fp8, mxfp4, nvfp4, "
        "gptq, awq, compressed-tensors or bitsandbytes. '--precision' overrides it."
    )


def _by_bits(quantisation: Mapping[str, Any], method: str, plain: Weights, where: str) -> Weights:
    """Formats that state bits and the size of the groups that share a scale."""
    stated: Mapping[str, Any] = quantisation
    groups = quantisation.get("config_groups")
    if isinstance(groups, dict) and groups:
        first = next(iter(groups.values()))
        weights = first.get("weights") if isinstance(first, dict) else None
        stated = weights if isinstance(weights, dict) else {}
    bits = stated.get("bits") or stated.get("num_bits") or quantisation.get("w_bit")
    if bits is None and method == "bitsandbytes":
        bits = 4 if quantisation.get("load_in_4bit") else 8
    if isinstance(bits, bool) or not isinstance(bits, int) or not 1 <= bits <= 16:
        raise UsageError(f"{where}: quantization_config bits = {bits!r}; expected a whole number from 1 to 16.")
    if stated.get("type") == "float" and bits in (4, 8):
        return FORMATS["fp8" if bits == 8 else "nvfp4"]
    size = stated.get("group_size") or math.inf
    each = bits + (16 / size if isinstance(size, int) and size > 0 else 0)
    only_weights = method in ("gptq", "awq") or quantisation.get("format") == "pack-quantized" or bits < 8
    return Weights(plain.precision if only_weights else "int8", each, each)


def stored_as(model: Transformer, name: str) -> Transformer:
    """The model with its matrices in another format; UsageError for a name that is not known."""
    if name not in FORMATS:
        raise UsageError(f"precision {name!r} is unknown; expected one of {', '.join(FORMATS)}.")
    return replace(model, weights=FORMATS[name])
