"""Storage devices by request: how many they take, and how many pages a request touches."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import LARGEST, AtLeastOne, FinitePositive, Flag, Floats, Positive, Scalar, primitive


class DeviceRate(NamedTuple):
    """Outputs of `device_rate`."""

    rate_per_s: Floats
    throughput_bytes_per_s: Floats
    mean_latency_s: Floats
    binding_limit: Floats


@primitive
def device_rate(
    request_bytes: FinitePositive,
    queue_depth: FinitePositive,
    latency_s: Positive,
    max_iops: Positive,
    bandwidth_bytes_per_s: Positive,
) -> DeviceRate:
    """Device by request size b and depth Q: X = min(Q / L, I, B / b), mean latency Q / X (Little).

    Counts Q `queue_depth` requests of b `request_bytes` always outstanding over channels that share them ideally: an
    upper bound. L is the `latency_s` of one such request alone, I `max_iops`, B `bandwidth_bytes_per_s`;
    `binding_limit` numbers them 0, 1, 2. Leaves out requests that meet on one die or channel, which rounds the knee off
    (there the bound is a poor approximation), and cleaning.
    Domain: closed loop, requests of one size and kind.
    Source: Little, Oper. Res. 9(3), 1961; Denning, Buzen, The Operational Analysis of Queueing Network Models, ACM
    Comp. Surveys 10(3), 1978 (asymptotic bounds).

    >>> round(float(device_rate(4096.0, 32.0, 80e-6, 5e5, 3e9).rate_per_s))
    400000
    """
    limits = np.stack(np.broadcast_arrays(queue_depth / latency_s, max_iops, bandwidth_bytes_per_s / request_bytes))
    rate_per_s = limits.min(axis=0)
    binding = limits.argmin(axis=0).astype(np.float64)
    return DeviceRate(rate_per_s, rate_per_s * request_bytes, queue_depth / rate_per_s, binding)


class Pages(NamedTuple):
    """Outputs of `pages_touched`."""

    pages: Floats
    moved_bytes: Floats


@primitive
def pages_touched(
    record_bytes: AtLeastOne, page_bytes: Annotated[Floats, Scalar(1.0, LARGEST)], aligned: Flag
) -> Pages:
    """Pages that a record of n bytes touches: 1 + (n - 1) / P on average, ceil(n / P) where aligned.

    Counts whole pages of P `page_bytes`, each moved once, for n `record_bytes`. Leaves out neighbours that share a
    page, and read-ahead.
    Domain: records that start at any byte of a page, all equally likely (exact), or at its first byte (`aligned`).
    Source: counting: of n - 1 boundaries between bytes a share 1 / P are boundaries of pages.

    >>> float(pages_touched(1025.0, 4096.0, False).pages)
    1.25
    """
    anywhere = 1 + (record_bytes - 1) / page_bytes
    pages = np.where(aligned > 0, np.ceil(record_bytes / page_bytes), anywhere)
    return Pages(pages, pages * page_bytes)
