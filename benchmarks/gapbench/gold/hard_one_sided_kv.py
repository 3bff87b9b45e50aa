"""A key-value store behind its CPU against one-sided reads: interface, cores and round trips."""

from benchmarks.gapbench.gold.family import Given, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.specs.workload import Workload

CLIENTS = Workload(id="clients", loop="closed", population="clients", think_time="think_s")


def _network(away: str, wire: str, cpu: str) -> str:
    return (
        f"closed_multiserver(population=clients, think_time_s=think_s + {away}, demands_s=[{wire}, {cpu}], "
        "servers=[1, cores])"
    )


FAMILY = HardFamily(
    given=(
        Given("bw", "line_bytes_per_s", "hardware"),
        Given("s", "request_cpu_s", "hardware"),
        Given("rtt", "round_trip_s", "hardware"),
        Given("c", "default_cores", "hardware", whole=True),
        Given("op", "operations_per_s", "hardware"),
        Given("v", "default_value_bytes"),
        Given("pr", "default_probes"),
        Given("hl", "location_hits", used_by=("proposed",)),
        Given("w", "default_puts"),
        Given("Q", "cached_connections", "hardware", whole=True),
        Given("pen", "miss_penalty", "hardware"),
        Given("th", "think_s"),
        Given("Nf", "default_clients", whole=True),
    ),
    defaults={
        "clients": "default_clients",
        "cores": "default_cores",
        "value_bytes": "default_value_bytes",
        "probes": "default_probes",
        "puts": "default_puts",
        "background": "0",
    },
    experiments=(
        Figure("throughput_vs_clients", "clients", "", "throughput", "throughput", CLIENTS, x_whole=True),
        Figure(
            "latency_vs_clients", "clients", "", "latency", "latency", CLIENTS, x_whole=True, settings={"puts": "0"}
        ),
        Figure("throughput_vs_value", "value_bytes", "B", "throughput", "throughput", CLIENTS),
        Figure("throughput_vs_puts", "puts", "%", "throughput", "throughput", CLIENTS),
        Figure(
            "latency_vs_cores", "cores", "", "latency", "latency", CLIENTS, x_whole=True, settings={"clients": "20"}
        ),
        Figure("throughput_vs_probes", "probes", "", "throughput", "throughput", CLIENTS, settings={"clients": "24"}),
        Figure(
            "speedup_vs_cpu",
            "background",
            "%",
            "throughput",
            "throughput",
            CLIENTS,
            relative=True,
            settings={"clients": "32"},
        ),
    ),
    terms=(
        term(
            "uncached",
            None,
            "Share of connections that miss in the interface",
            "max(0, 1 - cached_connections / clients)",
            "b4 p5",
        ),
        term(
            "operation_s",
            None,
            "The interface's time for an operation",
            "(1 + uncached * miss_penalty) / operations_per_s",
            "b3",
        ),
        term("value_s", None, "A value on the wire", "value_bytes / line_bytes_per_s"),
        term("cpu_s", None, "A request on a core that others use too", "request_cpu_s / (1 - background)"),
        term("call_wire_s", None, "Two messages, one with the value", "2 * operation_s + value_s", "b2"),
        term(
            "reads",
            "proposed",
            "Reads of an index that no cache spares, and of the value",
            "1 + (1 - location_hits) * probes",
            "p2 p3",
        ),
        term(
            "wire_s",
            "proposed",
            "The interface per request",
            "puts * call_wire_s + (1 - puts) * (reads * operation_s + value_s)",
            "p1 p4",
        ),
        term("trips_s", "proposed", "Round trips per request", "round_trip_s * (puts + (1 - puts) * reads)", "p4"),
        term(
            "call_rate_per_s",
            "baseline",
            "Throughput of calls",
            f"{_network('round_trip_s', 'call_wire_s', 'cpu_s')}.throughput_per_s",
            "b1 b3",
        ),
        term(
            "rate_per_s",
            "proposed",
            "Throughput of reads and puts",
            f"{_network('trips_s', 'wire_s', 'puts * cpu_s')}.throughput_per_s",
            "p1",
        ),
        term("read_s", None, "One read of the value", "round_trip_s + operation_s + value_s"),
    ),
    outputs={
        ("baseline", "throughput"): "call_rate_per_s",
        ("proposed", "throughput"): "rate_per_s",
        ("baseline", "latency"): "clients / call_rate_per_s - think_s",
        ("proposed", "latency"): "clients / rate_per_s - think_s",
    },
    bounds={
        ("proposed", "throughput"): (
            "the interface, the cores that run puts, and clients that wait for a read",
            "min(min(clients / (think_s + read_s), 1 / (operation_s + value_s)), cores / (puts * cpu_s))",
        ),
        ("proposed", "latency"): (
            "one read, and the interface under all clients",
            "max(read_s, clients * (operation_s + value_s) - think_s)",
        ),
    },
)
