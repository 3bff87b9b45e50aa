"""Families that move and compute: logs, stores, caches, collectives, batches, kernels, decoding, pipelines, scaling."""

import numpy as np

from benchmarks.coverage import truth
from benchmarks.coverage.systems import (
    BASELINE,
    PROPOSAL,
    Formula,
    Side,
    System,
    Values,
    World,
    below_saturation,
    between,
    swept,
)


def group_commit(world: World) -> System:
    """Every commit flushes alone, M/D/1, against commits that share a flush."""
    flush = world.shared("flush", "us", 50, 2000)
    world.shared("path", "us", 20, 200)
    world.own("batching", "us", 1, 20)
    alone = "mg1_pk(arrival_rate_per_s=rate, mean_service_s=flush, service_scv=0).mean_response_s"
    together = "group_commit(arrival_rate_per_s=rate, fsync_s=flush).mean_latency_s"
    sides = [
        Side(BASELINE, "latency", f"path + {alone}", lambda c, x: c["path"] + truth.md1_response_s(x, c["flush"])),
        Side(
            PROPOSAL, "latency", f"path + batching + {together}",
            lambda c, x: c["path"] + c["batching"] + truth.group_commit_s(x, c["flush"]),
        ),
    ]  # fmt: skip
    capacity = {BASELINE: 1 / flush, PROPOSAL: 10 / flush}
    return world.system(
        "group commit", swept("rate", "1/s"), sides, range_of=below_saturation(capacity, 0.9), load="rate"
    )


def store(world: World) -> System:
    """Loading a store: writer, compaction and device limit each other; the proposal keeps values out of the tree."""
    world.known("key", (16.0, 24.0, 32.0), "B")
    world.known("address", (8.0, 12.0, 16.0), "B")
    world.shared("device", "MB/s", 200, 2000)
    world.shared("merge", "MB/s", 20, 300)
    world.shared("record", "us", 0.1, 1)
    world.shared("amplification", "", 4, 15)
    world.own("put", "us", 1, 6)
    world.own("old_put", "us", 1, 6, BASELINE)
    stages = "backpressured_stages(foreground_s={put}, background_s={merge}, device_s={device}).time_s"
    sides = []
    for mechanism, put, entry in ((BASELINE, "old_put", "value"), (PROPOSAL, "put", "address")):
        merge = f"amplification * ((key + {entry}) / merge + record)"
        device = f"(key + value + amplification * (key + {entry})) / device"

        def rate(c: Values, x: truth.Floats, put: str = put, entry: str = entry) -> truth.Floats:
            inside = c["key"] + (x if entry == "value" else c["address"])
            merged = c["amplification"] * (inside / c["merge"] + c["record"])
            written = (c["key"] + x + c["amplification"] * inside) / c["device"]
            return (c["key"] + x) / np.maximum(np.maximum(c[put], merged), written)

        sides.append(
            Side(
                mechanism, "bandwidth",
                f"(key + value) / {stages.format(put=put, merge=merge, device=device)}",
                rate, "device", lambda c, x: c["device"] + 0 * x,
            )
        )  # fmt: skip
    return world.system("store", swept("value", "B"), sides, range_of=between(64, 65536))


def cache(world: World) -> System:
    """A store alone, or behind a cache of the most recent objects."""
    items = world.count("items", (1000, 3000))
    world.known("skew", (0.7, 0.9, 1.1))
    world.shared("hit", "us", 1, 20)
    world.shared("fetch", "us", 100, 1000)
    ratio = "che_lru_zipf(items=items, theta=skew, capacity=room).hit_ratio"
    sides = [
        Side(BASELINE, "latency", "fetch", lambda c, x: c["fetch"] + 0 * x),
        Side(
            PROPOSAL, "latency", f"hit + (1 - {ratio}) * fetch",
            lambda c, x: c["hit"] + (1 - truth.lru_hit_ratio(items, c["skew"], x)) * c["fetch"],
            "hit", lambda c, x: c["hit"] + 0 * x,
        ),
    ]  # fmt: skip
    return world.system("cache", swept("room", "", whole=True), sides, range_of=between(20, 0.8 * items))


