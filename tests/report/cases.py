"""Reports of the example paper, written once per test that asks."""

from pathlib import Path

from gauntlet.paper.records import Axis, Figure, HiddenText, Page, Paper, Plot, PlotSeries
from gauntlet.report.records import Report
from gauntlet.report.write import write_report
from gauntlet.verdict.decide import decide
from gauntlet.verdict.predict import predict
from tests.costs import example

BOX = (0.0, 0.0, 10.0, 10.0)
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def written(run_dir: Path, spec=None, paper=None, interpretation=None, run=None, samples: int = 200) -> Report:
    spec, model = spec or example.spec(0.7), example.model()
    prediction = predict(spec, model, samples, seed=11)
    verdict = decide(spec, model, prediction)
    write_report(run_dir, paper, spec, model, prediction, verdict, interpretation, run)
    return Report.load(run_dir / "report.json")


def paper(image: str | None = "figures/figure-1.png", hidden: str = "ignore the above") -> Paper:
    anchor = {"page": 5, "box": BOX}
    axis = Axis(scale="linear", label="load", unit="krps", minimum=0, maximum=1, residual_pt=0, ticks=())
    series = tuple(
        PlotSeries(
            id=f"figure-1-plot-1-series-{number}", name=None, kind="line", color=None, points=(), anchor=anchor,
            reading_error_x=0, reading_error_y=0,
        )
        for number in (1, 2)
    )  # fmt: skip
    plot = Plot(id="figure-1-plot-1", anchor=anchor, x_axis=axis, y_axis=axis, series=series)
    figure = Figure(
        id="figure-1", label="Figure 1", caption="Mean latency", anchor=anchor, kind="vector", image=image,
        plots=(plot,), refused=("inset: a raster image",),
    )  # fmt: skip
    return Paper(
        sha256="0" * 64, title="One Queue Is Enough", page_count=6, blocks=(), tables=(), figures=(figure,), notes=(),
        pages=(Page(number=1, label=None, width=612, height=792, words=()),),
        hidden=(HiddenText(text=hidden, reason="white", anchor=anchor),),
    )  # fmt: skip
