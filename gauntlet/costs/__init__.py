"""Cost models: ordered named terms, checked by programs, evaluated as numpy arrays."""
