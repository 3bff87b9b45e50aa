"""Every kernel that has an estimate, by name: `kernel_estimate(registry, "gemm", "h100_sxm5", {"m": 1, ...}, {...})`.

The command line and references of specifications ask here; code that knows its kernel calls its function.
"""

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, get_args

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real
from gauntlet.hardware.collectives import OPERATIONS
from gauntlet.hardware.estimates.attention import Arithmetic, CacheFormat, Phase, attention
from gauntlet.hardware.estimates.calibrated import calibrated
from gauntlet.hardware.estimates.collective import collective
from gauntlet.hardware.estimates.elementwise import elementwise
from gauntlet.hardware.estimates.gemm import Format, gemm
from gauntlet.hardware.estimates.grouped import Layout, grouped_gemm
from gauntlet.hardware.estimates.latent_attention import Form, latent_attention
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.hardware.records import Precision
from gauntlet.hardware.registry import Registry


class Kernel(NamedTuple):
    """A function of registry, device, `sizes` and `words`; `words` gives what each may be, nothing where anything."""

    call: Callable[..., Estimate]
    sizes: tuple[str, ...]
    optional_sizes: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    needed_words: tuple[str, ...] = ()


_STORED = {"cache": get_args(CacheFormat), "arithmetic": get_args(Arithmetic)}

KERNELS: Mapping[str, Kernel] = {
    "gemm": Kernel(gemm, ("m", "n", "k"), (), {"format": get_args(Format)}),
    "grouped_gemm": Kernel(
        grouped_gemm, ("experts", "tokens_per_expert", "n", "k"), (),
        {"format": get_args(Format), "layout": get_args(Layout)},
    ),
    "attention": Kernel(
        attention, ("batch", "context", "heads", "kv_heads", "head_size"), ("queries",),
        {"phase": get_args(Phase), **_STORED}, ("phase",),
    ),
    "latent_attention": Kernel(
        latent_attention, ("batch", "context", "heads", "latent_size", "rope_size", "nope_size", "value_size"),
        ("queries",), {"phase": get_args(Phase), "form": get_args(Form), **_STORED}, ("phase",),
    ),
    "elementwise": Kernel(elementwise, ("read_bytes", "written_bytes"), (), {"name": ()}),
    "collective": Kernel(
        collective, ("ranks", "message_bytes"), ("adapter_bytes_per_s", "ranks_per_node"),
        {"operation": OPERATIONS, "library": ()},
    ),
    "calibrated": Kernel(
        calibrated, ("work_flop", "moved_bytes"), (), {"operation": (), "precision": get_args(Precision)},
        ("operation", "precision"),
    ),
}  # fmt: skip


def kernel_estimate(
    registry: Registry,
    kernel: str,
    device: str,
    sizes: Mapping[str, Real],
    words: Mapping[str, str],
    among: Mapping[str, Kernel] = KERNELS,
) -> Estimate:
    """Times of a kernel by its name `among` those known; sizes broadcast to one axis.

    UsageError names a kernel, size or word that is unknown (with the nearest) or missing; RegistryError a device or
    precision.
    """
    if kernel not in among:
        raise UsageError(f"kernel {kernel!r} has no estimate; {_near(kernel, among)}.")
    known = among[kernel]
    fields = (*known.sizes, *known.optional_sizes, *known.words)
    for field in (*sizes, *words):
        if field not in fields:
            raise UsageError(f"{kernel} has no {field!r}; {_near(field, fields)}.")
    missing = [field for field in (*known.sizes, *known.needed_words) if field not in sizes and field not in words]
    if missing:
        raise UsageError(f"{kernel} needs {', '.join(missing)}; give {'it' if len(missing) == 1 else 'them'}.")
    for field, word in words.items():
        if known.words[field] and word not in known.words[field]:
            raise UsageError(f"{kernel}: {field} = {word!r} is not known; {_near(word, known.words[field])}.")
    return known.call(registry, device, **sizes, **words)


def _near(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"nearest is {close[0]!r} of {', '.join(known)}"
