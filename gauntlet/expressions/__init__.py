"""Formulas as data: one whitelisted grammar, its units and its evaluation over numpy arrays. Nothing is executed."""
