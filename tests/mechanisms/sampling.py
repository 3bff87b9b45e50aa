"""Random valid arguments of every primitive, many points at a time, read from the domains in its signature.

Magnitudes lie within a factor of 10 around the example; probabilities, counts and zeros reach the ends of their domain.
Lists have one to five elements, laws any kind; lengths, kinds and words are one for all points of a draw.
"""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ask, domains_of
from gauntlet.mechanisms.catalogue import catalogue

LAWS = {
    "exponential": {"mean_s": 1e-3},
    "lognormal": {"median_s": 1e-3, "sigma": 0.7},
    "hyperexp2": {"p": 0.9, "mean1_s": 6e-4, "mean2_s": 4e-3},
    "lognormal2": {"p": 0.9, "mean1_s": 3e-4, "scv1": 0.02, "mean2_s": 6e-3, "scv2": 0.5},
    "pareto": {"min_s": 5e-4, "alpha": 2.2},
}
RAID_LEVELS = (0.0, 1.0, 5.0, 6.0, 10.0)
NAMES = {
    "client_site": lambda length: np.arange(length, dtype=float),
    "leader_site": lambda length: np.arange(length, dtype=float),
    "level": lambda length: np.array(RAID_LEVELS),
}
"""Numbers that stand for names."""

few = settings(derandomize=True, max_examples=25, deadline=None, database=None)
"""The same few examples on every run: a failure is found again."""

EDGES = 1 / 16
"""Share of points at each end of their domain."""


def _some_service(at):
    work_s = sum(share * (mean_s + at["overhead_s"]) for share, mean_s in zip(at["shares"], at["means_s"], strict=True))
    return work_s > 0


RELATIONS = {
    "order_statistic": lambda at: at["k"] <= at["n"],
    "quorum_commit_latency": lambda at: at["quorum_acks"] <= at["n_followers"],
    "kofn_heterogeneous_exponential": lambda at: at["k"] <= len(at["means_s"]),
    "kth_of_steps": lambda at: at["k"] <= len(at["times_s"]),
    "attention_core_cost": lambda at: at["query_tokens"] <= at["context_tokens"],
    "latent_attention_cost": lambda at: at["query_tokens"] <= at["context_tokens"],
    "moe_expert_coverage": lambda at: at["top_k"] <= at["experts"],
    "brent_bound": lambda at: at["span_s"] <= at["work_s"],
    "server_power": lambda at: at["idle_w"] <= at["peak_w"],
    "wan_commit_latency": lambda at: np.maximum(at["client_site"], at["leader_site"]) < len(at["rtt_s"]),
    "raid_iops": lambda at: np.isin(at["level"], RAID_LEVELS),
    "mg1_response": _some_service,
    "mgc_response": _some_service,
    "closed_multiserver": lambda at: at["think_time_s"] + sum(at["demands_s"]) > 0,
    "closed_response": lambda at: at["think_time_s"] + sum(at["demands_s"]) > 0,
    "mva_exact": lambda at: at["think_time_s"] + sum(at["demands_s"]) > 0,
    "mva_schweitzer": lambda at: at["think_time_s"] + sum(at["demands_s"]) > 0,
    "closed_network_bounds": lambda at: at["think_time_s"] + sum(at["demands_s"]) > 0,
    "btree_io": lambda at: (
        np.minimum(
            at["page_bytes"] * at["fill"] / at["record_bytes"],
            0.5 * at["page_bytes"] * at["fill"] / (at["key_bytes"] + at["pointer_bytes"]),
        )
        >= 1
    ),
}
"""What the arguments of a primitive must fulfil together; it refuses the rest."""


SLOW = {"mg1_response": 5, "mgc_response": 5, "closed_multiserver": 3, "limited_batching": 6}
"""Points at a time of primitives that invert transforms, walk through thousands of clients at hundreds of copies or
solve a chain for each limit; others take as many as a test likes."""


def domains(name):
    """Argument -> domain of a primitive."""
    return domains_of(catalogue()[name].function)


def evaluate(name, arguments, output=None):
    """Outputs of a primitive as floats, by name; with `output`, those that take long only if they are it."""
    outputs = ask(catalogue()[name].function, arguments, output)._asdict()
    return {key: np.asarray(value, dtype=float) for key, value in outputs.items() if value is not None}


def points(name, count=40):
    """Strategy: `count` valid points of a primitive as arrays, argument -> value."""
    return st.integers(0, 2**32 - 1).map(lambda seed: draw(name, np.random.default_rng(seed), count))


def of(name):
    """Strategy: arguments and outputs of a primitive at random points."""
    return points(name).map(lambda at: (at, evaluate(name, at)))


