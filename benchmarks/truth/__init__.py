"""Estimates against measurements that others published: fit, predict, validate; one module a set, see `sets.py`."""
