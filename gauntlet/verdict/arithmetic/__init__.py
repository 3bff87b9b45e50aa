"""Arithmetic inside the paper: numbers that should agree with each other, whatever the mechanism. Needs no model.

Each check finds statements, compares those that leave one reading, and says of the others why it could not. A finding
prints what was compared. It is evidence of a difference, never of its reason.
"""
