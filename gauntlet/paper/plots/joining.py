"""Pieces of curves put end to end: some programs cut long curves, stroke every segment, or draw every dash."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.plots.primitives import Path, Point

GAP_PT, DASH_PT, FEWEST_DASHES = 6.0, 14.0, 6
"""Between dashes drawn one by one, the longest of them, and how many make a curve."""


@dataclass
class Piece:
    """A polyline of one style: its points, the path that it came from, and of how many pieces it was made."""

    points: list[Point]
    path: Path
    count: int = 1


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of one style as curves, in paint order."""
    chains: list[Piece] = []
    for piece in pieces:
        if chains and _extend(chains[-1], piece):
            continue
        chains.append(Piece(list(piece.points), piece.path))
    return _through_gaps(_by_ends(chains))


def _extend(chain: Piece, piece: Piece) -> bool:
    """Add a piece that begins where the chain ends, or turned around."""
    if chain.path is piece.path and chain.count == 1 and len(piece.points) > 2:
        return False
    end = _place(chain.points[-1])
    if end == _place(piece.points[0]):
        added = piece.points[1:]
    elif end == _place(piece.points[-1]):
        added = piece.points[-2::-1]
    elif chain.count == 1 and len(chain.points) == 2 and _place(chain.points[0]) in _places(piece):
        chain.points.reverse()
        return _extend(chain, piece)
    else:
        return False
    if not _goes_on(chain.points, added):
        return False
    chain.points += added
    chain.count += 1
    return True


def _places(piece: Piece) -> set[tuple[int, int]]:
    return {_place(piece.points[0]), _place(piece.points[-1])}


def _goes_on(points: Sequence[Point], added: Sequence[Point]) -> bool:
    """A curve that goes to the right must go on to the right: two curves may end at one point."""
    one = _heading([points[0], points[-1]])
    other = _heading([points[-1], *added])
    return one == 0 or other in (0, one)


def _heading(points: Sequence[Point]) -> int:
    run = points[-1][0] - points[0][0]
    return 0 if abs(run) < 0.05 else int(math.copysign(1, run))


def _by_ends(chains: list[Piece]) -> list[Piece]:
    """Join chains whose ends meet in any order, where no third one meets them."""
    at: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, chain in enumerate(chains):
        for place in _places(chain):
            at[place].append(index)
    owner = list(range(len(chains)))

    def find(index: int) -> int:
        while owner[index] != index:
            owner[index] = owner[owner[index]]
            index = owner[index]
        return index

    for place, members in at.items():
        roots = {find(index) for index in members}
        if len(members) != 2 or len(roots) != 2:
            continue
        first, second = sorted(roots)
        whole = _linked(chains[first], chains[second], place)
        if whole is not None:
            chains[first] = whole
            owner[second] = first
    return [chain for index, chain in enumerate(chains) if find(index) == index]


def _linked(one: Piece, other: Piece, place: tuple[int, int]) -> Piece | None:
    """Two chains as one that meets at `place`, or None where the curve would turn back."""
    if one.path is other.path:
        return None
    left = one.points if _place(one.points[-1]) == place else one.points[::-1]
    right = other.points if _place(other.points[0]) == place else other.points[::-1]
    if _place(left[-1]) != place or _place(right[0]) != place or not _goes_on(left, right[1:]):
        return None
    return Piece([*left, *right[1:]], one.path, one.count + other.count)


def _through_gaps(chains: list[Piece]) -> list[Piece]:
    """Short strokes painted one after the other with small gaps are the dashes of one curve."""
    result: list[Piece] = []
    run: list[Piece] = []
    for chain in [*chains, None]:
        if chain is not None and _is_dash(chain) and (not run or _is_next(run[-1], chain)):
            run.append(chain)
            continue
        result += _as_one(run)
        run = [chain] if chain is not None and _is_dash(chain) else []
        if chain is not None and not run:
            result.append(chain)
    return result


def _is_dash(chain: Piece) -> bool:
    (ax, ay), (bx, by) = chain.points[0], chain.points[-1]
    return math.hypot(bx - ax, by - ay) < DASH_PT and len(chain.points) <= 8 and not chain.path.dashes.strip("[] 0")


def _is_next(before: Piece, chain: Piece) -> bool:
    (ax, ay), (bx, by) = before.points[-1], chain.points[0]
    return 0.05 < math.hypot(bx - ax, by - ay) < GAP_PT and _goes_on(before.points, chain.points)


def _as_one(run: list[Piece]) -> list[Piece]:
    if len(run) < FEWEST_DASHES:
        return run
    points = [point for piece in run for point in piece.points]
    return [Piece(points, run[0].path, sum(piece.count for piece in run))]


def _place(point: Point) -> tuple[int, int]:
    return round(point[0] * 10), round(point[1] * 10)
