"""Reading data out of vector plots: primitives, frames, axes, series, legend, in that order."""
