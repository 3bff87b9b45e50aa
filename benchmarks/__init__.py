"""Measurements of the project, each a module with `python -m`."""
