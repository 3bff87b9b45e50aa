"""Names of facts as one string, for specs: `gpu/h100_sxm5:peak_flop_per_s[bf16,dense]`.

reference = [ class "/" ] device [ "@" power mode ] ":" quantity [ "[" selector { "," selector } "]" ]
selector  = precision | mode            (at most one of each, in any order)
"""

import re
from typing import NamedTuple, get_args

from gauntlet.errors import RegistryError
from gauntlet.hardware.records import DeviceClass, Mode, Precision, label

_FORM = re.compile(r"(?:([a-z]+)/)?([a-z0-9_]+(?:@[a-z0-9_]+)?):([a-z0-9_]+)(?:\[([a-z0-9_, ]*)\])?")
_PRECISIONS: dict[str, Precision] = {name: name for name in get_args(Precision)}
_MODES: dict[str, Mode] = {name: name for name in get_args(Mode)}


class Reference(NamedTuple):
    """A fact's address; `device_class`, `precision` and `mode` may be left open. `device_id` may end in @power_mode."""

    device_id: str
    quantity: str
    precision: Precision | None = None
    mode: Mode | None = None
    device_class: str | None = None

    @property
    def device(self) -> str:
        """The device as `Registry.device` takes it."""
        return f"{self.device_class}/{self.device_id}" if self.device_class else self.device_id


def parse_reference(text: str) -> Reference:
    """Read a reference; RegistryError shows the form where `text` is none."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise RegistryError(f"{text!r} is no registry reference; write 'gpu/h100_sxm5:peak_flop_per_s[bf16,dense]'.")
    device_class, device_id, quantity, inside = found.groups()
    if device_class is not None and device_class not in get_args(DeviceClass):
        raise RegistryError(f"{text!r}: class {device_class!r} is none of {', '.join(get_args(DeviceClass))}.")
    precision: Precision | None = None
    mode: Mode | None = None
    for selector in filter(None, (part.strip() for part in (inside or "").split(","))):
        if selector in _PRECISIONS and precision is None:
            precision = _PRECISIONS[selector]
        elif selector in _MODES and mode is None:
            mode = _MODES[selector]
        else:
            known = ", ".join([*_PRECISIONS, *_MODES])
            raise RegistryError(f"{text!r}: {selector!r} is no further precision or mode; at most one each of {known}.")
    return Reference(device_id, quantity, precision, mode, device_class)


def format_reference(reference: Reference) -> str:
    """The string that `parse_reference` reads back."""
    return f"{reference.device}:{label(reference.quantity, reference.precision, reference.mode)}"
