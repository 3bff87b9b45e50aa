"""Learning how protocols of agreement scale from measured runs: most probable parameters, robust against bad runs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.workloads.agreement import (
    AgreementChoices,
    AgreementParameters,
    Ends,
    Floats,
    Load,
    Protocol,
    check_load,
    logarithms,
)

_POSITIVE = ("lane_per_s", "ingress_per_s", "delivered", "wait_s", "fault_wait_s")
"""Parameters that are learnt as their logarithm."""

_DIGITS = 6


class MeasuredRuns(NamedTuple):
    """Runs of one protocol: their load, transactions/s and mean seconds that were measured."""

    protocol: str
    load: Load
    throughput_per_s: Floats
    latency_s: Floats

    def at(self, mask: npt.NDArray[np.bool_]) -> "MeasuredRuns":
        """The runs where `mask` holds."""
        load = Load(*(values[mask] for values in self.load))
        return MeasuredRuns(self.protocol, load, self.throughput_per_s[mask], self.latency_s[mask])


def fit_agreement(measured: list[MeasuredRuns], choices: AgreementChoices, provenance: str) -> AgreementParameters:
    """Parameters of each protocol; the bands are what is missed when each scale is held out in turn.

    UsageError where no protocol was measured at two numbers of nodes.
    """
    left = list(held_out(measured, choices))
    if not left:
        raise UsageError("no protocol has runs at two numbers of nodes; without them there is no band to learn.")
    throughput, latency = (np.concatenate([pair[place] for pair in left]) for place in (0, 1))
    return AgreementParameters(
        provenance=provenance,
        sharpness=choices.sharpness,
        least_round_trip_s=choices.least_round_trip_s,
        protocols=tuple(_rounded(_fit(runs, choices)) for runs in measured),
        throughput_band=_band(throughput, choices.band),
        latency_band=_band(latency, choices.band),
    )


def held_out(measured: list[MeasuredRuns], choices: AgreementChoices) -> Iterator[tuple[Floats, Floats]]:
    """Logarithms measured / estimated, of throughput and latency, at scales left out of the fit."""
    for runs in measured:
        for nodes in np.unique(runs.load.nodes):
            out = runs.load.nodes == nodes
            if out.all():
                continue
            tested = runs.at(out)
            throughput, latency = logarithms(_fit(runs.at(~out), choices), tested.load, choices.sharpness)
            yield np.log(tested.throughput_per_s) - throughput, np.log(tested.latency_s) - latency


def _fit(runs: MeasuredRuns, choices: AgreementChoices) -> Protocol:
    from scipy.optimize import least_squares

    check_load(runs.load)
    names = list(choices.prior)
    mean = np.array([choices.prior[name].mean for name in names])
    deviation = np.array([choices.prior[name].deviation for name in names])
    throughput, latency = np.log(runs.throughput_per_s), np.log(runs.latency_s)

    def misses(values: Floats) -> Floats:
        found = logarithms(
            _protocol(runs, dict(zip(names, values.tolist(), strict=True))), runs.load, choices.sharpness
        )
        return np.concatenate(
            [
                _soft((throughput - found[0]) / choices.scatter.throughput),
                _soft((latency - found[1]) / choices.scatter.latency),
                (values - mean) / deviation,
            ]
        )

    start = mean.copy()
    calm = runs.load.faults == runs.load.faults.min()
    # From the best runs without faults: a capacity above all runs would have no slope to descend.
    start[names.index("lane_per_s")] = np.log(np.quantile((runs.throughput_per_s / runs.load.workers)[calm], 0.9))
    start[names.index("wait_s")] = np.quantile(latency[calm], 0.2)
    best = least_squares(misses, start, x_scale=deviation, max_nfev=200).x
    return _protocol(runs, dict(zip(names, best.tolist(), strict=True)))


def _protocol(runs: MeasuredRuns, values: dict[str, float]) -> Protocol:
    nodes = Ends(low=float(runs.load.nodes.min()), high=float(runs.load.nodes.max()))
    fields: dict[str, Any] = {"name": runs.protocol, "nodes": nodes}
    for name, value in values.items():
        fields[name] = float(np.exp(value)) if name in _POSITIVE else value
    return Protocol.model_construct(**fields)


def _soft(misses: Floats) -> Floats:
    """Residuals whose square is near |miss| beyond one: Charbonnier's loss."""
    return np.asarray(np.sign(misses) * np.sqrt(2 * (np.sqrt(1 + misses**2) - 1)))


def _rounded(protocol: Protocol) -> Protocol:
    numbers = {name: float(f"{value:.{_DIGITS}g}") for name, value in protocol if isinstance(value, float)}
    return Protocol.model_validate(protocol.model_dump() | numbers)


def _band(left: Floats, ends: Ends) -> Ends:
    low, high = np.quantile(left, (ends.low, ends.high)).tolist()
    return Ends(low=float(f"{min(low, 0.0):.5g}"), high=float(f"{max(high, 0.0):.5g}"))
