"""Families that wait: open and closed queues, tails, locks, quorums, hedged requests."""

from benchmarks.coverage import truth
from benchmarks.coverage.systems import (
    BASELINE,
    PROPOSAL,
    Formula,
    Side,
    System,
    World,
    below_saturation,
    between,
    swept,
)


def open_queue(world: World) -> System:
    """One queue per core against one shared queue with a hand-off: mean latency over load, and the peak."""
    cores = world.count("cores", (2, 4, 8, 16))
    service, dispatch = world.shared("service", "us", 5, 50), world.shared("dispatch", "us", 0.5, 10)
    world.shared("network", "us", 5, 40)
    handoff = world.own("handoff", "us", 0.2, 3)
    busy = {BASELINE: service + dispatch, PROPOSAL: service + dispatch + handoff}
    texts = {BASELINE: "(service + dispatch)", PROPOSAL: "(service + dispatch + handoff)"}
    alone = f"mm1(arrival_rate_per_s=rate / cores, service_time_s={texts[BASELINE]}, quantile=0.5).mean_wait_s"
    any_core = (
        f"mmc(arrival_rate_per_s=rate, service_time_s={texts[PROPOSAL]}, servers=cores, quantile=0.5).mean_wait_s"
    )
    sides = [
        Side(
            BASELINE, "latency", f"network + {texts[BASELINE]} + {alone}",
            lambda c, x: c["network"] + truth.mmc_response_s(x / cores, c["service"] + c["dispatch"], 1),
            "service", lambda c, x: c["service"] + 0 * x,
        ),
        Side(
            PROPOSAL, "latency", f"network + {texts[PROPOSAL]} + {any_core}",
            lambda c, x: c["network"] + truth.mmc_response_s(x, c["service"] + c["dispatch"] + c["handoff"], cores),
            "service", lambda c, x: c["service"] + 0 * x,
        ),
    ]  # fmt: skip
    sides += [
        Side(
            mechanism, "peak", f"cores / {text}", _constant(cores / busy[mechanism]),
            "cores / service", lambda c, x: cores / c["service"] + 0 * x,
        )
        for mechanism, text in texts.items()
    ]  # fmt: skip
    capacity = {mechanism: cores / own for mechanism, own in busy.items()}
    return world.system(
        "open queue", swept("rate", "krps"), sides, range_of=below_saturation(capacity, 0.92), load="rate"
    )


def _constant(value: float) -> Formula:
    return lambda c, x: value + 0 * x


def tail(world: World) -> System:
    """The same two disciplines by their 99th percentile."""
    cores = world.count("cores", (4, 8, 16))
    service, overhead = world.shared("service", "us", 5, 50), world.shared("overhead", "us", 0.5, 8)
    world.shared("path", "us", 5, 30)
    steal = world.own("steal", "us", 0.1, 2)
    queue = "{name}(arrival_rate_per_s={rate}, service_time_s={busy}, quantile=0.99{servers}).response_quantile_s"
    alone = queue.format(name="mm1", rate="rate / cores", busy="service + overhead", servers="")
    shared = queue.format(
        name="mmc_response", rate="rate", busy="service + overhead + steal", servers=", servers=cores"
    )
    sides = [
        Side(
            BASELINE, "p99", f"path + {alone}",
            lambda c, x: c["path"] + truth.mmc_quantile_s(x / cores, c["service"] + c["overhead"], 1, 0.99),
        ),
        Side(
            PROPOSAL, "p99", f"path + {shared}",
            lambda c, x: c["path"]
            + truth.mmc_quantile_s(x, c["service"] + c["overhead"] + c["steal"], cores, 0.99),
        ),
    ]  # fmt: skip
    capacity = {BASELINE: cores / (service + overhead), PROPOSAL: cores / (service + overhead + steal)}
    return world.system("tail", swept("rate", "krps"), sides, range_of=below_saturation(capacity, 0.9), load="rate")


