"""The families of the benchmark, by the word that its files use."""

from benchmarks.gapbench.gold import (
    attention_kernel_roofline,
    closed_loop_interactive,
    epaxos_fast_path,
    hedged_requests,
    llm_decode_batching,
    lru_cache_zipf,
    lsm_write_amplification,
    occ_zipf_contention,
    pipeline_bubbles,
    quorum_group_commit,
    ring_allreduce_training,
    rpc_multiserver_queue,
    speculative_decoding,
    two_phase_commit,
)
from benchmarks.gapbench.gold.hard_families import HARD_FAMILIES

FAMILIES = HARD_FAMILIES | {
    module.__name__.rpartition(".")[2]: module.FAMILY
    for module in (
        attention_kernel_roofline,
        closed_loop_interactive,
        epaxos_fast_path,
        hedged_requests,
        llm_decode_batching,
        lru_cache_zipf,
        lsm_write_amplification,
        occ_zipf_contention,
        pipeline_bubbles,
        quorum_group_commit,
        ring_allreduce_training,
        rpc_multiserver_queue,
        speculative_decoding,
        two_phase_commit,
    )
}
