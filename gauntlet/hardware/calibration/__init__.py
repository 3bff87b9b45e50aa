"""From measured times to efficiency curves: read, fit, check, compare; and measuring itself."""
