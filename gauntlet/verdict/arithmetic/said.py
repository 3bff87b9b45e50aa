"""Changes as papers word them: '2.3x faster', '37 % lower', 'by up to 5x', 'larger by a factor of 1.2', 'doubles'."""

import re
from dataclasses import dataclass
from typing import Literal

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import Span, exact, printed
from gauntlet.verdict.policy import Policy

_DOWN = (
    r"lower(?:s|ed|ing)?|less|fewer|smaller|shorter|slower|reduc\w+|decreas\w+|drop\w*|cuts?|cutting|sav(?:e[sd]?|ings?)"
    r"|declin\w+|shr[iu]nk\w*|falls?|fell|worse|degrad\w+|loss\w*"
)
_UP = (
    r"higher|more|greater|larger|longer|faster|quicker|bigger|better|improv\w+|increas\w+|gains?|gained|grow\w*|grew|rais\w+"
    r"|ris(?:e[sn]?|ing)|rose|speed-?ups?|sped|speeds?\sup|outperform\w*|boost\w*|accelerat\w+"
)
_SUBJECTS = r"it|they|we|this|these|that|which|who|the|its|their|a|an|and|but|or|as|when|while|where"
"""Words that begin something else between a number and a word of change: '20 % load it falls'."""
_BEHIND = re.compile(rf"^\s?(?:(?!(?:{_SUBJECTS})\s)\w+\s){{0,2}}?(?P<word>{_DOWN}|{_UP})\b", re.IGNORECASE)
_BY = re.compile(
    rf"\b(?P<word>{_DOWN}|{_UP})\b(?:\s(?!and\b|but\b)[\w-]+){{0,7}}?\s(?:by|of)\s(?:a\sfactor\sof\s)?"
    r"(?:(?:up\sto|about|around|roughly|nearly|almost|over|more\sthan|at\sleast|an?|some|as\smuch\sas)\s){0,2}~?$",
    re.IGNORECASE,
)
_TIMES_THE = re.compile(r"^\s(?:the|that|as)\b", re.IGNORECASE)
_IS_DOWN = re.compile(_DOWN, re.IGNORECASE)
_FASTER = re.compile(r"faster|quicker|better|speed-?ups?|sped|speeds?\sup", re.IGNORECASE)
"""'200 % faster' may be twice or three times as fast; 'an increase of 200 %' is three times."""
_JUDGES = re.compile(
    r"(?:slower|worse|degrad\w+|loss\w*|faster|quicker|better|improv\w+|gains?|gained|speed-?ups?|sped|speeds?\sup|outperform\w*"
    r"|boost\w*|accelerat\w+)",
    re.IGNORECASE,
)
"""Words of good and bad, whichever way the value goes; the others say whether it rises or falls."""
_NO_CHANGE = re.compile(r"^\s?(?:[A-Za-z]\b|\d|¯)|^\s?[A-Za-z][\u0304¯]")
"""Behind '10 ×': a symbol or a number, so that it is a product."""
_BROKEN = re.compile(r"\d,?\s$")
"""Before a number: digits that may belong to it, '2, 500×'."""
_GIVEN = re.compile(
    r"^\s(?:[\w-]+\s){0,2}?(?:(?:a|an|per|each|every)\s(?:\d+\s)?(?:month|year|decade)s?\b"
    r"|(?:annually|yearly)\b)|^\s(?:months|years|decades)\b"
    r"|^\s(?:as\s[\w-]+\s)?(?:as|of|than)\s(?:the|its|their)\s(?:default|usual)",
    re.IGNORECASE,
)
"""Behind a number: it says how the world goes on, or how a setting was chosen, and nothing of what was measured."""
_ACTION = re.compile(r"(?:doubling|tripling|quadrupling|halving)", re.IGNORECASE)
_RESULT = re.compile(r",\s(?:\w+\s){0,2}$|\b(?:thus|thereby|hence|nearly|almost|roughly|about)\s$", re.IGNORECASE)
"""Before 'doubling the rate': it is what came out. Elsewhere it is what was done: 'by doubling the nodes'."""
_LEAST_LEFT = 0.1
"""Of what '99 % lower' leaves, the part that is left at least: 99.9 % is printed with its last digit."""
_PERCENT_OF = re.compile(r"^\s(?:of|that\sof)\s")

Form = Literal["by", "times", "share"]


@dataclass(frozen=True)
class Change:
    """A stated change. `down` where a word of decrease says it; `form`: by how much, how many times, or what share.

    `judges`: the word says better or worse, and not which way the value goes; `faster`: it speaks of speed.
    """

    quantity: Quantity
    down: bool | None
    form: Form
    judges: bool = False
    faster: bool = False

    def is_worse(self, better: Literal["lower", "higher", None]) -> bool | None:
        """Whether what it is said of is the worse one, of a measure of which `better` is better; None where open."""
        if self.down is None or (better is None and not self.judges):
            return None
        return self.down if self.judges else self.down == (better == "higher")

    def ratios(self, policy: Policy, value: float | None = None) -> list[Span]:
        """Ratios larger : smaller that the words may mean, the usual reading first.

        'p % lower' may be of the old or of the new value; 'k times more' may be k or k + 1 times; 'reduced by k x' is
        taken as divided by k.
        """
        stated = printed(self.quantity, policy, value)
        if self.quantity.kind == "percent":
            return _of_percent(stated.scaled(0.01), self)
        if stated.value < 1:
            return [exact(1.0) / stated]
        grown = Span(stated.low + 1, stated.value + 1, stated.high + 1)
        return [stated, grown] if self.form == "by" and self.down is not True else [stated]


def changes_in(sentence: Sentence) -> list[Change]:
    """Every factor and percentage that is said of a change or of another amount."""
    return [change for one in sentence.quantities if (change := _change(sentence.text, one)) is not None]


def _change(text: str, one: Quantity) -> Change | None:
    before, behind = text[max(0, one.start - 120) : one.start], text[one.end : one.end + 60]
    if one.kind not in ("factor", "percent") or one.value <= 0 or _BROKEN.search(before) or _GIVEN.match(behind):
        return None
    if _ACTION.fullmatch(one.text) and not _RESULT.search(before):
        return None
    found = _BEHIND.match(behind) or _BY.search(before)
    if found is not None and not (one.kind == "factor" and _NO_CHANGE.match(behind)):
        down = bool(_IS_DOWN.fullmatch(found["word"]))
        judges, faster = (bool(words.fullmatch(found["word"])) for words in (_JUDGES, _FASTER))
        return Change(one, down, "by", judges, faster)
    return _unworded(one, behind)


def _unworded(one: Quantity, behind: str) -> Change | None:
    """A change that no word of better, worse, more or less stands by."""
    if one.kind == "percent":
        return Change(one, None, "share") if _PERCENT_OF.match(behind) else None
    if _NO_CHANGE.match(behind):
        return None
    open_ = one.direction is None or _TIMES_THE.match(behind)
    return Change(one, None if open_ else one.direction == "down", "times")


def _of_percent(share: Span, change: Change) -> list[Span]:
    grown = Span(1 + share.low, 1 + share.value, 1 + share.high)
    if change.form == "share":
        return [share if share.value >= 1 else exact(1.0) / share]
    cut = []
    if share.value < 1:
        left = 1 - share.value
        cut = [exact(1.0) / Span(max(1 - share.high, _LEAST_LEFT * left), left, 1 - share.low)]
    if change.down:
        return [*cut, grown]
    return [grown, *cut, *([share] if change.faster and share.low >= 1 else [])]
