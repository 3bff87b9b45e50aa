"""From doubts to the probability that a series can be used as it was read: a scorecard fitted on plots of known data.

log odds = start - sum of weight x amount. `confidence.json` holds the weights, none negative, and what they were fitted
on; `python -m benchmarks.plotbench calibrate` fits them.
"""

import json
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gauntlet.paper.records import Doubt

WEIGHTS = Path(__file__).with_name("confidence.json")


def confidence(doubts: Iterable[Doubt]) -> float:
    """Probability, to three digits, that nothing is wrong with what these doubts are about."""
    start, weights = card()
    log_odds = start - sum(weights[doubt.kind] * doubt.amount for doubt in doubts)
    return round(1 / (1 + math.exp(-log_odds)), 3)


@cache
def card() -> tuple[float, dict[str, float]]:
    """Log odds without a doubt, and the weight of each kind."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return float(stored["start"]), {kind: float(one["weight"]) for kind, one in stored["doubts"].items()}