def collective(world: World) -> System:
    """All-reduce by ring or by recursive doubling."""
    ranks = world.count("ranks", (4, 8, 16, 64))
    world.shared("start", "us", 1, 20)
    world.shared("link", "GB/s", 1, 50)
    world.shared("reduce", "GB/s", 20, 200)
    call = "collective_time(algorithm='{name}', ranks=ranks, message_bytes=message, alpha_s=start, "
    call += "bandwidth_bytes_per_s=link, reduce_bytes_per_s=reduce).time_s"
    doublings, part = np.log2(ranks), (ranks - 1) / ranks
    old, new = ("allreduce_recursive_doubling", "allreduce_ring")
    sides = [
        Side(
            BASELINE, "run_time", call.format(name=old),
            lambda c, x: doublings * (c["start"] + x / c["link"] + x / c["reduce"]),
            "message / link", lambda c, x: x / c["link"],
        ),
        Side(
            PROPOSAL, "run_time", call.format(name=new),
            lambda c, x: 2 * (ranks - 1) * c["start"] + part * (2 * x / c["link"] + x / c["reduce"]),
            "message / link", lambda c, x: x / c["link"],
        ),
    ]  # fmt: skip
    return world.system("collective", swept("message", "MB"), sides, range_of=between(1e5, 1e9))


def batching(world: World) -> System:
    """A server that pays a fixed cost per message, or once per batch."""
    world.shared("fixed", "us", 2, 20)
    world.shared("item", "us", 0.5, 5)
    world.own("pack", "us", 0.05, 0.5)
    call = "batching_amortisation(per_batch_s=fixed, per_item_s=item + pack, batch=batch, arrival_rate_per_s=1 / item)"
    sides = [
        Side(
            BASELINE, "peak", "1 / (fixed + item)",
            lambda c, x: 1 / (c["fixed"] + c["item"]) + 0 * x, "1 / item", lambda c, x: 1 / c["item"] + 0 * x,
        ),
        Side(
            PROPOSAL, "peak", f"{call}.max_rate_per_s",
            lambda c, x: x / (c["fixed"] + x * (c["item"] + c["pack"])),
            "1 / item", lambda c, x: 1 / c["item"] + 0 * x,
        ),
    ]  # fmt: skip
    return world.system("batching server", swept("batch", "", whole=True), sides, range_of=between(1, 128))


def kernel(world: World) -> System:
    """A chain of operators that spills to memory, or one fused kernel: roofline with reached shares of both peaks."""
    world.known("flop_per_byte", (2.0, 10.0, 40.0, 150.0))
    peak, memory = world.shared("peak", "TFLOP/s", 50, 900), world.shared("memory", "GB/s", 500, 3000)
    world.shared("busy", "", 0.4, 0.5)
    world.own("spills", "", 2, 5, BASELINE)
    world.shared("launch", "us", 2, 10)
    call = "(launch + roofline(flop=work * flop_per_byte, bytes_={bytes}, peak_flop_per_s=peak * busy, "
    call += "bandwidth_bytes_per_s=memory).time_s)"
    sides = []
    for mechanism, moved, spill in ((BASELINE, "work * spills", "spills"), (PROPOSAL, "work", None)):

        def speed(c: Values, x: truth.Floats, spill: str | None = spill) -> truth.Floats:
            flop, moved = x * c["flop_per_byte"], x * (c[spill] if spill else 1.0)
            return flop / (c["launch"] + np.maximum(flop / (c["peak"] * c["busy"]), moved / c["memory"]))

        sides.append(
            Side(
                mechanism, "speed", f"work * flop_per_byte / {call.format(bytes=moved)}", speed,
                "min(peak, memory * flop_per_byte)",
                lambda c, x: np.minimum(c["peak"], c["memory"] * c["flop_per_byte"]) + 0 * x,
            )
        )  # fmt: skip
    smallest = 0.1 * peak * memory / (peak + memory) * 1e-5
    return world.system("kernel", swept("work", "MB"), sides, range_of=between(max(smallest, 1e5), 3e9))


