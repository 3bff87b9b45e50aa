"""The fixed words of a report: what labels mean, where records came from, how numbers and values are written."""

import math
from collections.abc import Iterable, Mapping

from gauntlet.costs.opinions import is_opinion
from gauntlet.specs.evidence import Origin
from gauntlet.specs.quantities import (
    Choices,
    Derived,
    Distribution,
    Exact,
    Interval,
    Sweep,
    Variable,
    Withheld,
)
from gauntlet.units import from_si
from gauntlet.verdict.records import Label, Lesson, Settling
from gauntlet.verdict.rounding import shown, time_unit

MEANINGS: dict[Label, str] = {
    "CONSISTENT": "The claim lies where the described mechanism puts it, within stated uncertainty and discrepancy.",
    "MAGIC_GAP": "The claim is better than the described mechanism explains. Something is missing: in the text, in the "
    "measurement, or in our model of it.",
    "UNDERPERFORMS": "The claim is worse than the described mechanism should be. The text leaves out a cost, or our "
    "model does.",
    "IMPOSSIBLE": "The claim beats what the stated hardware can do at all, beyond reading error and clock tolerance.",
    "INCONCLUSIVE": "The records do not allow a verdict; the reasons say what is missing and which values would "
    "settle it.",
}

_ORIGINS = {
    "live": "a language model, asked for this run",
    "recorded": "recorded answers of a language model",
    "handoff": "answers handed over through a folder",
    "rules": "rules, without a language model",
    "human": "a person",
}

_SOURCES = {
    "paper": "stated in the paper",
    "registry": "hardware registry",
    "prior": "prior range",
    "assumed": "assumed",
}


_MOST = 1e6


def number(value: float | None) -> str:
    """Four significant digits; 'saturated' has no number, so infinity is a sign."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return shown(value)


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit; factors have no space before theirs."""
    return times(value) if unit == "×" else f"{number(value)} {unit}".strip()


def times(value: float | None) -> str:
    """A factor: '1.42×'; beyond a million nobody cares how much."""
    if value is None or math.isnan(value):
        return "–"
    return "> 10⁶×" if value >= _MOST else f"{shown(value, 3)}×"


def fitting(item: Settling) -> str:
    """'; 24 ms fits all points' behind a value that is not disclosed; '' where none does."""
    return f"; {quantity(item.fitting[1], item.unit)} fits all points" if item.fitting else ""


def capitalised(words: str) -> str:
    """The first letter upper case, the others as they are."""
    return words[:1].upper() + words[1:]


def origin_words(record: str, origin: Origin) -> str:
    """'Cost model: recorded answers of a language model (name)'."""
    model = f" ({origin.model})" if origin.model else ""
    return f"{record}: {_ORIGINS[origin.kind]}{model}"


def left_machine(kinds: Iterable[object], address: str | None) -> str:
    """What left the machine, in one sentence."""
    found = set(kinds)
    if "live" in found:
        where = f" at {address}" if address else ""
        return f"What left this machine: the visible text of the paper, sent to the configured model endpoint{where}."
    if "handoff" in found:
        return (
            "What left this machine: nothing by this program; requests were written to a folder for someone to answer."
        )
    return "What left this machine: nothing."


def value_words(variable: Variable) -> str:  # noqa: PLR0911 - one per kind of value
    """The value of a variable in words, in its own unit."""
    match variable.value:
        case Exact(value=value, tolerance=tolerance):
            return number(value) + (f" ± {100 * tolerance:.3g} %" if tolerance else "")
        case Interval(low=low, high=high, scale=scale):
            return f"{number(low)} to {number(high)}" + (", evenly on a log scale" if scale == "log" else "")
        case Withheld(low=low, high=high):
            how = "was judged, so that values beyond are drawn too" if is_opinion(variable) else "is plausible"
            return f"not disclosed; {number(low)} to {number(high)} {how}"
        case Distribution(family=family, low=low, typical=typical, high=high):
            return f"{number(typical)} ({number(low)} to {number(high)}, {family})"
        case Choices(values=values):
            return "one of " + ", ".join(number(value) for value in values)
        case Sweep(values=values):
            return "set by each experiment" + (f": {', '.join(number(value) for value in values)}" if values else "")
        case Derived(expression=expression):
            return f"= {expression}"


def range_words(values: Iterable[float], unit: str) -> str:
    """'1.2 µs (0.4 to 3)' for 5 %, median and 95 %."""
    low, middle, high = values
    scale, unit = readable(middle, unit)
    return f"{quantity(middle * scale, unit)} ({number(low * scale)} to {number(high * scale)})"


def readable(value: float, unit: str) -> tuple[float, str]:
    """Factor and unit that give a time in plain seconds one to three digits before the point; others as they are."""
    if unit != "s" or not value:
        return 1.0, unit
    better = time_unit(value)
    return from_si(1.0, better), better


def lesson_words(lesson: Lesson, names: Mapping[str, str], few_draws: int | None = None) -> str:
    """What was learnt from whom; '' where nothing was. `names` are those of the mechanisms.

    `few_draws` made a generation where formulas take long.
    """
    if not lesson.constants:
        return ""
    count = len(lesson.constants)
    few = f" out of generations of {few_draws}, as formulas take long" if few_draws else ""
    said = (
        f"{count} constant{'' if count == 1 else 's'} learnt from the baselines' own points "
        f"({', '.join(lesson.claims)}; {lesson.effective_samples:.0f} effective draws{few})."
    )
    paces = [f"{names[one.mechanism]} takes {_span(one.factors)} as long as its mechanism" for one in lesson.paces]
    return f"{said} As measured, {'; '.join(paces)}; a part of that is expected of its kin." if paces else said


def _span(factors: tuple[float, float, float]) -> str:
    low, middle, high = factors
    return f"{times(middle)} ({times(low)} to {times(high)})"


def prior_words(variable: Variable) -> str:
    """A value that the paper leaves open: what is assumed for it and on whose word."""
    value = f"{value_words(variable)} {variable.unit}".strip()
    named = f" (prior {variable.registry}: {variable.basis})" if variable.registry else ""
    return f"{variable.id}, {variable.meaning}: {value}{named}"


def source_words(variable: Variable) -> str:
    """Where a value is from."""
    detail = f" ({variable.registry})" if variable.registry else ""
    return _SOURCES[variable.source] + detail
