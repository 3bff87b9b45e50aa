"""How much the primitives cost beside hand-written numpy: `python -m benchmarks.speed [--evaluations N]`.

Each row evaluates one primitive at N random points (a million unless told) and, in the same run, a bare kernel of the
same equation without checks, names or saturation. The ratio is the price of those; both count their best of three runs.
"""

import argparse
import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms.catalogue import find


class Race(NamedTuple):
    """A primitive, its arguments, the output to compare, and the bare kernel."""

    primitive: str
    arguments: dict[str, object]
    output: str
    kernel: Callable[[], Floats]


def main(arguments: list[str] | None = None) -> int:
    """Print one row per primitive; 1 if a primitive and its kernel disagree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--evaluations", type=int, default=1_000_000, help="points per primitive")
    count = parser.parse_args(arguments).evaluations
    table = Table("primitive", "primitive, s", "numpy kernel, s", "ratio", "million evaluations/s")
    agreed = True
    for race in races(count):
        spent_s, found = best_of_three(functools.partial(evaluate, race))
        kernel_s, expected = best_of_three(race.kernel)
        agreed &= bool(np.allclose(found, expected, rtol=1e-9))
        table.add_row(
            race.primitive,
            f"{spent_s:.4f}",
            f"{kernel_s:.4f}",
            f"{spent_s / kernel_s:.2f}",
            f"{count / spent_s / 1e6:.1f}",
        )
    Console(width=110).print(table)
    Console().print("values agree" if agreed else "VALUES DISAGREE")
    return 0 if agreed else 1


def evaluate(race: Race) -> Floats:
    """The compared output of the primitive."""
    return np.asarray(getattr(find(race.primitive).function(**race.arguments), race.output))


def best_of_three(work: Callable[[], Floats]) -> tuple[float, Floats]:
    """Shortest time in seconds, and the last value."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        value = work()
        times.append(time.perf_counter() - start)
    return min(times), value


def races(count: int) -> list[Race]:
    """The primitives to measure, at random points below saturation."""
    draw = np.random.default_rng(1)
    rate, service_s = draw.uniform(1e3, 8e3, count), np.full(count, 1e-4)
    size_bytes, flop = draw.uniform(1e3, 1e8, count), draw.uniform(1e9, 1e12, count)

    def mg1() -> Floats:
        rho: Floats = rate * service_s
        wait_s: Floats = rho * service_s * 2.5 / (1 - rho)
        return wait_s

    def erlang_c() -> Floats:
        load = rate * service_s * 6
        blocking: Floats = np.ones(count)
        for k in range(1, 9):
            blocking = load * blocking / (k + load * blocking)
        rho = load / 8
        wait_s: Floats = blocking / (1 - rho + rho * blocking) / (8 / (6 * service_s) - rate)
        return wait_s

    def mva() -> Floats:
        first_s, second_s = service_s * 2, service_s
        first, second, throughput = np.zeros(count), np.zeros(count), np.zeros(count)
        for n in range(1, 17):
            at_first, at_second = first_s * (1 + first), second_s * (1 + second)
            throughput = n / (1 / rate + at_first + at_second)
            first, second = throughput * at_first, throughput * at_second
        return throughput

    return [
        Race(
            "littles_law",
            {"throughput_per_s": rate, "residence_s": service_s},
            "mean_in_system",
            lambda: rate * service_s,
        ),
        Race(
            "mg1_pk",
            {"arrival_rate_per_s": rate, "mean_service_s": service_s, "service_scv": 4.0},
            "mean_wait_s",
            mg1,
        ),
        Race(
            "mmc",
            {"arrival_rate_per_s": rate, "service_time_s": 6 * service_s, "servers": 8},
            "mean_wait_s",
            erlang_c,
        ),
        Race(
            "mva_exact",
            {"population": 16, "think_time_s": 1 / rate, "demands_s": [2 * service_s, service_s]},
            "throughput_per_s",
            mva,
        ),
        Race(
            "collective_time",
            {
                "algorithm": "allreduce_ring",
                "ranks": 8,
                "message_bytes": size_bytes,
                "alpha_s": 5e-6,
                "bandwidth_bytes_per_s": 2.5e10,
            },
            "time_s",
            lambda: 14 * 5e-6 + 1.75 * size_bytes / 2.5e10,
        ),
        Race(
            "roofline",
            {"flop": flop, "bytes_": size_bytes, "peak_flop_per_s": 1e15, "bandwidth_bytes_per_s": 3e12},
            "time_s",
            lambda: np.maximum(flop / 1e15, size_bytes / 3e12),
        ),
        Race(
            "group_commit",
            {"arrival_rate_per_s": rate, "fsync_s": 1e-3},
            "mean_latency_s",
            lambda: 1e-3 * (1 + rate * 1e-3 / (2 * (rate * 1e-3 + np.exp(-rate * 1e-3)))),
        ),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