def same(found, expected, rtol=1e-9):
    """Equal to rounding; infinite values are equal to one another."""
    np.testing.assert_allclose(found, np.broadcast_to(expected, np.shape(found)), rtol=rtol, atol=1e-300)


def at_most(small, large, rtol=1e-12):
    """Small <= large to rounding, infinite values included."""
    small, large = np.broadcast_arrays(small, large)
    assert ((small <= large) | (small - large <= rtol * np.abs(large))).all(), (
        small[small > large],
        large[small > large],
    )


def draw(name, random, count):
    """`count` valid points: argument -> value that varies along arrays of this length."""
    for _ in range(100):
        length = int(random.integers(1, 6))
        drawn = {key: _points(name, key, domain, random, (count, length)) for key, domain in domains(name).items()}
        (allowed,) = np.nonzero(valid(name, drawn, count))
        if allowed.size:
            return select(drawn, np.resize(allowed, count))
    raise AssertionError(f"{name}: no valid point in 100 draws")


def valid(name, arguments, count):
    """Which of the points fulfil the relation between arguments."""
    return np.broadcast_to(RELATIONS[name](arguments) if name in RELATIONS else True, (count,))


def each(change, *values):
    """`change` applied to every array of arguments, laws and lists; words and kinds stay."""
    first = values[0]
    if isinstance(first, dict):
        return {key: each(change, *(value[key] for value in values)) for key in first}
    if isinstance(first, list):
        return [each(change, *items) for items in zip(*values, strict=True)]
    return first if isinstance(first, str) else change(*values)


def select(arguments, which):
    """The same arguments at some of the points."""
    return each(lambda array: array[which], arguments)


def at(arguments, index):
    """One point out of many, as plain numbers."""
    return each(lambda array: float(array[index]), arguments)


def raised(domain, value, random):
    """A higher valid value: all elements of a list or one, the times of a law by one factor, a flag set."""
    if domain.kind == "latency":
        factor = 1 + 10.0 ** random.uniform(-2, 1)
        return {key: item * factor if key.endswith("_s") else item for key, item in value.items()}
    if isinstance(value, list):
        chosen = random.integers(-1, len(value))
        return [raised(domain, item, random) if chosen in (-1, i) else item for i, item in enumerate(value)]
    domain = getattr(domain, "element", domain)
    if domain.kind == "flag":
        return np.ones_like(value)
    if domain.high <= 1:
        return value + (domain.high - value) * random.choice([1e-3, 0.1, 0.5, 1.0], value.shape)
    higher = value + 10.0 ** random.uniform(-2, 1, value.shape) * np.where(value > 0, value, 1.0)
    return np.minimum(np.ceil(higher) if domain.kind == "integer" else higher, domain.high)


def _points(name, key, domain, random, size):
    count, length = size
    example = catalogue()[name].example.get(key)
    if domain.kind == "choice":
        return str(random.choice(domain.allowed))
    if domain.kind == "latency":
        return _law(random, count)
    if domain.kind == "matrix":
        there = [[_numbers(domain.element, 0.1, random, count) for _ in range(length)] for _ in range(length)]
        return [[cell * (i != j) for j, cell in enumerate(row)] for i, row in enumerate(there)]
    if domain.kind == "list":
        return [_numbers(domain.element, example[i % len(example)], random, count) for i in range(length)]
    if key in NAMES:
        return random.choice(NAMES[key](length), count)
    return _numbers(domain, example, random, count)


def _law(random, count):
    kind = str(random.choice(list(LAWS)))
    law = {part: value * 10.0 ** random.uniform(-0.4, 0.4, count) for part, value in LAWS[kind].items()}
    return {"kind": kind, **law, **({"p": random.uniform(0, 1, count)} if "p" in law else {})}


def _numbers(domain, example, random, count):
    """Numbers of one domain, `count` of them; distances from its lower end within a factor of 10 of the example's."""
    if domain.kind == "flag":
        return random.integers(0, 2, count).astype(float)
    if domain.high <= 1:
        small = 10.0 ** random.uniform(-6, 0, count)
        drawn = random.choice(np.stack([random.uniform(0, 1, count), small, 1 - small]), axis=0)
    else:
        low = max(domain.low, 0.0)
        drawn = low + ((example or 0) - low or 10.0) * 10.0 ** random.uniform(-1, 1, count)
    if domain.kind == "integer":
        drawn = np.rint(drawn)
    edge = random.uniform(size=count)
    if not domain.above:
        drawn = np.where(edge < EDGES, domain.low, drawn)
    if domain.high <= 2:
        drawn = np.where(edge > 1 - EDGES, domain.high, drawn)
    return np.clip(drawn, domain.low, domain.high)
