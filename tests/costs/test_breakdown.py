"""Parts sum to the cost, and each one's share is the elasticity that a finite difference measures."""

import time

import numpy as np
import pytest

from gauntlet.costs.breakdown import breakdown, inverted
from gauntlet.costs.compiled import compile_model
from gauntlet.costs.records import Output, Term
from gauntlet.errors import GauntletError
from tests.costs import example

VALUES = {"service": 10e-6, "network": 15e-6, "handoff": 0.2e-6, "cores": 4.0, "dispatch": 0.5e-6}
RATES = np.array([[40e3, 200e3, 340e3]])
ENVIRONMENT = {name: np.array([[value]]) for name, value in VALUES.items()} | {"rate": RATES}
TERMS = {
    "path_s": "network",
    "work_s": "service + dispatch",
    "wait_s": "mm1(arrival_rate_per_s=rate / cores, service_time_s=work_s).mean_wait_s",
    "whole_s": "path_s + wait_s + handoff",
    "rounds": "2",
    "batch_count": "2 + cores",
    "shared_s": "batch_count * dispatch",
    "spare_s": "work_s - dispatch",
}


def compiled(expression: str, metric: str = "mean_latency"):
    terms = tuple(
        Term(
            id=name,
            mechanism="shared",
            meaning=name,
            expression=text,
            unit="" if name in ("rounds", "batch_count") else "s",
        )
        for name, text in TERMS.items()
    )
    unit = "s" if metric == "mean_latency" else "1/s"
    output = Output(mechanism="shared", metric=metric, expression=expression, unit=unit)
    model = example.model().model_copy(update={"terms": terms, "outputs": (output,), "bounds": ()})
    return compile_model(example.spec(), model)


LATENCIES = {
    "path_s + wait_s + work_s": {"path_s", "wait_s", "work_s"},
    "whole_s + 2 * work_s": {"path_s", "wait_s", "handoff", "work_s"},
    "cores * max(path_s, wait_s + work_s)": {"path_s", "wait_s", "work_s"},
    "max(path_s, wait_s) / cores + min(path_s, work_s, handoff)": {"path_s", "wait_s", "handoff"},
    "where(rate > 1e5, path_s + wait_s, work_s)": {"path_s", "wait_s", "work_s"},
    "cores / min(1 / path_s, cores / (wait_s + work_s))": {"path_s", "wait_s", "work_s"},
    "path_s * (wait_s / work_s) + work_s": {"path_s * (wait_s / work_s)", "work_s"},
    "shared_s + spare_s": {"shared_s", "spare_s"},
    "rounds * path_s + work_s": {"path_s", "work_s"},
    "mm1(arrival_rate_per_s=rate / cores, service_time_s=work_s).mean_response_s + path_s": {"mm1", "path_s"},
    "network + 3 * dispatch": {"network", "dispatch"},
    "cores * (wait_s + work_s) - network": {"wait_s", "work_s", "network"},
    "work_s - spare_s": {"work_s - spare_s"},
}
RATES_OUT = {
    "cores / (path_s + wait_s)": {"path_s", "wait_s"},
    "min(cores / work_s, 1 / (wait_s + handoff))": {"work_s", "wait_s", "handoff"},
    "cores * min(1 / work_s, 1 / path_s) / 2": {"path_s"},
    "1 / work_s + 1 / path_s": {"1 / work_s + 1 / path_s"},
}


@pytest.mark.parametrize(
    ("expression", "metric", "names"),
    [(text, "mean_latency", names) for text, names in LATENCIES.items()]
    + [(text, "peak_throughput", names) for text, names in RATES_OUT.items()],
)
def test_parts_sum_to_the_cost_and_bear_the_names_of_terms(expression, metric, names):
    model = compiled(expression, metric)
    parts = breakdown(model, "shared", metric, ENVIRONMENT)
    value = model.predict("shared", metric, ENVIRONMENT)
    cost = np.broadcast_to(1 / value if metric == "peak_throughput" else value, (1, 3))[0]
    np.testing.assert_allclose(sum(parts.values()), cost, rtol=1e-12)
    assert set(parts) == names


@pytest.mark.parametrize("expression", [text for text in LATENCIES if "/ work_s)" not in text and "spare" not in text])
def test_a_part_is_the_elasticity_of_the_cost(expression):
    """Central difference of ln cost over ln term, for terms that feed no other: 1 % of the term moves share %."""
    model, step = compiled(expression), 1e-5
    parts = breakdown(model, "shared", "mean_latency", ENVIRONMENT)
    cost = sum(parts.values())
    for name in {"path_s", "wait_s", "shared_s"} & set(parts):
        up, down = (
            model.predict("shared", "mean_latency", ENVIRONMENT, scaled={name: np.array([[1 + sign * step]])})
            for sign in (1, -1)
        )
        slope = np.broadcast_to(np.log(up / down), (1, 3))[0] / (2 * step)
        np.testing.assert_allclose(parts[name] / cost, slope, atol=1e-6)


def test_only_the_side_of_a_maximum_that_binds_counts():
    """At 40 krps a request waits 1.2 us, less than the path of 15 us; at 340 krps 86 us: M/M/1, rho S / (1 - rho)."""
    parts = breakdown(compiled("max(path_s, wait_s)"), "shared", "mean_latency", ENVIRONMENT)
    assert parts["path_s"] == pytest.approx([15e-6, 15e-6, 0.0])
    load = 340e3 / 4 * 10.5e-6
    assert parts["wait_s"] == pytest.approx([0.0, 0.0, load * 10.5e-6 / (1 - load)])


def test_what_is_no_time_is_not_taken_for_a_part():
    """Six messages of 0.5 us: the count of messages is a factor of the term, not a part of the latency."""
    assert breakdown(compiled("shared_s + path_s"), "shared", "mean_latency", ENVIRONMENT).keys() == {
        "shared_s",
        "path_s",
    }


def test_more_is_better_means_time_per_operation():
    model = compiled("cores / work_s", "peak_throughput")
    assert [metric.id for metric in example.METRICS if inverted(metric)] == ["peak_throughput"]
    assert breakdown(model, "shared", "peak_throughput", ENVIRONMENT)["work_s"] == pytest.approx([10.5e-6 / 4] * 3)


def test_a_name_without_value_is_said():
    with pytest.raises(GauntletError, match="rate"):
        breakdown(compiled("wait_s"), "shared", "mean_latency", {k: v for k, v in ENVIRONMENT.items() if k != "rate"})


def test_terms_that_stand_in_many_places_are_opened_once():
    """Forty doublings of 10 us: 2^40 times as much in one part, and not 2^40 steps."""
    doubled = {"term_0_s": "service"} | {f"term_{n}_s": f"term_{n - 1}_s + term_{n - 1}_s" for n in range(1, 41)}
    terms = tuple(
        Term(id=name, mechanism="shared", meaning=name, expression=text, unit="s") for name, text in doubled.items()
    )
    output = Output(mechanism="shared", metric="mean_latency", expression="term_40_s", unit="s")
    model = example.model().model_copy(update={"terms": terms, "outputs": (output,), "bounds": ()})
    start = time.perf_counter()
    parts = breakdown(compile_model(example.spec(), model), "shared", "mean_latency", ENVIRONMENT)
    assert parts["term_0_s"] == pytest.approx([2.0**40 * 10e-6] * 3)
    assert time.perf_counter() - start < 5.0
