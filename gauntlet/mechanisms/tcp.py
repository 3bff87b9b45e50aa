"""TCP throughput under loss, and barrier-synchronised senders that overflow a switch."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Count, Floats, NonNegative, Positive, Scalar, outside_validity, primitive

Loss = Annotated[Floats, Scalar(0.0, 1.0, above=True, kind="probability")]


class TcpRate(NamedTuple):
    """Outputs of `mathis_tcp` and `padhye_tcp`."""

    throughput_bytes_per_s: Floats


@primitive
def mathis_tcp(mss_bytes: Positive, rtt_s: Positive, loss_probability: Loss, constant: Positive) -> TcpRate:
    """Square-root law: B = MSS / RTT C / sqrt(p), C = sqrt(3/2) without delayed acknowledgements, sqrt(3/4) with.

    Counts in the throughput B additive increase and halving at each loss, with p `loss_probability`, MSS `mss_bytes`,
    RTT `rtt_s` and C `constant`; leaves out timeouts, window limits and line rate (clip there).
    Domain: an approximation within about a tenth for Reno-like control, random loss up to about 2 % (a ValidityWarning
    above); not CUBIC, BBR or DCTCP.
    Source: Mathis, Semke, Mahdavi, Ott, ACM CCR 27(3), 1997; RFC 3649, 2003, table 1 (C = 1.2).

    >>> round(float(mathis_tcp(1500.0, 0.1, 1e-4, 1.2).throughput_bytes_per_s))
    1800000
    """
    outside_validity(loss_probability > 0.02, "mathis_tcp: loss above 2 %, where timeouts dominate; see padhye_tcp.")
    return TcpRate(mss_bytes / rtt_s * constant / np.sqrt(loss_probability))


@primitive
def padhye_tcp(
    mss_bytes: Positive,
    rtt_s: Positive,
    rto_s: NonNegative,
    loss_probability: Loss,
    acked_per_ack: Count,
    max_window: Positive,
) -> TcpRate:
    """TCP with timeouts: B = MSS min(W/RTT, 1 / (RTT sqrt(2bp/3) + T0 min(1, 3 sqrt(3bp/8)) p (1 + 32 p^2))).

    Counts in the throughput B fast retransmits, timeouts T0 (`rto_s`) and the receiver's window of W packets
    (`max_window`), with p `loss_probability`, MSS `mss_bytes`, RTT `rtt_s` and b packets per acknowledgement
    (`acked_per_ack`); leaves out line rate.
    Domain: an approximation for Reno, losses correlated within a round, p up to 0.1. Above a ValidityWarning: timeouts
    last less than p (1 + 32 p^2) says, and the rate is too low, by half at p = 0.3.
    Source: Padhye, Firoiu, Towsley, Kurose, SIGCOMM 1998, eqs. 30-33 (short form); RFC 5348, 2008, section 3.1.

    >>> round(float(padhye_tcp(1460.0, 0.05, 0.25, 1e-5, 2, 44.0).throughput_bytes_per_s))
    1284800
    """
    outside_validity(loss_probability > 0.1, "padhye_tcp: loss above 0.1, where the short form is too low.")
    p, b = loss_probability, acked_per_ack
    timeout_s = rto_s * np.minimum(1.0, 3 * np.sqrt(3 * b * p / 8)) * p * (1 + 32 * p**2)
    by_loss = 1 / (rtt_s * np.sqrt(2 * b * p / 3) + timeout_s)
    return TcpRate(mss_bytes * np.minimum(max_window / rtt_s, by_loss))


class Incast(NamedTuple):
    """Outputs of `incast_threshold`."""

    max_senders: Floats
    goodput_bytes_per_s: Floats


@primitive
def incast_threshold(
    senders: Count,
    block_bytes_per_sender: Positive,
    initial_window_bytes: Positive,
    buffer_bytes: NonNegative,
    link_bytes_per_s: Positive,
    rtt_s: Positive,
    rto_min_s: NonNegative,
) -> Incast:
    """Incast: n_max = floor((buffer + C RTT) / w); T = max(n B / C, RTT) + RTO if n > n_max; goodput n B / T.

    Counts one least timeout RTO (`rto_min_s`) when the first round of n synchronised `senders`, w bytes each
    (`initial_window_bytes`), overflows the buffer of a switch (`buffer_bytes`) with link rate C (`link_bytes_per_s`)
    and round trip RTT (`rtt_s`); B is the block per sender (`block_bytes_per_sender`), T the time of all blocks, n_max
    the most senders that fit. Leaves out later rounds.
    Domain: an approximation for barrier-synchronised reads over loss-based TCP, too high by up to 3 where reads end in
    slow start; between half and twice n_max a ValidityWarning: there one lost last packet makes a read a hundred times
    slower. Not DCTCP, pause frames or receiver-driven transports.
    Source: Phanishayee et al., FAST 2008; Vasudevan et al., SIGCOMM 2009; Chen et al., WREN 2009.

    >>> round(float(incast_threshold(8, 32768.0, 14600.0, 131072.0, 125e6, 1e-4, 0.2).max_senders))
    9
    """
    most = np.floor((buffer_bytes + link_bytes_per_s * rtt_s) / initial_window_bytes)
    outside_validity(
        (senders > 0.5 * most) & (senders < 2 * most),
        "incast_threshold: senders between half and twice max_senders, where single losses decide about a timeout.",
    )
    total_bytes = senders * block_bytes_per_sender
    timeout_s = np.where(senders > most, rto_min_s, 0.0)
    per_byte_s = np.maximum(1 / link_bytes_per_s, rtt_s / total_bytes) + timeout_s / total_bytes
    return Incast(most, 1 / per_byte_s)
