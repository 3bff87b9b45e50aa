"""Docstrings as Markdown: equations written in ASCII get their Greek letters, raised and lowered parts, and links.

Only signs are exchanged, never the order of what stands there, so a page says what the docstring says.
"""

import html
import re
from collections.abc import Mapping
from itertools import zip_longest

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "theta": "θ", "lambda": "λ", "mu": "μ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω", "infinity": "∞",
}  # fmt: skip
_SIGNS = (
    (r"<=", "≤"),
    (r">=", "≥"),
    (r"!=", "≠"),
    (r"\bsqrt(?=\()", "√"),
    (r"-\+", "∓"),
    (r"\bprod(?=[ _])", "Π"),
    (r"\bint(?=[ _])", "∫"),
    (r"(?<!the )(?<!a )\bsum(?=[ _])(?! of| over| is| and| or)", "Σ"),
    (r"(?<= )-(?= )|(?<=[(\[=/,] )-(?=\w)|(?<=[(\[{^])-(?=\w)|(?<=\b[A-Za-z])-(?=\d\b)", "−"),
)
_GROUP = r"\((?:[^()]|\([^()]*\))*\)|\{[^{}]*\}|\[[^\]]*\]"
_RAISED = re.compile(rf"\^({_GROUP}|[-−]?\w+)")
_LOWERED = re.compile(rf"(?<![\w`])([A-Za-zα-ω]|[A-Z]{{2,}}|[a-z]+(?=_\w\b)|[ΣΠ∫])_({_GROUP}|\d+|\w+)")
_INDEX = re.compile(r"\(?(?:\d+|floor\(.*\))\)?")
"""A raised part whose brackets mean something: the k-th smallest, a generalised harmonic number."""


def typeset(text: str, names: Mapping[str, str]) -> str:
    """One paragraph of a docstring. `names` holds every name of the catalogue, with its address if it has one."""
    text = re.sub(r"\^(-?)`(\w+)`", r"^\1\2", text)
    text = re.sub(r"(?<![\w`])\w+_\w+(?![\w`])", lambda found: f"`{found[0]}`" if found[0] in names else found[0], text)
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(_code(part[1:-1], names) if part.startswith("`") else _prose(part) for part in parts)


def equations(text: str) -> list[str]:
    """The statements of an equation line: cut at commas outside brackets where a new relation begins."""
    parts = [""]
    depth = 0
    for piece in re.split(r"([()\[\]{}]|[,;] )", re.sub(r"(?<!\.)\.$", "", text)):
        depth += (piece in "([{") - (piece in ")]}") if len(piece) == 1 else 0
        if depth == 0 and piece in (", ", "; "):
            parts.append("")
        else:
            parts[-1] += piece
    statements: list[str] = []
    for part in parts:
        if statements and not re.match(r"[^ ]+(?: [^ ]+)? (?:=|<=|>=|~) ", part):
            statements[-1] += f", {part}"
        else:
            statements.append(part)
    return statements


def _code(name: str, names: Mapping[str, str]) -> str:
    return f"[`{name}`]({names[name]})" if names.get(name) else f"`{name}`"


def _prose(text: str) -> str:
    """What stands between names: addresses of sources, signs and levels; Markdown's own signs stay as they are."""
    pieces = re.split(r"\bdoi:(10\.[^\s,;]*[^\s,;.])", text)
    words = [re.sub(r"([*~|\[\]])", r"\\\1", _levels(_signs(piece))) for piece in pieces[::2]]
    links = [f"[doi:{piece}](https://doi.org/{piece})" for piece in pieces[1::2]]
    return "".join(part for pair in zip_longest(words, links, fillvalue="") for part in pair)


def _signs(text: str) -> str:
    text = re.sub(rf"(?<![A-Za-z_])({'|'.join(_GREEK)})(?![A-Za-z0-9])", lambda found: _GREEK[found[1]], text)
    for pattern, sign in _SIGNS:
        text = re.sub(pattern, sign, text)
    return html.escape(text, quote=False)


def _levels(text: str) -> str:
    """Raised and lowered parts."""
    text = _LOWERED.sub(lambda found: f"{found[1]}<sub>{_inner(found[2], keep=False)}</sub>", text)
    return _RAISED.sub(lambda found: f"<sup>{_inner(found[1], keep=bool(_INDEX.fullmatch(found[1])))}</sup>", text)


def _inner(part: str, keep: bool) -> str:
    """What stands raised or lowered, without its brackets."""
    bare = part[1:-1] if part[0] in "({" and not keep else part
    return _levels(re.sub(r"(?<=\w)-(?=\w)|^-", "−", bare))
