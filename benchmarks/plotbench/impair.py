"""Pages made worse on purpose, so that readings go wrong and confidence has something to be fitted on.

Each impairment stands for what real files do: labels set as outlines or in strange fonts (lost or garbled), labels off
their marks, data drawn as an image (paths lost), black-and-white printing, names in the caption only.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gauntlet.paper.glyphs import Token
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.read import Scene
from gauntlet.paper.plots.traces import LARGEST_MARKER_PT

Stream = np.random.Generator
BLACK = (0.0, 0.0, 0.0)


def _numbers_lost(scene: Scene, stream: Stream) -> Scene:
    share = stream.uniform(0.2, 0.8)
    return replace(scene, tokens=[one for one in scene.tokens if not _is_number(one) or stream.random() > share])


def _digit_mistaken(scene: Scene, stream: Stream) -> Scene:
    """One digit reads as another wherever it stands, as in a font with a wrong table of letters."""
    old, new = (str(digit) for digit in stream.choice(10, 2, replace=False))
    return replace(
        scene,
        tokens=[
            replace(one, text=one.text.replace(old, new), parts=()) if _is_number(one) else one for one in scene.tokens
        ],
    )


def _words_moved(scene: Scene, stream: Stream) -> Scene:
    off = stream.uniform(0.3, 2.5)
    return replace(scene, tokens=[_moved(one, *stream.normal(0, off, 2)) for one in scene.tokens])


def _moved(token: Token, dx: float, dy: float) -> Token:
    x0, y0, x1, y1 = token.box
    x, y = token.origin
    return replace(token, box=(x0 + dx, y0 + dy, x1 + dx, y1 + dy), origin=(x + dx, y + dy))


def _lines_lost(scene: Scene, stream: Stream) -> Scene:
    """Whole lines of words are gone, numbers stay."""
    share = stream.uniform(0.1, 0.6)
    lines = {round(one.origin[1]): stream.random() > share for one in scene.tokens}
    return replace(scene, tokens=[one for one in scene.tokens if _is_number(one) or lines[round(one.origin[1])]])


def _paths_lost(scene: Scene, stream: Stream) -> Scene:
    """A stretch of the painting order is gone, as where a program paints it as an image."""
    count = len(scene.paths)
    start, length = int(stream.integers(count)), int(stream.uniform(0.05, 0.35) * count)
    return replace(scene, paths=scene.paths[:start] + scene.paths[start + length :])


def _markers_lost(scene: Scene, stream: Stream) -> Scene:
    share = stream.uniform(0.05, 0.7)
    return replace(scene, paths=[one for one in scene.paths if not _is_small(one) or stream.random() > share])


def _colors_lost(scene: Scene, stream: Stream) -> Scene:
    """Everything black, and in half of the pages dashes gone too."""
    plain = stream.random() < 0.5

    def black(path: Path) -> Path:
        fill = None if path.fill is None or min(path.fill) > 0.95 else BLACK
        stroke = None if path.stroke is None else BLACK
        return replace(path, stroke=stroke, fill=fill, dashes="[] 0" if plain else path.dashes)

    return replace(scene, paths=[black(path) for path in scene.paths])


def _colors_shared(scene: Scene, stream: Stream) -> Scene:
    """Two of the colours become one."""
    colors = sorted({color for path in scene.paths for color in (path.stroke, path.fill) if color}, key=repr)
    if len(colors) < 2:
        return scene
    first, second = (colors[index] for index in stream.choice(len(colors), 2, replace=False))

    def painted(path: Path) -> Path:
        return replace(
            path,
            stroke=first if path.stroke == second else path.stroke,
            fill=first if path.fill == second else path.fill,
        )

    return replace(scene, paths=[painted(path) for path in scene.paths])


def _order_turned(scene: Scene, stream: Stream) -> Scene:
    """Everything black and painted last things first, so that no order says which name is whose."""
    black = _colors_lost(scene, stream).paths
    orders = [path.order for path in black]
    turned = [replace(path, order=order) for path, order in zip(reversed(black), orders, strict=True)]
    return replace(scene, paths=turned)


IMPAIRMENTS: dict[str, Callable[[Scene, Stream], Scene]] = {
    "numbers lost": _numbers_lost,
    "digit mistaken": _digit_mistaken,
    "words moved": _words_moved,
    "lines lost": _lines_lost,
    "paths lost": _paths_lost,
    "markers lost": _markers_lost,
    "colors lost": _colors_lost,
    "order turned": _order_turned,
    "colors shared": _colors_shared,
}


def _is_number(token: Token) -> bool:
    return any(char.isdigit() for char in token.text) and not any(char.isalpha() for char in token.text)


def _is_small(path: Path) -> bool:
    return 0.6 < max(path.size) < LARGEST_MARKER_PT
