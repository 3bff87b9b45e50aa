"""LLM serving: mean time per output token (TPOT) of a server at fixed concurrency; `time_s` is that.

Columns of serving_agg.csv or of serving_disagg.csv without ttft_ms and tpot_ms. Rows are what the product's closed loop
says of a deployment; of a disaggregated server, of one of its decoding instances, which is handed all but the last
token of its prompts and an equal part of the requests in flight. Where it does not say how many instances decode, the
answer is that of one, with a band down to one client an instance, and rests on a default.

How the rows are read, checked against rows that state one measurement twice: where moe_tp = moe_ep = n > 1, the source
multiplied both into its device count; the server has n devices, all in one expert-parallel group. A tensor-parallel
degree that does not divide the heads is none: it counts the devices of data-parallel attention. Without a precision
the weights are BF16. gpt-oss keeps its own MXFP4 experts whatever the column says; Blackwell multiplies them in FP8.
A device without the arithmetic of a format widens the weights to the next it has.
FP8 and FP4 servers keep the cache in FP8. Speculative decoding is not recorded; some rows have it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.truth import llm_sweeps
from benchmarks.truth.rows import numbers, read_rows, registry, registry_key
from benchmarks.truth.scores import summary
from benchmarks.truth.sets import Answer, Basis, Rows, Score
from gauntlet.errors import GauntletError
from gauntlet.hardware.records import Device, Mode, Precision
from gauntlet.workloads.known_models import model_named
from gauntlet.workloads.serving.batching import mixed
from gauntlet.workloads.serving.calibration import Calibration, parse_calibration
from gauntlet.workloads.serving.demand import Demand, stacked
from gauntlet.workloads.serving.deployment import Deployment, divided_heads
from gauntlet.workloads.serving.fitting import fit_efficiencies
from gauntlet.workloads.serving.latency import Served, serve_closed
from gauntlet.workloads.serving.scenario import load_of
from gauntlet.workloads.serving.step_time import (
    EFFICIENCY_TERMS,
    CalibratedRoofline,
    Efficiencies,
    Terms,
    terms_of,
)
from gauntlet.workloads.transformer import Transformer
from gauntlet.workloads.transformer_weights import stored_as

Floats = npt.NDArray[np.float64]

_DEVICES = {
    "a100_sxm": "a100_sxm_80gb",
    "b200_sxm": "b200_sxm_180gb",
    "b300_sxm": "b300_sxm_288gb",
    "gb200": "gb200_gpu",
    "gb300": "gb300_gpu",
    "h100_sxm": "h100_sxm5",
    "h200_sxm": "h200_sxm_141gb",
}
_FORMATS = {"": "bf16", "bf16": "bf16", "fp16": "fp16", "fp8": "fp8", "fp4": "nvfp4", "int4": "int4", "int8": "int8"}
_ROUNDS = 4
"""Of fitting and evaluating the closed loop: the running batch depends on the step times that are fitted."""
_BAND = (0.05, 0.95)
_LARGE_FLOP, _LARGE_CACHES = 5e10, 4
_RATES: tuple[tuple[str, Precision | None, Mode | None], ...] = (
    ("peak_flop_per_s", "bf16", "dense"),
    ("memory_bandwidth_bytes_per_s", None, None),
    ("l2_bytes", None, None),
)
_START = Efficiencies(**dict.fromkeys(EFFICIENCY_TERMS, 0.5), layer_s=5e-5, expert_layer_s=0, hop_s=0, step_s=0)


def fit(train: Path) -> dict[str, Any]:
    """Efficiencies from all rows; the band from errors on families held out."""
    asked = read_rows(train / "llm_serving" / "serving_agg.csv")
    table = _Table(asked)
    measured = _measured(asked)
    held = kernel_shares(train)
    held_out = _held_out(table, measured, [_family(row) for row in asked], held)
    ratio = measured / held_out
    found = _fitted(table, measured, held)
    return Calibration(
        efficiencies=found,
        request_s=llm_sweeps.request_s(found),
        low=float(np.quantile(ratio, _BAND[0])),
        high=float(np.quantile(ratio, _BAND[1])),
        devices=tuple(sorted({_DEVICES[row["hw"]] for row in asked})),
        models=tuple(sorted({row["model"] for row in asked})),
        rows=len(asked),
        source="fitted by 'python -m benchmarks.truth fit --set llm_serving' to mean TPOT of servers at fixed "
        "concurrency, ai-dynamo/aiconfigurator@095f58a51c4c, systems/silicon_sample.csv (Apache-2.0); band: families "
        "held out; shares of cache and prefill_attention: its attention kernels; request_s: inference-sim@389235eb80ff",
    ).model_dump(mode="json")


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One answer a row; None where model or device is unknown, or the device lacks the precision."""
    calibration = parse_calibration(parameters, Path("llm_serving.json"))
    table = _Table(rows)
    served, alone = (each.served(calibration.efficiencies) for each in (table, table.with_one_client()))
    answers: list[Answer | None] = [None] * len(rows)
    for at, place in enumerate(table.known):
        time_s, bound_s, least_s = (float(of[at]) for of in (served.itl.mean_s, served.step_bound_s, alone.itl.mean_s))
        basis: Basis = "interpolated" if rows[place]["model"] in calibration.models else "extrapolated"
        if rows[place].get("decode_num_workers") == "":  # one instance with all clients, or as many as clients
            basis, bound_s = "default", float(alone.step_bound_s[at])
        low_s = calibration.low * (least_s if basis == "default" else time_s)
        answers[place] = Answer(time_s, bound_s, max(low_s, bound_s), calibration.high * time_s, basis)
    return answers


