"""Collective operations among p ranks in the alpha-beta-gamma model."""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Count, Floats, NonNegative, OneOf, Positive, outside_validity, primitive


class Terms(NamedTuple):
    """How often an algorithm pays latency, and how many full messages it moves and reduces."""

    rounds: Floats
    moved: Floats
    reduced: Floats


def _share(p: Floats) -> Floats:
    return (p - 1) / p


def _log(p: Floats) -> Floats:
    """Doublings to reach p."""
    return np.ceil(np.log2(p))


_NONE: Floats = np.zeros(())
_TERMS: Mapping[str, Callable[[Floats], Terms]] = {
    "allreduce_ring": lambda p: Terms(2 * (p - 1), 2 * _share(p), _share(p)),
    "allreduce_recursive_doubling": lambda p: Terms(_log(p), _log(p), _log(p)),
    "allreduce_rabenseifner": lambda p: Terms(2 * _log(p), 2 * _share(p), _share(p)),
    "allgather_ring": lambda p: Terms(p - 1, _share(p), _NONE),
    "reduce_scatter_ring": lambda p: Terms(p - 1, _share(p), _share(p)),
    "broadcast_binomial": lambda p: Terms(_log(p), _log(p), _NONE),
    "broadcast_scatter_allgather": lambda p: Terms(_log(p) + p - 1, 2 * _share(p), _NONE),
    "reduce_binomial": lambda p: Terms(_log(p), _log(p), _log(p)),
    "alltoall_pairwise": lambda p: Terms(p - 1, _share(p), _NONE),
    "alltoall_bruck": lambda p: Terms(_log(p), _log(p) / 2, _NONE),
}
ALGORITHMS = tuple(_TERMS)
_POWERS_OF_TWO = (
    "allreduce_recursive_doubling",
    "allreduce_rabenseifner",
    "broadcast_scatter_allgather",
    "alltoall_bruck",
)


class CollectiveTime(NamedTuple):
    """Outputs of `collective_time`."""

    time_s: Floats


@primitive
def collective_time(
    algorithm: Annotated[str, OneOf(ALGORITHMS)],
    ranks: Count,
    message_bytes: NonNegative,
    alpha_s: NonNegative,
    bandwidth_bytes_per_s: Positive,
    reduce_bytes_per_s: Positive = np.asarray(np.inf),  # noqa: B008
) -> CollectiveTime:
    """Collective: T = rounds alpha + moved n / beta + reduced n / gamma, with the terms of the algorithm.

    Counts in the time T latency alpha (`alpha_s`), bytes at bandwidth beta (`bandwidth_bytes_per_s`) and local
    reduction at gamma (`reduce_bytes_per_s`) among p `ranks`; n (`message_bytes`) is the full vector per rank
    (all-gather: the gathered size; all-to-all: all that one rank sends, its own block included). Rounds, moved and
    reduced by `algorithm`, with r = (p - 1)/p and l = ceil(log2 p): ring all-reduce 2 (p - 1), 2 r, r; recursive
    doubling l, l, l; Rabenseifner 2 l, 2 r, r; ring all-gather p - 1, r, 0; ring reduce-scatter p - 1, r, r; binomial
    broadcast l, l, 0 and reduce l, l, l; broadcast by scatter and all-gather l + p - 1, 2 r, 0; all-to-all pairwise p -
    1, r, 0 and by Bruck l, l/2, 0. Leaves out shared links and overlap.
    Domain: full-duplex non-blocking network, one port per rank; recursive algorithms for p a power of two, a
    ValidityWarning otherwise (the doublings are rounded up).
    Source: Thakur, Rabenseifner, Gropp, Int. J. High Perf. Comput. Appl. 19(1), 2005, section 4; Patarasuk and Yuan, J.
    Parallel Distrib. Comput. 69(2), 2009; Chan et al., Concurr. Comput. 19(13), 2007.

    >>> round(float(collective_time("allreduce_ring", 4, 1e6, 0.0, 1e9).time_s), 6)
    0.0015
    """
    if algorithm in _POWERS_OF_TWO:
        outside_validity(
            np.log2(ranks) % 1 != 0, f"collective_time: {algorithm} with a number of ranks that is no power of two."
        )
    terms = _TERMS[algorithm](ranks)
    per_byte_s = terms.moved / bandwidth_bytes_per_s + terms.reduced / reduce_bytes_per_s
    return CollectiveTime(terms.rounds * alpha_s + message_bytes * per_byte_s)


class TwoLevel(NamedTuple):
    """Outputs of `hierarchical_allreduce`."""

    time_s: Floats
    bus_bandwidth_bytes_per_s: Floats


@primitive
def hierarchical_allreduce(
    nodes: Count,
    gpus_per_node: Count,
    message_bytes: Positive,
    intra_alpha_s: NonNegative,
    intra_bandwidth_bytes_per_s: Positive,
    inter_alpha_s: NonNegative,
    inter_bandwidth_bytes_per_s: Positive,
) -> TwoLevel:
    """Two-level all-reduce: 2 ((g-1) a_i + (g-1)/g n/B_i) + 2 (m-1) a_e + 2 (m-1)/m n/(g B_e); bus 2 (P-1)/P n/T.

    Counts reduce-scatter in the node, ring all-reduce of 1/g of the n bytes (`message_bytes`) between nodes, all-gather
    in the node: m `nodes` of g devices (`gpus_per_node`), P = m g; latency a_i (`intra_alpha_s`) and bandwidth B_i
    (`intra_bandwidth_bytes_per_s`) inside a node, a_e (`inter_alpha_s`) and B_e (`inter_bandwidth_bytes_per_s`) of each
    device between nodes; T is the sum. Leaves out overlap of the phases and the arithmetic.
    Domain: one share of the network interface per device; bus bandwidth in the convention of nccl-tests.
    Source: Cho, Finkler, Kung, Hunter (BlueConnect), MLSys 2019; NVIDIA nccl-tests, doc/PERFORMANCE.md.

    >>> round(float(hierarchical_allreduce(2, 2, 1e9, 0.0, 1e9, 0.0, 1e9).time_s), 6)
    1.5
    """
    local = _TERMS["allgather_ring"](gpus_per_node)
    across = _TERMS["allreduce_ring"](nodes)
    fixed_s = 2 * local.rounds * intra_alpha_s + across.rounds * inter_alpha_s
    local_per_byte_s = 2 * local.moved / intra_bandwidth_bytes_per_s
    per_byte_s = local_per_byte_s + across.moved / gpus_per_node / inter_bandwidth_bytes_per_s
    devices = nodes * gpus_per_node
    bus = 2 * (1 - 1 / devices) / (fixed_s / message_bytes + per_byte_s)
    return TwoLevel(fixed_s + message_bytes * per_byte_s, np.where(devices > 1, bus, 0.0))
