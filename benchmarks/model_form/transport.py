"""TCP: the square-root law, Padhye's formula and incast against simulated rounds and packets."""

import math
from collections.abc import Iterator
from functools import partial

from benchmarks.model_form.incast import SEGMENT_BYTES, Read
from benchmarks.model_form.reno import rate_with_timeouts, unlimited_rate
from benchmarks.model_form.study import Point, Study, Truth, grid
from gauntlet.mechanisms.tcp import incast_threshold

_RTT_S = 0.02
_READS = 5


def _mathis_points() -> Iterator[Point]:
    for values in grid(loss=(1e-5, 1e-4, 1e-3, 1e-2, 2e-2), acked=(1, 2), losses=("periodic", "random")):
        constant = math.sqrt(1.5 / values["acked"])
        arguments = {"mss_bytes": SEGMENT_BYTES, "rtt_s": _RTT_S, "loss_probability": values["loss"]}
        yield Point({**arguments, "constant": constant}, {"acked": values["acked"], "losses": values["losses"]})


def _mathis(mss_bytes: int, rtt_s: float, loss_probability: float, constant: float, acked: int, losses: str) -> Truth:
    rate = unlimited_rate(loss_probability, acked, periodic=losses == "periodic")
    return {"throughput_bytes_per_s": mss_bytes / rtt_s * rate}


def _padhye_points(losses: tuple[float, ...]) -> Iterator[Point]:
    for values in grid(loss=losses, acked_per_ack=(1, 2), rto=(2, 10), max_window=(16, 64, 1000)):
        path = {"mss_bytes": SEGMENT_BYTES, "rtt_s": _RTT_S, "rto_s": values["rto"] * _RTT_S}
        windows = {"acked_per_ack": values["acked_per_ack"], "max_window": values["max_window"]}
        yield Point({**path, "loss_probability": values["loss"], **windows})


def _padhye(mss_bytes: int, loss_probability: float, **path: float) -> Truth:
    return {"throughput_bytes_per_s": mss_bytes * rate_with_timeouts(loss_probability, **path)}  # type: ignore[arg-type]


def _incast_points(near: bool) -> Iterator[Point]:
    """Between half and twice the senders that fit, or away from there."""
    for values in grid(
        senders=(2, 4, 8, 16, 32, 64),
        block_bytes_per_sender=(32_768, 262_144),
        buffer_bytes=(65_536, 131_072, 524_288),
        link_bytes_per_s=(1.25e8, 1.25e9),
        rto_min_s=(0.01, 0.2),
    ):
        arguments = {**values, "initial_window_bytes": 10 * SEGMENT_BYTES, "rtt_s": 1e-4}
        of_those_that_fit = values["senders"] / incast_threshold(**arguments).max_senders
        if (0.5 < of_those_that_fit < 2) == near:
            yield Point(arguments)


def _incast(senders: int, block_bytes_per_sender: int, initial_window_bytes: int, **path: float) -> Truth:
    """Bytes over the mean time of a few reads."""
    packets, window = math.ceil(block_bytes_per_sender / SEGMENT_BYTES), initial_window_bytes / SEGMENT_BYTES
    times_s = [Read(senders, packets, window, seed=seed, **path).run_s() for seed in range(_READS)]
    return {"goodput_bytes_per_s": senders * block_bytes_per_sender * _READS / sum(times_s)}


def _one_flow() -> list[Study]:
    """Rounds of one flow."""
    rounds = "simulated Reno rounds, a loss takes the rest of its round"
    return [
        Study(
            "mathis_tcp",
            "loss 1e-5 to 0.02, with and without delayed acknowledgements",
            "simulated Reno rounds without timeouts, periodic and random losses",
            _mathis_points,
            _mathis,
        ),
        Study(
            "padhye_tcp",
            "loss 1e-4 to 0.1, timeouts of 2 and 10 round trips, windows 16 to 1000",
            rounds,
            partial(_padhye_points, (1e-4, 1e-3, 0.01, 0.03, 0.1)),
            _padhye,
        ),
        Study("padhye_tcp", "OUTSIDE: loss 0.2 and 0.3", rounds, partial(_padhye_points, (0.2, 0.3)), _padhye, ()),
    ]


def _many_flows() -> list[Study]:
    """Reads of many senders."""
    packets = "simulated packets, selective acknowledgements, mean of five reads"
    return [
        Study(
            "incast_threshold",
            "up to half or from twice the senders that fit, of 32 and 256 KiB, 64 to 512 KiB of buffer, 1 and 10 Gb/s",
            packets,
            partial(_incast_points, False),
            _incast,
        ),
        Study(
            "incast_threshold",
            "OUTSIDE: between half and twice the senders that fit",
            packets,
            partial(_incast_points, True),
            _incast,
            (),
        ),
    ]


def studies() -> list[Study]:
    """Simulations of the protocol that the formulas describe; other congestion controls are further away."""
    return [*_one_flow(), *_many_flows()]
