"""Four real papers worked by hand, as specifications: what the schema must be able to hold.

Compartmentalized MultiPaxos (closed loop, message counts), ZygOS (open loop, tails), FlashAttention-2 (a kernel) and
WiscKey (an LSM store). Values and quotations are from the papers named in each title; only a part of each paper is
written down, chosen so that every awkward field occurs.
"""

from gauntlet.specs.claims import (
    CellSource,
    Claim,
    EditedSource,
    Metric,
    Missing,
    Operand,
    Point,
    SeriesSource,
    TextSource,
)
from gauntlet.specs.evidence import Approval, Evidence, Origin
from gauntlet.specs.mechanism import Component, ComponentFact, Mechanism, Step, Waits
from gauntlet.specs.paper_spec import Calibration, Configuration, Contradiction, PaperSpec, Relation, Setting
from gauntlet.specs.quantities import (
    Choices,
    Derived,
    Distribution,
    Exact,
    Interval,
    Scope,
    Sweep,
    Variable,
    Withheld,
)
from gauntlet.specs.workload import Law, Share, Workload

ORIGIN = Origin(kind="human")
APPROVAL = Approval(status="approved", verifications=1)


def said(page: int, quotation: str, label: str | None = None) -> Evidence:
    return Evidence(page=page, quotation=quotation, label=label)


def printed(y: float, page: int, quotation: str, x: float | None = None, error: float = 0.0) -> Point:
    return Point(x=x, y=y, reading_error=error, source=TextSource(evidence=said(page, quotation)))


def read(series: str, index: int, y: float, x: float | None = None, error: float = 0.005, **more: object) -> Point:
    source = SeriesSource(series=series, index=index)
    return Point(x=x, y=y, reading_error=error, source=source, **more)  # type: ignore[arg-type]


def variable(name: str, unit: str, value: object, role: str, source: str = "paper", **more: object) -> Variable:
    return Variable(id=name, meaning=name.replace("_", " "), unit=unit, value=value, role=role, source=source, **more)  # type: ignore[arg-type]


