"""Step-time models: sound, monotone, interchangeable, and chosen with a reason."""

import csv
import json

import numpy as np
import pytest
from pydantic import ValidationError

from gauntlet.errors import RecordError, UsageError
from gauntlet.workloads.serving.calibration import calibration_of
from gauntlet.workloads.serving.choice import Sources, choose
from gauntlet.workloads.serving.demand import stacked
from gauntlet.workloads.serving.fitting import fit_efficiencies, nonnegative_fit
from gauntlet.workloads.serving.regression import FEATURES, Regression, fit_regression
from gauntlet.workloads.serving.step_log import read_steps
from gauntlet.workloads.serving.step_time import CalibratedRoofline, Efficiencies, Terms, terms_of
from gauntlet.workloads.serving.steps import Steps

PEAK = Efficiencies(
    weights=1, experts=1, cache=1, decode_matmul=1, prefill_matmul=1, decode_attention=1, prefill_attention=1, link=1,
    layer_s=0, expert_layer_s=0, hop_s=0, step_s=0,
)  # fmt: skip
HEADS = "32-32-128"


def random_steps(rng, count=400):
    """Steps of every mixture: prompts from 1 to 8192 tokens, 0 to 512 sequences, contexts to 32k."""
    return Steps.of(
        prefill_requests=rng.integers(0, 3, count),
        new_tokens=np.round(np.exp(rng.uniform(0, np.log(8192), count))),
        past_tokens=rng.integers(0, 4096, count),
        decode_requests=rng.integers(0, 513, count),
        context_tokens=np.round(np.exp(rng.uniform(0, np.log(32768), count))),
    )


@pytest.fixture
def tables(tmp_path):
    """Measured kernels of an H100 in the layout of InferSim, at 40 % of the dense BF16 peak."""
    peak, share = 989.4e12, 0.4
    _write(tmp_path / "gemm/h100_sxm5/data.csv", ("m", "k", "n"), [
        (m, k, n, 2 * m * k * n / (share * peak))
        for m in (1, 16, 256, 4096) for k, n in ((4096, 12288), (4096, 4096), (4096, 22016), (11008, 4096))
    ])  # fmt: skip
    _write(tmp_path / f"mha/prefill/h100_sxm5/{HEADS}.csv", ("dtype", "seq_len"), [
        ("bf16", t, 2 * 4096 * t * (t + 1) / (share * peak)) for t in (128, 1024, 8192)
    ])  # fmt: skip
    _write(tmp_path / f"mha/decode/h100_sxm5/{HEADS}.csv", ("dtype", "kv_dtype", "batch_size", "kv_len"), [
        ("bf16", "bf16", b, c, 4 * 4096 * b * c / (share * peak)) for b in (1, 16, 256) for c in (128, 2048, 16384)
    ])  # fmt: skip
    return tmp_path


