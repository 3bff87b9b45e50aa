"""Equations that outputs must solve: put back into the law they came from, they give its arguments again."""

import numpy as np
import pytest
from hypothesis import given

from tests.mechanisms.sampling import at_most, evaluate, few, of, points, same

pytestmark = [
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # this file's own arithmetic at 0, 1 and infinity
]


@few
@given(points("gg1_kingman"))
def test_approximations_are_exact_where_they_say(at):
    """Poisson arrivals make Kingman's formula Pollaczek and Khinchine's, one server Allen and Cunneen's Kingman's."""
    queue = {key: at[key] for key in ("arrival_rate_per_s", "mean_service_s", "service_scv")}
    queue["mean_service_s"] = np.maximum(queue["mean_service_s"], 1e-12)
    kingman = evaluate("gg1_kingman", {**queue, "arrival_scv": at["arrival_scv"]})["mean_wait_s"]
    several = evaluate("ggc_allen_cunneen", {**queue, "arrival_scv": at["arrival_scv"], "servers": 1.0})["mean_wait_s"]
    same(several, kingman)
    poisson = evaluate("gg1_kingman", {**queue, "arrival_scv": 1.0})["mean_wait_s"]
    same(poisson, evaluate("mg1_pk", queue)["mean_wait_s"])


@few
@given(points("mg1_priority_preemptive_resume"))
def test_the_highest_class_sees_no_other(at):
    alone = {
        "arrival_rate_per_s": at["arrival_rates_per_s"][0],
        "mean_service_s": at["mean_services_s"][0],
        "service_scv": at["service_scvs"][0],
    }
    first = evaluate("mg1_priority_preemptive_resume", at)["mean_response_s"][0]
    same(first, evaluate("mg1_pk", alone)["mean_response_s"])


@few
@given(points("rdma_operation"))
def test_one_sided_operations_leave_the_server_alone(at):
    read = {**at, "mode": "one_sided_read"}
    idle = evaluate("rdma_operation", {**read, "server_cpu_s": 0.0, "server_cores": 1.0})
    for output, found in evaluate("rdma_operation", read).items():
        same(found, idle[output])


@few
@given(points("pipeline_bubble"))
def test_a_bubble_is_the_fill_of_a_pipeline(at):
    """p equal stages pass m micro-batches in (m + p - 1) steps instead of m."""
    for stages in (1, 2, 7):
        line = evaluate("pipeline_makespan", {"stage_times_s": [1.0] * stages, "items": at["microbatches"]})
        bubble = evaluate("pipeline_bubble", {**at, "stages": float(stages), "interleave": 1.0})
        same(bubble["relative_time"], line["makespan_s"] / at["microbatches"])
        same(bubble["idle_fraction"], 1 - 1 / bubble["relative_time"])


@few
@given(of("occ_goodput"))
def test_commits_invalidate_as_many_attempts_as_they_are(found):
    at, out = found
    invalidations = np.log(out["attempts_per_commit"])
    np.testing.assert_allclose(
        invalidations * out["attempts_per_commit"],
        at["pair_conflict_prob"] * (at["workers"] - 1),
        rtol=1e-9,
        atol=1e-14,
    )
    same(out["goodput_per_s"] * out["attempts_per_commit"], at["workers"] / at["attempt_s"])


@few
@given(of("ssd_write_amplification"))
def test_cleaning_finds_the_valid_pages_it_left(found):
    """A share 1 - 1/A of the oldest block is valid: what survived a / A overwrites of the logical space."""
    at, out = found
    amplification = out["write_amplification"]
    surviving = np.exp(-at["physical_to_logical"] / amplification)
    np.testing.assert_allclose(1 - 1 / amplification, surviving, rtol=1e-6, atol=1e-12)
    at_most(1, amplification)


@few
@given(of("thomasian_2pl"))
def test_blocked_transactions_solve_their_equation(found):
    at, out = found
    b = out["blocked_fraction"]
    defined = ~np.isnan(b)
    alpha = b * (1 - b) ** 2 / (1 - 1.5 * b + 1.5 * b**2)
    np.testing.assert_allclose(alpha[defined], at["conflict_alpha"][defined], rtol=1e-9, atol=1e-15)


@few
@given(points("mm1"))
def test_a_quantile_is_exceeded_by_the_rest(at):
    """P(R > R_q) = exp(-R_q / R) = 1 - q."""
    at = {**at, "service_time_s": np.maximum(at["service_time_s"], 1e-9)}
    out = evaluate("mm1", at)
    stable = np.isfinite(out["response_quantile_s"])
    survival = np.exp(-(out["response_quantile_s"][stable] / out["mean_response_s"][stable]))
    np.testing.assert_allclose(survival, 1 - at["quantile"][stable], rtol=1e-9, atol=1e-15)


@few
@given(points("mmc"))
def test_a_wait_beyond_its_quantile_is_as_rare_as_asked(at):
    """P(W > w) = C exp(-(c/S - lambda) w)."""
    out = evaluate("mmc", at)
    spare_per_s = at["servers"] / at["service_time_s"] - at["arrival_rate_per_s"]
    waits = np.isfinite(out["wait_quantile_s"]) & (out["wait_quantile_s"] > 0)
    survival = out["prob_wait"][waits] * np.exp(-spare_per_s[waits] * out["wait_quantile_s"][waits])
    np.testing.assert_allclose(survival, 1 - at["quantile"][waits], rtol=1e-8, atol=1e-15)


@few
@given(of("hockney"))
def test_half_of_the_bandwidth_is_reached_at_half_bandwidth_bytes(found):
    at, out = found
    some = at["alpha_s"] > 0
    half = evaluate("hockney", {**at, "message_bytes": out["half_bandwidth_bytes"]})
    rate = out["half_bandwidth_bytes"][some] / half["time_s"][some]
    same(rate, at["bandwidth_bytes_per_s"][some] / 2)


@few
@given(of("usl"))
def test_the_rate_at_the_peak_is_the_peak(found):
    at, out = found
    inside = (out["peak_processors"] >= 1) & np.isfinite(out["peak_processors"])
    at_peak = evaluate("usl", {**at, "processors": np.where(inside, out["peak_processors"], 1.0)})["throughput_per_s"]
    same(at_peak[inside], out["peak_throughput_per_s"][inside])


@few
@given(of("interactive_response_time"))
def test_clients_are_waiting_or_thinking(found):
    at, out = found
    residence_s = out["response_s"] + at["think_time_s"]
    inside = evaluate(
        "littles_law", {"throughput_per_s": at["throughput_per_s"], "residence_s": np.maximum(residence_s, 0.0)}
    )
    np.testing.assert_allclose(inside["mean_in_system"], at["population"], rtol=1e-9, atol=1e-9)


@few
@given(of("operational_laws"))
def test_demand_is_visits_times_service_and_utilisation_over_throughput(found):
    _, out = found
    same(out["demand_s"], out["visits"] * out["service_time_s"])
    same(out["utilisation"], out["demand_s"] * out["system_throughput_per_s"])
