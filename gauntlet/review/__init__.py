"""Look at a run, correct its records, and judge again without any model call."""