def multipaxos() -> PaperSpec:
    """Messages per machine and class; co-located roles; a chain of ablations; an unresolved ratio."""
    client, protocol = "client", "protocol"
    return PaperSpec(
        paper_sha256="0" * 64,
        title="Scaling Replicated State Machines with Compartmentalization",
        mechanisms=(
            Mechanism(
                id="multipaxos",
                name="MultiPaxos",
                kind="baseline",
                steps=(
                    Step(
                        id="m1",
                        actor="client",
                        action="sends a command",
                        sender="client",
                        receiver="leader",
                        message_class=client,
                        on="any machine",
                        occupies="machine_cpu",
                    ),
                    Step(
                        id="m2",
                        actor="leader",
                        action="proposes",
                        sender="leader",
                        receiver="acceptors",
                        repeat="f + 1",
                        local_share="1 / 3",
                        order="parallel",
                        message_class=protocol,
                        occupies="machine_cpu",
                    ),
                    Step(
                        id="m3",
                        actor="acceptors",
                        action="accept",
                        sender="acceptors",
                        receiver="leader",
                        repeat="f + 1",
                        waits=Waits(what="a quorum", k="f + 1", of="f + 1"),
                        message_class=protocol,
                        occupies="machine_cpu",
                    ),
                    Step(
                        id="m4",
                        actor="leader",
                        action="tells the replicas",
                        receiver="replicas",
                        repeat="2 * f + 1",
                        message_class=protocol,
                        occupies="machine_cpu",
                    ),
                    Step(
                        id="m5",
                        actor="replica",
                        action="executes in log order",
                        waits=Waits(what="log prefix"),
                        occupies="machine_cpu",
                    ),
                    Step(
                        id="m6",
                        actor="replica",
                        action="replies",
                        receiver="client",
                        message_class=client,
                        instances="2 * f + 1",
                        share_per_instance="1 / (2 * f + 1)",
                        occupies="machine_cpu",
                    ),
                ),
            ),
            Mechanism(
                id="cmp",
                name="Compartmentalized MultiPaxos",
                kind="proposed",
                steps=(
                    Step(
                        id="c2",
                        actor="leader",
                        action="hands the command to a proxy",
                        receiver="proxy",
                        instances="proxies",
                        share_per_instance="1 / proxies",
                        replaces=("m2",),
                    ),
                    Step(id="c5", actor="proxy", action="tells the replicas", repeat="replicas", removes=("m4",)),
                    Step(id="c6", actor="replica", action="replies", same_as="m6"),
                    Step(
                        id="c7",
                        actor="batcher",
                        action="flushes on a timer",
                        per="batch",
                        on_path="background",
                        when="batching is on",
                        probability="1",
                    ),
                ),
            ),
            Mechanism(id="unreplicated", name="Unreplicated", kind="reference", steps=()),
        ),
        variables=(
            variable("f", "", Exact(value=1), "protocol", whole=True),
            variable("proxies", "", Sweep(values=(2, 3, 4, 7, 10)), "tuning", whole=True),
            variable("replicas", "", Exact(value=4), "tuning", whole=True),
            variable("clients", "", Withheld(low=1, high=1000), "workload", source="assumed", whole=True),
            variable(
                "client_message_cpu",
                "us",
                Interval(low=1, high=6, scale="log"),
                "hardware",
                source="prior",
                shared_by=("multipaxos", "cmp", "unreplicated"),
                transfer_spread=0.3,
            ),
            variable("message_ratio", "", Interval(low=1, high=4), "hardware", source="prior"),
            variable(
                "protocol_message_cpu",
                "s",
                Derived(expression="client_message_cpu * message_ratio"),
                "hardware",
                source="assumed",
                shared_by=("multipaxos", "cmp"),
            ),
        ),
        workloads=(
            Workload(id="main", loop="closed", population="clients", mix=(Share(operation="write", share="1"),)),
        ),
        configurations=(
            Configuration(
                id="coupled",
                meaning="Three machines, roles co-located",
                settings=(Setting(variable="proxies", kind="unstated"),),
            ),
            *(
                Configuration(
                    id=f"p{count}",
                    meaning=f"{count} proxies",
                    settings=(Setting(variable="proxies", expression=str(count)),),
                )
                for count in (2, 3, 4, 7)
            ),
            Configuration(
                id="p10_r3",
                meaning="10 proxies, 3 replicas",
                settings=(Setting(variable="proxies", expression="10"), Setting(variable="replicas", expression="3")),
            ),
            Configuration(
                id="best",
                meaning="Chosen to maximize throughput",
                settings=(
                    Setting(variable="proxies", kind="chosen_per_point"),
                    Setting(variable="clients", kind="sweep"),
                ),
            ),
        ),
        metrics=(
            Metric(
                id="peak",
                name="Peak throughput",
                quantity="throughput",
                unit="kops/s",
                better="higher",
                statistic="peak",
                per="cluster",
            ),
            Metric(
                id="latency", name="Median latency", quantity="latency", unit="ms", better="lower", statistic="median"
            ),
        ),
        claims=(
            Claim(
                id="fig12a",
                kind="series",
                chain=True,
                statement="Each change adds throughput",
                mechanism="cmp",
                metric="peak",
                point_configurations=("coupled", "p2", "p3", "p4", "p7", "p10_r3"),
                points=tuple(
                    read("figure-12/a/s1", i, y) for i, y in enumerate((24.8, 67.9, 95.0, 119.4, 134.9, 159.9))
                ),
            ),
            Claim(
                id="fig11",
                kind="series",
                statement="Latency against throughput",
                mechanism="cmp",
                metric="latency",
                parametric="clients",
                configuration="best",
                points=(read("figure-11/a/s2", 0, 0.38),),
            ),
            Claim(
                id="sixfold",
                kind="ratio",
                statement="6 times the throughput of MultiPaxos",
                mechanism="cmp",
                metric="peak",
                configuration="p10_r3",
                relative_to="multipaxos",
                relative_configuration="coupled",
                points=(printed(6, 1, "a 6× increase", error=0.08),),
            ),
            Claim(
                id="sixteenfold",
                kind="ratio",
                statement="16 times, condition not named",
                mechanism="cmp",
                metric="peak",
                relative_to="multipaxos",
                unresolved=True,
                quantifier="up_to",
                hedge="roughly",
                operands=(
                    Operand(mechanism="cmp", metric="peak", configuration="best"),
                    Operand(mechanism="multipaxos", metric="peak", x=0.9),
                ),
                points=(printed(16, 1, "a 16× increase"),),
            ),
        ),
        relations=(
            Relation(
                id="reads",
                left="peak",
                right="n * alpha / (n * f_w + f_r)",
                role="author_model",
                domain="reads from any replica",
            ),
            Relation(
                id="ceiling", left="peak", right="alpha", role="author_bound", conditions="one server, writes only"
            ),
        ),
        unstated=("number of clients", "threads per process", "batch sizes"),
        origin=ORIGIN,
        approval=APPROVAL,
    )


