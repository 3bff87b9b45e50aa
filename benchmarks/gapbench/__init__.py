"""Benchmark papers with planted verdicts: does the product reach them?"""
