"""Vision networks from their counts: how long a step takes on a device of the registry, and what it cannot beat."""
