"""Estimates of kernels as one string, for specs: `gpu/h100_sxm5:gemm_s[m=1, n=4096, k=4096, format=fp8]`.

reference = device ":" kernel "_s" "[" field "=" value { "," field "=" value } "]"
"""

import re

from gauntlet.errors import RegistryError
from gauntlet.hardware.estimates.kernels import KERNELS, kernel_estimate
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.hardware.registry import Registry

_FORM = re.compile(rf"([^:\[\]]+):({'|'.join(KERNELS)})_s\s*\[([^\[\]]*)\]")
EXAMPLE = "gpu/h100_sxm5:gemm_s[m=1,n=4096,k=4096,format=fp8]"


def is_kernel_reference(text: str) -> bool:
    """Whether the string asks for a kernel, well or badly; a fact has no such quantity."""
    return re.search(rf":({'|'.join(KERNELS)})_s\b", text) is not None


def kernel_reference(registry: Registry, text: str) -> Estimate:
    """The one estimate that a reference names, in s. RegistryError shows the form; others as of `kernel_estimate`."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise RegistryError(f"{text!r} is no reference to a kernel; write {EXAMPLE!r}.")
    device, kernel, inside = found.groups()
    sizes, words = {}, {}
    for part in filter(None, (part.strip() for part in inside.split(","))):
        name, is_there, value = (side.strip() for side in part.partition("="))
        if not is_there or not value or name in sizes or name in words:
            raise RegistryError(f"{text!r}: {part!r} is no further field=value; write {EXAMPLE!r}.")
        if name in KERNELS[kernel].words:
            words[name] = value
            continue
        try:
            sizes[name] = float(value)
        except ValueError:
            raise RegistryError(f"{text!r}: {name} = {value!r} is no number.") from None
    return kernel_estimate(registry, kernel, device, sizes, words)
