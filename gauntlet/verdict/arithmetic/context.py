"""What every check is given: sentences, curves, names of systems, what was not read, devices, thresholds."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gauntlet.paper.mentions import named_in
from gauntlet.paper.records import Figure, Paper, Table
from gauntlet.verdict.arithmetic.curves import SURE, Curve, curves_of, stems
from gauntlet.verdict.arithmetic.prose import Sentence, sentences_of
from gauntlet.verdict.policy import Policy

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry

_ITSELF = re.compile(r"[A-Za-z]")
_SHORTEST_NAME = 2
_WORDS_OF_DATA = frozenset(
    ("average", "mean", "median", "total", "all", "other", "others", "baseline", "measured", "model", "ideal", "theory",
     "read", "reads", "write", "writes", "latency", "throughput", "cpu", "gpu", "value", "size", "time", "train",
     "test", "speedup", "result", "results", "default", "none", "this", "ours", "yes", "no", "max", "min", "slo", "sla")
)  # fmt: skip
"""Names of series that are ordinary words: a sentence with such a word need not speak of the series."""

_SETTINGS = ("value", "values", "setting", "settings", "default", "description", "configuration")


@dataclass(frozen=True)
class Name:
    """A system's name in a sentence."""

    system: str
    start: int
    end: int


@dataclass(frozen=True)
class Context:
    """Everything that is compared. `unread`: caption, titles and cells of each figure and table without sure series."""

    policy: Policy
    sentences: tuple[Sentence, ...] = ()
    curves: tuple[Curve, ...] = ()
    unread: tuple[tuple[str, ...], ...] = ()
    registry: "Registry | None" = None

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """Names of series and columns that are no ordinary words, longest first."""
        names = {curve.system for curve in self.curves if _is_name(curve.system)}
        return tuple(sorted(names, key=lambda name: (-len(name), name)))

    def names_in(self, sentence: str) -> list[Name]:
        """Systems that a sentence names, in its order; 'Paxos' is not one of them within 'Multi-Paxos'."""
        found: list[Name] = []
        for system in self.systems:
            for match in re.finditer(rf"(?<![\w-])(?:{_spellings(system)})(?![\w]|-\w|\s?\()", sentence):
                if not any(name.start < match.end() and match.start() < name.end for name in found):
                    found.append(Name(system, match.start(), match.end()))
        return sorted(found, key=lambda name: name.start)

    def before(self, sentence: Sentence) -> Sentence | None:
        """The sentence before one in its own paragraph; None for the first."""
        place = next((index for index, one in enumerate(self.sentences) if one is sentence), 0)
        last = self.sentences[place - 1] if place else None
        return last if last is not None and last.block == sentence.block else None

    def is_unread(self, systems: Collection[str], words: frozenset[str] | None = None) -> bool:
        """True where something that was not surely read speaks of all the systems, or in one place of all the words."""
        for pieces in self.unread:
            if all(any(system in piece for piece in pieces) for system in systems):
                return True
            if words is not None and any(words <= stems(piece) for piece in pieces):
                return True
        return False

    def may_be_longer(self, system: str, sentence: str) -> bool:
        """True where the words of a longer name are all there: 'Flash in Triton' may be the series 'Flash Triton'."""
        own, said = stems(system), stems(sentence)
        return any(own < (words := stems(other)) and words <= said for other in self.systems)

    def any_sentence_of(self, source: str, words: re.Pattern[str]) -> bool:
        """True where a sentence that names a figure or table, or one in the same block, says such words."""
        blocks = {one.block for one in self.sentences if source in named_in(one.text)}
        return any(words.search(one.text) for one in self.sentences if one.block in blocks)

    def of(self, source: str) -> list[Curve]:
        """Curves of a plot, or of a figure or table, its parts included: 'table-3a' is a part of 'table-3'."""
        parts = re.compile(rf"{re.escape(source)}[a-z]?$")
        return [curve for curve in self.curves if curve.plot == source or parts.match(curve.source)]


def context_of(paper: Paper, policy: Policy, registry: "Registry | None" = None) -> Context:
    """The context of a paper as read."""
    curves = curves_of(paper)
    return Context(policy, tuple(sentences_of(paper)), curves, tuple(_unread(paper, curves)), registry)


def _spellings(system: str) -> str:
    """As in the figure, and in the capitals in which small capitals are read."""
    return "|".join(re.escape(spelt) for spelt in dict.fromkeys((system, system.upper())))


def _is_name(name: str) -> bool:
    letters = len(name) >= _SHORTEST_NAME and bool(_ITSELF.search(name))
    return letters and name.lower() not in _WORDS_OF_DATA


def _unread(paper: Paper, curves: Sequence[Curve]) -> list[tuple[str, ...]]:
    """The words of what may show numbers that no curve holds."""
    held = {curve.source for curve in curves}
    figures = [_words_of_figure(figure) for figure in paper.figures if not _is_whole(figure)]
    tables = (table for table in paper.tables if table.id not in held and not _is_of_settings(table))
    return figures + [_words_of_table(table) for table in tables]


def _is_of_settings(table: Table) -> bool:
    """'Parameter | Value': no results are in it."""
    return len(table.columns) > 1 and table.columns[1].text.strip().lower() in _SETTINGS


def _is_whole(figure: Figure) -> bool:
    series = [one for plot in figure.plots for one in plot.series]
    sure = all(one.name and one.confidence >= SURE and one.arrangement != "stacked" for one in series)
    return bool(series) and sure and not figure.refused


def _words_of_figure(figure: Figure) -> tuple[str, ...]:
    axes = (axis.title for plot in figure.plots for axis in (plot.x_axis, plot.y_axis))
    names = (one.name or "" for plot in figure.plots for one in plot.series)
    return (figure.caption, *axes, *names, *(mention.sentence for mention in figure.mentions))


def _words_of_table(table: Table) -> tuple[str, ...]:
    return (table.caption, *(cell.text for cell in table.cells))
