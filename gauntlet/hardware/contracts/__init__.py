"""Contracts: equations as files that the ceilings execute, with what must hold of them and how to prove them wrong."""
