"""Verdicts for people and programs: page, figures, JSON, Markdown, CSV. Same records, same bytes."""
