"""Which papers a folder holds, each once, and what makes a run out of date."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gauntlet.errors import UsageError
from gauntlet.records import sha256_of


@dataclass(frozen=True)
class Found:
    """One paper: where it lies and the SHA-256 of its bytes; `copies` are other files with the same bytes."""

    path: Path
    sha256: str
    copies: tuple[Path, ...] = ()


def find_papers(folder: Path) -> tuple[Found, ...]:
    """Every *.pdf below `folder` outside hidden folders, in order of path, once per content."""
    copies: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() == ".pdf" and path.is_file() and not hidden:
            copies.setdefault(sha256_of(path), []).append(path)
    if not copies:
        raise UsageError(f"{folder} holds no *.pdf file; name the folder with the papers.")
    return tuple(Found(paths[0], sha256, tuple(paths[1:])) for sha256, paths in copies.items())


def fingerprint(*parts: str | Path | None) -> str:
    """SHA-256 over texts and over the names and bytes of all files below folders, so that a change shows."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            for file in sorted(path for path in part.rglob("*") if path.is_file() and path.suffix != ".pyc"):
                digest.update(f"{file.relative_to(part)}\0{sha256_of(file)}\0".encode())
        digest.update(f"{part if isinstance(part, str) else ''}\0".encode())
    return digest.hexdigest()
