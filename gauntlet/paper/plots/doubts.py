"""What speaks against a reading: labels that no scale explains, names that fit two series, ink that nobody claims."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gauntlet.paper.plots.alignment import explained
from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.ink import unread_ink
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.likeness import likeness
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Doubt

LOOSE_PT = 0.5  # RMS distance of labels from their scale that counts as one whole doubt
OFF_TICK_PT = 0.6
WRAPPED_EM = 1.6  # two lines of words are higher than this
ROW_PT = 1.0  # between the middles of words in one row
FEW, SHARE = 3, 0.7  # labels that check each other; marks of a log axis that do it instead
TIE = 0.05  # of likeness
FULL_LIKENESS = {"bar": 6.0, "scatter": 5.0}
FULL_LIKENESS_OF_LINES = 5.5
LEAST = 0.02  # amounts below this are not worth a word


@dataclass(frozen=True)
class Surroundings:
    """What a reading is held against: tick marks by axis, paths in the frame, legend lines, stray multipliers, words.

    `words` are those that no axis and no legend uses.
    """

    ticks: dict[str, Sequence[float]]
    paths: Sequence[Path]
    entries: Sequence[Entry]
    strays: Sequence[Label] = ()
    words: Sequence[Label] = ()


def axis_doubts(frame: Frame, axis: str, around: Surroundings) -> tuple[Doubt, ...]:
    """Doubts about the scale of axis 'x', 'y' or 'y2'."""
    scale: Scale = getattr(frame, axis)
    labels: Sequence[Label] = getattr(frame, f"{axis}_labels")
    return _worth_a_word(_axis_doubts(frame, axis, scale, labels, around))


def _axis_doubts(
    frame: Frame, axis: str, scale: Scale, labels: Sequence[Label], around: Surroundings
) -> Iterator[tuple[str, float, str]]:
    count = len(scale.positions)
    if not any(label in frame.used for label in labels):
        yield "borrowed_scale", 1.0, "its scale is that of the panel beside it"
    if scale.kind == "category":
        doubled = count - len(set(scale.names))
        yield "doubled_category", doubled / count, f"{doubled} of {count} labels repeat another"
        return
    if any(label.drawn for label in labels):
        yield "drawn_text", 1.0, "its labels name no letters: they were told by their shapes"
    marks = around.ticks.get(axis, ())
    if count < FEW and not (scale.kind == "log" and explained(scale, marks) >= max(FEW, SHARE * len(marks))):
        yield "few_labels", float(FEW - count), f"{count} labels hold its scale: none is left to check it"
    yield "loose_labels", scale.residual_pt / LOOSE_PT, f"labels lie {scale.residual_pt:.2f} pt off the scale"
    left = len(labels) - count
    yield (
        "unexplained_labels",
        max(0, left) / max(len(labels), 1),
        f"{left} of {len(labels)} numbers do not fit",
    )
    if marks:
        off = sum(min(abs(at - mark) for mark in marks) > OFF_TICK_PT for at in scale.positions)
        yield "off_ticks", off / count, f"{off} of {count} labels stand at no tick mark"
    if axis == "x" and (among := _among_labels(frame, around.words)):
        yield "words_among_labels", 1.0, f"{among[0]!r} stands among its numbers"
    if axis != "x" and around.strays:
        yield "stray_multiplier", 1.0, f"{around.strays[0].text!r} near it was given to no axis"


def _among_labels(frame: Frame, words: Sequence[Label]) -> list[str]:
    """Words in the row of the numbers of the x axis: 'Max.' after them is a place that the scale does not know."""
    rows = [label.anchor[1] for label in frame.x_labels]
    return [
        label.text
        for label in words
        if frame.box[0] < label.anchor[0] < frame.box[2] and any(abs(label.anchor[1] - row) < ROW_PT for row in rows)
    ]


def series_doubts(frame: Frame, traces: Sequence[Trace], around: Surroundings) -> list[tuple[Doubt, ...]]:
    """Doubts about each series of a frame, its axes' left out."""
    shares, foreign = unread_ink(traces, around.paths, frame.box)
    found = []
    for trace in traces:
        ink = max((shares.get(color, 0.0) for color in (trace.style.stroke, trace.style.fill) if color), default=0.0)
        doubts = [
            ("unread_ink", ink, f"{ink:.0%} of the ink in its colour lies beside it"),
            ("foreign_ink", foreign, f"{foreign:.0%} of the ink in the frame has a colour that no series has"),
            *_name_doubts(trace, traces, around.entries),
            *_form_doubts(trace, traces, frame),
        ]
        found.append(_worth_a_word(doubts))
    return found


