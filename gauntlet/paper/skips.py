"""Why a page or a file is not read, in words of our own.

Notes of the reader are shown to language models, and the messages of a parser may repeat what the file says: of foreign
errors only the kind is told.
"""

from gauntlet.paper.sandbox import Refused
from gauntlet.settings import ReadLimits


class Unreadable(Exception):
    """The file as a whole cannot be read; the message is for the user."""


class PageRefused(Exception):
    """A page beyond the limits; the message holds no words of the file."""


def cause_of(error: Exception, limits: ReadLimits) -> str:
    """What stopped the reading of a page."""
    if is_memory(error):
        return f"it needs more memory than the limit of {limits.memory_bytes} bytes"
    if isinstance(error, Refused):
        return "reading it tried what reading never needs: the network, a program, or a file elsewhere"
    if isinstance(error, PageRefused):
        return str(error)
    return f"the parser gave it up ({type(error).__name__})"


def is_memory(error: Exception) -> bool:
    """True where memory ran out, in Python or in the parser (its 'malloc failed' is an error like others)."""
    return isinstance(error, MemoryError) or "alloc" in str(error)
