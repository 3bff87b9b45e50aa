"""Continuous batching: its fixed point, its saturation, and its simulation (benchmarks.model_form)."""

import numpy as np
import pytest

from gauntlet.mechanisms.serving import continuous_batching
from gauntlet.workloads.serving.latency import serve_open
from gauntlet.workloads.serving.scenario import load_of

AT = {"output_tokens": 128, "fixed_s": 8e-3, "per_sequence_s": 1e-4, "prompt_s": 0.015, "max_sequences": 64}


@pytest.mark.parametrize("rate", [0.0, 0.5, 5.0, 20.0])
def test_the_step_is_the_fixed_point_of_its_own_load(rate):
    """T = t0 + lambda T p + (1 + n) s with n = lambda (O - 1) T, by iteration."""
    step = 0.0
    for _ in range(2000):
        step = 8e-3 + rate * step * 0.015 + (1 + rate * 127 * step) * 1e-4
    found = continuous_batching(rate, **AT)
    assert found.token_s == pytest.approx(step, rel=1e-9)
    assert found.mean_sequences == pytest.approx(rate * 127 * step, rel=1e-9)


def test_saturation_is_full_slots_in_a_circle():
    """N clients, each a prompt and O - 1 steps beside N - 1 others: Little's law of the closed loop."""
    n, steps = 64, 127
    step = 8e-3 + n * 1e-4 + (n - 1) / steps * 0.015
    first = 8e-3 + n * 1e-4 + 0.015
    assert continuous_batching(0.0, **AT).saturation_per_s == pytest.approx(n / (first + steps * step), rel=1e-9)


def test_saturated_engines_answer_never_and_idle_ones_at_once():
    top = continuous_batching(0.0, **AT).saturation_per_s
    full = continuous_batching(top * 1.001, **AT)
    assert np.isinf([full.token_s, full.first_token_s, full.response_s]).all() and full.mean_sequences == 64
    idle = continuous_batching(0.0, **AT)
    assert (idle.first_token_s, idle.token_s) == (pytest.approx(8e-3 + 0.015), pytest.approx(8e-3 + 1e-4))


class Affine:
    name, basis = "affine", "exact"

    def step_s(self, steps):
        return 8e-3 + 0.015 * steps.prefill_requests + 1e-4 * steps.decode_requests

    def bound_s(self, steps):
        return 0.0 * self.step_s(steps)


def test_the_product_says_the_same_of_an_affine_engine():
    """`gauntlet serving` finds the same fixed point by bisection; prompts are small beside its token budget."""
    load = load_of(input_tokens=1, output_tokens=128, kv_token_capacity=np.inf, max_sequences=64, step_token_budget=1e9)
    rates = np.array([0.5, 5.0, 15.0])
    found, other = continuous_batching(rates, **AT), serve_open(Affine(), load, rates)
    np.testing.assert_allclose(found.token_s, other.itl.mean_s, rtol=1e-6)
    np.testing.assert_allclose(found.response_s, other.e2e.mean_s, rtol=5e-3)
    np.testing.assert_allclose(found.saturation_per_s, other.saturation_per_s, rtol=1e-2)
