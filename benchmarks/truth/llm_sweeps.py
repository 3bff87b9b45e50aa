"""Thirteen measured vLLM sweeps on one H100, one request at a time: time per output token, models held out by family.

llm_sweeps.csv: inference-sim/inference-sim@389235eb80ff, hypotheses/h-roofline/h1-bw-efficiency/FINDINGS.md, absolute
latencies (Apache-2.0). Their TPOT is the whole response over its tokens, e2e / tpot = 207, 41 and 498 within 2 % in
every row of a workload: that is the number of output tokens, which the table itself does not state. The time to the
first token is thus part of TPOT, and prompts weigh more where outputs are short.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.truth.rows import numbers, read_rows, registry
from benchmarks.truth.sets import Score
from gauntlet.workloads.known_models import model_named
from gauntlet.workloads.serving.demand import stacked
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.fitting import fit_efficiencies
from gauntlet.workloads.serving.latency import serve_closed
from gauntlet.workloads.serving.scenario import load_of
from gauntlet.workloads.serving.step_time import (
    EFFICIENCY_TERMS,
    CalibratedRoofline,
    Efficiencies,
    Terms,
    terms_of,
)
from gauntlet.workloads.serving.steps import Steps

Floats = npt.NDArray[np.float64]
_DEVICE = "h100_sxm5"
_LEARNT = ("weights", "prefill_matmul", "layer_s")
"""Thirteen points carry three constants; everything else stays at its peak."""
_PEERS = "BLIS roofline v2, tuned: 17.3 %; three terms with a dummy for the workload: 5.8 %"


def request_s(efficiencies: Efficiencies) -> float:
    """What these engines take to handle a request beside its prompt: the constant with the least relative errors of the
    time to the first token (a weighted median of what the estimates lack)."""
    sweeps = Sweeps()
    served = serve_closed(CalibratedRoofline(sweeps.demand, efficiencies), sweeps.load, np.ones(()))
    lacking = sweeps.first_s - served.ttft.mean_s
    order = np.argsort(lacking)
    weight = np.cumsum(1 / sweeps.first_s[order])
    return max(float(lacking[order][np.searchsorted(weight, weight[-1] / 2)]), 0.0)


class Sweeps:
    """The table as arrays."""

    def __init__(self) -> None:
        rows = read_rows(Path(__file__).with_suffix(".csv"))
        self.models = np.array([row["model"] for row in rows])
        self.measured_s = np.array(numbers(rows, "tpot_ms")) / 1e3
        self.first_s = np.array(numbers(rows, "ttft_ms")) / 1e3
        device = registry().device(_DEVICE)
        on = [Deployment(model_named(row["model"]), device, tensor_parallel=int(row["tp"])) for row in rows]
        self.demand = stacked([each.demand(registry()) for each in on], np.arange(len(on)))
        self.load = load_of(
            **{name: np.array(numbers(rows, name)) for name in ("input_tokens", "cached_tokens", "output_tokens")},
            kv_token_capacity=self.demand.kv_token_capacity,
        )

    def terms(self) -> Terms:
        """TPOT as sums: one pass over the prompt and one step for each further token, over all tokens."""
        load, none, one = self.load, np.zeros(()), np.ones(())
        prompt = terms_of(self.demand, Steps(one, load.new_tokens, load.cached_tokens, none, none))
        decode = terms_of(self.demand, Steps(none, none, none, one, load.mean_context))
        return Terms(*((p + load.decode_steps * d) / load.output_tokens for p, d in zip(prompt, decode, strict=True)))

    def estimate_s(self, efficiencies: Efficiencies) -> Floats:
        """The closed loop of one client, as its TPOT is defined here."""
        served = serve_closed(CalibratedRoofline(self.demand, efficiencies), self.load, np.ones(()))
        return np.asarray(served.e2e.mean_s / self.load.output_tokens)


def held_out_s(sweeps: Sweeps) -> Floats:
    """Each model from the others."""
    terms, estimates = sweeps.terms(), np.zeros(sweeps.measured_s.shape)
    held = {name: float(name in EFFICIENCY_TERMS) for name in Terms._fields if name not in _LEARNT}
    for model in sorted(set(sweeps.models)):
        test = sweeps.models == model
        known = Terms(*(np.broadcast_to(term, test.shape)[~test] for term in terms))
        found = fit_efficiencies(known, sweeps.measured_s[~test], held, robust=False)
        estimates[test] = sweeps.estimate_s(found)[test]
    return estimates


def validate() -> Iterable[Score]:
    """TPOT, models held out."""
    sweeps = Sweeps()
    error = np.abs(held_out_s(sweeps) / sweeps.measured_s - 1)
    yield Score("TPOT, 13 vLLM sweeps, family held out, MAPE", float(error.mean()), 0.06, peers=_PEERS)
