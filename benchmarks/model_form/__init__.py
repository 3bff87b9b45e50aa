"""How far the approximate primitives are from the truth: `python -m benchmarks.model_form`."""
