"""How fast the mechanism library is: beside hand-written numpy, beside others, and where it iterates."""
