"""Gold models of four hard families, all constants stated, against simulations of what their descriptions say."""

import heapq
import json
import math

import numpy as np
import pytest

from benchmarks.gapbench.given import from_gold
from benchmarks.gapbench.gold.families import FAMILIES
from benchmarks.gapbench.gold.truth import read_known
from gauntlet.costs.laws import check_laws

CYCLES = 5_000
RUNS = 1_500


def circulating(clients, think_s, route, cycles=CYCLES):
    """Completions per second of clients that think and follow `route`: (station, servers, seconds), None to nobody's.

    A visit of None servers delays; one of 0 keeps the station busy while the client moves on.
    """
    stream = np.random.default_rng(clients)
    free, done, first = {}, 0, 0.0
    events = [(stream.exponential(think_s), place, iter(())) for place in range(clients)]
    heapq.heapify(events)
    while done < cycles:
        now, place, visits = heapq.heappop(events)
        station, servers, lasts_s = next(visits, (None, -1, 0.0))
        if servers == -1:
            done += 1
            first = now if done == cycles // 5 else first
            visits, end = route(stream), now + stream.exponential(think_s)
        elif servers is None:
            end = now + lasts_s
        else:
            ends = free.setdefault(station, [0.0] * max(1, servers))
            end = max(now, ends[0]) + lasts_s
            heapq.heapreplace(ends, end)
            end = end if servers else now
        heapq.heappush(events, (end, place, visits))
    return (cycles - cycles // 5) / (now - first)


TIERS = {"Z": 1.0, "Dr": 5.5e-3, "Da": 6.6e-3, "wr": 1.7, "Dw": 1.1e-3, "cw": 2, "ca": 6, "cp": 2, "f": 0.12, "k": 3,
         "hc": 0.3, "ap": 0.35, "Nf": 500}  # fmt: skip


def tiered(replicated, users, think_s=1.0):
    """Interactions per second."""
    at = TIERS

    def route(stream):
        lasts = stream.exponential(1.0, 12)
        yield "web", at["cw"], lasts[0] * at["Dw"]
        yield "application", at["ca"], lasts[1] * at["Da"]
        update = stream.random() < at["f"]
        if update or not replicated:
            yield "primary", at["cp"], lasts[2] * at["Dr"] * (at["wr"] if update else 1)
            for replica in range(at["k"] if replicated else 0):
                yield replica, 0, lasts[3 + replica] * at["Dr"] * at["wr"] * at["ap"]
        elif stream.random() >= at["hc"]:
            yield int(stream.integers(at["k"])), 1, lasts[2] * at["Dr"]

    return circulating(users, think_s, route)


STORE = {"bw": 3.125e9, "s": 3.1e-6, "rtt": 5e-6, "c": 4, "op": 8e6, "v": 1024, "pr": 1.5, "hl": 0.5, "w": 0.1, "Q": 96,
         "pen": 1.2, "th": 4e-6, "Nf": 48}  # fmt: skip


def stored(one_sided, clients, cores=4):
    """Requests per second."""
    at, operation_s = STORE, (1 + 1.2 * max(0.0, 1 - 96 / clients)) / 8e6

    def route(stream):
        put, value_s = stream.random() < at["w"], at["v"] / at["bw"]
        if put or not one_sided:
            yield None, None, at["rtt"]
            yield "wire", 1, stream.exponential(operation_s + value_s * put)
            yield "cores", cores, stream.exponential(at["s"])
            yield "wire", 1, stream.exponential(operation_s + value_s * (not put))
            return
        for _ in range(stream.geometric(1 / at["pr"]) if stream.random() >= at["hl"] else 0):
            yield None, None, at["rtt"]
            yield "wire", 1, stream.exponential(operation_s)
        yield None, None, at["rtt"]
        yield "wire", 1, stream.exponential(operation_s + value_s)

    return circulating(clients, at["th"], route)


GRADIENTS = {"bw": 5e9, "peak": 312e12, "eff": 0.7, "ke": 0.41, "g": 8, "nv": 150e9, "bs": 32, "fl": 3e11, "G": 3.5e8,
             "nb": 12, "al": 4e-5, "cr": 0.35, "cs": 90e9, "cv": 0.05, "ph": 0.008, "dh": 0.06, "n": 16}  # fmt: skip


def trained(tiered_exchange, nodes=16, buckets=12):
    """Seconds of an iteration."""
    at = GRADIENTS
    forward_s, wire = at["fl"] * at["bs"] / (at["peak"] * at["ke"]), at["bw"] * at["eff"]
    bucket, gpus = at["G"] / buckets, nodes * at["g"]
    inside_s = (1 - 1 / at["g"]) * bucket / at["nv"]
    between_s = 2 * (nodes - 1) * (at["cr"] * bucket / nodes / wire + at["al"])
    stages = [inside_s + bucket / at["g"] / at["cs"], between_s, inside_s]
    stages = stages if tiered_exchange else [2 * (gpus - 1) * (bucket / gpus / wire + at["al"])]
    stream = np.random.default_rng(nodes)
    pace = stream.normal(1.0, at["cv"], (RUNS, nodes))
    stalls_s = np.where(stream.random(pace.shape) < at["ph"], stream.exponential(at["dh"], pace.shape), 0.0)
    done = [np.zeros(RUNS) for _ in stages]
    for bucket_number in range(1, buckets + 1):
        end = (forward_s * (1 + 2 * bucket_number / buckets) * pace + stalls_s).max(axis=1)
        for stage, lasts_s in enumerate(stages):
            done[stage] = end = np.maximum(end, done[stage]) + lasts_s
    return end.mean()


PIPELINE = {"peak": 312e12, "em": 0.5, "b0": 0.8, "L": 48, "t": 4, "pp": 4, "fl": 5e12, "ab": 32e6, "nv": 150e9,
            "B": 64, "bb": 1, "bp": 4, "oh": 0.5, "rc": 0.45, "cv": 0.07, "ts": 0.25}  # fmt: skip


def piped(recomputing, sequences=64, cv=0.07):
    """Seconds of an iteration: the passes of each stage in their order, each as soon as it can."""
    at, stages = PIPELINE, PIPELINE["pp"]
    batch = at["bp"] if recomputing else at["bb"]
    layers, items = at["L"] / stages, max(1, sequences // batch)
    compute_s = layers * at["fl"] * batch / at["t"] / (at["peak"] * at["em"] * batch / (batch + at["b0"]))
    reduce_s = layers * 4 * (at["t"] - 1) / at["t"] * at["ab"] * batch / at["nv"] * (1 - at["oh"] * recomputing)
    means_s = (compute_s + reduce_s, (2 + at["rc"] * recomputing) * compute_s + reduce_s)
    stream, sigma = np.random.default_rng(items), math.sqrt(math.log(1 + cv * cv))
    orders = [
        [
            *((0, item) for item in range(min(stages - stage, items))),
            *((kind, item + (1 - kind) * (stages - stage)) for item in range(items) for kind in (1, 0)),
        ]
        for stage in range(stages)
    ]
    waiting = [[one for one in order if one[1] < items] for order in orders]
    ended, free = {}, [np.zeros(40)] * stages
    while any(waiting):
        for stage, order in enumerate(waiting):
            while order:
                kind, item = order[0]
                last = kind == 1 and stage == stages - 1
                before = (0, stage, item) if last else (kind, stage + (1 if kind else -1), item)
                ready = ended.get(before) if last or before[1] >= 0 else np.zeros(40)
                if ready is None:
                    break
                lasts_s = means_s[kind] * np.exp(sigma * stream.standard_normal(40) - sigma**2 / 2)
                free[stage] = ended[kind, stage, item] = np.maximum(free[stage], ready) + lasts_s
                order.pop(0)
    return np.max(free, axis=0).mean() + at["ts"]


def curves(points, run):
    """Of the baseline and of the proposal."""
    return [[float(run(proposed, point)) for point in points] for proposed in (False, True)]


def papers():
    """Family -> values, numbers of steps, figures."""
    users, stressed = [40, 150, 400], [3, 12, 40, 90]
    clients, cores = [2, 8, 24, 64, 160], [1, 2, 4, 8]
    nodes, buckets = [2, 4, 8, 16, 32], [1, 2, 6, 12, 32]
    batches, varied = [16, 32, 64, 128], [0.1, 10.0, 20.0, 30.0]
    return {
        "closed_tiers_replicas": (
            TIERS,
            (2, 5),
            [
                ("throughput_vs_users", "1/s", "higher", users, curves(users, tiered)),
                (
                    "response_vs_users", "ms", "lower", stressed,
                    curves(stressed, lambda new, n: 1e3 * (n / tiered(new, n, 0.02) - 0.02)),
                ),
            ],
        ),
        "one_sided_kv": (
            STORE,
            (4, 5),
            [
                ("throughput_vs_clients", "1/s", "higher", clients, curves(clients, stored)),
                (
                    "latency_vs_cores", "us", "lower", cores,
                    curves(cores, lambda new, c: 1e6 * (20 / stored(new, 20, c) - 4e-6)),
                ),
            ],
        ),
        "hierarchical_allreduce": (
            GRADIENTS,
            (4, 5),
            [
                (
                    "throughput_vs_nodes", "samples/s", "higher", nodes,
                    curves(nodes, lambda new, n: n * 8 * 32 / trained(new, n)),
                ),
                (
                    "throughput_vs_buckets", "samples/s", "higher", buckets,
                    curves(buckets, lambda new, n: 16 * 8 * 32 / trained(new, 16, n)),
                ),
            ],
        ),
        "pipeline_tensor_recompute": (
            PIPELINE,
            (5, 4),
            [
                (
                    "throughput_vs_batch", "sequences/s", "higher", batches,
                    curves(batches, lambda new, n: n / piped(new, n)),
                ),
                ("time_vs_jitter", "s", "lower", varied, curves(varied, lambda new, cv: piped(new, 64, cv / 100))),
            ],
        ),
    }  # fmt: skip


PAPERS = papers()


def written(folder, family, factor=1.0):
    """A file as the benchmark has it; the proposal's first curve is better by `factor`."""
    values, steps, figures = PAPERS[family]
    claims = []
    for place, (figure, unit, better, x, both) in enumerate(figures):
        for role, y in zip(("baseline", "proposed"), both, strict=True):
            gain = factor if (role, place) == ("proposed", 0) else 1.0
            claims.append(
                {
                    "id": f"{figure}/{role}", "role": role, "metric": figure, "better": better, "x_name": figure,
                    "x": x, "y": [value * gain for value in y], "y_unit": unit,
                }
            )  # fmt: skip
    words = [tuple("it does something." for _ in range(count)) for count in steps]
    paper = {
        "paper": "paper_000", "family": family, "title": "t", "systems": {"baseline": "Old", "proposed": "New"},
        "parameters": {key: {"value_si": value, "meaning": f"meaning of {key}"} for key, value in values.items()},
        "withheld": None, "workload": [""] * len(figures), "claims": claims, "baseline_steps": words[0],
        "mechanism_steps": words[1], "text_inconsistencies": [], "text_checks_ok": [],
    }  # fmt: skip
    path = folder / "paper_000.truth.json"
    path.write_text(json.dumps(paper))
    return path


@pytest.mark.parametrize("family", PAPERS)
def test_what_the_description_does_is_consistent_and_lawful(tmp_path, family):
    path = written(tmp_path, family)
    answer, verdict = from_gold(path)
    assert {one["verdict"] for one in answer["claims"].values()} == {"CONSISTENT"}
    gaps = [abs(math.log(point.gap)) for claim in verdict.claims for point in claim.points]
    assert max(gaps) < 0.1  # simulated means of this size, and constants learnt from them, have errors of some per cent
    assert check_laws(*FAMILIES[family].of(read_known(path))) == ()


@pytest.mark.parametrize("family", PAPERS)
def test_a_planted_gap_is_found_with_its_size(tmp_path, family):
    answer, _ = from_gold(written(tmp_path, family, 1.5))
    flagged = {key: one for key, one in answer["claims"].items() if one["verdict"] != "CONSISTENT"}
    assert list(flagged) == [f"{PAPERS[family][2][0][0]}/proposed"]
    (found,) = flagged.values()
    assert found["verdict"] in ("MAGIC_GAP", "IMPOSSIBLE")
    assert found["gap_factor"] == pytest.approx(1.5, rel=0.1)
