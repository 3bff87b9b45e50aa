"""A serving engine simulated step by step, as an oracle for the closed forms: decode first, prompts in what is left.

Each step decodes every running sequence and fills the token budget with waiting prompts, first come first served, in
chunks if need be. Its time is affine: base + per_prompt_token x new tokens + per_sequence x sequences.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Engine(NamedTuple):
    base_s: float
    per_prompt_token_s: float
    per_sequence_s: float
    slots: int
    budget: int


class Seen(NamedTuple):
    """Per request: time to the first token, time per token after it, whole response; and completions per second."""

    ttft_s: Floats
    tpot_s: Floats
    e2e_s: Floats
    gaps_s: Floats
    rate_per_s: float
    running: float


class _Request:
    def __init__(self, arrived: float, prompt: int, output: int) -> None:
        self.arrived, self.prompt, self.output, self.length = arrived, prompt, output, output
        self.first = self.last = 0.0


def simulate(
    engine: Engine,
    arrivals_s: Iterable[float],
    prompt: int,
    output: int,
    *,
    clients: int | None = None,
    requests: int = 0,
    spread: float = 0.0,
    seed: int = 1,
) -> Seen:
    """Open loop with `arrivals_s`, or closed with `clients` until `requests` are done; outputs are uniform within
    a relative `spread` of their mean."""
    rng = np.random.default_rng(seed)

    def length() -> int:
        return output if spread == 0 else max(1, round(output * rng.uniform(1 - spread, 1 + spread)))

    if clients is None:
        todo = deque(_Request(t, prompt, length()) for t in arrivals_s)
        total = len(todo)
    else:  # starts spread over a response, so that clients do not march in step
        starts = np.sort(rng.uniform(0, output * (engine.base_s + engine.per_sequence_s * clients), clients))
        todo, total = deque(_Request(t, prompt, length()) for t in starts), requests
    waiting: deque[_Request] = deque()
    prefilling: deque[list[Any]] = deque()  # [request, tokens left]
    decoding: list[_Request] = []
    done: list[_Request] = []
    gaps: list[float] = []
    now = area = 0.0
    while len(done) < total:
        if not (waiting or prefilling or decoding):
            now = max(now, todo[0].arrived)
        while todo and todo[0].arrived <= now:
            waiting.append(todo.popleft())
        while waiting and len(prefilling) + len(decoding) < engine.slots:
            prefilling.append([waiting.popleft(), prompt])
        room, chunks, ready = engine.budget - len(decoding), 0, []
        while prefilling and room > 0:
            take = min(prefilling[0][1], room)
            prefilling[0][1] -= take
            chunks, room = chunks + take, room - take
            if prefilling[0][1] == 0:
                ready.append(prefilling.popleft()[0])
        step = engine.base_s + engine.per_prompt_token_s * chunks + engine.per_sequence_s * len(decoding)
        area += step * len(decoding)
        now += step
        gaps += [step] * len(decoding)
        for request in decoding:
            request.output -= 1
        for request in ready:
            request.first, request.output = now, request.output - 1
        finished = [r for r in (*decoding, *ready) if r.output == 0]
        decoding = [r for r in (*decoding, *ready) if r.output > 0]
        for request in finished:
            request.last = now
            done.append(request)
            if clients is not None:
                todo.append(_Request(now, prompt, length()))
    kept = done[total // 5 :]  # after the warm-up
    first = np.array([r.first - r.arrived for r in kept])
    whole = np.array([r.last - r.arrived for r in kept])
    tpot = (whole - first) / np.array([max(r.length - 1, 1) for r in kept])
    rate = (len(kept) - 1) / (kept[-1].last - kept[0].last)
    return Seen(first, tpot, whole, np.array(gaps[len(gaps) // 5 :]), rate, area / now)
