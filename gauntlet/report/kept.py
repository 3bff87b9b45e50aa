"""Pictures kept from the last time: a figure that would come out the same is not drawn again.

`plots/drawn.json` holds, for each claim, the digest of all that its pictures show, of the code that draws them and of
the pictures themselves. A picture that was edited, or drawn by other code, is drawn anew.
"""

import dataclasses
import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gauntlet.records import write_atomically
from gauntlet.report.side_by_side import Drawing, Pictures, render_claims

_LIST = Path("plots", "drawn.json")


def pictures_of(run_dir: Path, drawings: Sequence[Drawing]) -> list[Pictures]:
    """(SVG, PNG) of each drawing, in order: from `run_dir` where they lie there as they would be drawn."""
    before = _listed(run_dir)
    shown = [_shown(drawing) for drawing in drawings]
    found = [_kept(run_dir, drawing, key, before) for drawing, key in zip(drawings, shown, strict=True)]
    missing = iter(render_claims([drawing for drawing, pair in zip(drawings, found, strict=True) if pair is None]))
    pictures = [next(missing) if pair is None else pair for pair in found]
    entries = {
        _name(drawing): [key, *map(_digest, pair)] for drawing, key, pair in zip(drawings, shown, pictures, strict=True)
    }
    write_atomically(run_dir / _LIST, json.dumps(entries, indent=1, sort_keys=True) + "\n")
    return pictures


def _listed(run_dir: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((run_dir / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept(run_dir: Path, drawing: Drawing, key: str, before: Mapping[str, Any]) -> Pictures | None:
    try:
        svg, png = ((run_dir / f"{drawing[0].plot}{ending}").read_bytes() for ending in (".svg", ".png"))
    except OSError:
        return None
    return (svg, png) if before.get(_name(drawing)) == [key, _digest(svg), _digest(png)] else None


def _name(drawing: Drawing) -> str:
    return drawing[0].id


def _shown(drawing: Drawing) -> str:
    """Digest of what a drawing shows and of what draws it."""
    content = hashlib.sha256(_drawn_by())
    for part in _bytes_of(drawing):
        content.update(part + b"\0")
    return content.hexdigest()


@functools.cache
def _drawn_by() -> bytes:
    """Digest of the code of this room and the version of the plotting library."""
    code = hashlib.sha256(importlib.metadata.version("matplotlib").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    return code.digest()


def _bytes_of(value: Any) -> Iterator[bytes]:
    """All content of records, named tuples, arrays and numbers, in order."""
    if isinstance(value, np.ndarray):
        yield np.ascontiguousarray(value).tobytes()
    elif hasattr(value, "model_dump_json"):
        yield value.model_dump_json().encode()
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _bytes_of(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        yield str(len(value)).encode()
        for part in value:
            yield from _bytes_of(part)
    else:
        yield repr(value).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