def zygos() -> PaperSpec:
    """Largest load that meets an SLO, tails, a mixture of service times, a contradiction, clipped points."""
    return PaperSpec(
        paper_sha256="1" * 64,
        title="ZygOS: Achieving Low Tail Latency for Microsecond-scale Networked Tasks",
        mechanisms=(
            Mechanism(
                id="ix",
                name="IX",
                kind="baseline",
                described_is_measured="unknown",
                steps=(
                    Step(
                        id="ix1",
                        actor="core",
                        action="runs to completion",
                        occupies="own core",
                        waits=Waits(what="its own queue"),
                    ),
                    Step(id="ix2", actor="client", action="path", delays="client_path"),
                ),
            ),
            Mechanism(
                id="zygos",
                name="ZygOS",
                kind="proposed",
                steps=(
                    Step(
                        id="z1",
                        actor="idle core",
                        action="steals",
                        same_as="ix1",
                        probability="steal_share",
                        coupling="shared_resource",
                    ),
                ),
            ),
            Mechanism(id="mg16", name="M/G/16/FCFS", kind="ideal", steps=()),
        ),
        variables=(
            variable("load", "", Sweep(), "workload"),
            variable("service", "us", Exact(value=10), "workload"),
            variable(
                "overhead",
                "us",
                Interval(low=0.3, high=6, scale="log"),
                "hardware",
                source="prior",
                scope=Scope(kind="device"),
                shared_by=("ix", "zygos"),
            ),
            variable("client_path", "us", Interval(low=5, high=30), "hardware", source="prior"),
            variable("steal_share", "", Sweep(), "protocol", may_condition=False),
        ),
        workloads=(
            Workload(
                id="main",
                loop="open",
                arrivals="poisson",
                laws=(Law(of="service", family="mixture", unit="us", pairs=((0.9, 5.0), (0.1, 55.0))),),
            ),
            Workload(
                id="silo",
                loop="open",
                laws=(Law(of="service", family="empirical", unit="us", pairs=((0.5, 20.0), (0.99, 203.0))),),
            ),
        ),
        metrics=(
            Metric(
                id="p99",
                name="99th percentile latency",
                quantity="latency",
                unit="us",
                better="lower",
                statistic="quantile",
                quantile=0.99,
                includes="client, network, queueing, service",
            ),
            Metric(
                id="load_at_slo",
                name="Load at SLO",
                quantity="max_load",
                unit="",
                better="higher",
                statistic="maximum",
                constraint="p99 <= 10 * service",
                estimator="largest tested load that passes, steps of 0.03",
            ),
        ),
        claims=(
            Claim(
                id="p99_10us",
                kind="series",
                statement="p99 against load",
                mechanism="zygos",
                metric="p99",
                x="load",
                points=(read("figure-6/b/s3", 0, 59.0, x=0.34), read("figure-6/b/s3", 1, 100.0, x=0.8, censored=True)),
            ),
            Claim(
                id="slo",
                kind="scalar",
                statement="75 % of maximum",
                mechanism="zygos",
                metric="load_at_slo",
                points=(printed(0.73, 11, "75%", error=0.02),),
                evidence=(said(11, "75%", label="335"),),
            ),
            Claim(
                id="over_ix",
                kind="ratio",
                statement="1.26x over IX",
                mechanism="zygos",
                metric="load_at_slo",
                workload="silo",
                relative_to="ix",
                points=(printed(1.26, 1, "1.26×"),),
            ),
        ),
        contradictions=(
            Contradiction(
                id="ix_model",
                about="how IX is modelled",
                readings=("partitioned-FCFS", "centralized-FCFS"),
                evidence=(said(4, "also modeled as centralized-FCFS"), said(5, "partitioned")),
            ),
        ),
        origin=ORIGIN,
        approval=APPROVAL,
    )


