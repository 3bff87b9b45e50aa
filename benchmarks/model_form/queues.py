"""Kingman and Allen-Cunneen against exact queues of phase type."""

from collections.abc import Iterator
from functools import cache, partial

from benchmarks.model_form.phases import law, mean_wait
from benchmarks.model_form.study import Point, Study, Truth, grid
from gauntlet.mechanisms.disciplines import dynamic_batching
from gauntlet.mechanisms.queueing import mmc

SERVICE_S = 1e-3
_LOADS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


@cache
def _wait(load: float, servers: int, arrival_scv: float, service_scv: float, shape: str) -> Truth:
    arrival = law(SERVICE_S / (load * servers), arrival_scv, shape)
    return {"mean_wait_s": mean_wait(arrival, law(SERVICE_S, service_scv), servers)}


def _one_server(
    arrival_rate_per_s: float, mean_service_s: float, arrival_scv: float, service_scv: float, shape: str
) -> Truth:
    return _wait(round(arrival_rate_per_s * mean_service_s, 9), 1, arrival_scv, service_scv, shape)


def _servers(
    arrival_rate_per_s: float, mean_service_s: float, servers: int, arrival_scv: float, service_scv: float
) -> Truth:
    load = round(arrival_rate_per_s * mean_service_s / servers, 9)
    return _wait(load, servers, arrival_scv, service_scv, "balanced")


def _kingman(heavy: bool) -> Iterator[Point]:
    """Load of 0.7 and more, or less; Poisson arrivals, where the formula is exact, are left out."""
    even = [(scv, "balanced") for scv in (0.1, 0.25, 0.5)]
    bursty = [(scv, shape) for scv in (2.0, 4.0) for shape in ("balanced", "gamma")]
    loads = [load for load in _LOADS if (load >= 0.7) == heavy]
    for values in grid(load=loads, arrival=[*even, *bursty], service_scv=(0.1, 0.5, 1.0, 2.0, 4.0)):
        scv, shape = values["arrival"]
        arguments = {"arrival_rate_per_s": values["load"] / SERVICE_S, "mean_service_s": SERVICE_S}
        yield Point({**arguments, "arrival_scv": scv, "service_scv": values["service_scv"]}, {"shape": shape})


def _allen_cunneen(heavy: bool) -> Iterator[Point]:
    """At least half of the jobs wait, or fewer; M/M/c, where the formula is exact, is left out."""
    scvs = grid(arrival_scv=(0.25, 0.5, 1.0, 2.0, 4.0), service_scv=(0.5, 1.0, 2.0, 4.0))
    inexact = [pair for pair in scvs if set(pair.values()) != {1.0}]
    for values in grid(load=_LOADS[1:], servers=(2, 4, 8, 16), scvs=inexact):
        servers, rate_per_s = values["servers"], values["load"] * values["servers"] / SERVICE_S
        arguments = {"arrival_rate_per_s": rate_per_s, "mean_service_s": SERVICE_S, "servers": servers}
        if (mmc(rate_per_s, SERVICE_S, servers).prob_wait >= 0.5) == heavy:
            yield Point({**arguments, **values["scvs"]})


def _batching() -> Iterator[Point]:
    for values in grid(rate=(0.3, 1.0, 3.0, 10.0, 100.0), item_load=(0.1, 0.5, 0.9)):
        fixed = {"arrival_rate_per_s": values["rate"] / SERVICE_S, "fixed_s": SERVICE_S}
        yield Point({**fixed, "per_item_s": values["item_load"] * SERVICE_S / values["rate"]})


def _mean_batch(arrival_rate_per_s: float, fixed_s: float, per_item_s: float) -> Truth:
    return {"meanfield_batch": float(dynamic_batching(arrival_rate_per_s, fixed_s, per_item_s).mean_batch)}


def _one_server_studies() -> list[Study]:
    """One server."""
    one = "exact PH/PH/1 queues, matrix-geometric"
    scvs = "arrival and service scv 0.1 to 4"
    return [
        Study("gg1_kingman", f"load 0.7 to 0.95, {scvs}", one, partial(_kingman, True), _one_server),
        Study("gg1_kingman", f"OUTSIDE: load 0.1 to 0.5, {scvs}", one, partial(_kingman, False), _one_server, ()),
    ]


def _other_studies() -> list[Study]:
    """Several servers, and batches."""
    many = "exact PH/PH/c queues, matrix-geometric"
    return [
        Study(
            "ggc_allen_cunneen",
            "2 to 16 servers, at least half of the jobs wait, arrival scv 0.25 to 4, service scv 0.5 to 4",
            many,
            partial(_allen_cunneen, True),
            _servers,
        ),
        Study(
            "ggc_allen_cunneen",
            "OUTSIDE: load from 0.3 on, fewer wait, same scv",
            many,
            partial(_allen_cunneen, False),
            _servers,
            (),
        ),
        Study(
            "dynamic_batching",
            "the fluid limit: 0.3 to 100 arrivals in the fixed time, item load 0.1 to 0.9",
            "the exact mean batch beside it",
            _batching,
            _mean_batch,
            (),
        ),
    ]


def studies() -> list[Study]:
    """Each inside the formula's validity, and outside to show why it ends there."""
    return [*_one_server_studies(), *_other_studies()]