def validate(train: Path) -> Iterable[Score]:
    """Families held out, then devices; rank within each model and device; the 13 sweeps."""
    asked = read_rows(train / "llm_serving" / "serving_agg.csv")
    table, measured = _Table(asked), _measured(asked)
    families = [_family(row) for row in asked]
    held = kernel_shares(train)
    held_out = _held_out(table, measured, families, held)
    calibration = parse_calibration(fit(train), Path("llm_serving.json"))
    found = summary(_answers(table, held_out, measured, families), measured.tolist())
    naive = _weights_only(table, measured, families)
    groups = [(row["model"], row["hw"]) for row in asked]
    yield Score("TPOT, unseen families, median", found.median_error, 0.18, naive=_median_error(naive, measured))
    yield Score("TPOT, unseen families, MAPE", found.mape, naive=float(np.mean(np.abs(naive / measured - 1))))
    yield Score("TPOT, rank within model and device, median", _rank(held_out, measured, groups), 0.9, "higher")
    yield Score("TPOT, 90 % band, families held out", found.inside, (0.85, 0.95))
    yield Score("TPOT, faster than the bound", found.beaten)
    by_device = _held_out(table, measured, [row["hw"] for row in asked], held)
    yield Score("TPOT, unseen device, median", _median_error(by_device, measured), 0.18)
    yield _disaggregated(train, calibration)
    yield from llm_sweeps.validate()


def _disaggregated(train: Path, calibration: Calibration) -> Score:
    """What was learnt from whole servers, said of the decoding half of others."""
    rows = read_rows(train / "llm_serving" / "serving_disagg.csv")
    asked = [row for row in rows if row["decode_num_workers"]]
    estimates = _Table(asked).served(calibration.efficiencies).itl.mean_s
    words = "TPOT, disaggregated servers of stated size, none fitted on, median"
    return Score(words, _median_error(estimates, _measured(asked)), 0.18)


def kernel_shares(train: Path) -> dict[str, float]:
    """Shares of the peaks that attention kernels reach alone: median over machines of each one's median.

    The token times of servers cannot tell attention from the rest of a prompt; kernels can. Large ones only: prompts of
    more than 5e10 FLOP, caches of more than four times the second-level cache. {} where there are no kernels.
    """
    file = train / "attention" / "attention.csv"
    rows = [row for row in read_rows(file) if row["attn_dtype"] == "bfloat16"] if file.exists() else []
    size = {
        name: np.array(numbers(rows, name)) for name in ("batch", "q_len", "kv_len", "heads", "kv_heads", "head_dim")
    }
    taken_s = np.array(numbers(rows, "lat_us")) / 1e6
    prefill = np.array([row["phase"] == "prefill" for row in rows])
    element = np.array([1.0 if "fp8" in row["kv_cache_dtype"] else 2.0 for row in rows])
    flop = 2 * size["batch"] * size["heads"] * size["head_dim"] * size["q_len"] * (size["q_len"] + 1)
    moved = 2 * size["batch"] * size["kv_heads"] * size["head_dim"] * size["kv_len"] * element
    machines = np.array([registry_key(row["hw"]) or "" for row in rows])
    found: dict[str, list[float]] = {"prefill_attention": [], "cache": []}
    for machine in sorted(set(machines) - {""}):
        facts = registry().device(machine)
        peak, bandwidth, l2 = (_value(facts, *of) for of in _RATES)
        for name, at, share in (
            ("prefill_attention", prefill & (flop > _LARGE_FLOP), flop / taken_s / peak),
            ("cache", ~prefill & (moved > _LARGE_CACHES * l2), moved / taken_s / bandwidth),
        ):
            chosen = share[at & (machines == machine)]
            if chosen.size:
                found[name].append(min(float(np.median(chosen)), 1.0))
    return {name: float(np.median(shares)) for name, shares in found.items() if shares}


