"""What papers call a device: "A100-80GB SXM", "25 GbE", "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz".

A text names a device when, without case and punctuation, it is one of its names. Where no name is equal, it names
every device of which one name has all its words: "A100 80GB" fits both form factors, and both are answered.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_KIND_WORDS = frozenset(
    ("accelerator", "accelerators", "adapter", "adapters", "card", "cards", "chip", "cpu", "cpus", "device",
     "devices", "disk", "drive", "drives", "ethernet", "geforce", "gpu", "gpus", "instinct", "link", "links",
     "module", "network", "nic", "nics", "nvme", "processor", "processors", "radeon", "server", "socket", "ssd",
     "ssds", "superchip", "system", "tesla", "the")
)  # fmt: skip
"""Words that only say what kind of thing it is; a text may add them or leave them out."""

_RUN = re.compile(r"\d+\.\d+[a-z]*|[a-z0-9]+")
_SHORTEST_NAME = 4
"""Fewer letters ("A10", "T4") are no proof that prose speaks of the device, unless its maker stands before them."""
_KEYS = 2
"""The id and the key come first among the names; prose does not use them."""

_BIT_RATE = r"gbe|gbps|gbit/?s|gb/s|gigabit"
_SIZE = re.compile(r"[\d.]+(?:gbps|gb|tb|mb)")


class Named(NamedTuple):
    """A device as far as names go: id and key first; `also` are words that may stand beside one, such as Ampere."""

    key: str
    vendor: str
    names: tuple[str, ...]
    also: tuple[str, ...] = ()


class Names:
    """Index from names to the keys of devices."""

    def __init__(self, devices: Iterable[Named]) -> None:
        self._equal: dict[str, dict[str, None]] = {}
        self._words: list[tuple[str, frozenset[str], frozenset[str]]] = []
        self._phrases: dict[str, list[tuple[str, str]]] = {}
        for device in devices:
            vendor = plain(device.vendor)
            for name in map(plain, device.names):
                for form in {name, vendor + name, name.removeprefix(vendor)} - {""}:
                    self._equal.setdefault(form, {})[device.key] = None
            beside = frozenset(words(" ".join((device.vendor, *device.also))))
            self._words += [(device.key, frozenset(words(name)), beside) for name in device.names]
            for phrase in _phrases(device):
                self._phrases.setdefault(phrase.split()[0], []).append((phrase, device.key))

    def find(self, text: str) -> tuple[str, ...]:
        """Keys of the devices that `text` names; several where it is ambiguous, none where nothing fits."""
        spoken = words(text)
        for form in (text, "".join(spoken)):
            if found := self._equal.get(plain(form)):
                return tuple(found)
        wanted = frozenset(spoken)
        fits = (key for key, name, beside in self._words if _names_it(wanted, name, beside))
        return tuple(dict.fromkeys(fits))

    def named_in(self, prose: str) -> tuple[str, ...]:
        """Keys of the devices that a whole paper speaks of by one of their names, word by word."""
        spoken = _RUN.findall(prose.casefold())
        stream = f" {' '.join(spoken)} "
        found: dict[str, None] = {}
        for word in dict.fromkeys((*spoken, *(word.removesuffix("s") for word in spoken))):
            for phrase, key in self._phrases.get(word, ()):
                if f" {phrase} " in stream or f" {phrase}s " in stream:
                    found[key] = None
        return tuple(found)


def plain(text: str) -> str:
    """Letters and digits alone (and 2.5 apart from 25), without marks and words of kind at the end."""
    text = re.sub(r"\((?:r|tm)\)|(?<=\d)\.0(?!\d)", "", text.casefold())
    text = re.sub(r"[^a-z0-9.]|(?<!\d)\.|\.(?!\d)", "", text)
    return re.sub(r"(?<=.)(?:gpus?|processors?)$", "", text)


def words(text: str) -> list[str]:
    """Words of a name, a number joined with its unit, without clocks, counts ("8x", "64-core") and words of kind."""
    text = re.sub(r"\((?:r|tm)\)|\b\d+[ -]cores?\b", " ", text.casefold())
    text = re.sub(rf"(\d)[ -]?(?:{_BIT_RATE})\b", r"\1gbps ", text)
    text = re.sub(r"(\d)[ -](gb|tb|mb|ghz|mhz)\b", r"\1\2", text)
    found = _RUN.findall(text)
    return [word for word in found if word not in _KIND_WORDS and not re.fullmatch(r"[\d.]+[gm]hz|\d{1,3}x", word)]


def _phrases(device: Named) -> set[str]:
    """Names as runs of letters and digits, with gaps as written and without; short ones only behind the vendor."""
    names = [_RUN.findall(name.casefold()) for name in device.names[_KEYS:]]
    vendor = _RUN.findall(device.vendor.casefold())
    with_vendor = [vendor + name[name[: len(vendor)] == vendor and len(vendor) :] for name in names if name]
    enough = [name for name in names if sum(map(len, name)) >= _SHORTEST_NAME]
    return {form for name in (*enough, *with_vendor) for form in (" ".join(name), "".join(name))}


def _names_it(wanted: frozenset[str], name: frozenset[str], beside: frozenset[str]) -> bool:
    """Whether all words are known, and one of them is more than the vendor, the series or a size."""
    own = wanted - beside
    return any(not _SIZE.fullmatch(word) for word in own) and all(_is_in(word, name) for word in own)


def _is_in(word: str, name: frozenset[str]) -> bool:
    """Letters alone may lack the number that follows them: "SXM" for "SXM4"."""
    continued = word.isalpha() and any(each.startswith(word) and each[len(word) :].isdigit() for each in name)
    return word in name or continued