def _name_doubts(trace: Trace, traces: Sequence[Trace], entries: Sequence[Entry]) -> Iterator[tuple[str, float, str]]:
    idle = [entry.name for entry in entries if all(other.name != entry.name for other in traces)]
    if entries and idle:
        yield "idle_names", len(idle) / len(entries), f"no series was found for {', '.join(idle[:3])}"
    if trace.name is None:
        named = any(other.name is not None for other in traces)
        yield "nameless", float(named or len(traces) > 1), "it has no name"
        return
    alike = sum(other.name == trace.name for other in traces) - 1
    yield "shared_name", float(alike > 0), f"{alike + 1} series are called {trace.name!r}"
    lines = [entry for entry in entries if entry.name == trace.name]
    if not lines:
        yield "named_by_words", 1.0, "its name is some words beside it"
        return
    yield "foreign_legend", float(all(entry.is_foreign for entry in lines)), "its name is from another plot's legend"
    wrapped = all(entry.box[3] - entry.box[1] > WRAPPED_EM * entry.size for entry in lines)
    yield "wrapped_name", float(wrapped), "its name was put together from two lines of words"
    own = max(likeness(trace, entry) for entry in lines)
    full = FULL_LIKENESS.get(trace.kind, FULL_LIKENESS_OF_LINES)
    yield "unlike_sample", max(0.0, full - own) / 3, "its legend sample looks different"
    rivals = [entry.name for entry in entries if entry.name != trace.name and likeness(trace, entry) > own - TIE]
    yield "rival_names", float(bool(rivals)), f"{', '.join(rivals[:2])} would fit it as well"


def _form_doubts(trace: Trace, traces: Sequence[Trace], frame: Frame) -> Iterator[tuple[str, float, str]]:
    count = len(trace.bars) or len(trace.points)
    if count == 1:
        yield "single_point", 1.0, "it has one point"
    if trace.kind == "line+marker":
        skipped, places = _skipped(trace, traces)
        if skipped:
            yield "skipped_places", skipped / places, f"it has no point at {skipped} of {places} places of its siblings"
    if trace.kind == "bar":
        scale = frame.y if trace.horizontal else frame.x
        names = len(scale.positions) if scale.kind == "category" else count
        yield "bars_missing", max(0, names - count) / names, f"{names - count} of {names} places have no bar of it"
    if trace.pieces > 1:
        yield "joined", min(1.0, math.log2(trace.pieces) / 5), f"it was joined from {trace.pieces} pieces"
    cut = len(trace.clipped) / count
    yield "mostly_cut", cut if cut > 0.5 else 0.0, f"{len(trace.clipped)} of its {count} points lie on the frame"
    same = Counter(tuple(other.points or other.bars) for other in traces)
    yield "twice", float(same[tuple(trace.points or trace.bars)] > 1), "another series has the same points"
    if frame.y2 is not None:
        yield "two_scales", 1.0, f"it was given to the {'right' if trace.axis == 'y2' else 'left'} of two axes"


def _skipped(trace: Trace, traces: Sequence[Trace]) -> tuple[int, int]:
    """Places between its ends where all siblings have a point and it has none, and how many there are.

    Curves over places of their own (latency over throughput) skip nothing.
    """
    others = [[x for x, _ in other.points] for other in traces if other is not trace and other.kind == "line+marker"]
    own = sorted(x for x, _ in trace.points)
    if not others:
        return 0, 0
    shared = [x for x in others[0] if all(_has(other, x) for other in others[1:]) and own[0] < x < own[-1]]
    if sum(any(_has(other, x) for other in others) for x in own) < SHARE * len(own):
        return 0, 0
    return sum(not _has(own, x) for x in shared), len(shared)


def _has(places: Sequence[float], x: float) -> bool:
    return any(abs(place - x) < OFF_TICK_PT for place in places)


def _worth_a_word(found: Iterable[tuple[str, float, str]]) -> tuple[Doubt, ...]:
    return tuple(
        Doubt(kind=kind, amount=round(amount, 3), words=words) for kind, amount, words in found if amount > LEAST
    )