def _value(device: Device, quantity: str, precision: Precision | None = None, mode: Mode | None = None) -> float:
    """A fact of a device, NaN where it states none."""
    fact = device.fact(quantity, precision, mode)
    return fact.value if fact else float("nan")


class _Table:
    """Rows as one array of deployments and loads; `known` are the places of those that can be answered."""

    def __init__(self, rows: Rows) -> None:
        apart = bool(rows) and "decode_tp_size" in rows[0]
        part = "decode_" if apart else ""
        inputs, outputs = numbers(rows, "isl"), numbers(rows, "osl")
        clients, sizes = numbers(rows, "concurrency", 0.0), numbers(rows, f"{part}batch_size", 0.0)
        instances = numbers(rows, "decode_num_workers", 1.0) if apart else [1.0] * len(rows)
        self.known: list[int] = []
        demands: list[Demand] = []
        for place, row in enumerate(rows):
            try:
                demands.append(_demand(*(row[name] for name in _MACHINE), *(row[part + name] for name in _PARALLEL)))
            except GauntletError:
                continue
            self.known.append(place)
        self.demand = stacked(demands, np.arange(len(demands)))
        each = [(clients[place] or sizes[place] or 1.0) / max(instances[place], 1.0) for place in self.known]
        self.clients = np.maximum(np.array(each), 1.0)
        prompts = np.array([inputs[place] for place in self.known])
        self.load = load_of(
            input_tokens=prompts,
            cached_tokens=np.maximum(prompts - 1, 0.0) if apart else 0.0,
            output_tokens=np.array([outputs[place] for place in self.known]),
            kv_token_capacity=self.demand.kv_token_capacity,
            max_sequences=np.inf,
        )

    def served(self, efficiencies: Efficiencies) -> Served:
        """The closed loop of every row."""
        return serve_closed(CalibratedRoofline(self.demand, efficiencies), self.load, self.clients)

    def terms(self, served: Served) -> Terms:
        """What the mean step of every row adds up, at the running batch that was found."""
        load = self.load
        others = np.maximum(self.clients - 1, 0.0)
        prompts = np.minimum(served.rate_per_s * others / self.clients, served.saturation_per_s) * served.itl.mean_s
        mix = mixed(load, prompts)
        kinds = terms_of(self.demand, mix.without), terms_of(self.demand, mix.taking)
        return Terms(*((1 - mix.share) * rest + mix.share * taking for rest, taking in zip(*kinds, strict=True)))

    def with_one_client(self) -> "_Table":
        """The same servers with a single request in flight."""
        chosen = self.part(np.ones(len(self.known), dtype=np.bool_))
        chosen.clients = np.ones(len(self.known))
        return chosen

    def part(self, mask: npt.NDArray[np.bool_]) -> "_Table":
        """The rows of a mask over the known ones."""
        chosen = object.__new__(_Table)
        chosen.known = [place for place, keep in zip(self.known, mask, strict=True) if keep]
        chosen.clients = self.clients[mask]
        chosen.demand = _masked(self.demand, mask)
        chosen.load = type(self.load)(*(np.broadcast_to(v, mask.shape)[mask] for v in self.load))
        return chosen


_MACHINE = ("model", "hw", "precision")
_PARALLEL = ("tp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size")