def flashattention2() -> PaperSpec:
    """Choices, executed against nominal work, a missing bar, an unnamed range, a refuted description."""
    return PaperSpec(
        paper_sha256="2" * 64,
        title="FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning",
        mechanisms=(
            Mechanism(
                id="fa1",
                name="FlashAttention",
                kind="baseline",
                described_is_measured="refuted",
                stated_domain="efficient when the number of blocks is at least 80",
                steps=(
                    Step(
                        id="fa1_heads",
                        actor="thread block",
                        action="processes one attention head",
                        instances="batch * heads",
                        order="parallel",
                    ),
                ),
            ),
            Mechanism(
                id="fa2",
                name="FlashAttention-2",
                kind="proposed",
                steps=(
                    Step(
                        id="fa2_rows",
                        actor="thread block",
                        action="processes a block of rows",
                        replaces=("fa1_heads",),
                        order="overlapped",
                    ),
                ),
            ),
            Mechanism(id="pytorch", name="PyTorch", aliases=("Pytorch",), kind="competitor", steps=()),
        ),
        variables=(
            variable("seq_len", "", Sweep(values=(512, 1024, 2048, 4096, 8192, 16384)), "workload"),
            variable("batch", "", Derived(expression="tokens / seq_len"), "workload"),
            variable("tokens", "", Exact(value=16384), "workload"),
            variable("heads", "", Choices(values=(16, 32)), "workload"),
            variable("block_rows", "", Choices(values=(64, 128)), "tuning"),
            variable(
                "overlap",
                "",
                Interval(low=0, high=1),
                "hardware",
                source="assumed",
                scope=Scope(kind="mechanism", of="fa2"),
            ),
            variable(
                "peak",
                "TFLOP/s",
                Exact(value=312, tolerance=0.01),
                "hardware",
                source="registry",
                registry="gpu/a100_sxm_80gb:peak_flop_per_s[bf16,dense]",
                scope=Scope(kind="device"),
            ),
        ),
        workloads=(Workload(loop="batch"),),
        metrics=(
            Metric(
                id="speed",
                name="Attention forward speed",
                quantity="work_rate",
                unit="TFLOP/s",
                better="higher",
                statistic="mean",
                work="4 * seq_len ** 2 * head_dim * heads",
                counts="executed",
                per="device",
            ),
            Metric(
                id="utilisation",
                name="Model FLOPs utilisation",
                quantity="utilisation",
                unit="%",
                better="higher",
                statistic="mean",
                counts="nominal",
                share_of="312 TFLOP/s",
            ),
        ),
        claims=(
            Claim(
                id="pytorch_forward",
                kind="series",
                statement="Forward speed of PyTorch",
                mechanism="pytorch",
                metric="speed",
                x="seq_len",
                points=(read("figure-5/a/s1", 0, 36.0, x=512.0),),
                missing=(Missing(x=16384.0, reason="OOM"),),
            ),
            Claim(
                id="range",
                kind="ratio",
                statement="1.7-3.0x faster than FlashAttention",
                mechanism="fa2",
                metric="speed",
                relative_to="fa1",
                quantifier="range_over",
                unresolved=True,
                points=(printed(1.7, 9, "1.7-3.0×"), printed(3.0, 9, "1.7-3.0×")),
            ),
            Claim(
                id="up_to",
                kind="scalar",
                statement="up to 230 TFLOPs/s",
                mechanism="fa2",
                metric="speed",
                quantifier="up_to",
                points=(printed(230, 9, "up to 230 TFLOPs/s", error=0.02),),
            ),
        ),
        relations=(Relation(id="both", left="3.5 / both", right="1 / forward + 2.5 / backward", role="composition"),),
        origin=ORIGIN,
        approval=APPROVAL,
    )


