"""The families of the benchmark's hard tier, by the word that its files use."""

from benchmarks.gapbench.gold import (
    hard_cache_over_store,
    hard_closed_tiers_replicas,
    hard_continuous_batching,
    hard_hedged_fanout_load,
    hard_hierarchical_allreduce,
    hard_lsm_shared_ssd,
    hard_metro_quorum_log,
    hard_occ_retry_feedback,
    hard_one_sided_kv,
    hard_pipeline_tensor_recompute,
)

HARD_FAMILIES = {
    module.__name__.rpartition(".hard_")[2]: module.FAMILY
    for module in (
        hard_cache_over_store,
        hard_closed_tiers_replicas,
        hard_continuous_batching,
        hard_hedged_fanout_load,
        hard_hierarchical_allreduce,
        hard_lsm_shared_ssd,
        hard_metro_quorum_log,
        hard_occ_retry_feedback,
        hard_one_sided_kv,
        hard_pipeline_tensor_recompute,
    )
}