@cache
def _demand(model: str, hw: str, precision: str, tp: str, adp: str, moe_tp: str, moe_ep: str) -> Demand:
    device = registry().device(_DEVICES.get(hw) or registry_key(hw) or hw)
    stored = model_named(model)
    known = {fact.precision for fact in device.facts if fact.quantity == "peak_flop_per_s"}
    if stored.name.startswith("openai/gpt-oss"):
        wanted = "fp8" if "fp4" in known else "bf16"
    else:
        stored = stored_as(stored, _FORMATS[precision]) if precision in _FORMATS else stored
        wanted = stored.weights.precision
    arithmetic = next((each for each in (wanted, "fp8", "bf16") if each in known), "fp32")
    tensor, data, experts = _parallel(*(max(int(float(text or 1)), 1) for text in (tp, adp, moe_tp, moe_ep)))
    if any(heads % tensor for heads in divided_heads(stored)):
        tensor, data, experts = 1, tensor * data, tensor * data
    on = Deployment(
        stored,
        device,
        tensor_parallel=tensor,
        attention_data_parallel=data,
        expert_parallel=experts if _has_experts(stored) else 1,
        kv_precision="bf16" if precision in ("", "bf16", "fp16") else "fp8",
        arithmetic=arithmetic,  # type: ignore[arg-type]
    )
    return on.demand(registry())


def _parallel(tp: int, adp: int, moe_tp: int, moe_ep: int) -> tuple[int, int, int]:
    """(tensor, attention data, expert) parallelism; see the module for what moe_tp = moe_ep means."""
    if moe_tp == moe_ep > 1 and tp * adp == moe_tp * moe_ep:
        return (1, moe_ep, moe_ep) if adp > 1 else (moe_ep, 1, moe_ep)
    return tp, adp, moe_ep if (tp * adp) % moe_ep == 0 else 1


def _has_experts(model: Transformer) -> bool:
    return model.expert_parameters > 0


def _masked(demand: Demand, mask: npt.NDArray[np.bool_]) -> Demand:
    def cut(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value[mask]
        if isinstance(value, tuple):
            parts = [cut(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        return value

    return Demand(*(cut(value) for value in demand))


def _fitted(table: _Table, measured: Floats, held: Mapping[str, float]) -> Efficiencies:
    """Fit and closed loop in turn, until the running batch is that of the fitted step times."""
    found = _START
    for _ in range(_ROUNDS):
        found = fit_efficiencies(table.terms(table.served(found)), measured, held)
    return found


def _held_out(table: _Table, measured: Floats, groups: Sequence[str], held: Mapping[str, float]) -> Floats:
    """Estimates for each group from all the others."""
    names = np.array(groups)
    estimates = np.zeros(measured.shape)
    for name in sorted(set(groups)):
        test = names == name
        found = _fitted(table.part(~test), measured[~test], held)
        estimates[test] = table.part(test).served(found).itl.mean_s
    return estimates


def _weights_only(table: _Table, measured: Floats, groups: Sequence[str]) -> Floats:
    """The naive line: one factor on the time to read weights and cache, learnt from the other families."""
    terms = table.terms(table.served(_START))
    moved = terms.weights + terms.experts + terms.cache
    names = np.array(groups)
    factors = {name: np.median((measured / moved)[names != name]) for name in set(groups)}
    return np.asarray(moved * np.array([factors[name] for name in groups]))


def _answers(table: _Table, estimates: Floats, measured: Floats, families: Sequence[str]) -> list[Answer]:
    """Estimates of families held out, with the band that the errors of the other families give."""
    bounds = table.served(_START).step_bound_s
    ratio, names = measured / estimates, np.array(families)
    bands = {name: np.quantile(ratio[names != name], _BAND) for name in set(families)}
    return [
        Answer(float(t), float(b), float(bands[name][0] * t), float(bands[name][1] * t), "extrapolated")
        for t, b, name in zip(estimates, bounds, families, strict=True)
    ]


def _measured(rows: Rows) -> Floats:
    return np.array(numbers(rows, "tpot_ms")) / 1e3


def _median_error(estimates: Floats, measured: Floats) -> float:
    return float(np.median(np.abs(estimates / measured - 1)))


def _rank(estimates: Floats, measured: Floats, groups: Sequence[tuple[str, str]]) -> float:
    """Median over groups of at least five rows of Spearman's rank correlation."""
    from scipy.stats import spearmanr

    members = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    found = [spearmanr(estimates[at], measured[at]).statistic for at in members.values() if len(at) >= 5]
    return float(np.median(found))


def _family(row: dict[str, str]) -> str:
    """The maker and generation: models of one family share their architecture."""
    maker, _, name = row["model"].partition("/")
    return maker if maker != "Qwen" else name.split("-")[0]
