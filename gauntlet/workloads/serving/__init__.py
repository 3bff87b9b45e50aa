"""Serving of language models: what a step asks of a deployment, how long it takes, what a stream of requests sees.

deployment   a model on devices, as demands per step      step_time   one interface, several implementations
batching     running batch, latency, saturation            sweep       many deployments and loads at once
"""