def wisckey() -> PaperSpec:
    """A component inside two stores, calibration curves, background work with backpressure, withheld state."""
    lsm = Scope(kind="component", of="lsm")
    return PaperSpec(
        paper_sha256="3" * 64,
        title="WiscKey: Separating Keys from Values in SSD-conscious Storage",
        mechanisms=(
            Mechanism(
                id="leveldb",
                name="LevelDB",
                kind="baseline",
                steps=(
                    Step(id="b1", operation="load", actor="writer", action="appends to the log"),
                    Step(id="b2", operation="load", actor="writer", action="inserts into the memtable"),
                    Step(
                        id="b4",
                        operation="load",
                        actor="compaction thread",
                        action="merges",
                        per="entry",
                        on_path="background",
                        coupling="backpressure",
                    ),
                    Step(id="b6", operation="lookup", actor="reader", action="searches levels"),
                ),
            ),
            Mechanism(
                id="wisckey",
                name="WiscKey",
                aliases=("WhisKey",),
                kind="proposed",
                steps=(
                    Step(id="p1", operation="load", actor="writer", action="appends to the vLog", removes=("b1",)),
                    Step(id="p2", operation="load", actor="writer", action="inserts the address", replaces=("b2",)),
                    Step(
                        id="p3",
                        operation="load",
                        actor="compaction thread",
                        action="merges",
                        same_as="b4",
                        on_path="background",
                        coupling="backpressure",
                    ),
                    Step(id="p6", operation="lookup", actor="reader", action="one random read of the vLog"),
                ),
            ),
        ),
        components=(
            Component(
                id="lsm",
                name="LSM-tree",
                used_by=("leveldb", "wisckey"),
                facts=(
                    ComponentFact(
                        mechanism="leveldb", name="entry_bytes", expression="key_bytes + value_bytes", unit="B"
                    ),
                    ComponentFact(
                        mechanism="wisckey", name="entry_bytes", expression="key_bytes + address_bytes", unit="B"
                    ),
                    ComponentFact(
                        mechanism="wisckey",
                        name="entries",
                        expression="dataset_bytes / (key_bytes + value_bytes)",
                        unit="",
                    ),
                ),
            ),
        ),
        variables=(
            variable("key_bytes", "B", Exact(value=16), "workload"),
            variable("value_bytes", "B", Sweep(values=(64, 256, 1024, 4096, 16384, 65536, 262144)), "workload"),
            variable("dataset_bytes", "GB", Exact(value=100), "workload"),
            variable(
                "address_bytes",
                "B",
                Exact(value=12),
                "protocol",
                scope=Scope(kind="mechanism", of="wisckey"),
                evidence=(said(6, "assuming a 12-B cost"),),
            ),
            variable("header_bytes", "B", Choices(values=(4, 8, 12)), "protocol", source="assumed"),
            variable(
                "write_bandwidth", "MB/s", Exact(value=400, tolerance=0.1), "hardware", scope=Scope(kind="device")
            ),
            variable("write_amplification", "", Sweep(), "protocol", scope=lsm),
            variable(
                "merge_rate",
                "MB/s",
                Distribution(family="lognormal", low=20, typical=77, high=300),
                "hardware",
                source="prior",
                scope=lsm,
            ),
            variable("record", "us", Interval(low=0.05, high=2, scale="log"), "hardware", source="prior", scope=lsm),
            variable("cached_share", "", Withheld(low=0, high=0.64), "workload", source="assumed"),
        ),
        workloads=(Workload(loop="batch", keys="uniform"),),
        metrics=(
            Metric(
                id="load_rate",
                name="Random load",
                quantity="bandwidth",
                unit="MB/s",
                better="higher",
                statistic="mean",
                payload="key and value",
                mega="10^6",
            ),
            Metric(
                id="cpu",
                name="CPU use",
                quantity="utilisation",
                unit="%",
                better="lower",
                statistic="mean",
                share_of="32 hardware threads",
            ),
        ),
        claims=(
            Claim(
                id="fig9",
                kind="series",
                statement="Random load against value size",
                mechanism="wisckey",
                metric="load_rate",
                x="value_bytes",
                points=(read("figure-9/s2", 0, 4.86, x=64.0), read("figure-9/s2", 3, 333.0, x=4096.0)),
            ),
            Claim(
                id="at_4k",
                kind="ratio",
                statement="111 times LevelDB at 4 KB",
                mechanism="wisckey",
                metric="load_rate",
                relative_to="leveldb",
                points=(printed(111, 10, "and 111× of LevelDB", x=4096.0),),
                x="value_bytes",
            ),
            Claim(
                id="worse",
                kind="ratio",
                statement="12x worse",
                mechanism="wisckey",
                metric="load_rate",
                relative_to="leveldb",
                favours="leveldb",
                points=(printed(12, 11, "12× worse"),),
            ),
            Claim(
                id="cause",
                kind="attribution",
                statement="CPU is not a bottleneck",
                mechanism="leveldb",
                metric="cpu",
                cause="CPU is not a bottleneck",
                quantifier="always",
            ),
            Claim(
                id="lookup_64",
                kind="series",
                statement="Lookups at 64 B",
                mechanism="leveldb",
                metric="load_rate",
                x="value_bytes",
                points=(read("figure-10/s1", 0, 0.03, x=64.0, error=1.0, usable=False),),
            ),
            Claim(
                id="corrected",
                kind="scalar",
                statement="A value corrected in review",
                mechanism="leveldb",
                metric="load_rate",
                points=(
                    Point(x=None, y=2.1, reading_error=0.0, source=EditedSource(reason="table 3 has a typing error")),
                ),
            ),
        ),
        calibrations=(
            Calibration(
                id="fig2",
                what=lsm,
                x="dataset_bytes",
                quantity="write_amplification",
                unit="",
                points=(
                    Point(x=1.0, y=3.1, reading_error=0.01, source=CellSource(table="table-1", row=1, column=1)),
                    Point(x=100.0, y=14.0, reading_error=0.01, source=CellSource(table="table-1", row=2, column=1)),
                ),
            ),
        ),
        unstated=("page cache before the lookups",),
        origin=ORIGIN,
        approval=APPROVAL,
    )


ALL = {"multipaxos": multipaxos, "zygos": zygos, "flashattention2": flashattention2, "wisckey": wisckey}
