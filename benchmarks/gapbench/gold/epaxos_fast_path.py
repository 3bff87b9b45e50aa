"""Replication between five sites: through one leader against through any replica, with a second round for conflicts."""

import re
from dataclasses import replace

from benchmarks.gapbench.gold.family import Experiment, Family, Given, stated, term
from benchmarks.gapbench.gold.truth import Known
from gauntlet.costs.records import Term
from gauntlet.errors import RecordError
from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Table
from gauntlet.settings import ReadLimits
from gauntlet.specs.quantities import Variable
from gauntlet.specs.workload import Workload

WIDE = Workload(id="wide_area", loop="open", arrivals="poisson", rate="commands_per_s")
LOCAL = Workload(id="one_data_centre", loop="closed", arrivals="saturating")
SITES = 5
ROUNDS = 8
"""Turns of the fixed point between slow paths and the time that they keep commands open."""


def _trip(one: int, other: int) -> str:
    return "0" if one == other else f"trip_{min(one, other)}_{max(one, other)}_s"


MATRIX = f"[{', '.join('[' + ', '.join(_trip(a, b) for b in range(SITES)) + ']' for a in range(SITES))}]"


def _commit(protocol: str, site: int) -> str:
    return (
        f"wan_commit_latency(protocol='{protocol}', rtt_s={MATRIX}, client_site=site_{site}, "
        "leader_site=leader_site).commit_latency_s"
    )


def _mean(name: str) -> str:
    return f"({' + '.join(f'{name}_{site}_s' for site in range(SITES))}) / replicas"


def _slow_path() -> tuple[Term, ...]:
    """Share of hot commands that meet an open one, and what that does to how long they stay open."""
    start = term("meeting_1", "proposed", "Meets an open hot command", "1 - exp(-others_per_s * fast_s)", "p3")
    turns = (
        term(
            f"meeting_{turn}", "proposed", "The same with the longer time that slow commands stay open",
            f"1 - exp(-others_per_s * fast_s * (1 + meeting_{turn - 1}))",
        )
        for turn in range(2, ROUNDS + 1)
    )  # fmt: skip
    return (start, *turns)


def _with_sites(family: Family, known: Known) -> Family:
    """The round trips of the paper's table, and which of its sites leads."""
    tables = read_paper(known.pdf, None, ReadLimits()).tables
    table = next(one for one in tables if "ound-trip" in one.caption or "RTT" in one.caption)
    names = [_words(table, row, 0) for row in range(1, SITES + 1)]
    led = re.search(r"to the leader in ([A-Z]\w+)", " ".join(known.steps["baseline"]))
    if led is None or led[1] not in names:
        raise RecordError(f"{known.paper}: the steps name no leader among {', '.join(names)}.")
    pairs = [(a, b) for a in range(SITES) for b in range(a + 1, SITES)]
    trips = (
        stated(_trip(a, b), float(_words(table, a + 1, b + 1)) / 1e3, f"{names[a]} to {names[b]} and back", "hardware")
        for a, b in pairs
    )
    return replace(family, variables=(*family.variables, *trips, _site("leader_site", names.index(led[1]))))


def _words(table: Table, row: int, column: int) -> str:
    cell = table.cell(row, column)
    return "" if cell is None else "".join(cell.text.split())


def _site(name: str, place: int) -> Variable:
    site = stated(name, place, f"Row of the table of round trips: {name.replace('_', ' ')}")
    return site.model_copy(update={"whole": True})


FAMILY = Family(
    given=(
        Given("lam", "commands_per_s"),
        Given("msg", "message_s", "hardware"),
    ),
    variables=(
        stated("replicas", SITES, "Replicas, one per site"),
        stated("peers", 2, "Peers of a fast quorum"),
        *(_site(f"site_{place}", place) for place in range(SITES)),
    ),
    experiments=(
        Experiment("latency_vs_conflict", "hot_share", "%", "commit_latency", "latency", WIDE),
        Experiment("throughput_vs_slow", "slow_share", "%", "peak_throughput", "throughput", LOCAL, statistic="peak"),
    ),
    terms=(
        *(
            term(f"led_{site}_s", "baseline", f"Commit for clients at site {site}", _commit("multipaxos", site), "b1")
            for site in range(SITES)
        ),
        *(
            term(f"fast_{site}_s", "proposed", f"One round from site {site}", _commit("epaxos_fast", site), "p1 p2")
            for site in range(SITES)
        ),
        term("led_s", "baseline", "Mean over sites", _mean("led")),
        term("fast_s", "proposed", "Mean over sites", _mean("fast"), "p4"),
        term(
            "others_per_s",
            "proposed",
            "Hot commands of the other replicas",
            "commands_per_s * hot_share * (replicas - 1) / replicas",
        ),
        *_slow_path(),
        term(
            "leader_messages",
            "baseline",
            "Request, reply, accepts, answers and commits",
            "2 + 2 * (replicas - 1) + (replicas - 1)",
            "b2",
        ),
        term(
            "fast_messages",
            "proposed",
            "Request and reply, both ends of two rounds of messages to peers, both ends of commits",
            "2 + 2 * (2 * peers) + 2 * (replicas - 1)",
            "p5",
        ),
        term("slow_messages", "proposed", "Both ends of a second round with the peers", "2 * (2 * peers)"),
    ),
    outputs={
        ("baseline", "commit_latency"): "led_s",
        ("proposed", "commit_latency"): f"fast_s * (1 + hot_share * meeting_{ROUNDS})",
        ("baseline", "peak_throughput"): "1 / (leader_messages * message_s)",
        ("proposed", "peak_throughput"): "replicas / ((fast_messages + slow_share * slow_messages) * message_s)",
    },
    bounds={
        ("proposed", "commit_latency"): ("one round trip to the nearest quorum", "fast_s"),
        ("proposed", "peak_throughput"): (
            "request, reply, and one message to each peer and through its hands",
            "replicas / ((2 + 2 * peers) * message_s)",
        ),
    },
    adapt=_with_sites,
)
