"""Traps that gave false verdicts when papers were worked by hand: a key-value store that separates values from keys.

Lu et al., WiscKey, FAST 2016. Random load, MB/s by value size: LevelDB and WiscKey from Figure 9, write amplification of
the LSM-tree from Figure 2 (3.1 at 1 GB, 14 at 100 GB). The same believable claim came out as a gap under three of four
plausible structures, all conditioned on the same baseline.
"""

import pytest

from gauntlet.costs.records import CostModel, Output, Term
from gauntlet.specs.claims import Claim, Metric, Point, SeriesSource
from gauntlet.specs.evidence import Approval
from gauntlet.specs.mechanism import Mechanism, Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact, Interval, Scope, Sweep, Variable
from gauntlet.verdict.records import Verdict
from tests.costs.example import APPROVED, HUMAN
from tests.verdict.cases import verdict_of

SIZES_B = (64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0)
LEVELDB = (1.99, 2.36, 2.78, 2.96, 3.89, 3.98, 4.07)
WISCKEY = (4.86, 29.7, 130.0, 333.0, 388.0, 389.0, 392.0)
AMPLIFICATION = "max(1, a1 * ({entry} * entries / reference) ** 1)"


def variable(name: str, unit: str, value: object, scope: str = "experiment", source: str = "paper") -> Variable:
    of = {"component": "lsm", "mechanism": "leveldb"}.get(scope)
    return Variable(
        id=name, meaning=name, unit=unit, value=value, role="hardware", source=source,
        scope=Scope(kind=scope, of=of), shared_by=("leveldb", "wisckey"),
    )  # fmt: skip


def log_uniform(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, scale="log")


def spec(*extra: Variable) -> PaperSpec:
    def series(mechanism: str, values: tuple[float, ...]) -> Claim:
        points = tuple(
            Point(x=x, y=y, reading_error=0.01, source=SeriesSource(series=mechanism, index=index))
            for index, (x, y) in enumerate(zip(SIZES_B, values, strict=True))
        )
        return Claim(
            id=f"{mechanism}_load", kind="series", statement="random load", mechanism=mechanism, metric="load",
            x="value_bytes", points=points,
        )  # fmt: skip

    return PaperSpec(
        paper_sha256="0" * 64,
        title="Separating keys from values",
        mechanisms=(
            Mechanism(
                id="leveldb", name="LevelDB", kind="baseline", steps=(Step(id="l1", actor="store", action="merges"),)
            ),
            Mechanism(
                id="wisckey", name="WiscKey", kind="proposed", steps=(Step(id="w1", actor="store", action="appends"),)
            ),
        ),
        variables=(
            variable("value_bytes", "B", Sweep(values=SIZES_B)),
            variable("key_bytes", "B", Exact(value=16.0)),
            variable("address_bytes", "B", Exact(value=12.0)),
            variable("dataset", "GB", Exact(value=100.0)),
            variable("reference_sizes", "GB", Exact(value=1.0)),
            *extra,
        ),
        workloads=(),
        metrics=(
            Metric(
                id="load", name="Random load", quantity="bandwidth", unit="MB/s", better="higher", statistic="mean"
            ),
        ),
        claims=(series("leveldb", LEVELDB), series("wisckey", WISCKEY)),
        origin=HUMAN,
        approval=Approval(status="approved", verifications=2),
    )  # fmt: skip


def model(stages: str, device: str = "write_bandwidth") -> CostModel:
    """Terms of both stores: entries in the tree, amplification by its size, and how the stages compose."""
    terms = []
    for name, entry, log in (
        ("leveldb", "key_bytes + value_bytes", "key_bytes + value_bytes"),
        ("wisckey", "key_bytes + address_bytes", "key_bytes + value_bytes"),
    ):
        size = f"({entry}) * dataset / (key_bytes + value_bytes)"
        curve = f"interpolated_curve(x={size}, points_x=[small, dataset], points_y=[at_small, at_dataset]).value"
        parts = {
            "amplification": (f"max(1, {curve})", ""),
            "put_s": ("put", "s"),
            "device_s": (f"(({log}) + {name}_amplification * ({entry})) / {device}", "s"),
            "merge_s": (f"{name}_amplification * (({entry}) / merge_rate + record)", "s"),
        }
        for part, (expression, unit) in parts.items():
            terms.append(
                Term(
                    id=f"{name}_{part}", mechanism=name, meaning=part, expression=expression, unit=unit,
                    steps=(f"{name[0]}1",),
                )
            )  # fmt: skip
    outputs = tuple(
        Output(
            mechanism=name,
            metric="load",
            expression="(key_bytes + value_bytes) / ("
            + stages.format(put=f"{name}_put_s", device=f"{name}_device_s", merge=f"{name}_merge_s")
            + ")",
            unit="B/s",
        )
        for name in ("leveldb", "wisckey")
    )
    return CostModel(
        paper_sha256="0" * 64, terms=tuple(terms), outputs=outputs, origin=HUMAN, approval=APPROVED
    )  # fmt: skip


def paper(bandwidth: object = Exact(value=400.0, tolerance=0.1), source: str = "paper") -> PaperSpec:
    return spec(
        variable("small", "GB", Exact(value=1.0)),
        variable("at_small", "", Exact(value=3.1), "component"),
        variable("at_dataset", "", Exact(value=14.0), "component"),
        variable("write_bandwidth", "MB/s", bandwidth, "device", source),
        variable("merge_rate", "MB/s", log_uniform(20.0, 300.0), "component", "prior"),
        variable("record", "us", log_uniform(0.05, 2.0), "component", "prior"),
        variable("put", "us", log_uniform(0.5, 6.0), "mechanism", "prior"),
    )


def labels(verdict: Verdict) -> dict[str, str]:
    return {claim.claim: claim.label for claim in verdict.claims}


def test_background_beside_foreground_is_the_supported_structure():
    """Compaction in the background limits by back-pressure: the slowest stage sets the pace."""
    verdict = verdict_of(paper(), model("max({put}, {device}, {merge})"), samples=2000)
    print(verdict.lesson, labels(verdict), verdict.claims[1].points, verdict.claims[1].reasons)
    assert labels(verdict)["wisckey_load"] in ("CONSISTENT", "INCONCLUSIVE")
