"""Estimates as one string, for specs: `gpu/h100_sxm5:gemm_s[m=1, n=4096, k=4096, format=fp8]`.

reference = device ":" kernel "_s" "[" field "=" value { "," field "=" value } "]"

`among` are the kernels known; rooms above add what they estimate (`workloads.estimates`).
"""

import re
from collections.abc import Mapping

from gauntlet.errors import RegistryError
from gauntlet.hardware.estimates.kernels import KERNELS, Kernel, kernel_estimate
from gauntlet.hardware.estimates.libraries import of_any_library
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.hardware.registry import Registry

EXAMPLE = "gpu/h100_sxm5:gemm_s[m=1,n=4096,k=4096,format=fp8]"


def is_kernel_reference(text: str, among: Mapping[str, Kernel] = KERNELS) -> bool:
    """Whether the string asks for a kernel, well or badly; a fact has no such quantity."""
    return re.search(rf":({'|'.join(among)})_s\b", text) is not None


def kernel_reference(registry: Registry, text: str, among: Mapping[str, Kernel] = KERNELS) -> Estimate:
    """The one estimate that a reference names, in s, by whatever library.

    RegistryError shows the form; others as of `kernel_estimate`.
    """
    parts = re.fullmatch(rf"([^:\[\]]+):({'|'.join(among)})_s\s*\[([^\[\]]*)\]", text.strip())
    if not parts:
        raise RegistryError(f"{text!r} is no reference to a kernel; write {EXAMPLE!r}.")
    device, kernel, inside = parts.groups()
    sizes, words = {}, {}
    for part in filter(None, (part.strip() for part in inside.split(","))):
        name, is_there, value = (side.strip() for side in part.partition("="))
        if not is_there or not value or name in sizes or name in words:
            raise RegistryError(f"{text!r}: {part!r} is no further field=value; write {EXAMPLE!r}.")
        if name in among[kernel].words:
            words[name] = value
            continue
        try:
            sizes[name] = float(value)
        except ValueError:
            raise RegistryError(f"{text!r}: {name} = {value!r} is no number.") from None
    found = kernel_estimate(registry, kernel, device, sizes, words, among)
    return of_any_library(found, kernel, words.get("format"))
