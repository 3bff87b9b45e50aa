"""`report.html`: one file without scripts, fonts or images from elsewhere; everything the paper says is escaped."""

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gauntlet.report.coverage import coverage
from gauntlet.report.records import Report
from gauntlet.report.shapes import areas, blocks, steps, x_axis
from gauntlet.report.words import MEANINGS, capitalised, fitting, number, quantity, times

if TYPE_CHECKING:
    from jinja2 import Template

_HERE = Path(__file__).parent


def render_page(report: Report, figures: Mapping[str, bytes], crops: Mapping[str, Sequence[bytes]]) -> str:
    """The page. `figures` are SVGs by claim id, `crops` PNGs of the paper's own figures by claim id."""
    from markupsafe import Markup

    images = {claim: data_uri("svg+xml", svg) for claim, svg in figures.items()}
    pictures = {claim: [data_uri("png", png) for png in several] for claim, several in crops.items()}
    style = Markup((_HERE / "page.css").read_text(encoding="utf-8"))
    return _template().render(report=report, images=images, crops=pictures, style=style, meanings=MEANINGS)


def data_uri(kind: str, data: bytes) -> str:
    """An image inside the page."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


@lru_cache(maxsize=1)
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters.update(number=number, quantity=quantity, times=times, capitalise=capitalised)
    environment.filters.update(fitting=fitting, steps=steps, areas=areas, blocks=blocks, axis=x_axis, coverage=coverage)
    return environment.get_template("page.html.jinja")
