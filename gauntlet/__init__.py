"""Gauntlet asks of every number a systems paper claims: can the described mechanism do that?"""

__version__ = "0.1.0"
