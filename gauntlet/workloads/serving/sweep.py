"""Many deployments under many loads, evaluated together.

A `Grid` lists values; every combination is a configuration. Each distinct deployment is prepared once; all that use the
calibrated roofline are evaluated as one array, others one deployment after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.serving.calibration import calibration_of
from gauntlet.workloads.serving.choice import Choice, Sources, Wish, choose
from gauntlet.workloads.serving.demand import Demand, stacked
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.latency import Served, Spread, serve_closed, serve_open
from gauntlet.workloads.serving.scenario import MAX_SEQUENCES, STEP_TOKEN_BUDGET, checked, fits, load_of
from gauntlet.workloads.serving.step_time import CalibratedRoofline

Floats = npt.NDArray[np.float64]
MOST_CONFIGURATIONS = 1_000_000


@dataclass(frozen=True)
class Grid:
    """Deployments, and what is asked of them: either `rates_per_s` (open loop, all instances together) or `clients`
    (closed loop, requests in flight over all instances). `request_s` is the handling of a request before its first
    step; None takes what was calibrated."""

    deployments: Sequence[Deployment]
    input_tokens: Sequence[float]
    output_tokens: Sequence[float]
    rates_per_s: Sequence[float] = ()
    clients: Sequence[float] = ()
    instances: Sequence[float] = (1,)
    cached_tokens: Sequence[float] = (0.0,)
    max_sequences: Sequence[float] = (float(MAX_SEQUENCES),)
    step_token_budget: Sequence[float] = (float(STEP_TOKEN_BUDGET),)
    output_cv: float = 0.0
    request_s: float | None = None
    wish: Wish = "auto"
    sources: Sources = field(default_factory=Sources)


class Swept(NamedTuple):
    """Configurations and outcomes, one entry each. `places` index the deployments; `refused` says why a deployment or
    load is not answered (empty where it is); `choices` name the step-time model of each deployment."""

    settings: Mapping[str, Floats]
    places: npt.NDArray[np.intp]
    served: Served
    refused: tuple[str, ...]
    choices: tuple[Choice | None, ...]

    @property
    def answered(self) -> npt.NDArray[np.bool_]:
        """Configurations with an outcome."""
        return np.array([not reason for reason in self.refused])


def sweep(grid: Grid, registry: Registry) -> Swept:
    """Every configuration of the grid; UsageError for values that no deployment could be asked."""
    settings, places = _configurations(grid)
    prepared = [_prepared(on, grid, registry) for on in grid.deployments]
    choices = tuple(choice for choice, _, _ in prepared)
    reasons = np.array([reason for _, _, reason in prepared], dtype=object)[places]
    count = places.size
    parts = np.full((_COLUMNS, count), np.nan)
    refused = [str(reason) for reason in reasons]
    request_s = calibration_of(registry.folder).request_s if grid.request_s is None else grid.request_s
    known = [demand for _, demand, _ in prepared if demand is not None]
    order = np.cumsum([demand is not None for _, demand, _ in prepared]) - 1
    for members in _together(choices, places):
        demand = stacked(known, order[places[members]])
        served = _served(grid, settings, members, demand, choices[places[members[0]]], request_s)
        whole = _whole_request_fits(settings, members, demand)
        for at, fit in zip(members, whole, strict=True):
            if not fit:
                refused[at] = _too_small(grid.deployments[places[at]], settings, int(at))
        flat = np.stack(np.broadcast_arrays(*_flattened(served)))
        parts[:, members] = np.where(whole, flat, np.nan)
    return Swept(settings, places, _unflattened(parts), tuple(refused), choices)


def _configurations(grid: Grid) -> tuple[dict[str, Floats], npt.NDArray[np.intp]]:
    if bool(grid.rates_per_s) == bool(grid.clients):
        raise UsageError("name rates_per_s (open loop) or clients (closed loop), and not both.")
    axes: dict[str, Sequence[float]] = {
        "instances": grid.instances,
        "input_tokens": grid.input_tokens,
        "output_tokens": grid.output_tokens,
        "cached_tokens": grid.cached_tokens,
        "max_sequences": grid.max_sequences,
        "step_token_budget": grid.step_token_budget,
        "rate_per_s" if grid.rates_per_s else "clients": grid.rates_per_s or grid.clients,
    }
    count = len(grid.deployments) * int(np.prod([len(values) for values in axes.values()]))
    if not 0 < count <= MOST_CONFIGURATIONS:
        raise UsageError(f"{count} configurations; expected 1 to {MOST_CONFIGURATIONS}. Name fewer values.")
    rows = np.array(list(product(range(len(grid.deployments)), *axes.values())), dtype=np.float64)
    settings = {name: rows[:, place] for place, name in enumerate(axes, start=1)}
    for name, values in settings.items():
        least = {"cached_tokens": 0.0, "rate_per_s": np.nextafter(0.0, 1.0), "step_token_budget": 2.0}.get(name, 1.0)
        checked(name, values, least)
    return settings, rows[:, 0].astype(np.intp)


def _prepared(on: Deployment, grid: Grid, registry: Registry) -> tuple[Choice | None, Demand | None, str]:
    """Step-time model and demands of a deployment, or the reason why there are none."""
    if on.kv_token_capacity() < 1:
        return None, None, _no_room(on)
    demand = on.demand(registry)
    return choose(on, demand, registry, grid.wish, grid.sources), demand, ""


def _no_room(on: Deployment) -> str:
    fact = on.device.fact("memory_capacity_bytes")
    room = on.memory_fraction * fact.value if fact else 0.0
    return (
        f"{on.model.name} needs {on.weight_bytes_per_device() / 1e9:.1f} GB of weights on each of {on.devices} x "
        f"{on.device.key}, where an engine has {room / 1e9:.1f} GB: no room for a cache; raise tensor_parallel or name "
        "a smaller precision"
    )


def _together(choices: Sequence[Choice | None], places: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """Configurations that one evaluation can take: all rooflines, then each other deployment alone."""
    roofline = np.array([choice is not None and isinstance(choice.model, CalibratedRoofline) for choice in choices])
    groups = [np.flatnonzero(roofline[places])]
    alone = [place for place, choice in enumerate(choices) if choice is not None and not roofline[place]]
    return [group for group in (*groups, *(np.flatnonzero(places == place) for place in alone)) if group.size]


def _served(
    grid: Grid,
    settings: Mapping[str, Floats],
    members: npt.NDArray[np.intp],
    demand: Demand,
    choice: Choice | None,
    request_s: float,
) -> Served:
    assert choice is not None
    model = choice.model
    if isinstance(model, CalibratedRoofline):
        model = CalibratedRoofline(demand, model.efficiencies, model.basis)
    at = {name: values[members] for name, values in settings.items()}
    names = ("input_tokens", "output_tokens", "cached_tokens", "max_sequences", "step_token_budget")
    load = load_of(
        **{name: at[name] for name in names},
        kv_token_capacity=demand.kv_token_capacity,
        output_scv=grid.output_cv**2,
    )
    if "clients" in at:
        return serve_closed(model, load, np.maximum(at["clients"] / at["instances"], 1.0), request_s)
    return serve_open(model, load, at["rate_per_s"] / at["instances"], request_s)


def _whole_request_fits(
    settings: Mapping[str, Floats], members: npt.NDArray[np.intp], demand: Demand
) -> npt.NDArray[np.bool_]:
    at = {name: settings[name][members] for name in ("input_tokens", "output_tokens")}
    return fits(load_of(**at, kv_token_capacity=demand.kv_token_capacity))


def _too_small(on: Deployment, settings: Mapping[str, Floats], at: int) -> str:
    tokens = settings["input_tokens"][at] + settings["output_tokens"][at]
    return (
        f"the cache of {on.devices} x {on.device.key} holds {on.kv_token_capacity():.0f} tokens beside "
        f"{on.model.name}, one request needs {tokens:.0f} (input_tokens + output_tokens); raise tensor_parallel or "
        "shorten requests"
    )


_SPREADS = ("ttft", "itl", "e2e")
_PLAIN = tuple(name for name in Served._fields if name not in _SPREADS)
_COLUMNS = len(_SPREADS) * len(Spread._fields) + len(_PLAIN)


def _flattened(served: Served) -> list[Floats]:
    spreads = [value for name in _SPREADS for value in getattr(served, name)]
    return [*spreads, *(getattr(served, name) for name in _PLAIN)]


def _unflattened(parts: Floats) -> Served:
    width = len(Spread._fields)
    spreads: dict[str, Any] = {
        name: Spread(*parts[place * width : (place + 1) * width]) for place, name in enumerate(_SPREADS)
    }
    plain = dict(zip(_PLAIN, parts[len(_SPREADS) * width :], strict=True))
    return Served(**spreads, **plain)


def outcome_columns(swept: Swept, deployments: Sequence[Deployment]) -> dict[str, Floats]:
    """Numbers by name, SI units, as `--json` and CSV give them; rates are of all instances together."""
    served, settings = swept.served, swept.settings
    devices = np.array([on.devices for on in deployments], dtype=float)[swept.places] * settings["instances"]
    rate = served.rate_per_s * settings["instances"]
    spreads = {f"{name}_{kind}": getattr(getattr(served, name), kind) for name in _SPREADS for kind in Spread._fields}
    return {
        **spreads,
        "requests_per_s": rate,
        "output_tokens_per_s": rate * settings["output_tokens"],
        "tokens_per_s_per_device": rate * (settings["input_tokens"] + settings["output_tokens"]) / devices,
        "saturation_requests_per_s": served.saturation_per_s * settings["instances"],
        "utilisation": served.utilisation,
        "running_sequences": served.running_sequences,
        "waiting_requests": served.waiting_requests,
        "most_sequences": served.slots,
        "bound_itl_s": served.step_bound_s,
        "devices": devices,
    }


def state_of(utilisation: float, *, closed: bool) -> str:
    """In a word: stable, near saturation (above 90 %), saturated (closed loop), unstable (open loop)."""
    if not np.isfinite(utilisation):
        return "refused"
    if utilisation >= 1 - 1e-6:
        return "saturated" if closed else "unstable"
    return "near saturation" if utilisation > 0.9 else "stable"
