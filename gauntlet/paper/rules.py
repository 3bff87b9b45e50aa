"""Straight level and upright strokes of a page: what tables are ruled with."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Box

THICKEST_PT = 1.8
SHORTEST_PT = 6.0
WIDE_PT = 40.0  # a rule of this length may bound a table, a shorter one only join in
SAME_PT = 0.8
JOINT_PT = 4.0  # cells that are ruled one by one leave gaps as wide as this
MOST_STROKES = 5000  # more are a drawing


@dataclass(frozen=True, slots=True)
class Rule:
    """A stroke at y = `at` from x = `start` to `end`, or upright at x = `at` between two y."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """In points."""
        return self.end - self.start

    def covers(self, place: float, slack: float = 2.0) -> bool:
        """True where the stroke passes `place`."""
        return self.start - slack <= place <= self.end + slack


@dataclass(frozen=True)
class Rules:
    """Level and upright rules of one page, each sorted by `at`; strokes that carry each other on are one."""

    level: tuple[Rule, ...]
    upright: tuple[Rule, ...]

    @classmethod
    def of(cls, paths: Iterable[Path]) -> "Rules":
        """The rules among `paths`; none where there are too many strokes."""
        boxes = list(itertools.islice(_strokes(paths), MOST_STROKES + 1))
        if len(boxes) > MOST_STROKES:
            return cls((), ())
        level = [Rule((y0 + y1) / 2, x0, x1) for x0, y0, x1, y1 in boxes if x1 - x0 > y1 - y0]
        upright = [Rule((x0 + x1) / 2, y0, y1) for x0, y0, x1, y1 in boxes if x1 - x0 <= y1 - y0]
        return cls(tuple(_joined(level)), tuple(_joined(upright)))


def _strokes(paths: Iterable[Path]) -> Iterator[Box]:
    """Boxes of thin paths, and of the straight pieces of paths that hold several."""
    for path in paths:
        if path.curved:
            continue
        if _thin(path.box):
            yield path.box
        elif path.stroke is not None:
            for line in path.lines:
                ends = zip(line, [*line[1:], line[0]] if path.closed else line[1:], strict=False)
                for (ax, ay), (bx, by) in ends:
                    box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
                    if _thin(box):
                        yield box


def _thin(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return min(width, height) < THICKEST_PT and max(width, height) > SHORTEST_PT


def _joined(rules: Sequence[Rule]) -> list[Rule]:
    """Rules at one place end to end are one."""
    rows: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda one: one.at):
        if rows and rule.at - rows[-1][0].at < SAME_PT:
            rows[-1].append(rule)
        else:
            rows.append([rule])
    joined: list[Rule] = []
    for row in rows:
        first = len(joined)
        for rule in sorted(row, key=lambda one: one.start):
            if len(joined) > first and rule.start - joined[-1].end < JOINT_PT:
                joined[-1] = Rule(joined[-1].at, joined[-1].start, max(joined[-1].end, rule.end))
            else:
                joined.append(Rule(row[0].at, rule.start, rule.end))
    return joined
