"""What every queue, cache and machine keeps: Little's law, utilisation law, balance of flow and energy."""

import numpy as np
import pytest
from hypothesis import given

from tests.mechanisms.sampling import at_most, evaluate, few, of, same

pytestmark = [
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # this file's own arithmetic at 0, 1 and infinity
]


@few
@given(of("mm1"))
def test_mm1_keeps_littles_law(found):
    at, out = found
    stable = out["utilisation"] < 1
    same(out["mean_in_system"][stable], (at["arrival_rate_per_s"] * out["mean_response_s"])[stable])
    same(out["mean_response_s"], out["mean_wait_s"] + at["service_time_s"])


@few
@given(of("mmc"))
def test_mmc_waits_as_its_queue_says(found):
    """Little's law of the queue alone: L_q = C rho / (1 - rho), from the states beyond c."""
    at, out = found
    rho = at["arrival_rate_per_s"] * at["service_time_s"] / at["servers"]
    stable = rho < 1
    waiting = out["prob_wait"] * rho / np.where(stable, 1 - rho, 1)
    same((at["arrival_rate_per_s"] * out["mean_wait_s"])[stable], waiting[stable])
    assert np.isinf(out["mean_wait_s"][~stable]).all()


@few
@given(of("mm1k"))
def test_finite_buffers_balance_their_flow(found):
    at, out = found
    same(out["throughput_per_s"], at["arrival_rate_per_s"] * (1 - out["blocking_prob"]), rtol=1e-7)  # 1 - p cancels
    at_most(out["throughput_per_s"], np.minimum(at["arrival_rate_per_s"], 1 / at["service_time_s"]))
    at_most(at["service_time_s"], out["mean_response_s"])
    at_most(out["throughput_per_s"] * out["mean_response_s"], at["capacity"])


@few
@given(of("mmcc_erlang_b"))
def test_lost_calls_leave_no_more_than_the_servers_carry(found):
    at, out = found
    at_most(at["offered_load_erlang"] * (1 - out["blocking_prob"]), at["servers"])


@few
@given(of("finite_source_mmc"))
def test_clients_are_at_the_servers_or_thinking(found):
    at, out = found
    same(out["throughput_per_s"] * (out["mean_response_s"] + at["think_time_s"]), at["population"])
    same(out["server_utilisation"], out["throughput_per_s"] * at["service_time_s"] / at["servers"])
    at_most(out["server_utilisation"], 1)


@pytest.mark.parametrize("name", ["mva_exact", "mva_schweitzer"])
def test_closed_networks_keep_their_clients_and_their_bounds(name):
    @few
    @given(of(name))
    def check(found):
        at, out = found
        bounds = evaluate("closed_network_bounds", at)
        same(out["throughput_per_s"] * (out["response_s"] + at["think_time_s"]), at["population"])
        for demand_s in at["demands_s"]:
            at_most(out["throughput_per_s"] * demand_s, 1)
        at_most(out["throughput_per_s"], bounds["throughput_upper_per_s"])
        at_most(bounds["throughput_lower_per_s"], out["throughput_per_s"])
        at_most(bounds["response_lower_s"], out["response_s"], rtol=1e-9)
        if name == "mva_exact":
            same(out["queue_lengths"].sum(axis=0), out["throughput_per_s"] * out["response_s"])
            at_most(out["throughput_per_s"], bounds["balanced_upper_per_s"])
            at_most(bounds["balanced_lower_per_s"], out["throughput_per_s"])

    check()


@few
@given(of("mg1_priority_nonpreemptive"))
def test_priorities_share_one_amount_of_waiting(found):
    """Kleinrock's conservation law: sum rho_k W_k is that of first come, first served."""
    at, out = found
    rho = np.array(at["arrival_rates_per_s"]) * at["mean_services_s"]
    stable = rho.sum(axis=0) < 0.999
    residual_s = (rho * np.array(at["mean_services_s"]) * (1 + np.array(at["service_scvs"])) / 2).sum(axis=0)
    total = rho.sum(axis=0)
    same((rho * out["mean_wait_s"]).sum(axis=0)[stable], (total * residual_s / (1 - total))[stable])


@few
@given(of("dynamic_batching"))
def test_batches_serve_all_that_arrive(found):
    at, out = found
    at_most(1, out["mean_batch"])
    at_most(out["meanfield_batch"], out["mean_batch"])
    at_most(at["fixed_s"] + at["per_item_s"], out["mean_response_s"])


@few
@given(of("limited_batching"))
def test_limited_batches_serve_what_comes(found):
    """A cycle of mean length batch / rate holds one batch, fixed + per item times its mean."""
    at, out = found
    stable = np.isfinite(out["mean_response_s"])
    batch_s = at["fixed_s"] + at["per_item_s"] * out["mean_batch"]
    busy = at["arrival_rate_per_s"] * batch_s / out["mean_batch"]
    same(out["busy_fraction"][stable], busy[stable])
    same(stable, at["arrival_rate_per_s"] < out["max_rate_per_s"])


@few
@given(of("bulk_service_mm1b"))
def test_bulk_service_is_busy_at_least_with_full_batches(found):
    at, out = found
    same(out["mean_response_s"], out["mean_wait_s"] + at["service_time_s"])
    full_batches = at["arrival_rate_per_s"] * at["service_time_s"] / at["max_batch"]
    at_most(np.minimum(full_batches, 1), out["busy_fraction"], rtol=1e-9)


@few
@given(of("open_jackson"))
def test_open_networks_are_used_by_their_load(found):
    at, out = found
    same(out["bottleneck_utilisation"] * out["max_throughput_per_s"], at["arrival_rate_per_s"])
    assert (np.isinf(out["response_s"]) == (out["bottleneck_utilisation"] >= 1)).all()


@few
@given(of("energy_op_byte"))
def test_energy_is_power_over_time(found):
    at, out = found
    same(out["mean_power_w"] * at["time_s"], out["energy_j"])
    at_most(at["static_power_w"], out["mean_power_w"])


@few
@given(of("server_power"))
def test_servers_draw_between_idle_and_peak(found):
    at, out = found
    for power in ("linear_w", "nonlinear_w"):
        at_most(at["idle_w"], out[power])
        at_most(out[power], at["peak_w"])
    busy = at["utilisation"] > 0
    same((out["energy_per_request_j"] * at["utilisation"])[busy], out["linear_w"][busy])


@few
@given(of("ttl_cache"))
def test_requests_hit_or_go_to_the_origin(found):
    at, out = found
    same(out["origin_rate_per_s"] + at["request_rate_per_s"] * out["hit_ratio"], at["request_rate_per_s"])


@few
@given(of("retry_cost"))
def test_attempts_commit_or_abort(found):
    at, out = found
    some = at["abort_probability"] < 1
    same((out["attempts"] * (1 - at["abort_probability"]))[some], 1)
    at_most(at["attempt_s"], out["mean_latency_s"])


@few
@given(of("thomasian_2pl"))
def test_transactions_are_active_or_blocked(found):
    at, out = found
    threshold = evaluate("thomasian_thrash_point", {})
    working = at["conflict_alpha"] <= threshold["alpha_max"]
    same((out["blocked_fraction"] + out["active_fraction"])[working], 1)
    at_most(out["blocked_fraction"][working], threshold["blocked_at_max"])
    assert (np.isnan(out["blocked_fraction"]) == ~working).all()
    assert (out["thrashing"] == ~working).all()
