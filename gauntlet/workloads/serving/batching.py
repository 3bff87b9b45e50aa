"""Continuous batching in closed form: running batch, step time and saturation of one instance.

A request needs a pass over its prompt and O - 1 decoding steps. Where a step of length T takes on x prompts, requests
come at lambda = x / T, and by Little's law n = lambda (O - 1) T = x (O - 1) sequences decode. A decoding request sees
the others and itself (arrival theorem; Sevcik & Mitrani, JACM 28(2), 1981):

    T(x) = f(prompts = x, sequences = 1 + x (O - 1)).

lambda(x) rises, so the x of a rate (open loop) or of a number of clients (closed loop) is found by bisection, for every
load at once, up to the x that memory, the engine's limit or the token budget of a step allow: saturation.
Source of the engine: Yu et al. (Orca), OSDI 2022; Kwon et al. (vLLM), SOSP 2023; Agrawal et al. (Sarathi-Serve), OSDI
2024 for mixed steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.workloads.serving.step_time import StepTimeModel
from gauntlet.workloads.serving.steps import Steps

Floats = npt.NDArray[np.float64]
_HALVINGS = 48


class Load(NamedTuple):
    """Requests as an instance sees them, arrays that broadcast. `cached_tokens` of the input are a shared prefix;
    `output_scv` is the squared coefficient of variation of the output length."""

    input_tokens: Floats
    output_tokens: Floats
    cached_tokens: Floats
    output_scv: Floats
    kv_token_capacity: Floats
    max_sequences: Floats
    step_token_budget: Floats

    @property
    def new_tokens(self) -> Floats:
        """Prompt tokens that must be computed, at least one."""
        return np.maximum(self.input_tokens - self.cached_tokens, 1.0)

    @property
    def decode_steps(self) -> Floats:
        """Steps after the one that gives the first token."""
        return self.output_tokens - 1

    @property
    def chunks(self) -> Floats:
        """How many token budgets a prompt takes; less than 1 where several fit one step."""
        return self.new_tokens / self.step_token_budget

    @property
    def mean_context(self) -> Floats:
        """Tokens in the cache of a request that decodes, on average over its life."""
        return self.input_tokens + self.output_tokens / 2

    @property
    def slots(self) -> Floats:
        """Most sequences at once: what memory holds, or the engine's limit; at least one."""
        return np.maximum(np.minimum(self.kv_token_capacity / self.mean_context, self.max_sequences), 1.0)


class Engine(NamedTuple):
    """A running engine as a decoding request sees it. `base_s` is its step without prompts, `prompt_s` what one prompt
    adds, `alone_s` the first token of a request that finds it idle."""

    prompts: Floats
    sequences: Floats
    step_s: Floats
    base_s: Floats
    prompt_s: Floats
    alone_s: Floats

    @property
    def rate_per_s(self) -> Floats:
        """Rate of the others' requests."""
        return self.prompts / self.step_s


def most_prompts(load: Load) -> Floats:
    """Prompts per step at saturation: every slot decodes, or the token budget is spent."""
    by_slots = np.divide(
        load.slots - 1, load.decode_steps, out=np.full(_shape(load), np.inf), where=load.decode_steps > 0
    )
    by_budget = (load.step_token_budget - 1) / (load.new_tokens + load.decode_steps)
    return np.asarray(np.minimum(by_slots, by_budget))


def engine_at(model: StepTimeModel, load: Load, prompts: Floats) -> Engine:
    """The engine while steps take on `prompts` prompts each (a mean: chunks of prompts add up)."""
    others = prompts * load.decode_steps
    one, none = np.ones(()), np.zeros(())
    base_s = model.step_s(steps_of(load, none, 1 + others))
    with_one = model.step_s(steps_of(load, one, 1 + others))
    idle_s = model.step_s(steps_of(load, none, one)) * np.maximum(np.ceil(load.chunks) - 1, 0)
    return Engine(
        prompts,
        others,
        seen_s(model, load, prompts),
        base_s,
        np.maximum(with_one - base_s, 0.0),
        model.step_s(steps_of(load, one, none)) + idle_s,
    )


def seen_s(model: StepTimeModel, load: Load, prompts: Floats) -> Floats:
    """T(x): the mean over steps without prompts and steps with some."""
    mix = mixed(load, prompts)
    return np.asarray((1 - mix.share) * model.step_s(mix.without) + mix.share * model.step_s(mix.taking))


class Mix(NamedTuple):
    """Steps of an engine in two kinds: the `share` that takes on prompts (or chunks of one), and the rest."""

    share: Floats
    without: Steps
    taking: Steps


def mixed(load: Load, prompts: Floats) -> Mix:
    """Steps that take on `prompts` on average. The number (of chunks) in a step is Poisson: none in exp(-x) of them.

    Two kinds matter where f is not affine: a batch of prompts chooses nearly all experts, the steps between do not.
    """
    parts = np.maximum(load.chunks, 1.0)
    share = -np.expm1(-prompts * parts)
    each = np.where(share > 0, prompts / np.where(share > 0, share, 1.0), 1 / parts)
    sequences = 1 + prompts * load.decode_steps
    return Mix(share, steps_of(load, np.zeros(()), sequences), steps_of(load, each, sequences))


def prompts_where(load: Load, most: Floats, is_above: Callable[[Floats], npt.NDArray[np.bool_]]) -> Floats:
    """The x in [0, `most`] at which `is_above` turns true; `most` where it never does."""
    low, high = np.zeros(most.shape), most.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = is_above(middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def steps_of(load: Load, prompts: Floats, sequences: Floats) -> Steps:
    """Steps that take on `prompts` whole prompts (a mean) and decode `sequences`."""
    return Steps(prompts, load.new_tokens, load.cached_tokens, sequences, load.mean_context)


def _shape(load: Load) -> tuple[int, ...]:
    return np.broadcast_shapes(*(np.shape(values) for values in load))
