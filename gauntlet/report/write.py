"""The whole report of a run folder: page, JSON, Markdown, and per claim SVG, PNG and CSV."""

from collections.abc import Mapping
from pathlib import Path

from gauntlet.costs.records import CostModel
from gauntlet.paper.records import Paper
from gauntlet.records import write_atomically
from gauntlet.report.build import build_report
from gauntlet.report.figure import Curve, Rival
from gauntlet.report.kept import pictures_of
from gauntlet.report.markdown import render_markdown
from gauntlet.report.page import render_page
from gauntlet.report.records import Report
from gauntlet.report.table import render_csv
from gauntlet.specs.claims import Claim, SeriesSource
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.bands import band
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.prediction import ClaimPrediction, Prediction
from gauntlet.verdict.records import Verdict

_LARGEST_CROP_BYTES = 300_000
_PNG = b"\x89PNG\r\n\x1a\n"


def write_report(
    run_dir: Path,
    paper: Paper | None,
    spec: PaperSpec,
    cost_model: CostModel,
    prediction: Prediction,
    verdict: Verdict,
    interpretation: Mapping[str, object] | None = None,
    run: Mapping[str, object] | None = None,
) -> tuple[Path, ...]:
    """Write the report into `run_dir` and return its files. Equal records give equal bytes."""
    report = build_report(paper, spec, cost_model, prediction, verdict, interpretation=interpretation, run=run)
    drawn = [claim for claim in report.claims if claim.plot is not None]
    inputs = [
        (
            claim,
            _curve(prediction.claims[claim.id], claim.widening),
            _rival(spec, prediction, spec.claim(claim.id)),
        )
        for claim in drawn
    ]
    figures: dict[str, bytes] = {}
    files: list[Path] = []
    for claim, (svg, png) in zip(drawn, pictures_of(run_dir, inputs), strict=True):
        figures[claim.id] = svg
        for ending, data in ((".svg", svg), (".png", png), (".csv", render_csv(claim))):
            files.append(run_dir / f"{claim.plot}{ending}")
            write_atomically(files[-1], data)
    crops = {claim.id: _crops(run_dir, paper, spec.claim(claim.id)) for claim in report.claims}
    return (*write_texts(run_dir, report, figures, crops), *files)


def write_texts(
    run_dir: Path, report: Report, figures: Mapping[str, bytes], crops: Mapping[str, list[bytes]]
) -> tuple[Path, ...]:
    """Write page, JSON and Markdown. `figures` are SVGs and `crops` PNGs by claim id."""
    texts = {
        "report.html": render_page(report, figures, crops),
        "report.json": report.to_json(),
        "report.md": render_markdown(report),
    }
    for name, text in texts.items():
        write_atomically(run_dir / name, text)
    return tuple(run_dir / name for name in texts)


def _curve(prediction: ClaimPrediction, widening: float) -> Curve | None:
    """The prediction between the claimed points, with the same band as at the points."""
    if prediction.curve_x.size < 2:
        return None
    policy = load_policy()
    around = band(prediction.curve_raw, widening, policy.band_low, policy.band_high)
    return Curve(prediction.curve_x, around.low, around.median, around.high)


def _rival(spec: PaperSpec, prediction: Prediction, claim: Claim) -> Rival:
    """What the paper claims for the baseline that this claim is up against, along the same x."""
    own = prediction.claims[claim.id]
    if own.comparator is None or claim.relative_to is not None or claim.x is None:
        return Rival()
    for other in spec.claims:
        alike = (other.mechanism, other.metric, other.x, other.relative_to)
        if alike == (own.comparator, claim.metric, claim.x, None):
            shown = [point for point in other.points if point.x is not None and point.usable and not point.censored]
            between = prediction.claims.get(other.id)
            curve = None if between is None else _curve(between, 0.0)
            return Rival(tuple(point.x or 0.0 for point in shown), tuple(point.y for point in shown), curve)
    return Rival()


def _crops(run_dir: Path, paper: Paper | None, claim: Claim) -> list[bytes]:
    """Pictures of the paper's own figures that the claim was read from, where they lie in the run folder."""
    if paper is None:
        return []
    series = dict.fromkeys(point.source.series for point in claim.points if isinstance(point.source, SeriesSource))
    places = [paper.series(name) for name in series]
    images = dict.fromkeys(place[0].image for place in places if place is not None and place[0].image is not None)
    return [data for data in (_picture(run_dir, image) for image in images) if data is not None]


def _picture(run_dir: Path, image: str) -> bytes | None:
    path = (run_dir / image).resolve()
    if not path.is_relative_to(run_dir.resolve()) or not path.is_file():
        return None
    if path.stat().st_size > _LARGEST_CROP_BYTES:
        return None
    data = path.read_bytes()
    return data if data.startswith(_PNG) else None