def decoding(world: World) -> System:
    """Steps of a language model that read all weights; the proposal stores them in fewer bits."""
    weights = world.known("weights", (7e3, 14e3, 26e3), "MB")
    world.known("kv", (0.1, 0.2, 0.5), "MB")
    world.known("context", (512.0, 2048.0))
    world.shared("memory", "GB/s", 500, 3000)
    world.shared("peak", "TFLOP/s", 100, 500)
    world.shared("fixed", "us", 200, 3000)
    world.own("shrink", "", 1.8, 3.5)
    call = (
        "decode_step_time(active_weight_bytes={weights}, kv_bytes_per_token=kv, batch=batch, context_tokens=context, "
    )
    call += "flop_per_token=flop, peak_flop_per_s=peak, bandwidth_bytes_per_s=memory, fixed_s=fixed).tokens_per_s"
    world.known("flop", (weights / 1e12,), "TFLOP")
    sides = []
    for mechanism, text, part in ((BASELINE, "weights", None), (PROPOSAL, "weights / shrink", "shrink")):

        def rate(c: Values, x: truth.Floats, part: str | None = part) -> truth.Floats:
            read = (c["weights"] / (c[part] if part else 1.0) + x * c["context"] * c["kv"]) / c["memory"]
            return x / (np.maximum(read, x * c["flop"] / c["peak"]) + c["fixed"])

        sides.append(
            Side(
                mechanism, "throughput", call.format(weights=text), rate,
                "min(peak / flop, memory / (context * kv))",
                lambda c, x: np.minimum(c["peak"] / c["flop"], c["memory"] / (c["context"] * c["kv"])) + 0 * x,
            )
        )  # fmt: skip
    return world.system("decoding", swept("batch", "", whole=True), sides, range_of=between(1, 256))


def pipeline(world: World) -> System:
    """Training through a pipeline; the proposal gives each device two chunks of the model."""
    stages = world.count("stages", (4, 8, 16))
    world.shared("micro", "ms", 2, 20)
    world.own("exchange", "ms", 0.1, 1)
    time = "microbatches * {step} * pipeline_bubble(stages=stages, microbatches=microbatches, interleave={chunks})"
    sides = [
        Side(
            BASELINE, "run_time", time.format(step="micro", chunks="1") + ".relative_time",
            lambda c, x: x * c["micro"] * (1 + (stages - 1) / x),
            "microbatches * micro", lambda c, x: x * c["micro"],
        ),
        Side(
            PROPOSAL, "run_time", time.format(step="(micro + exchange)", chunks="2") + ".relative_time",
            lambda c, x: x * (c["micro"] + c["exchange"]) * (1 + (stages - 1) / (2 * x)),
            "microbatches * micro", lambda c, x: x * c["micro"],
        ),
    ]  # fmt: skip
    return world.system("pipeline", swept("microbatches", "", whole=True), sides, range_of=between(stages, 8 * stages))


def _universal(wait: str) -> Formula:
    return lambda c, x: x * c["single"] / (1 + c[wait] * (x - 1) + c["gossip"] * x * (x - 1))


def scaling(world: World) -> System:
    """Processors that wait for shared parts: the universal scalability law, with contention of one's own."""
    world.shared("single", "1/s", 500, 20000)
    world.own("old_wait", "", 0.02, 0.2, BASELINE)
    world.own("wait", "", 0.002, 0.02)
    world.shared("gossip", "", 1e-5, 1e-3)
    sides = [
        Side(
            mechanism, "throughput",
            f"usl(processors=processors, contention=min({wait}, 1), coherency=gossip, single_rate_per_s=single)"
            ".throughput_per_s",
            _universal(wait),
            "processors * single", lambda c, x: x * c["single"],
        )
        for mechanism, wait in ((BASELINE, "old_wait"), (PROPOSAL, "wait"))
    ]  # fmt: skip
    return world.system("scaling", swept("processors", "", whole=True), sides, range_of=between(2, 128))
