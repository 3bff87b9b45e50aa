"""A whole prediction beside a loop in numpy: 20,000 draws, 100 points, two mechanisms of 20 terms each.

The hand-written side is what a careful engineer would write for one study: the same draws, the same formulas, whole
chunks of draws at a time that stay in the cache, quantiles by sorting. It has no names, no units and no checks. A whole
prediction also tells the shares of the variables and the curve between the points.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.speed.clock import median_s, paired
from benchmarks.speed.tables import Table
from gauntlet.costs.compiled import compile_model
from gauntlet.costs.records import CostModel, Output, Term
from gauntlet.costs.sampling import draw_variables
from gauntlet.specs.claims import Claim, Metric, Point, SeriesSource
from gauntlet.specs.evidence import Approval, Origin
from gauntlet.specs.mechanism import Mechanism, Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Interval, Sweep, Value, Variable
from gauntlet.verdict.engine import quantiles, values_of
from gauntlet.verdict.predict import predict
from gauntlet.verdict.prediction import Floats

DRAWS, POINTS, TERMS, SEED = 20_000, 100, 20, 1
MOST_RATIO, MOST_S, MOST_MB = 1.2, 1.0, 600.0
_MECHANISMS = ("one", "other")
_ROWS = 320
"""Draws that the hand-written side takes at once: 32,000 values, a quarter of a megabyte."""


def specification() -> tuple[PaperSpec, CostModel]:
    """Two mechanisms, each a chain of terms over a load and constants that are known to a factor of two."""
    origin, approval = Origin(kind="human"), Approval(status="approved", verifications=1)
    loads = tuple(float(load) for load in np.linspace(1.0, 100.0, POINTS))
    variables = [_variable("load", Sweep(values=loads), "1/s")]
    variables += [_variable(f"time_{index}", Interval(low=1.0, high=2.0), "us") for index in range(TERMS)]
    points = tuple(
        Point(x=load, y=1.0, reading_error=0.0, source=SeriesSource(series="s", index=index))
        for index, load in enumerate(loads)
    )
    spec = PaperSpec(
        paper_sha256="0" * 64,
        title="A benchmark",
        workloads=(),
        variables=tuple(variables),
        metrics=(Metric(id="delay", name="delay", quantity="latency", unit="s", better="lower", statistic="mean"),),
        mechanisms=tuple(_mechanism(name) for name in _MECHANISMS),
        claims=tuple(
            Claim(
                id=f"of_{name}", kind="series", statement="s", mechanism=name, metric="delay", x="load", points=points
            )
            for name in _MECHANISMS
        ),
        origin=origin,
        approval=approval,
    )
    model = CostModel(
        terms=tuple(term for place, name in enumerate(_MECHANISMS) for term in _terms(name, place)),
        outputs=tuple(
            Output(mechanism=name, metric="delay", expression=" + ".join(_names(name)), unit="s")
            for name in _MECHANISMS
        ),
        origin=origin,
        approval=approval,
    )
    return spec, model


def by_hand(draws: Mapping[str, Floats], loads: Floats) -> Iterator[Floats]:
    """The same quantiles, one mechanism after the other."""
    for place in range(len(_MECHANISMS)):
        parts = []
        for start in range(0, DRAWS, _ROWS):
            times = [draws[f"time_{index}"][start : start + _ROWS] for index in range(TERMS)]
            parts.append(_chunk(times, loads, place))
        yield quantiles(np.concatenate(parts))


def _chunk(times: list[Floats], loads: Floats, place: int) -> Floats:
    total = np.zeros((1, 1))
    for index, time_s in enumerate(times):
        own = time_s * (index + 1 + place)
        total = total + own / (1 - own * loads)
    return total


def _by_engine(spec: PaperSpec, model: CostModel, draws: Mapping[str, Floats]) -> Iterator[Floats]:
    compiled = compile_model(spec, model)
    for claim in spec.claims:
        yield quantiles(values_of(compiled, claim, DRAWS, draws, draws))


def engine(evaluations: int, runs: int) -> Table:
    """The table: a whole prediction beside the loop, and its memory; its size is fixed, whatever `evaluations`."""
    del evaluations
    spec, model = specification()
    draws = draw_variables(spec, DRAWS, SEED)
    loads = np.linspace(1.0, 100.0, POINTS)[None]
    found = predict(spec, model, DRAWS, SEED, conditioned=False)
    apart = max(
        float(np.max(np.abs(ours.raw / theirs - 1)))
        for ours, theirs in zip(found.claims.values(), by_hand(draws, loads), strict=True)
    )
    whole_s = median_s(lambda: predict(spec, model, DRAWS, SEED, conditioned=False), runs)
    pair = paired(lambda: list(_by_engine(spec, model, draws)), lambda: list(by_hand(draws, loads)), runs)
    peak_mb = _peak_mb()
    met = pair.ratio <= MOST_RATIO and whole_s <= MOST_S and peak_mb <= MOST_MB and apart < 1e-9
    size = f"{DRAWS:,} x {POINTS} x 2 x {TERMS}"
    figures = (f"{whole_s:.2f}", f"{pair.first_s:.2f}", f"{pair.second_s:.2f}", f"{pair.ratio:.2f}", f"{peak_mb:.0f}")
    row = (size, *figures, f"{apart:.0e}")
    columns = (
        "draws x points x mechanisms x terms",
        "prediction, s",
        "its quantiles, s",
        "by hand, s",
        "ratio",
        "peak, MB",
        "difference",
    )
    return Table("engine", columns, (row,), f"Bars: {MOST_S:g} s, {MOST_RATIO:g} times, {MOST_MB:g} MB.", met)


def _peak_mb() -> float:
    """Peak memory of a process of its own that predicts once."""
    code = "from benchmarks.speed.engine import alone; alone()"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(answer.stdout)


def alone() -> None:
    """Predict once and print the peak memory in MB."""
    predict(*specification(), DRAWS, SEED, conditioned=False)
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def _variable(name: str, value: Value, unit: str) -> Variable:
    return Variable(id=name, meaning=name, unit=unit, value=value, role="workload", source="assumed")


def _mechanism(name: str) -> Mechanism:
    steps = tuple(Step(id=f"{name}_{index}", actor="server", action="works") for index in range(TERMS))
    return Mechanism(id=name, name=name, kind="proposed", steps=steps)


def _names(mechanism: str) -> list[str]:
    return [f"{mechanism}_term_{index}" for index in range(TERMS)]


def _terms(mechanism: str, place: int) -> Iterator[Term]:
    """Each waits at a station of its own, busy for a multiple of its time."""
    for index, name in enumerate(_names(mechanism)):
        own = f"({index + 1 + place} * time_{index})"
        text = f"{own} / (1 - {own} * load)"
        yield Term(
            id=name, mechanism=mechanism, meaning=name, expression=text, unit="s", steps=(f"{mechanism}_{index}",)
        )
