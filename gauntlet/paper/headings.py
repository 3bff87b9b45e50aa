"""What a heading looks like."""

import itertools
import re
from collections.abc import Sequence

from gauntlet.paper.layout import Layout
from gauntlet.paper.lines import Line

REFERENCES = re.compile(r"^(\d+\.?\s*|[IVX]+\.\s*)?(references|bibliography|(literature|works) cited)$", re.IGNORECASE)
HEADING_NUMBER = re.compile(r"^(\d+(\.\d+)*\.?|[A-Z]\.?|[A-Z](\.\d+)+\.?|[IVX]+\.)\s+\S")
NUMBERED_HEADING = re.compile(r"^\d+(\.\d+)*\.?\s+[A-Z]")
_HEADING_WORDS = re.compile(
    r"^(abstract|introduction|acknowledge?ments?|references|bibliography|appendix|conclusions?)\b", re.I
)
_SUBHEADING = re.compile(r"^([A-Z]\.|\d+(\.\d+)+\.?)\s+[A-Z]")
_APPENDIX = re.compile(r"^(appendix\b|[A-Z](\.\d+)*[.:]?\s+[A-Z])", re.I)
_NEXT_SENTENCE = re.compile(r"[a-z]{3}[.?!]\s+[A-Z]")
MOST_HEADING_WORDS = 16


def is_heading(group: Sequence[Line], text: str, layout: Layout, in_references: bool) -> bool:
    """True where lines are larger or bold, or numbered and italic or in capitals; fewer are taken in references."""
    words = text.split()
    if len(group) > 3 or len(words) > MOST_HEADING_WORDS or not _may_head(group, text):
        return False
    if REFERENCES.match(text.strip()):
        return True
    larger = group[0].size > layout.body_size + 0.7
    bold = all(line.bold for line in group)
    if in_references:
        return larger or (bold and bool(_APPENDIX.match(text)))
    if larger or bold:
        return True
    if all(token.italic for line in group for token in line.tokens) and _SUBHEADING.match(text):
        return True
    named = bool(HEADING_NUMBER.match(text) or _HEADING_WORDS.match(text))
    return named and text.isupper() and any(len(word) > 2 for word in words[1:])


def _may_head(group: Sequence[Line], text: str) -> bool:
    """False for what no heading looks like: table rows, code, list items, a line that breaks off or goes on."""
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    if letters < 3 or digits > letters or text.endswith((",", ";", "-")) or text[0] in "•◦▪(" or "@" in text:
        return False
    if _NEXT_SENTENCE.search(text) or any(char in "←∈={}<>|" for char in text):
        return False
    gaps = [b.box[0] - a.box[2] for line in group for a, b in itertools.pairwise(line.tokens[1:])]
    return max(gaps, default=0.0) < 2 * group[0].size
