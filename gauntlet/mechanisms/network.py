"""Messages between two machines, batches, and pipelines of stages."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    Count,
    Floats,
    ListOfTimes,
    NonNegative,
    OneOf,
    Positive,
    Scalar,
    primitive,
)


class PointToPoint(NamedTuple):
    """Outputs of `hockney`."""

    time_s: Floats
    half_bandwidth_bytes: Floats


@primitive
def hockney(message_bytes: NonNegative, alpha_s: NonNegative, bandwidth_bytes_per_s: Positive) -> PointToPoint:
    """One message: T = alpha + n / beta; half of the bandwidth is reached at n = alpha beta.

    Counts in the time T of a message a fixed cost alpha (`alpha_s`) and a cost per byte of n (`message_bytes`) at
    bandwidth beta (`bandwidth_bytes_per_s`); leaves out contention and changes of protocol with size.
    Domain: one message in flight.
    Source: Hockney, Parallel Computing 20(3), 1994.

    >>> round(float(hockney(1e6, 10e-6, 1.25e9).time_s), 6)
    0.00081
    """
    return PointToPoint(alpha_s + message_bytes / bandwidth_bytes_per_s, alpha_s * bandwidth_bytes_per_s)


class Windowed(NamedTuple):
    """Outputs of `window_limited_throughput`."""

    throughput_bytes_per_s: Floats
    needed_outstanding: Floats


@primitive
def window_limited_throughput(
    outstanding: NonNegative, request_bytes: Positive, latency_s: Positive, capacity_bytes_per_s: Positive
) -> Windowed:
    """Little's law for wires and memory: X = min(C, N b / L); the capacity needs N = C L / b requests in flight.

    Counts the throughput X of N requests in flight (`outstanding`) of b bytes (`request_bytes`) against an unloaded
    latency L (`latency_s`) and a capacity C (`capacity_bytes_per_s`); leaves out the queueing above the knee.
    Domain: unloaded latency. Memory: N line-fill buffers of 64 bytes; storage: N = queue depth.
    Source: Little, Oper. Res. 9(3), 1961; Bailey, Little's Law and High Performance Computing, NASA Ames, 1997.

    >>> round(float(window_limited_throughput(10, 64.0, 80e-9, 25e9).throughput_bytes_per_s))
    8000000000
    """
    by_window = outstanding * request_bytes / latency_s
    return Windowed(np.minimum(capacity_bytes_per_s, by_window), capacity_bytes_per_s * latency_s / request_bytes)


class Rdma(NamedTuple):
    """Outputs of `rdma_operation`."""

    latency_s: Floats
    throughput_per_s: Floats
    capacity_per_s: Floats


@primitive
def rdma_operation(
    mode: Annotated[str, OneOf(("one_sided_read", "two_sided_rpc"))],
    wire_rtt_s: NonNegative,
    post_s: NonNegative,
    nic_s: NonNegative,
    pcie_s: NonNegative,
    server_cpu_s: NonNegative,
    message_bytes: Positive,
    link_bytes_per_s: Positive,
    nic_ops_per_s: Positive,
    server_cores: Count,
    client_outstanding: Count,
) -> Rdma:
    """RDMA: L = post + RTT + 4 nic + b / C + pcie [+ cpu]; X = min(N / L, C / b, ops / (1 or 2), cores / cpu).

    Counts by `mode` the steps of a one-sided read, or of a two-sided call, which takes the server's cpu (`server_cpu_s`
    on `server_cores`) and two NIC operations: post (`post_s`), RTT on the wire (`wire_rtt_s`), four passes through a
    NIC (`nic_s`), b bytes (`message_bytes`) on a link of C (`link_bytes_per_s`) and the bus (`pcie_s`); ops is
    `nic_ops_per_s`, N `client_outstanding`, L the latency and X the throughput. Leaves out thrash of the NIC's
    connection cache and contention on the bus.
    Domain: unloaded step times; k dependent reads cost k one-sided operations or one call.
    Source: Kalia, Kaminsky, Andersen, SIGCOMM 2014 and USENIX ATC 2016; Dragojevic et al., NSDI 2014.

    >>> read = rdma_operation("one_sided_read", 8e-7, 1.5e-7, 1e-7, 3e-7, 0.0, 125.0, 12.5e9, 75e6, 8, 64)
    >>> round(float(read.latency_s) * 1e9)
    1660
    """
    two_sided = mode == "two_sided_rpc"
    cpu_s = server_cpu_s if two_sided else np.zeros(())
    latency_s = post_s + wire_rtt_s + 4 * nic_s + message_bytes / link_bytes_per_s + pcie_s + cpu_s
    by_link, by_nic = link_bytes_per_s / message_bytes, nic_ops_per_s / (2 if two_sided else 1)
    capacity_per_s = np.minimum(np.minimum(by_link, by_nic), server_cores / cpu_s)
    return Rdma(latency_s, np.minimum(client_outstanding / latency_s, capacity_per_s), capacity_per_s)


class Batches(NamedTuple):
    """Outputs of `batching_amortisation`."""

    max_rate_per_s: Floats
    fill_delay_s: Floats
    efficiency: Floats


@primitive
def batching_amortisation(
    per_batch_s: NonNegative, per_item_s: NonNegative, batch: Count, arrival_rate_per_s: NonNegative
) -> Batches:
    """Full batches of b: rate b / (t0 + b t1), mean wait to fill (b - 1) / (2 lambda), efficiency b t1 / (t0 + b t1).

    Counts the cost t0 that a batch shares (`per_batch_s`), that of each item t1 (`per_item_s`), and the wait for the b
    items (`batch`) to come at rate lambda (`arrival_rate_per_s`); leaves out a timeout (which caps the wait) and the
    queue behind the server. A server that takes what is there is `dynamic_batching`.
    Domain: any stationary arrivals, no timeout.
    Source: renewal argument; Chaudhry and Templeton, A First Course in Bulk Queues, 1983.

    >>> round(float(batching_amortisation(5e-6, 1e-6, 5, 200e3).efficiency), 6)
    0.5
    """
    busy_s = per_batch_s + batch * per_item_s
    fill_s = np.where(batch > 1, (batch - 1) / (2 * arrival_rate_per_s), 0.0)
    efficiency = np.where(per_batch_s > 0, 1 / (1 + per_batch_s / (batch * per_item_s)), 1.0)
    return Batches(batch / busy_s, fill_s, efficiency)


class Pipeline(NamedTuple):
    """Outputs of `pipeline_makespan`."""

    makespan_s: Floats
    throughput_per_s: Floats


@primitive
def pipeline_makespan(stage_times_s: ListOfTimes, items: Count) -> Pipeline:
    """Synchronous pipeline of m items: sum t_k + (m - 1) max t_k; steady rate 1 / max t_k.

    Counts fill, steady state and drain of m `items` through stages of times t_k (`stage_times_s`); leaves out random
    stage times, which are slower.
    Domain: deterministic stages, unlimited buffers, same order everywhere.
    Source: Hennessy and Patterson, Computer Architecture, 6th ed. 2017, appendix C.

    >>> round(float(pipeline_makespan([1.0, 3.0, 2.0], 100).makespan_s), 6)
    303.0
    """
    slowest_s = stage_times_s.max(axis=0)
    return Pipeline(stage_times_s.sum(axis=0) + (items - 1) * slowest_s, 1 / slowest_s)


class Stream(NamedTuple):
    """Outputs of `loggp`."""

    one_message_s: Floats
    pipelined_s: Floats


@primitive
def loggp(
    message_bytes: Annotated[Floats, Scalar(1.0)],
    messages: Count,
    latency_s: NonNegative,
    overhead_s: NonNegative,
    gap_s: NonNegative,
    gap_per_byte_s: NonNegative,
) -> Stream:
    """LogGP: one message 2 o + L + (m - 1) G; k in a row add (k - 1) (max(g, o) + (m - 1) G).

    Counts processor overhead o (`overhead_s`), wire latency L (`latency_s`), the gap g between messages (`gap_s`) and G
    between bytes (`gap_per_byte_s`) for k `messages` of m bytes (`message_bytes`); leaves out the limit of L / g
    messages in flight.
    Domain: two machines; G = 0 or m = 1 is LogP.
    Source: Culler et al., PPoPP 1993; Alexandrov, Ionescu, Schauser, Scheiman, SPAA 1995.

    >>> round(float(loggp(1.0, 10, 6.0, 2.0, 4.0, 0.0).pipelined_s), 6)
    46.0
    """
    body_s = (message_bytes - 1) * gap_per_byte_s
    one_s = 2 * overhead_s + latency_s + body_s
    return Stream(one_s, one_s + (messages - 1) * (np.maximum(gap_s, overhead_s) + body_s))
