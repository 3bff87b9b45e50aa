"""What a model is shown beside the paper: devices, priors, primitives, and records in compact form."""

import inspect
import json
from collections import Counter
from typing import Any

from pydantic import BaseModel

from gauntlet.agents.masking import without_numbers
from gauntlet.hardware.estimates.reference import EXAMPLE
from gauntlet.hardware.records import Device
from gauntlet.hardware.registry import Registry
from gauntlet.mechanisms.catalogue import Argument, catalogue
from gauntlet.mechanisms.latencies import LAWS
from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.units import si_unit
from gauntlet.workloads.estimates import ESTIMATES

_NO_RESULTS = ("schema_version", "tool_version", "paper_sha256")

_INPUTS = {"schema_version", "title", "mechanisms", "components", "variables", "workloads", "metrics", "calibrations"}


def devices(registry: Registry, paper_text: str) -> str:
    """All facts of the devices that the paper names, and how many others there are by class."""
    named = registry.named_in(paper_text)
    lines = [f"{device.key} ({device.name}): {_facts(device)}" for device in named]
    classes = Counter(key.partition("/")[0] for key in registry.ids())
    if named:
        lines.append(f"Reference form: {named[0].key}:{named[0].facts[0].label}")
    if any({"memory_bandwidth_bytes_per_s", "peak_flop_per_s"} <= {f.quantity for f in one.facts} for one in named):
        lines.append(
            "Estimated times of kernels, and of steps of a language model server, are registry values too, in s: "
            f"{EXAMPLE}; {_kernels()}"
        )
    known = ", ".join(f"{count} {kind}" for kind, count in sorted(classes.items()))
    lines.append(f"Devices known in all: {known}; those that this paper names are above.")
    return "\n".join(lines)


def priors(registry: Registry) -> str:
    """One line a prior: name, 5 %, typical and 95 % value, unit."""
    return "\n".join(
        f"{prior.name}: {prior.low:g}, {prior.typical:g}, {prior.high:g} {prior.unit}"
        for prior in registry.priors().values()
    )


def primitives() -> str:
    """One line a primitive: how it is called, what it gives, what it means, where it holds."""
    lines = []
    for primitive in catalogue().values():
        arguments = ", ".join(_argument(name, argument) for name, argument in primitive.arguments.items())
        outputs = ", ".join(f"{name}{_unit(unit)}" for name, unit in primitive.outputs.items())
        domain = f" Domain: {primitive.validity}" if primitive.validity else ""
        lines.append(f"{primitive.name}({arguments}) -> {outputs}: {primitive.summary}{domain}")
    return "\n".join(lines)


def random_laws() -> str:
    """One line a law of random times, as an argument is written."""
    return "\n".join(
        f"{name}({', '.join(f'{part}=...' for part in law.domains)}): {(inspect.getdoc(law) or '').splitlines()[0]}"
        for name, law in LAWS.items()
    )


def compact(record: BaseModel) -> str:
    """JSON without nulls and empty lists, one line."""
    return one_line(_thin(record.model_dump(mode="json")))


