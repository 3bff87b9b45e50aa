"""A paper of one page and the answer that describes it, small enough to read at a glance."""

from typing import Any

from gauntlet.paper.records import Anchor, Page, Paper, TextBlock, Word
from gauntlet.specs.wire import WireSpec, WireSpecPatch

SENTENCES = (
    "A counter behind one lock serves requests one at a time.",
    "Each update holds the lock for 2 µs.",
    "Our counter keeps one cell per core and has no lock.",
    "The locked counter reaches 480 kops/s and ours 1900 kops/s.",
    "The machine has 4 cores.",
)


def paper() -> Paper:
    words, top = [], 50.0
    blocks = []
    for number, sentence in enumerate(SENTENCES, start=1):
        left = 50.0
        for text in sentence.split():
            words.append(Word(text=text, box=(left, top, left + 5.0 * len(text), top + 10)))
            left += 5.0 * len(text) + 3
        blocks.append(
            TextBlock(
                id=f"b{number}", kind="paragraph", text=sentence, anchor=Anchor(page=1, box=(50, top, left, top + 10))
            )
        )
        top += 14
    page = Page(number=1, label=None, width=612, height=792, words=tuple(words))
    return Paper(
        sha256="cd" * 32, title="Cells", page_count=1, pages=(page,), blocks=tuple(blocks), tables=(), figures=(),
        hidden=(), notes=(),
    )  # fmt: skip


def quoted(quotation: str) -> list[dict[str, Any]]:
    return [{"page": 1, "quotation": quotation}]


def step(step_id: str, action: str, station: str) -> dict[str, Any]:
    empty = ("sender", "receiver", "on", "delays", "local_share", "message_class", "when", "waits", "same_as")
    return dict.fromkeys(empty) | {
        "id": step_id, "operation": "update", "actor": "core", "action": action, "occupies": station,
        "per": "operation", "repeat": "1", "instances": "1", "servers": "1",
        "share_per_instance": "1", "probability": "1",
        "order": "sequential", "on_path": "foreground", "coupling": "none", "replaces": [], "removes": [],
        "evidence": [],
    }  # fmt: skip


def variable(name: str, unit: str, value: float, quotation: str, whole: bool = False) -> dict[str, Any]:
    number = {
        "kind": "exact",
        "value": value,
        "low": None,
        "typical": None,
        "high": None,
        "values": [],
        "expression": None,
    }
    return {
        "id": name, "symbol": None, "meaning": name, "unit": unit, "value": number, "role": "hardware",
        "source": "paper", "registry": None, "scope": "device", "scope_of": None, "shared_by": ["locked", "cells"],
        "measured_on_proposal": False, "whole": whole, "evidence": quoted(quotation),
    }  # fmt: skip


def claim(name: str, mechanism: str, value: float) -> dict[str, Any]:
    nothing = (
        "x_variable", "parametric", "configuration", "relative_to", "relative_configuration", "favours", "cause",
        "hedge",
    )  # fmt: skip
    place = {"x": None, "y": value, "page": 1, "quotation": f"{value:g} kops/s"}
    points = dict.fromkeys(("series", "table", "along", "x_index", "y_index", "first", "last"))
    points |= {"kind": "text", "text_points": [place], "x_unit": "", "y_unit": "kops/s"}
    return dict.fromkeys(nothing) | {
        "id": name, "kind": "scalar", "statement": "rate", "mechanism": mechanism, "metric": "rate", "chain": False,
        "point_configurations": [], "workload": "main", "quantifier": "at", "operands": [], "unresolved": False,
        "points": points, "evidence": [],
    }  # fmt: skip


def answer() -> dict[str, Any]:
    """A right answer, as JSON values."""
    metric = dict.fromkeys(("quantile", "includes", "work", "payload", "share_of", "constraint", "estimator"))
    metric |= {
        "id": "rate", "name": "updates", "quantity": "throughput", "unit": "kops/s", "better": "higher",
        "statistic": "mean", "per": "cluster", "counts": "unstated", "mega": "unstated",
    }  # fmt: skip
    workload = dict.fromkeys(("think_time", "population", "rate", "key_skew", "notes"))
    workload |= {
        "id": "main", "loop": "closed", "arrivals": "saturating", "keys": "none", "mix": [], "laws": [], "evidence": [],
    }  # fmt: skip
    systems = [
        ("locked", "Locked counter", "baseline", [step("l1", "takes the lock and adds", "lock")]),
        ("cells", "Cells", "proposed", [step("c1", "adds to its own cell", "core")]),
    ]
    return {
        "title": "Cells",
        "mechanisms": [
            {"id": name, "name": title, "aliases": [], "kind": kind, "steps": steps, "stated_domain": None,
             "described_is_measured": "unknown"}
            for name, title, kind, steps in systems
        ],
        "components": [],
        "variables": [
            variable("hold", "µs", 2, "holds the lock for 2 µs"), variable("cores", "", 4, "has 4 cores", whole=True),
        ],
        "workloads": [workload],
        "configurations": [],
        "metrics": [metric],
        "claims": [claim("locked_rate", "locked", 480), claim("cells_rate", "cells", 1900)],
        "calibrations": [],
        "relations": [],
        "contradictions": [],
        "unstated": ["cost of an update without the lock"],
    }  # fmt: skip


def text(**changes: Any) -> str:
    """The right answer with parts replaced, as a model would send it."""
    return WireSpec.model_validate(answer() | changes).model_dump_json()


def patch(**changes: Any) -> str:
    """A repair that changes nothing but the parts given, as a model would send it."""
    lists = [name for name in WireSpecPatch.model_fields if name not in ("title", "unstated")]
    nothing = {name: [] for name in lists} | {"title": None, "unstated": None}
    return WireSpecPatch.model_validate(nothing | changes).model_dump_json()
