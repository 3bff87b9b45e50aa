"""A figure laid out and drawn once, into an SVG and a PNG at the same time."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.transforms import Affine2D, TransformedBbox, TransformedPath

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS_PER_INCH = 72
_COMPRESSION = 4
"""Of the PNG; the highest, 9, takes four times as long for a tenth less."""


def draw_both(figure: "Figure", dots_per_inch: float) -> tuple[bytes, bytes]:
    """The figure as (SVG, PNG). Equal figures give equal bytes."""
    from PIL import Image

    figure.set_dpi(_POINTS_PER_INCH)
    width, height = figure.get_size_inches() * _POINTS_PER_INCH
    svg, png = io.StringIO(), io.BytesIO()
    renderer = _Both(width, height, svg, dots_per_inch)
    figure.draw(renderer)
    renderer.vector.finalize()
    pixels = Image.fromarray(np.asarray(renderer.raster.buffer_rgba())).convert("RGB")
    pixels.save(png, format="png", dpi=(dots_per_inch, dots_per_inch), compress_level=_COMPRESSION)
    return svg.getvalue().encode(), png.getvalue()


class _Both(RendererBase):
    """Passes on every stroke, in points to the SVG and in pixels to the picture. Texts are measured for the SVG."""

    def __init__(self, width: float, height: float, svg: io.StringIO, dots_per_inch: float) -> None:
        super().__init__()
        self.ratio = dots_per_inch / _POINTS_PER_INCH
        self.enlarge = Affine2D().scale(self.ratio)
        self.vector: Any = RendererSVG(  # type: ignore[no-untyped-call]
            width, height, svg, image_dpi=_POINTS_PER_INCH, metadata={"Date": None, "Creator": None}
        )
        self.raster: Any = RendererAgg(  # type: ignore[no-untyped-call]
            round(width * self.ratio), round(height * self.ratio), dots_per_inch
        )

    def draw_path(self, gc: Any, path: Any, transform: Any, rgbFace: Any = None) -> None:
        self.vector.draw_path(gc, path, transform, rgbFace)
        self.raster.draw_path(self._enlarged(gc), path, transform + self.enlarge, rgbFace)

    def draw_markers(
        self, gc: Any, marker_path: Any, marker_trans: Any, path: Any, trans: Any, rgbFace: Any = None
    ) -> None:
        self.vector.draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
        self.raster.draw_markers(
            self._enlarged(gc), marker_path, marker_trans + self.enlarge, path, trans + self.enlarge, rgbFace
        )

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        self.vector.draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        self.raster.draw_text(self._enlarged(gc), x * self.ratio, y * self.ratio, s, prop, angle, ismath, mtext)

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        measured: tuple[float, float, float] = self.vector.get_text_width_height_descent(s, prop, ismath)
        return measured

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.vector.width, self.vector.height

    def flipy(self) -> bool:
        return True

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.vector.open_group(s, gid)

    def close_group(self, s: str) -> None:
        self.vector.close_group(s)

    def _enlarged(self, gc: Any) -> Any:
        """The same pen where the picture's pixels lie; its widths stay in points, which the picture converts itself."""
        pen: Any = GraphicsContextBase()
        pen.copy_properties(gc)
        if (box := gc.get_clip_rectangle()) is not None:
            pen.set_clip_rectangle(TransformedBbox(box, self.enlarge))
        path, transform = gc.get_clip_path()
        if path is not None:
            pen.set_clip_path(TransformedPath(path, transform + self.enlarge))
        return pen
