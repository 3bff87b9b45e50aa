"""An SVG of matplotlib with texts as text, in less than half the bytes and without a digit that says nothing."""

import re

FONTS = "DejaVu Sans, Verdana, sans-serif"


def small(svg: str, size: float, ink: str) -> str:
    """The same picture: what repeats is said once (`size` and `ink` of the texts), coordinates to a tenth."""
    said = f"font-size: {size:g}px; font-family: 'DejaVu Sans'; "
    for pattern, words in (
        (r"<!DOCTYPE.*?>\n|<metadata>.*?</metadata>\n", ""),
        (r' transform="rotate\(-0 [^"]*"', ""),
        (rf"{said}|font-family: 'DejaVu Sans'; |; fill: {ink}(?=\" x=)", ""),
        (r'(?<=<style type="text/css">)', f"text{{font: {size:g}px {FONTS}; fill: {ink}}} "),
        (r"\nL ", " "),
        (r"(?m)^ +", ""),
    ):
        svg = re.sub(pattern, words, svg, flags=re.DOTALL)
    svg = re.sub(r'<g( clip-path="[^"]*")?(?: id="[^"]*")?>\n((?:<use [^>]*? (style="[^"]*")/>\n)+)</g>', _hoisted, svg)
    svg = re.sub(r' (d|transform|x|y|width|height|cx|cy)="[^"]*', _tenths, _short_names(svg))
    return re.sub(r"<g/>\n", "", svg)


def _short_names(svg: str) -> str:
    """Names only where something refers to them, in the order of appearance instead of a hash."""
    used = dict.fromkeys(re.findall(r'(?:href="|url\()#([\w.-]+)', svg))
    short = {name: f"p{index}" for index, name in enumerate(used)}
    svg = re.sub(r' id="([^"]+)"', lambda found: f' id="{short[found[1]]}"' if found[1] in short else "", svg)
    return re.sub(r'((?:href="|url\()#)([\w.-]+)', lambda found: found[1] + short[found[2]], svg)


def _hoisted(found: "re.Match[str]") -> str:
    """A group of equal marks, with their style on the group."""
    clip, marks, style = found[1] or "", found[2], found[3]
    equal = marks.count(f" {style}/>") == marks.count("<use")
    return f"<g{clip} {style}>\n{marks.replace(f' {style}/>', '/>')}</g>" if equal else found[0]


def _tenths(found: "re.Match[str]") -> str:
    flat = f" {' '.join(found[0].split())}"
    return re.sub(r"-?\d+\.\d+", lambda digits: f"{float(digits[0]) + 0.0:.1f}".removesuffix(".0"), flat)
