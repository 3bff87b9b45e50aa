"""The verdict engine measured without any language model: gold specifications and models in place of read ones.

Given are what `gold/truth.py` keeps: disclosed parameters, ranges of withheld ones, steps in words, claimed points, and
sentences that state numbers; of one family also a table of the PDF, which the file leaves out. Labels are not given.
Headlines are claims that the arithmetic of the specification checks, other sentences are held against the figures and
tables that they name.
"""

from pathlib import Path
from typing import Any

from benchmarks.gapbench.answers import prediction
from benchmarks.gapbench.gold.drawn import drawn
from benchmarks.gapbench.gold.families import FAMILIES
from benchmarks.gapbench.gold.family import claim_id
from benchmarks.gapbench.gold.truth import read_known
from gauntlet.errors import RecordError
from gauntlet.verdict.arithmetic.check import check_sentence
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.decide import decide
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.predict import predict
from gauntlet.verdict.records import Verdict

SAMPLES = 2_000
SEED = 20_260_101


def from_gold(truth: Path) -> tuple[dict[str, Any], Verdict]:
    """The answer for one paper, and the verdict behind it; RecordError for a family without a gold model."""
    known = read_known(truth)
    if known.family not in FAMILIES:
        raise RecordError(f"{truth.name}: family {known.family!r} has no gold model; there are {', '.join(FAMILIES)}.")
    spec, model = FAMILIES[known.family].of(known)
    verdict = decide(spec, model, predict(spec, model, SAMPLES, SEED), explained=False)
    findings = [finding.id for finding in verdict.findings]
    context = Context(load_policy(), curves=tuple(drawn(known)))
    findings += [found for sentence in known.sentences for found in _in_words(sentence, context)]
    return prediction(verdict, {one.id: claim_id(one.id) for one in known.series}, findings), verdict


def _in_words(sentence: str, context: Context) -> list[str]:
    """Ids of the findings in one sentence, held against the figures that it names."""
    outcomes = check_sentence(Sentence(sentence, "sentence", 1), context)
    return [outcome.finding.id for outcome in outcomes if outcome.finding is not None]