def _write(file, names, rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow((*names, "latency_us", "mfu"))
        writer.writerows((*row[:-1], f"{row[-1] * 1e6:.9g}", "0.4") for row in rows)


@pytest.fixture
def coefficients(tmp_path):
    """A regression of Llama-2-7B on one H100."""
    file = tmp_path / "mine.json"
    values = dict(zip(FEATURES, (5e-3, 2e-5, 1e-5, 1e-7, 1e-10), strict=True))
    edge = dict.fromkeys(FEATURES, 1e9)
    Regression(
        model="meta-llama/Llama-2-7b-hf", device="gpu/h100_sxm5", tensor_parallel=1, coefficients=values,
        lowest=dict.fromkeys(FEATURES, 0.0), highest=edge, rows=20, mape=0.1, cross_validated_mape=0.1, source="test",
    ).save(file)  # fmt: skip
    return file


@pytest.mark.parametrize("device", ["a100_sxm_80gb", "h100_sxm5", "h200_sxm_141gb", "b200_sxm_180gb", "mi300x"])
@pytest.mark.parametrize(
    ("model", "degrees"),
    [
        ("Llama-3-8B", {}),
        ("Llama-3-70B", {"tensor_parallel": 8}),
        ("Mixtral-8x7B", {"tensor_parallel": 4, "expert_parallel": 4}),
        ("gpt-oss-120b", {"tensor_parallel": 2, "pipeline_parallel": 2}),
        ("DeepSeek-V2", {"attention_data_parallel": 8, "expert_parallel": 8}),
        ("Qwen3.5-397B-A17B", {"tensor_parallel": 8}),
    ],
)
def test_no_estimate_is_faster_than_the_bound(deploy, registry, device, model, degrees):
    """At the calibrated efficiencies and at the peaks themselves; a planted estimate of 99 % of the bound is caught."""
    demand = deploy(model, device, **degrees).demand(registry)
    steps = random_steps(np.random.default_rng(3))
    for efficiencies in (calibration_of(registry.folder).efficiencies, PEAK):
        found = CalibratedRoofline(demand, efficiencies)
        estimate, bound = found.step_s(steps), found.bound_s(steps)
        assert np.all(np.isfinite(estimate)) and np.all(estimate >= bound)
        assert not np.all(0.99 * bound[bound > 0] >= bound[bound > 0])


@pytest.mark.parametrize("wish", ["roofline", "roofline-v1", "mfu", "mfu-v2", "regression"])
def test_every_model_is_sound_and_monotone_in_the_same_script(deploy, registry, tables, coefficients, wish):
    on = deploy("Llama-2-7B")
    model = choose(on, on.demand(registry), registry, wish, Sources(coefficients, tables)).model
    assert model.name == wish
    sequences = Steps.of(decode_requests=np.arange(1, 400), context_tokens=1000)
    prompts = Steps.of(prefill_requests=1, new_tokens=np.arange(1, 9000, 7), decode_requests=0)
    for steps in (sequences, prompts):
        time = model.step_s(steps)
        assert np.all(np.isfinite(time)) and np.all(time >= model.bound_s(steps))
        assert np.all(np.diff(time) >= -1e-12)
    assert model.step_s(Steps.of()) == 0


def test_the_sum_of_terms_is_the_estimate(deploy, registry):
    """Fits use the terms, estimates the priced demands."""
    efficiencies = calibration_of(registry.folder).efficiencies
    demand = deploy("DeepSeek-V3", "h200_sxm_141gb", tensor_parallel=8).demand(registry)
    steps = random_steps(np.random.default_rng(5))
    parts = terms_of(demand, steps)._asdict()
    total = sum(
        term * getattr(efficiencies, name) if name.endswith("_s") else term / getattr(efficiencies, name)
        for name, term in parts.items()
    )
    np.testing.assert_allclose(CalibratedRoofline(demand, efficiencies).step_s(steps), total, rtol=1e-12)


def test_an_efficiency_above_one_is_refused():
    """0.65 x 2.32 = 1.51 of the peak is what roofline-v1 was tuned to."""
    with pytest.raises(ValidationError, match="prefill_matmul"):
        Efficiencies(**{**PEAK.model_dump(), "prefill_matmul": 1.51})


def test_a_fit_finds_planted_efficiencies(deploy, registry):
    """Three models, so that layers and weights can be told apart; 1 % of noise."""
    planted = PEAK.model_copy(update={"weights": 0.8, "prefill_matmul": 0.5, "cache": 0.6, "layer_s": 7e-5})
    on = [deploy("Llama-3-8B"), deploy("Qwen3-0.6B"), deploy("Llama-3-70B", tensor_parallel=4)]
    rng = np.random.default_rng(1)
    demand = stacked([each.demand(registry) for each in on], rng.integers(0, 3, 600))
    steps = random_steps(rng, 600)
    measured = CalibratedRoofline(demand, planted).step_s(steps) * np.exp(rng.normal(0, 0.01, 600))
    busy = measured > 0
    terms = Terms(*(np.broadcast_to(term, busy.shape)[busy] for term in terms_of(demand, steps)))
    found = fit_efficiencies(terms, measured[busy])
    for name in ("weights", "prefill_matmul", "cache", "layer_s"):
        assert getattr(found, name) == pytest.approx(getattr(planted, name), rel=0.05)


def test_what_is_known_stays_as_it_is(deploy, registry):
    """A share that is held at another value than the planted one makes the others carry the difference."""
    demand = stacked([deploy("Llama-3-8B").demand(registry)], np.zeros(300, dtype=np.intp))
    steps = Steps.of(decode_requests=np.linspace(1, 200, 300), context_tokens=4000)
    measured = CalibratedRoofline(demand, PEAK).step_s(steps)
    found = fit_efficiencies(terms_of(demand, steps), measured, {"cache": 0.5, "step_s": 1e-3})
    assert (found.cache, found.step_s) == (0.5, 1e-3)


def test_a_robust_fit_survives_outliers():
    """A tenth of the rows ten times too slow: the planted line is found, plain squares miss it."""
    rng = np.random.default_rng(2)
    matrix = rng.uniform(0.1, 1, (200, 2))
    measured = matrix @ [2.0, 3.0]
    measured[::10] *= 10
    assert nonnegative_fit(matrix, measured) == pytest.approx([2.0, 3.0], rel=0.01)
    assert nonnegative_fit(matrix, measured, robust=False) != pytest.approx([2.0, 3.0], rel=0.01)


def test_a_fit_never_goes_below_its_least():
    matrix = np.ones((20, 1))
    assert nonnegative_fit(matrix, np.full(20, 0.5), np.array([1.0]))[0] == 1.0


def test_roofline_v1_is_the_published_formula(deploy, registry):
    """inference-sim, branch optroofline: 8 sequences at 1000 tokens, and a prompt of 512, on one and four GPUs."""
    for tp in (1, 4):
        on = deploy("Llama-2-7B", tensor_parallel=tp)
        model = choose(on, on.demand(registry), registry, "roofline-v1").model
        layers, d, f, peak, bandwidth = 32, 4096, 11008, 989.4e12, 3.35e12
        layer = 4 * d * d + 3 * d * f
        weights, cached = 2 * layers * layer, 4 * layers * d
        gemm, attention = 8 * 2 * layers * layer, 8 * 1000 * layers * (4 * d + 4 * 32)
        compute = gemm / tp**1.15 / (peak * 0.12 * 2.0) + attention / tp**1.15 / (0.10 * peak)
        moved = weights + 8 * (cached + 1000 * cached * 0.80 + layers * d * 2 * 0.75)
        memory = moved / tp**1.15 / (bandwidth * 0.72 * 0.96)
        crowd = 1 + 0.15 * np.log2(8 / 2) * (0.3 + 2)
        expected = max(compute, memory) + 5e-4 * crowd + (2 * layers * 2e-5 if tp > 1 else 0)
        found = model.published_s(Steps.of(decode_requests=8, context_tokens=1000))
        assert found == pytest.approx(expected, rel=1e-9)

        gemm, attention = 512 * 2 * layers * layer, 512 * 255.5 * layers * (4 * d + 4 * 32)
        compute = gemm / tp**0.30 / (peak * 0.65 * 2.32) + attention / tp**0.30 / (0.10 * peak)
        memory = (weights + 512 * (cached + layers * d * 2 * 0.85)) / tp / (bandwidth * 0.72 * 0.75)
        expected = max(compute, memory) + 5e-4 + 5e-4 + (2 * layers * 2e-5 if tp > 1 else 0)
        found = model.published_s(Steps.of(prefill_requests=1, new_tokens=512))
        assert found == pytest.approx(expected, rel=1e-9)


def test_roofline_v1_alone_is_faster_than_physics_and_is_lifted(deploy, registry):
    """A prompt at 151 % of the peak, where attention is a small part."""
    on = deploy("Llama-3-70B")
    model = choose(on, on.demand(registry), registry, "roofline-v1").model
    steps = Steps.of(prefill_requests=1, new_tokens=1024)
    assert model.published_s(steps) < model.bound_s(steps) == model.step_s(steps)


def test_measured_kernels_give_the_time_they_took(deploy, registry, tables):
    """At 40 % of the peak everywhere, arithmetic takes 1 / 0.4 of its time at the peak."""
    on = deploy("Llama-2-7B")
    demand = on.demand(registry)
    choice = choose(on, demand, registry, "mfu", Sources(mfu_tables=tables))
    eta = calibration_of(registry.folder).efficiencies
    found = choice.model.step_s(Steps.of(prefill_requests=1, new_tokens=4096))
    layer = 4 * 4096**2 + 3 * 4096 * 11008
    gemm = 2 * 4096 * 32 * layer / (0.4 * 989.4e12)
    attention = 32 * 4 * 4096 * 4096 * 4097 / 2 / (0.4 * 989.4e12)
    logits = 2 * 4096 * 32000 / 989.4e12
    assert found == pytest.approx(gemm + attention + logits + 32 * eta.layer_s + eta.step_s, rel=1e-3)
    assert choice.model.basis == "interpolated"  # between prompts of 1024 and 8192 tokens


def test_mfu_v2_is_the_published_formula(deploy, registry, tables):
    """inference-sim at a410740, every MFU 0.4: a prompt of 1500 tokens, 8 sequences at 1000, and both in one step."""
    on = deploy("Llama-2-7B")
    model = choose(on, on.demand(registry), registry, "mfu-v2", Sources(mfu_tables=tables)).model
    layers, d, f, peak, bandwidth = 32, 4096, 11008, 989.4e12, 0.82 * 3.35e12
    shapes = [(1, d, d), (2, d, d), (1, d, d), (2, d, f), (1, f, d)]

    def phase(rows, attention_flop, cached):
        kernels = sum(n * max(2 * rows * k * m / (peak * 0.4), 2 * k * m / bandwidth) for n, k, m in shapes)
        moved = 2 * layers * (4 * d * d + 3 * d * f) + cached * 4 * layers * d + layers * d * 2 * rows
        return max(kernels * layers + attention_flop / (peak * 0.4), moved / bandwidth)

    prompt = phase(1500, layers * 4 * d * 1500 * 1500 / 1.8, 1500)
    decode = phase(8, layers * 4 * d * 8 * 1000, 8 * 1001)
    prompts, decodes = {"prefill_requests": 1, "new_tokens": 1500}, {"decode_requests": 8, "context_tokens": 1000}
    for steps, expected in ((prompts, prompt), (decodes, decode), (prompts | decodes, max(prompt, decode))):
        assert model.published_s(Steps.of(**steps)) == pytest.approx(expected + layers * 1e-4, rel=1e-6)


def test_shapes_that_were_not_measured_say_so(deploy, registry, tables):
    on = deploy("Llama-3-8B")
    model = choose(on, on.demand(registry), registry, "mfu", Sources(mfu_tables=tables)).model
    model.step_s(Steps.of(decode_requests=16, context_tokens=2048))
    assert model.basis == "nearest"


@pytest.mark.parametrize(
    ("with_coefficients", "with_tables", "chosen"),
    [(True, True, "regression"), (True, False, "regression"), (False, True, "mfu"), (False, False, "roofline")],
)
def test_the_surest_model_offered_is_chosen_and_says_why(
    deploy, registry, tables, coefficients, with_coefficients, with_tables, chosen
):
    sources = Sources(coefficients if with_coefficients else None, tables if with_tables else None)
    on = deploy("Llama-2-7B")
    choice = choose(on, on.demand(registry), registry, "auto", sources)
    assert choice.model.name == chosen
    named = {"regression": str(coefficients), "mfu": str(tables), "roofline": "no coefficients and no tables"}
    assert named[chosen] in choice.reason


def test_a_device_that_was_not_measured_is_said_to_be_none(deploy, registry):
    on = deploy("Llama-2-7B", "mi300x")
    choice = choose(on, on.demand(registry), registry)
    assert choice.model.basis == "extrapolated"
    assert "gpu/mi300x was not among the devices measured" in choice.reason


@pytest.mark.parametrize(
    ("model", "degrees", "wish", "told"),
    [
        ("Llama-3-8B", {}, "auto", "its model is meta-llama/Llama-2-7b-hf, asked is meta-llama/Meta-Llama-3-8B"),
        ("Llama-2-7B", {"tensor_parallel": 2}, "regression", "its tensor_parallel is 1, asked is 2"),
    ],
)
def test_coefficients_of_another_deployment_are_refused(deploy, registry, coefficients, model, degrees, wish, told):
    on = deploy(model, **degrees)
    with pytest.raises(UsageError, match=told):
        choose(on, on.demand(registry), registry, wish, Sources(coefficients=coefficients))


@pytest.mark.parametrize(
    ("wish", "told"),
    [("regression", "no --coefficients were given"), ("mfu", "no --mfu-tables were given"), ("mfu-v2", "no --mfu-ta")],
)
def test_a_wish_without_its_data_is_refused(deploy, registry, wish, told):
    on = deploy("Llama-2-7B")
    with pytest.raises(UsageError, match=told):
        choose(on, on.demand(registry), registry, wish)


def test_tables_of_another_device_are_refused(deploy, registry, tables):
    on = deploy("Llama-2-7B", "a100_sxm_80gb")
    with pytest.raises(UsageError, match="has no table for gpu/a100_sxm_80gb; it has h100_sxm5"):
        choose(on, on.demand(registry), registry, "auto", Sources(mfu_tables=tables))


def test_a_regression_finds_planted_coefficients_and_knows_its_range(deploy, registry):
    rng = np.random.default_rng(4)
    count = 200
    steps = Steps.of(
        prefill_requests=1, new_tokens=rng.integers(1, 2000, count), decode_requests=rng.integers(1, 200, count),
        context_tokens=rng.integers(100, 3000, count),
    )  # fmt: skip
    time = 5e-3 + 3e-5 * steps.new_tokens + 2e-5 * steps.decode_requests
    noisy = time * np.exp(rng.normal(0, 0.02, count))
    of = {"model": "meta-llama/Llama-2-7b-hf", "device": "gpu/h100_sxm5", "tensor_parallel": 1}
    fitted = fit_regression(steps, noisy, of, "planted")
    assert fitted.coefficients["prefill_tokens"] == pytest.approx(3e-5, rel=0.05)
    assert fitted.coefficients["decode_requests"] == pytest.approx(2e-5, rel=0.2)
    assert 0.01 < fitted.mape <= fitted.cross_validated_mape < 0.03
    assert fitted.highest["prefill_tokens"] == steps.new_tokens.max()


def test_a_regression_outside_its_range_says_so(deploy, registry, coefficients, tmp_path):
    narrow = Regression.load(coefficients).model_copy(update={"highest": dict.fromkeys(FEATURES, 500.0)})
    narrow.save(tmp_path / "narrow.json")
    on = deploy("Llama-2-7B")
    model = choose(
        on, on.demand(registry), registry, "regression", Sources(coefficients=tmp_path / "narrow.json")
    ).model
    model.step_s(Steps.of(decode_requests=100, context_tokens=2))
    assert model.basis == "interpolated"
    model.step_s(Steps.of(decode_requests=600, context_tokens=0))
    assert model.basis == "extrapolated"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"coefficients": {"steps": 1.0}}, "coefficients must hold numbers of at least 0 for steps, prefill_tokens"),
        ({"coefficients": dict.fromkeys(FEATURES, -1.0)}, "coefficients must hold"),
        ({"tensor_parallel": 0}, "tensor_parallel"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_broken_file_of_coefficients_is_refused_by_field(coefficients, tmp_path, change, told):
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(json.loads(coefficients.read_text()) | change))
    with pytest.raises(RecordError, match=told):
        Regression.load(broken)


def test_too_few_rows_are_no_regression():
    with pytest.raises(UsageError, match="3 rows; a regression on 5 features needs 10"):
        fit_regression(Steps.of(decode_requests=[1, 2, 3]), np.ones(3), {}, "few.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("step_ms,prefill_tokens,decode_requests\n1,1,1\n", "no column 'step_s'"),
        ("step_s,prefill_tokens,decode_requests,colour\n1,1,1,1\n", "column 'colour' is unknown"),
        ("step_s,prefill_tokens,decode_requests\n0,1,1\n", "step_s = '0' must be above 0"),
        ("step_s,prefill_tokens,decode_requests\n1,-1,1\n", "prefill_tokens = '-1' must be at least 0"),
        ("step_s,prefill_tokens,decode_requests\n1,0,0\n", "both 0; remove the empty step"),
        ("step_s,prefill_tokens,decode_requests\n1,x,0\n", "prefill_tokens = 'x' is no finite number"),
    ],
)
def test_a_wrong_log_of_steps_is_refused_by_column(tmp_path, text, told):
    file = tmp_path / "steps.csv"
    file.write_text(text)
    with pytest.raises(RecordError, match=told):
        read_steps(file)
