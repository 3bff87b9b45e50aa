"""Sweeps say of each configuration what an evaluation of it alone says, and why some cannot be answered."""

import numpy as np
import pytest

from gauntlet.errors import UsageError
from gauntlet.workloads.serving.choice import Sources
from gauntlet.workloads.serving.sweep import Grid, outcome_columns, state_of, sweep


def grid(*deployments, **more):
    given = {"input_tokens": [512], "output_tokens": [128], "rates_per_s": [1.0]}
    return Grid(deployments, **(given | more))


def test_a_sweep_is_its_configurations_one_by_one(deploy, registry):
    on = [deploy("Llama-3-8B"), deploy("Mixtral-8x7B", tensor_parallel=4), deploy("gpt-oss-120b", tensor_parallel=2)]
    asked = {"input_tokens": [100, 2000], "output_tokens": [1, 64, 500], "instances": [1, 3]}
    for loads in ({"rates_per_s": [0.1, 3.0, 200.0]}, {"rates_per_s": (), "clients": [1, 12, 900]}):
        swept = sweep(grid(*on, **asked, **loads), registry)
        together = outcome_columns(swept, on)
        rng = np.random.default_rng(0)
        for at in rng.choice(swept.places.size, 15, replace=False):
            settings = {name: [float(values[at])] for name, values in swept.settings.items()}
            rate = settings.pop("rate_per_s", ())
            one = on[swept.places[at]]
            alone = outcome_columns(sweep(Grid([one], rates_per_s=rate, **settings), registry), [one])
            for name, values in alone.items():
                np.testing.assert_allclose(together[name][at], values[0], rtol=1e-9, err_msg=name)


def test_instances_share_the_load(deploy, registry):
    on = deploy("Llama-3-8B")
    one = outcome_columns(sweep(grid(on, rates_per_s=[4.0]), registry), [on])
    four = outcome_columns(sweep(grid(on, rates_per_s=[16.0], instances=[4]), registry), [on])
    for name in ("ttft_mean_s", "itl_mean_s", "utilisation", "tokens_per_s_per_device"):
        assert four[name] == pytest.approx(one[name])
    assert four["requests_per_s"] == 4 * one["requests_per_s"]
    assert four["devices"] == 4


def test_a_model_or_a_request_that_does_not_fit_is_refused_with_both_numbers(deploy, registry):
    swept = sweep(grid(deploy("Llama-3-70B"), deploy("Llama-3-8B"), input_tokens=[512, 600_000]), registry)
    assert "needs 141.1 GB of weights on each of 1 x gpu/h100_sxm5, where an engine has 77.3 GB" in swept.refused[0]
    assert swept.refused[2] == ""
    assert "holds 467292 tokens beside meta-llama/Meta-Llama-3-8B, one request needs 600128" in swept.refused[3]
    assert list(swept.answered) == [False, False, True, False]
    assert np.isnan(swept.served.ttft.mean_s[3])


def test_longer_prompts_and_fewer_devices_are_slower(deploy, registry):
    on = [deploy("Llama-3-70B", "h200_sxm_141gb", tensor_parallel=t) for t in (2, 4, 8)]
    found = outcome_columns(sweep(grid(*on, input_tokens=[100, 1000, 4000]), registry), on)["ttft_mean_s"].reshape(3, 3)
    assert np.all(np.diff(found, axis=0) < 0)
    assert np.all(np.diff(found, axis=1) > 0)


def test_deployments_with_other_step_models_are_swept_too(deploy, registry):
    on = [deploy("Llama-3-8B"), deploy("Llama-2-7B")]
    swept = sweep(grid(*on, wish="roofline-v1", rates_per_s=[1.0, 2.0], sources=Sources()), registry)
    assert {choice.model.name for choice in swept.choices} == {"roofline-v1"}
    assert np.all(np.isfinite(swept.served.itl.mean_s))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"clients": [1]}, "rates_per_s .* or clients .*, and not both"),
        ({"rates_per_s": ()}, "and not both"),
        ({"rates_per_s": [0.0]}, "rate_per_s = 0"),
        ({"input_tokens": [-1]}, "input_tokens = -1"),
        ({"instances": [0]}, "instances = 0"),
        ({"input_tokens": range(1, 1002), "output_tokens": range(1, 1002)}, "1002001 configurations"),
        ({"input_tokens": []}, "0 configurations"),
    ],
)
def test_what_nobody_can_be_asked_is_refused(deploy, registry, more, told):
    with pytest.raises(UsageError, match=told):
        sweep(grid(deploy("Llama-3-8B"), **more), registry)


@pytest.mark.parametrize(
    ("use", "closed", "word"),
    [(0.5, False, "stable"), (0.95, False, "near saturation"), (1.2, False, "unstable"), (1.0, True, "saturated"),
     (np.nan, False, "refused")],
)  # fmt: skip
def test_states(use, closed, word):
    assert state_of(use, closed=closed) == word
