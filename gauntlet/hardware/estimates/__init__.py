"""Estimates of kernel times: physical models with few constants, learnt per machine and kernel library."""
