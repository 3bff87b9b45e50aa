"""What an estimate rests on arrives in the verdict, from a reference in the answer of a model to the reader."""

import pytest

from gauntlet.costs.records import Bound
from gauntlet.hardware.basis import BASES
from gauntlet.hardware.registry import Registry
from gauntlet.specs.quantities import Distribution, Exact, Scope, Variable
from gauntlet.specs.values import build_variable
from gauntlet.specs.wire import WireValue, WireVariable
from tests.verdict.cases import verdict_of
from tests.verdict.worked import cost_model, guessed, metric, paper, series, system

DEVICE = Scope(kind="device")
WEAK = ("extrapolated", "nearest", "default")
REFERENCES = {
    "interpolated": "gpu/h100_sxm5:gemm_s[m=64,n=4096,k=4096,format=bf16]",
    "extrapolated": "gpu/h100_sxm5:gemm_s[m=64,n=4096,k=131072,format=bf16]",
    "nearest": "gpu/h100_sxm5:latent_attention_s[phase=decode,batch=32,context=4096,heads=128,latent_size=512,"
    "rope_size=64,nope_size=128,value_size=128]",
    "default": "gpu/rtx_4090:gemm_s[m=64,n=4096,k=4096,format=bf16]",
}
STEPS = {
    "interpolated": "gpu/h100_sxm5:decode_step_s[model=Llama-3.1-8B,batch=32,context=2000]",
    "extrapolated": "gpu/rtx_4090:decode_step_s[model=Llama-3.1-8B,batch=1,context=2000]",
}
CURVES = {
    "interpolated": "cpu/core_i7_12700k:calibrated_s[operation=conv2d,precision=fp32,work_flop=1e9,moved_bytes=1e7]",
    "extrapolated": "cpu/core_i7_12700k:calibrated_s[operation=conv2d,precision=fp32,work_flop=1e30,moved_bytes=1e7]",
    "default": "cpu/core_i7_12700k:calibrated_s[operation=fft,precision=fp32,work_flop=1e9,moved_bytes=1e7]",
}


def looked_up(reference: str) -> Variable:
    """The variable that a model's answer with this reference becomes."""
    nothing = {"value": None, "low": None, "typical": None, "high": None, "values": [], "expression": None}
    wire = WireVariable(
        id="kernel", symbol=None, meaning="time of the kernel", unit="s", value=WireValue(kind="exact", **nothing),
        role="hardware", source="registry", registry=reference, scope="device", scope_of=None, shared_by=[],
        measured_on_proposal=False, whole=False, evidence=[],
    )  # fmt: skip
    return build_variable(wire, lambda *_: (), None, Registry.load(), lambda *_: None)


def judged(*variables: Variable, rate: float = 1e3, bound: str | None = None, output: str = "1 / kernel"):
    """One claim of a proposal that runs one kernel a request."""
    spec = paper(
        (system("old", "baseline"), system("new", "proposed")), variables,
        (metric("rate", "throughput", "1/s", "higher", "peak"),), (series("runs", "new", "rate", None, rate),),
    )  # fmt: skip
    bounds = (
        Bound(id="limit", mechanism="new", metric="rate", resource="compute", expression=bound, unit="1/s"),
    ) if bound else ()  # fmt: skip
    model = cost_model({("new", "rate"): output, ("old", "rate"): output}, bounds=bounds)
    return next(claim for claim in verdict_of(spec, model, samples=400).claims if claim.claim == "runs")


@pytest.mark.parametrize(("basis", "reference"), [*REFERENCES.items(), *CURVES.items(), *STEPS.items()])
def test_an_estimate_tells_the_verdict_what_it_rests_on(basis, reference):
    variable = looked_up(reference)
    assert variable.rests_on == basis
    told = [remark for remark in judged(variable).remarks if remark.startswith("Take care: kernel (")]
    assert len(told) == (basis in WEAK)
    if basis in WEAK:
        assert reference in told[0] and f"({basis}: " in told[0]


def test_its_range_is_the_band_of_the_variable():
    variable = looked_up(REFERENCES["default"])
    found = variable.value
    assert isinstance(found, Distribution) and variable.unit == "s"
    honest = judged(variable, rate=1 / found.typical)
    assert honest.label == "CONSISTENT"
    assert judged(variable, rate=3 / found.low).label == "MAGIC_GAP"
    band = honest.points[0]
    assert band.low <= 1.05 / found.high and band.high >= 0.95 / found.low


def test_a_guess_of_the_registry_is_told_and_a_fact_is_not():
    def device(basis):
        return Variable(
            id="kernel", meaning="time", unit="s", value=Exact(value=1e-3), role="hardware", source="registry",
            registry="gpu/x:peak", basis=basis, scope=DEVICE,
        )  # fmt: skip

    assert any("is a guess of the registry" in remark for remark in judged(device("estimated: by eye")).remarks)
    for kind in ("vendor", "measured", "derived"):
        assert not judged(device(f"{kind}: a sheet")).remarks


def test_what_no_claim_uses_is_not_told():
    other = guessed("cpu", "s", 1e-4, 1e-3, DEVICE)
    assert not judged(looked_up(REFERENCES["default"]), other, output="1 / cpu").remarks


@pytest.mark.parametrize(
    ("basis", "label"), [("vendor", "IMPOSSIBLE"), *((word, "INCONCLUSIVE") for word in (*BASES, "estimated"))]
)
def test_what_is_likely_is_no_limit_of_the_hardware(basis, label):
    """A bound needs what nothing exceeds: a claim twice better than an estimate has beaten no physics."""
    limit = Variable(
        id="least", meaning="least time", unit="s", value=Exact(value=1e-3), role="hardware", source="registry",
        registry="gpu/x:y", basis=f"{basis}: somebody", scope=DEVICE,
    )  # fmt: skip
    cpu = guessed("cpu", "s", 1.1e-3, 3e-3, DEVICE)
    found = judged(limit, cpu, rate=2000.0, bound="1 / least", output="1 / cpu")
    assert found.label == label
    assert any("Bound limit uses least" in reason for reason in found.reasons) is (label == "INCONCLUSIVE")


def test_a_curve_read_beyond_its_points_is_told():
    names = [f"{axis}{place}" for axis in "xy" for place in (1, 2)]
    points = tuple(
        Variable(
            id=name, meaning=name, unit="", value=Exact(value=value), role="hardware", source="paper", scope=DEVICE
        )
        for name, value in zip(names, (1.0, 2.0, 1e3, 2e3), strict=True)
    )
    at = guessed("batch", "", 3.0, 4.0, DEVICE)
    output = "interpolated_curve(x=batch, points_x=[x1, x2], points_y=[y1, y2], scale='log').value / kernel"
    one = Variable(
        id="kernel", meaning="a second", unit="s", value=Exact(value=1.0), role="hardware", source="paper", scope=DEVICE
    )
    found = judged(*points, at, one, output=output, rate=2e3)
    assert any("interpolated_curve: x beyond the points" in remark for remark in found.remarks)
