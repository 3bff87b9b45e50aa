"""Words in and beside a frame that belong to no axis and no legend; those at the end of a curve are its name."""

from collections.abc import Sequence

from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.likeness import same_color
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box

WORDS_EM = 2.0  # between the end of a curve and the words that name it


def free_words(frames: Sequence[Frame], labels: Sequence[Label], legends: Sequence[list[Entry]]) -> list[Label]:
    """Level words that no axis and no legend uses."""
    taken = {id(label) for frame in frames for label in frame.used}
    in_legends = [entry.box for legend in legends for entry in legend]
    free = (label for label in labels if id(label) not in taken and not label.quarter and _has_letters(label))
    return [label for label in free if not any(_holds(box, label.box) for box in in_legends)]


def _holds(box: Box, words: Box) -> bool:
    return all(box[side] <= words[side] and words[side + 2] <= box[side + 2] for side in (0, 1))


def name_by_words(frame: Frame, traces: Sequence[Trace], words: Sequence[Label]) -> None:
    """Name curves without a legend line by the words at their right end, best in their colour."""
    unnamed = [trace for trace in traces if trace.name is None and trace.kind.startswith("line")]
    near = [label for label in words if _is_beside(label, frame.box)]
    pairs = sorted(
        (_words_distance(trace, label), t, e) for t, trace in enumerate(unnamed) for e, label in enumerate(near)
    )
    used: set[int] = set()
    for distance, t, e in pairs:
        if distance < 1 and unnamed[t].name is None and e not in used:
            unnamed[t].name = near[e].text
            used.add(e)


def _has_letters(label: Label) -> bool:
    return any(char.isalpha() for char in label.text)


def _is_beside(label: Label, frame: Box) -> bool:
    x, y = label.box[0], label.anchor[1]
    return frame[0] < x < frame[2] + 3 * label.size and frame[1] - label.size < y < frame[3] + label.size


def _words_distance(trace: Trace, label: Label) -> float:
    """Below 1 where the words begin at the right end of the curve on its level; other colours count as further."""
    x, y = max(trace.points[0], trace.points[-1])
    along, aside = (label.box[0] - x) / label.size, abs(label.anchor[1] - y) / label.size
    if not -0.2 < along < WORDS_EM or aside > 1:
        return 9.0
    return 0.3 * along / WORDS_EM + 0.4 * aside + (0.0 if same_color(label.color, trace.style.stroke) else 0.3)
