"""Log-structured trees bound by write bandwidth: values in the tree against values in a log of their own.

Level 1 is merged whole with what was flushed; of deeper levels one file at a time is merged with the files below that
it overlaps. All levels but the last are full.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, assumed, stated, term
from gauntlet.costs.records import Term, Waiver
from gauntlet.specs.workload import Workload

PUTS = Workload(id="random_puts", loop="closed", arrivals="saturating", keys="uniform")
LEVELS = 6


def _level(owner: str, level: int) -> tuple[Term, ...]:
    """Room and bytes of one level, and what moving a byte into it rewrites."""
    tag = owner[0]
    room = "memtable_bytes * flushed_runs" if level == 1 else f"{tag}_room_{level - 1}_bytes * size_ratio"
    held = f"{tag}_left_{level}_bytes"
    terms = (
        term(f"{tag}_room_{level}_bytes", owner, f"Capacity of level {level}", room),
        term(f"{tag}_level_{level}_bytes", owner, f"Data in level {level}", f"min({held}, {tag}_room_{level}_bytes)"),
        term(
            f"{tag}_left_{level + 1}_bytes",
            owner,
            f"Data below level {level}",
            f"max({held} - {tag}_room_{level}_bytes, 0)",
        ),
    )
    if level == 1:
        return terms
    above, below = f"{tag}_level_{level - 1}_bytes", f"{tag}_level_{level}_bytes"
    rewritten = f"where({below} > 0, 1 + {below} / {above} + edge_files * min(1, {below} / {above}), 0)"
    return (*terms, term(f"{tag}_merge_{level}", owner, f"Bytes written per byte merged into level {level}", rewritten))


def _tree(owner: str, steps: str) -> tuple[Term, ...]:
    """Write amplification of a tree of `left_1` bytes: flush, merge with level 1, merges below."""
    tag = owner[0]
    first = f"1 + {tag}_level_1_bytes / (memtable_bytes * flushed_runs)"
    merges = " + ".join(f"{tag}_merge_{level}" for level in range(2, LEVELS + 1))
    return (
        *(one for level in range(1, LEVELS + 1) for one in _level(owner, level)),
        term(
            f"{tag}_amplification",
            owner,
            "Writes per byte: flush, level 1, levels below",
            f"1 + {first} + {merges}",
            steps,
        ),
    )


FAMILY = Family(
    given=(
        Given("bw", "write_bytes_per_s", "hardware"),
        Given("eff", "sustained_share", "hardware"),
        Given("key", "key_bytes"),
        Given("ptr", "pointer_bytes", used_by=("proposed",)),
        Given("T", "size_ratio", "tuning"),
        Given("mem", "memtable_bytes", "tuning"),
        Given("u", "live_share", used_by=("proposed",)),
        Given("data", "data_bytes"),
        Given("v0", "value_in_data_sweep_bytes"),
    ),
    variables=(
        stated("flushed_runs", 4, "Memtables that level 1 holds, and level-0 runs merged together"),
        assumed(
            "edge_files", 0, 1, "Files at the edges of a merged range that are rewritten though overlapped in part"
        ),
    ),
    experiments=(
        Experiment("throughput_vs_value", "value_bytes", "", "put_throughput", "throughput", PUTS),
        Experiment(
            "throughput_vs_data",
            "data_bytes",
            "GB",
            "put_throughput",
            "throughput",
            PUTS,
            settings={"value_bytes": "value_in_data_sweep_bytes"},
        ),
    ),
    terms=(
        term("entry_bytes", None, "Key and value", "key_bytes + value_bytes"),
        term("sustained_bytes_per_s", None, "Write bandwidth beside compaction", "write_bytes_per_s * sustained_share"),
        term("b_left_1_bytes", "baseline", "Data in the tree", "data_bytes"),
        *_tree("baseline", "b1 b2 b3"),
        term("put_bytes", "baseline", "Log and tree", "entry_bytes * (1 + b_amplification)", "b4"),
        term("small_bytes", "proposed", "Key and pointer", "key_bytes + pointer_bytes"),
        term("p_left_1_bytes", "proposed", "Keys and pointers of all data", "data_bytes / entry_bytes * small_bytes"),
        *_tree("proposed", "p2"),
        term(
            "log_bytes",
            "proposed",
            "The value log: live values are written again when a segment is reclaimed",
            "entry_bytes / (1 - live_share)",
            "p1 p3",
        ),
        term(
            "split_put_bytes", "proposed", "Value log and small tree", "log_bytes + small_bytes * p_amplification", "p5"
        ),
    ),
    outputs={
        ("baseline", "put_throughput"): "sustained_bytes_per_s / put_bytes",
        ("proposed", "put_throughput"): "sustained_bytes_per_s / split_put_bytes",
    },
    bounds={("proposed", "put_throughput"): ("write bandwidth of the data sheet", "write_bytes_per_s / entry_bytes")},
    waivers=(Waiver(step="p4", reason="The paper says that they cost no tree writes."),),
)
