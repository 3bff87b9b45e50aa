"""Numbers as papers print them: thousands separators, prefixes, powers of ten, Unicode minus."""

import re

_MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-", "\u2010": "-", "\u2011": "-"})
_NUMBER = re.compile(r"^([+-]?)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?(.*)$")
_POWER = re.compile(r"^([+-]?)(?:(\d+\.?\d*|\.\d+)\s*[×x·⋅*∙]\s*)?(10|2)\s*\^\s*([+-]?\s*\d+)(.*)$")
PREFIXES = {
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "B": 1e9,
    "T": 1e12,
    "m": 1e-3,
    "µ": 1e-6,
    "μ": 1e-6,
    "u": 1e-6,
    "n": 1e-9,
}
_CELL = re.compile(r"^[<>~≈±$(]*[+-]?(\d|\.\d)[\d.,]*(?:[eE][+-]?\d+)?[%×xX)kKMGB]*(?:±\S*)?$")


def is_numeric(text: str) -> bool:
    """True for a table cell's word that is a number with at most a sign, a per cent or a prefix around it."""
    return bool(_CELL.match(text.translate(_MINUS)))


def parse_number(text: str) -> tuple[float, str] | None:
    """Value and the rest behind the number ('20k' -> 20.0, 'k'); a raised part is written with '^'. None: no number."""
    clean = text.translate(_MINUS).strip()
    power = _POWER.match(clean)
    if power:
        exponent = int(power[4].replace(" ", ""))
        if abs(exponent) > 300:
            return None
        value = float(power[2] or 1) * float(power[3]) ** exponent
        return (-value if power[1] == "-" else value), power[5].strip()
    plain = _NUMBER.match(clean)
    if not plain:
        return None
    try:
        value = float(plain[2].replace(",", "")) * 10.0 ** int(plain[3] or 0)
    except OverflowError:
        return None
    return (-value if plain[1] == "-" else value), plain[4].strip()
