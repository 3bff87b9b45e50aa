"""How evenly work lands: the shorter of two queues, and balls thrown into bins."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, NonNegative, Scalar, primitive, saturating
from gauntlet.mechanisms._numerics import integrate
from gauntlet.mechanisms.normal import normal_survival


class ShorterQueue(NamedTuple):
    """Outputs of `jsq_two_servers`."""

    mean_response_s: Floats
    mmc_lower_s: Floats
    random_upper_s: Floats


_IDLE = 1e-9
"""Load below which a job finds a server free, to rounding."""

_MOST_TERMS = 60


@primitive
def jsq_two_servers(load: NonNegative, service_time_s: NonNegative) -> ShorterQueue:
    """Join the shorter of two queues, exact; between S / (1 - rho^2) (M/M/2) and S / (1 - rho) (either at random).

    Counts Poisson jobs, rho = `load` per server, that see both queues, with exponential service of mean S =
    `service_time_s`. The probability of m jobs in the shorter queue and n more in the other is a sum of products d a^m
    b^n; each product mends the error of the one before at one edge of the quadrant, until nothing changes. Leaves out
    stale or costly answers and jockeying.
    Domain: FIFO queues, rho < 1; saturated beyond. More servers: between `mmc` and `power_of_d` with d = 2.
    Source: Adan, Wessels and Zijm, Analysis of the symmetric shortest queue problem, Stochastic Models 6(4), 1990;
    Kingman, Two similar queues in parallel, Ann. Math. Stat. 32(4), 1961.

    >>> round(float(jsq_two_servers(load=0.5, service_time_s=1.0).mean_response_s), 6)
    1.426321
    """
    rho = np.where(load < 1, np.maximum(load, _IDLE), 0.5)
    weight, jobs = _sums_of_the_law(rho)
    response = np.where(load > _IDLE, jobs / (2 * rho * weight), 1.0)
    return ShorterQueue(
        saturating(service_time_s * response, load),
        saturating(service_time_s / (1 - load**2), load),
        saturating(service_time_s / (1 - load), load),
    )


def _sums_of_the_law(rho: Floats) -> tuple[Floats, Floats]:
    """Sums of p(m, n), up to one factor, and of (2 m + n) p(m, n).

    Both products of one a are summed together: their leading parts cancel, so that the sums converge fast at any load.
    """
    a, b = rho**2, rho**2 / (2 + rho)
    old, new = (np.zeros(()), b), (np.ones(()), b)
    weight, jobs, beside_idle = np.zeros(()), np.zeros(()), np.zeros(())
    for _ in range(_MOST_TERMS):
        one, ahead, lead = (sum(d * b / (1 - b) ** power for d, b in (old, new)) for power in (0, 1, 2))
        equal = (2 * rho + a) * one / (2 * (rho + 1))  # n = 0, from its balance; times a^(m - 1)
        more = (2 * (ahead * a + equal) / (1 - a) + lead) / (1 - a)
        counts = np.abs(more) > 1e-17 * jobs  # not for products that have vanished, 0 / 0
        if not counts.any():
            break
        weight = weight + np.where(counts, (ahead + equal) / (1 - a), 0.0)
        jobs, beside_idle = jobs + np.where(counts, more, 0.0), beside_idle + np.where(counts, one, 0.0)
        a, old, new = _mended(rho, a, new)
    return weight + beside_idle / (2 * rho), jobs


def _mended(
    rho: Floats, a: Floats, product: tuple[Floats, Floats]
) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats]]:
    """The next a, with (d, b) of the product that mends m = 0 after `product`, and of that which mends n = 0 after it.

    Inside, 2 (rho + 1) a b = 2 rho b^2 + a^2 + a b^2: one b has two a, whose product is 2 rho b^2; one a has two b.
    """
    d, b = product
    next_a = 2 * rho * b**2 / a
    d = -d * (next_a - b) / (a - b)
    next_b = next_a**2 / ((2 * rho + next_a) * b)
    edge = (next_a + rho) / (1 + rho)
    return next_a, (d, b), (-d * b * (next_b - edge) / (next_b * (b - edge)), next_b)


class FullestBin(NamedTuple):
    """Outputs of `max_load_balls_bins`."""

    expected_max: Floats
    imbalance: Floats


Throws = Annotated[Floats, Scalar(1.0, 1e15, kind="integer")]

_NORMAL_FROM = 1e4
"""Mean load from which the expansion is used: it is within 2e-7 there."""

_SMALLEST_LOG = -300.0
_NEGLIGIBLE = 1e-17
_HELD = 2**12
"""Nodes of the integral times cases that are held at once."""


@primitive
def max_load_balls_bins(balls: Throws, bins: Throws) -> FullestBin:
    """Fullest of n bins after m throws: E = sum_k P(max > k), P(max <= k) = P(n Poissons <= k | they sum to m).

    Counts items hashed evenly and independently, m = `balls` and n = `bins`; `imbalance` is the fullest over the mean
    load m / n, so that partitions in parallel give at most n / imbalance times what one gives. The condition on the sum
    is Fourier's integral, to rounding; from a mean load of 10,000 on, an expansion around normal loads within 2e-7.
    Leaves out virtual nodes, items of unequal size and bins of unequal weight.
    Domain: every bin alike for every item.
    Source: Raab and Steger, Balls into bins: a simple and tight analysis, RANDOM 1998; Mitzenmacher and Upfal,
    Probability and Computing, 2005, section 5.4 (Poisson loads).

    >>> round(float(max_load_balls_bins(balls=16, bins=16).expected_max), 6)
    3.078247
    """
    every = np.broadcast_arrays(balls, bins)
    (m, n), places = np.unique(np.stack([count.ravel() for count in every]), axis=1, return_inverse=True)
    expected, heavy = np.empty(m.shape), m > _NORMAL_FROM * n
    if heavy.any():
        expected[heavy] = _expanded_maximum(m[heavy], n[heavy])
    light = np.flatnonzero(~heavy)
    nodes, steps = _nodes(m[light], n[light]), _out_of_reach(m[light], n[light]) - m[light] / n[light]
    order = np.lexsort((steps, np.ceil(np.log2(nodes))))  # like cases together: each walks as far as its own
    groups = np.split(light[order], np.flatnonzero(np.diff(np.cumsum(nodes[order]) // _HELD)) + 1)
    for some in groups if light.size else ():
        expected[some] = _exact_maximum(m[some], n[some])
    found = expected[places].reshape(every[0].shape)
    return FullestBin(found, found / (balls / bins))


def _half_period(balls: Floats) -> Floats:
    """Nodes to the half turn: sums so far apart that Poisson sums do not reach from one to the next."""
    half: Floats = np.ceil(5 * np.sqrt(balls) + 16)
    return half


def _nodes(balls: Floats, bins: Floats) -> Floats:
    """Last node at which the integrand may count.

    In standard deviations of one bin: its function falls with the inverse of the angle at least, for its sharp end at
    k, and the power of that for few bins to rounding. With many bins hardly one is above k, and the sum is normal.
    """
    reach = np.where(bins < 64, 10 ** (18 / bins), 12 / np.sqrt(bins)) / np.sqrt(balls / bins)
    half = _half_period(balls)
    last: Floats = np.ceil(half * np.minimum(1.0, reach / np.pi))
    return last


def _exact_maximum(balls: Floats, bins: Floats) -> Floats:
    """Least k that no bin exceeds, less the sum of P(max <= k) below it, for flat arrays.

    One bin with at most k has the characteristic function whole - above = whole (1 - share); its power `bins`, turned
    back by `balls`, is added up over the nodes of a half turn. Real arithmetic: moduli and angles apart.
    """
    mean, half, last = balls / bins, _half_period(balls), _nodes(balls, bins)
    node = np.arange(last.max() + 1)[:, None]
    weight = np.where((node == 0) | (node == half), 0.5, 1.0) * (node <= last)
    angle = np.pi * node / half
    log_whole = np.maximum(-2 * mean * np.sin(angle / 2) ** 2, _SMALLEST_LOG)
    phase = mean * np.sin(angle) - mean * angle

    def together(cosine: Floats, sine: Floats) -> Floats:
        """P(no bin above k, sum m), up to a factor, from the share above k."""
        modulus = np.exp(bins * (log_whole + 0.5 * np.log1p(cosine * (cosine - 2) + sine**2)))
        turn = bins * (phase + np.arctan2(-sine, 1 - cosine))
        total: Floats = (weight * modulus * np.cos(turn)).sum(axis=0)
        return total

    top, least = _out_of_reach(balls, bins), np.ceil(mean)
    log_factorial = np.array([math.lgamma(k + 1) for k in range(int(top.max()) + 1)])
    cosine, sine = np.zeros(angle.shape), np.zeros(angle.shape)
    everything, expected = together(cosine, sine), top
    for step in range(int((top - least).max(initial=0))):
        k = np.minimum(np.maximum(top - step, least + 1), top)  # P(max <= k - 1) is next
        size = np.exp(k * np.log(mean) - mean - log_factorial[k.astype(int)] - log_whole)
        size = np.where(top - step > least, size, 0.0)
        turn = k * angle - mean * np.sin(angle)
        cosine, sine = cosine + size * np.cos(turn), sine + size * np.sin(turn)
        below = np.where(top - step > least, together(cosine, sine) / everything, 0.0)
        expected = expected - below
        if np.all(np.abs(below) < _NEGLIGIBLE):
            break
    return expected


def _out_of_reach(balls: Floats, bins: Floats) -> Floats:
    """A load above which no bin is, but for e^-37: Chernoff's k ln(k / mean) - k + mean = 37 + ln(bins), from above."""
    mean, log_bins = balls / bins, 37 + np.log(bins)
    k = mean + np.sqrt(2 * mean * log_bins) + log_bins  # Bernstein
    for _ in range(8):
        log_ratio = np.log(k / mean)
        k = k - (k * log_ratio - k + mean - log_bins) / log_ratio
    top: Floats = np.minimum(balls, np.ceil(k))
    return top


def _expanded_maximum(balls: Floats, bins: Floats) -> Floats:
    """Cornish and Fisher's expansion of Poisson loads around the largest of n normals, with Sheppard's correction."""
    mean = balls / bins
    first, second, third = (_moment_of_largest(power, bins) for power in (1, 2, 3))
    return mean + np.sqrt(mean) * first + (second - 1) / 6 + ((first - third) / 72 - first / 24) / np.sqrt(mean)


def _moment_of_largest(power: int, count: Floats) -> Floats:
    """Moment of the largest of `count` standard normals."""

    def weighed(z: Floats) -> Floats:
        log_below = np.where(count > 1, (count - 1) * np.log1p(-normal_survival(z)), 0.0)
        density: Floats = count * np.exp(log_below - z * z / 2) / math.sqrt(2 * math.pi)
        return z**power * density

    total: Floats = np.zeros(())
    for low in range(-10, 11):
        total = total + integrate(weighed, np.asarray(float(low)), np.asarray(low + 1.0))
    return total
