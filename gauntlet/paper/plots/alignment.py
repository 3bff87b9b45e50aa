"""Labels and what is drawn at them: tick marks, grid lines and ends of the frame say where a value stands exactly."""

import math
from collections.abc import Sequence
from statistics import median

from gauntlet.paper.plots.axes import Scale, fit_scale
from gauntlet.paper.plots.labels import Label

Mark = tuple[float, float]
"""Position and length of a tick mark or grid line."""
STEADY_PT = 0.6  # labels of one axis stand off their marks by the same distance, up to this
ALIKE, FAR_EM = 3, 0.4  # so many labels that stand off alike may do so by this: fonts that sit high or low
EXACT_PT = 0.05  # positions that fit a scale this well are not to be bent towards anything
END_PT = 0.6  # between a label's middle and the end of the frame that it stands at
EXPLAINED_PT = 0.15
FARTHEST_PT = 2.0
MOST_MARKS = 60


def numeric_scale(
    positions: Sequence[float], labels: Sequence[Label], marks: Sequence[Mark], ends: tuple[float, float]
) -> Scale | None:
    """The scale of numeric labels, at their marks where these agree, else at the labels' own distances."""
    plain = fit_scale(positions, labels, marks)
    at_marks = fit_scale(snap(positions, marks, labels[0].size), labels, marks) if marks else None
    places = [at for at, _ in marks][:MOST_MARKS]
    moved = _moved_to_minor_marks(plain, places) if plain is not None and plain.kind == "log" else None
    if at_marks is not None and not (plain is not None and _is_better(plain, at_marks)):
        unexplained = moved is not None and explained(at_marks, places) < explained(moved, places)
        return moved if unexplained else at_marks
    return moved or (None if plain is None else _moved_to_ends(plain, ends))


def _is_better(plain: Scale, at_marks: Scale) -> bool:
    """True where the labels' own distances are exact and the marks next to them are others'."""
    as_many = len(plain.positions) >= len(at_marks.positions) > 2
    return as_many and plain.residual_pt < EXACT_PT < at_marks.residual_pt - EXACT_PT


def snap(positions: Sequence[float], marks: Sequence[Mark], size: float) -> list[float]:
    """Each label position moved to its mark where one is near; long marks before short ones.

    A label's middle is known to about a sixth of its text size, and all labels stand off by about the same distance.
    """
    if not marks:
        return list(positions)
    reach = max(1.2, 0.18 * size)
    longest = max(length for _, length in marks)
    major = sorted(at for at, length in marks if length > 0.8 * longest)
    every = sorted(at for at, _ in marks)
    near, of_every = (_offsets(positions, marks_of, reach, FAR_EM * size) for marks_of in (major, every))
    if 2 * len(near) < len(of_every):  # the longest are something else, as caps of error bars on the axis
        near, major = of_every, every
    if not near:
        return list(positions)
    usual = median(near)
    snapped = []
    for at in positions:
        best = _nearest(major, at + usual)
        if abs(best - at - usual) > STEADY_PT:
            best = _nearest(every, at + usual)
        snapped.append(best if abs(best - at - usual) <= STEADY_PT else at + usual)
    return snapped


def _offsets(positions: Sequence[float], places: Sequence[float], reach: float, far: float) -> list[float]:
    """How far the nearest places lie from those positions that have one within reach; within `far` where all agree."""
    offsets = [_nearest(places, at) - at for at in positions]
    if len(offsets) >= ALIKE and max(offsets) - min(offsets) < STEADY_PT:
        reach = max(reach, far)
    return [offset for offset in offsets if abs(offset) <= reach]


def _nearest(places: Sequence[float], at: float) -> float:
    return min(places, key=lambda place: abs(place - at))


def _moved_to_ends(scale: Scale, ends: tuple[float, float]) -> Scale:
    """Without marks: first and last label stand at the ends of the frame where both or the only near one agree."""
    offsets = [end - at for end in ends for at in scale.positions if abs(end - at) < END_PT]
    if not offsets or max(offsets) - min(offsets) > 0.3:
        return scale
    return scale.moved(sum(offsets) / len(offsets))


def _moved_to_minor_marks(scale: Scale, places: Sequence[float]) -> Scale | None:
    """A log scale moved such that most marks stand where its ticks are."""
    shifts = {0.0, *(shift for place in places[:9] for shift in _shifts(scale, place))}
    best = max(shifts, key=lambda shift: (explained(scale.moved(shift), places), -abs(shift)))
    return scale.moved(best) if explained(scale.moved(best), places) >= max(4, 0.7 * len(places)) else None


def explained(scale: Scale, places: Sequence[float]) -> int:
    """How many marks of a log axis stand where its ticks are: at powers of two, or 1 to 9 times a power of ten."""
    return sum(any(abs(shift) < EXPLAINED_PT for shift in _shifts(scale, place)) for place in places)


def _shifts(scale: Scale, place: float) -> list[float]:
    """By how many points the scale may be moved to bring one of its ticks to a mark."""
    of_ten = all(math.log10(value).is_integer() for value in scale.values)  # 1 is a power of both
    powers_of_two = not of_ten and all(math.log2(value).is_integer() for value in scale.values)
    decade = math.log10(2) if powers_of_two else 1.0
    steps = (0.0, 1.0) if powers_of_two else tuple(math.log10(step) for step in range(1, 11))
    exact = (scale.a + scale.b * place) / decade
    shifts = [(exact - math.floor(exact) - step) * decade / scale.b for step in steps]
    return [shift for shift in shifts if abs(shift) < FARTHEST_PT]
