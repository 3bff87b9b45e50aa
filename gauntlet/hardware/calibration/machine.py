"""The machine at hand, as far as measuring needs it: its name, CPUs, last-level cache, free memory."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gauntlet.errors import UsageError

_CPU_INFO, _MEMORY_INFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNIT = {"K": 1024, "M": 1024**2, "G": 1024**3}


def machine_name() -> str:
    """What the processor calls itself."""
    found = re.search(r"^model name\s*:\s*(.+)$", _text(_CPU_INFO), re.MULTILINE)
    return (found[1] if found else platform.processor() or platform.machine()).strip()


def cpus() -> int:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limited_to(threads: int | None) -> Iterator[int]:
    """Bind this process to so many CPUs (all it may use without a number); yields how many it has.

    Matrix libraries take as many threads as they find CPUs when they are loaded: enter before numpy is imported.
    """
    if threads is None:
        yield cpus()
        return
    if not hasattr(os, "sched_setaffinity"):
        raise UsageError("--threads binds to CPUs, which only Linux allows; set OMP_NUM_THREADS instead.")
    allowed = os.sched_getaffinity(0)
    if threads > len(allowed):
        raise UsageError(f"--threads {threads}: this process may use {len(allowed)} CPUs; name at most so many.")
    os.sched_setaffinity(0, sorted(allowed)[:threads])
    try:
        yield threads
    finally:
        os.sched_setaffinity(0, allowed)


def last_level_cache_bytes() -> int:
    """Of the first CPU; 0 where the system does not say."""
    sizes = [_text(folder / "size").strip() for folder in _CACHES.glob("index*")]
    return max((int(size[:-1]) * _UNIT[size[-1]] for size in sizes if size[-1:] in _UNIT), default=0)


def free_memory_bytes() -> int | None:
    """Memory that can be taken without swapping; None where the system does not say."""
    found = re.search(r"^MemAvailable:\s*(\d+) kB$", _text(_MEMORY_INFO), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def software() -> str:
    """Python, system and the matrix library behind numpy."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return (
        f"numpy {np.__version__} with {blas['name']} {blas['version']}, Python {platform.python_version()}, "
        f"{sys.platform}"
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
