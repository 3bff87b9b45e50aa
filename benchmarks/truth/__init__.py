"""Estimates against measurements that others published: fit, predict, validate; one module a set, see `sets.py`."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: small matrices, and threads that wait on each other
