"""Thin doors: each command parses, calls one function, prints and sets the exit code."""

from gauntlet.cli.app import main

__all__ = ["main"]