def one_line(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def without_results(spec: PaperSpec) -> str:
    """The specification for the author of a cost model: no claimed values, and nothing a program added.

    Claims are left without values and words, configurations without the words that they were quoted from. What is
    unstated or contradictory is often a result; it is shown without its numbers.
    """
    shown = spec.model_dump(mode="json", include=_INPUTS)
    shown["configurations"] = [item.model_dump(mode="json", exclude={"evidence"}) for item in spec.configurations]
    shown["claims"] = [_claim_without_results(claim) for claim in spec.claims]
    shown["unstated"] = [without_numbers(words) for words in spec.unstated]
    shown["contradictions"] = [
        {"about": without_numbers(item.about), "readings": [without_numbers(words) for words in item.readings]}
        for item in spec.contradictions
    ]
    return one_line(_thin(_without_boxes(shown)))


def read_points(spec: PaperSpec) -> str:
    """One line a claim: how many points the program read for it, the first and the last."""
    return "\n".join(_points_line(claim, spec) for claim in spec.claims if claim.kind != "attribution")


def results(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict for its interpreter: without hash, version and places on pages, each quotation once."""
    shown = {key: value for key, value in verdict.items() if key not in _NO_RESULTS}
    thinned: dict[str, Any] = _thin(_with_evidence_once(_without_boxes(shown)))
    return thinned


def wanted_outputs(spec: PaperSpec) -> str:
    """One line a (mechanism, metric) that some claim needs, with its SI unit and what moves it."""
    moved: dict[tuple[str, str], list[str]] = {}
    for claim in spec.claims:
        if claim.kind == "attribution":
            continue
        cause = claim.x or claim.configuration or "one setting"
        for mechanism in filter(None, (claim.mechanism, claim.relative_to)):
            moved.setdefault((mechanism, claim.metric), []).append(cause)
    lines = []
    for (mechanism, metric_id), causes in moved.items():
        metric = spec.metric(metric_id)
        lines.append(
            f"mechanism {mechanism}, metric {metric_id} ({metric.name}; {_statistic(metric, spec)}; per {metric.per}), "
            f'unit "{si_unit(metric.unit)}", '
            f"measured over {', '.join(dict.fromkeys(causes))}"
        )
    return "\n".join(lines)


def _statistic(metric: Metric, spec: PaperSpec) -> str:
    """'mean', 'quantile 0.99', or the variable that gives the level of a distribution."""
    if metric.quantile is not None:
        return f"quantile {metric.quantile:g}"
    levels = dict.fromkeys(claim.x for claim in spec.claims if claim.metric == metric.id and claim.x)
    return f"quantile at level {', '.join(levels)}" if metric.statistic == "quantile" and levels else metric.statistic


def _claim_without_results(claim: Claim) -> dict[str, Any]:
    kept = {"id", "kind", "mechanism", "metric", "x", "parametric", "chain", "configuration", "point_configurations",
            "workload", "relative_to", "relative_configuration"}  # fmt: skip
    shown = claim.model_dump(mode="json", include=kept)
    values = [point.x for point in claim.points if point.x is not None]
    return shown | ({"x_from": min(values), "x_to": max(values)} if values else {})


def _points_line(claim: Claim, spec: PaperSpec) -> str:
    unit = "x" if claim.relative_to else spec.metric(claim.metric).unit
    ends = dict.fromkeys((claim.points[0], claim.points[-1])) if claim.points else ()
    shown = " to ".join(f"{point.y:g} {unit}" + ("" if point.x is None else f" at {point.x:g}") for point in ends)
    return f"{claim.id} ({claim.mechanism}, {claim.metric}): {len(claim.points)} points{': ' + shown if shown else ''}"


def _thin(value: Any) -> Any:
    if isinstance(value, dict):
        thinned = {key: _thin(part) for key, part in value.items()}
        return {key: part for key, part in thinned.items() if part not in (None, [], {})}
    return [_thin(part) for part in value] if isinstance(value, list) else value


def _without_boxes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_boxes(part) for key, part in value.items() if key != "boxes"}
    return [_without_boxes(part) for part in value] if isinstance(value, list) else value


def _with_evidence_once(value: Any) -> Any:
    """Lists of evidence without the quotations that stand inside a longer one of the same page."""
    if isinstance(value, dict):
        shown = {key: _with_evidence_once(part) for key, part in value.items()}
        return shown | ({"evidence": _once(shown["evidence"])} if "evidence" in shown else {})
    return [_with_evidence_once(part) for part in value] if isinstance(value, list) else value


def _once(evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for item in sorted(evidence, key=lambda item: -len(item["quotation"])):
        words = f" {item['quotation']} "
        if not any(item["page"] == other["page"] and words in f" {other['quotation']} " for other in kept):
            kept.append(item)
    return [item for item in evidence if item in kept]


def _argument(name: str, argument: Argument) -> str:
    allowed = "|".join(argument.allowed)
    kind = {"choice": f" [{allowed}]", "latency": " [law]", "list": " [list]", "matrix": " [list of lists]"}
    mark = "" if argument.required else "="
    return f"{name}{mark}{_unit(argument.unit)}{kind.get(argument.kind, '')}"


def _unit(unit: str) -> str:
    return f" [{unit}]" if unit else ""


def _kernels() -> str:
    """gemm_s[m, n, k, format=fp32|bf16]; what a question mark follows may be left out."""
    shown = []
    for name, kernel in ESTIMATES.items():
        words = [
            f"{word}{'' if word in kernel.needed_words else '?'}" + (f"={'|'.join(known)}" if known else "")
            for word, known in kernel.words.items()
        ]
        shown.append(f"{name}_s[{', '.join((*kernel.sizes, *(f'{size}?' for size in kernel.optional_sizes), *words))}]")
    return ", ".join(shown)


def _facts(device: Device) -> str:
    return ", ".join(f"{fact.label} = {fact.value:g}" for fact in device.facts)
