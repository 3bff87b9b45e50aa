"""Dimensions: rules by hand on small expressions."""

import pytest

from gauntlet.expressions.dimensions import MismatchError, dimension_of
from gauntlet.expressions.grammar import parse
from gauntlet.units import spell

UNITS = {"t_s": "ms", "u_s": "s", "n": "", "size": "KB", "rate": "kops", "speed": "GB/s", "work": "GFLOP"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("t_s + u_s", "s"),
        ("size / speed", "s"),
        ("n / t_s", "1/s"),
        ("-t_s * 2", "s"),
        ("t_s ** 2", "s^2"),
        ("t_s ** -1", "1/s"),
        ("sqrt(t_s * u_s)", "s"),
        ("exp(t_s / u_s)", ""),
        ("ceil(size / size) * size", "B"),
        ("n ** n", ""),
        ("max(0, t_s - u_s)", "s"),
        ("where(t_s > 0 and n < 3, t_s, 0)", "s"),
        ("min(t_s, u_s, t_s)", "s"),
        ("abs(t_s)", "s"),
        ("mm1(arrival_rate_per_s=n / t_s, service_time_s=u_s).mean_wait_s", "s"),
        ("mva_exact(population=n, think_time_s=u_s, demands_s=[t_s, 2 * t_s]).throughput_per_s", "1/s"),
        ("order_statistic(latency=lognormal(median_s=t_s, sigma=n), k=1, n=2).mean_s", "s"),
        ("max_load_at(lambda x: mm1(arrival_rate_per_s=x, service_time_s=u_s).mean_wait_s, n / t_s, u_s)", "1/s"),
    ],
)
def test_dimension_of(text: str, unit: str) -> None:
    assert spell(dimension_of(parse(text, "t").root, UNITS) or ()) == unit


@pytest.mark.parametrize(
    "text",
    [
        "t_s + n",
        "t_s + 1",
        "min(t_s, size)",
        "exp(t_s)",
        "log2(size)",
        "ceil(t_s)",
        "t_s ** n",
        "2 ** t_s",
        "where(t_s > 1, n, n)",
        "where(n > 1, t_s, n)",
        "where(n > 1 or t_s < size, n, n)",
        "mm1(arrival_rate_per_s=t_s, service_time_s=u_s).mean_wait_s",
        "mva_exact(population=n, think_time_s=u_s, demands_s=[t_s, size]).throughput_per_s",
        "order_statistic(latency=lognormal(median_s=t_s, sigma=t_s), k=1, n=2).mean_s",
        "max_load_at(lambda x: mm1(arrival_rate_per_s=x, service_time_s=u_s).mean_wait_s, n / t_s, n)",
        "max_load_at(lambda x: mm1(arrival_rate_per_s=x, service_time_s=u_s).mean_wait_s, t_s, u_s)",
    ],
)
def test_mismatch(text: str) -> None:
    with pytest.raises(MismatchError):
        dimension_of(parse(text, "t").root, UNITS)