def closed_network(world: World) -> System:
    """Clients in a closed loop over three stations; the proposal takes a share of the busiest one's work away."""
    world.known("think", (0.5, 1.0, 5.0), "ms")
    for name, low, high in (("cpu", 50, 300), ("disk", 100, 1000), ("net", 20, 200)):
        world.shared(name, "us", low, high)
    world.own("offload", "", 1.5, 4.0)
    exact = world.rng.random() < 0.5
    name = "mva_exact" if exact else "mva_schweitzer"
    call = f"{name}(population=clients, think_time_s=think, demands_s=[cpu, {{disk}}, net])"
    sides = []
    for mechanism, disk, part in ((BASELINE, "disk", None), (PROPOSAL, "disk / offload", "offload")):
        for metric, output, place in (("throughput", "throughput_per_s", 0), ("latency", "response_s", 1)):
            sides.append(
                Side(
                    mechanism, metric, f"{call.format(disk=disk)}.{output}",
                    _closed(part, place),
                    "1 / cpu" if place == 0 else None,
                    (lambda c, x: 1 / c["cpu"] + 0 * x) if place == 0 else None,
                )
            )  # fmt: skip
    return world.system(
        "closed network", swept("clients", "", whole=True), sides, range_of=between(1, 60), load="population"
    )


def _closed(part: str | None, place: int) -> Formula:
    """Throughput (0) or response (1) with the disk's demand divided by the constant `part`."""
    return lambda c, x: truth.mva(x, c["think"], [c["cpu"], c["disk"] / (c[part] if part else 1.0), c["net"]])[place]


def lock(world: World) -> System:
    """Threads that work and then hold a lock; the proposal splits it into shards behind one queue."""
    shards = world.count("shards", (2, 4, 8))
    world.shared("work", "us", 2, 20)
    world.shared("hold", "us", 0.5, 5)
    world.own("route", "us", 0.1, 1)
    call = "finite_source_mmc(population=threads, think_time_s={think}, service_time_s=hold, servers={servers})"
    sides = [
        Side(
            BASELINE, "throughput", call.format(think="work", servers="1") + ".throughput_per_s",
            lambda c, x: truth.repairman_rate(x, c["work"], c["hold"], 1),
            "1 / hold", lambda c, x: 1 / c["hold"] + 0 * x,
        ),
        Side(
            PROPOSAL, "throughput", call.format(think="(work + route)", servers="shards") + ".throughput_per_s",
            lambda c, x: truth.repairman_rate(x, c["work"] + c["route"], c["hold"], shards),
            "shards / hold", lambda c, x: shards / c["hold"] + 0 * x,
        ),
    ]  # fmt: skip
    return world.system("lock", swept("threads", "", whole=True), sides, range_of=between(1, 48), load=None)


def quorum(world: World) -> System:
    """A commit waits for a majority of exponential replies after its own write; the proposal needs fewer, at once."""
    world.shared("flush", "us", 50, 500)
    world.shared("hop", "us", 20, 100)
    world.shared("reply", "us", 50, 500)
    acks = world.count("acks", (3, 4))
    fast = world.count("fast_acks", (1, 2))
    wait = "order_statistic(latency=exponential(mean_s=reply), k={k}, n=followers, quantile=0.5).mean_s"
    sides = [
        Side(
            BASELINE, "latency", "2 * hop + flush + " + wait.format(k="acks"),
            lambda c, x: 2 * c["hop"] + c["flush"] + truth.kth_of_exponential_s(c["reply"], acks, x),
            "2 * hop", lambda c, x: 2 * c["hop"] + 0 * x,
        ),
        Side(
            PROPOSAL, "latency", "2 * hop + " + wait.format(k="fast_acks"),
            lambda c, x: 2 * c["hop"] + truth.kth_of_exponential_s(c["reply"], fast, x),
            "2 * hop", lambda c, x: 2 * c["hop"] + 0 * x,
        ),
    ]  # fmt: skip
    return world.system("quorum commit", swept("followers", "", whole=True), sides, range_of=between(4, 16))


def hedged(world: World) -> System:
    """A request to one replica, or a second copy after a delay."""
    mean = world.shared("answer", "us", 100, 2000)
    world.shared("client", "us", 10, 100)
    law = "exponential(mean_s=answer)"
    sides = [
        Side(BASELINE, "latency", "client + answer", lambda c, x: c["client"] + c["answer"] + 0 * x),
        Side(
            PROPOSAL, "latency",
            f"client + hedged_request(latency={law}, hedge_delay_s=delay, quantile=0.5).mean_s",
            lambda c, x: c["client"] + truth.hedged_mean_s(c["answer"], x),
        ),
    ]  # fmt: skip
    return world.system("hedged request", swept("delay", "us"), sides, range_of=between(0.05 * mean, 2 * mean))
