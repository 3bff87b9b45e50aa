"""What the process that parses a paper may do: so much memory and processor time, no network, writing in few places.

The interpreter asks an audit hook before it opens a file or a connection or starts a program; the hook refuses. It
binds Python code. The parser's native code makes no connections and starts no programs, but is not held by the hook:
a container holds both.
"""

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gauntlet.settings import ReadLimits

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    f"os.{name}" for name in ("rename", "remove", "mkdir", "rmdir", "link", "symlink", "truncate", "chmod", "chown")
)
_PROGRAMS = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.")
LARGEST_FILE_BYTES = 500_000_000


class Refused(PermissionError):
    """Something that reading a paper never needs."""


def limit_process(limits: ReadLimits) -> None:
    """Bound memory, processor time, written files and core dumps of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, LARGEST_FILE_BYTES))


def start_page(limits: ReadLimits | None) -> None:
    """From now on the process may use `page_cpu_s` of processor time; then SIGPROF ends it, native code or not.

    None: all pages together follow, for which the limit of the process is enough.
    """
    signal.setitimer(signal.ITIMER_PROF, 0.0 if limits is None else limits.page_cpu_s)


def confine(folders: Sequence[Path]) -> None:
    """Refuse, for good, connections, other programs, and changes to files outside `folders`."""
    allowed = [str(folder.resolve()) for folder in folders] + [os.devnull]

    def within(path: Any) -> bool:
        if isinstance(path, int):
            return True
        text = os.path.realpath(os.fsdecode(path))
        return any(text == root or text.startswith(root + os.sep) for root in allowed)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & _WRITING and path is not None and not within(path):
                raise Refused(f"writing to {path}")
        elif event.startswith("socket.") or event.startswith(_PROGRAMS):
            raise Refused(event)
        elif event in _CHANGES:
            paths = [path for path in args[:2] if isinstance(path, str | bytes | os.PathLike)]
            if not all(within(path) for path in paths):
                raise Refused(f"{event} outside the run folder")

    sys.addaudithook(hook)
