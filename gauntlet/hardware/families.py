"""One record for each family of devices: what only it states, what it must state, and what has to agree within it.

A contradiction between two facts of one device is refused when its file is read: one of them would bound a claim.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from gauntlet.hardware.records import Device, DeviceClass, Fact

_ROUNDING = 1.03
"""Published rates are rounded: 500 k accesses of 4 KiB in 2 GB/s are 2.4 % too many."""

_SMALLEST_FRAME_BYTES = 84
"""64 B of frame with 20 B of preamble and gap: IEEE 802.3."""

_BLOCK_BYTES = 4096
"""The random access that `read_iops` and `write_iops` count."""


class Family(Device):
    """What every family keeps to. `needs`: quantities of which one at least is stated."""

    needs: ClassVar[tuple[str, ...]] = ()

    def contradictions(self) -> Iterator[str]:
        """Each pair of facts that cannot both be true, in words."""
        yield from _out_of_order(self, "base_clock_hz", "boost_clock_hz")
        yield from _out_of_order(self, "idle_w", "tdp_w")
        yield from _peaks_out_of_order(self)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.needs and not any(fact.quantity in self.needs for fact in self.facts):
            raise ValueError(f"a {self.device_class} states {' or '.join(self.needs)}; none of the facts does")
        found = list(self.contradictions())
        if found:
            raise ValueError("; ".join(found))
        return self


class CPUResourceModel(Family):
    """One socket: cores, vector and matrix units, caches, memory channels."""

    describes = (*Device.describes, "vector_unit", "matrix_unit")
    needs = ("cores",)

    device_class: Literal["cpu"] = Field(alias="class")
    vector_unit: Literal["", "AVX", "AVX2", "AVX-512", "NEON", "SVE"] = ""
    matrix_unit: Literal["", "AMX"] = ""

    def contradictions(self) -> Iterator[str]:
        """Also: no fewer threads than cores; no vector peak beyond cores x lanes x pipes x clock."""
        yield from super().contradictions()
        yield from _out_of_order(self, "cores", "threads")
        names = ("cores", "simd_bits", "fma_units", "boost_clock_hz")
        cores, bits, pipes, clock = (_value(self, name) for name in names)
        peak = self.fact("peak_flop_per_s", "fp64", "boost")
        if peak and cores and bits and pipes and clock and not self.matrix_unit:
            most = cores * bits / 64 * 2 * pipes * clock
            if peak.value > most * _ROUNDING:
                yield f"{peak.label} = {peak.value:g} is more than cores x lanes x 2 x pipes x clock = {most:g}"


class GPUResourceModel(Family):
    """One GPU as a program sees it: multiprocessors, ALUs, memory, links; Jetson and Apple parts with their memory."""

    describes = (*Device.describes, "compute_capability")
    needs = ("memory_bandwidth_bytes_per_s",)

    device_class: Literal["gpu"] = Field(alias="class")
    compute_capability: str = Field(default="", pattern=r"^(\d+\.\d)?$")

    def contradictions(self) -> Iterator[str]:
        """Also: each multiprocessor has the same number of ALUs."""
        yield from super().contradictions()
        cores, units = _value(self, "cores"), _value(self, "num_sms")
        if cores and units and cores % units:
            yield f"cores = {cores:g} is no multiple of num_sms = {units:g}"


class TPUResourceModel(Family):
    """One chip of systolic arrays."""

    needs = ("peak_flop_per_s",)

    device_class: Literal["tpu"] = Field(alias="class")

    def contradictions(self) -> Iterator[str]:
        """Also: the peak is that of its arrays, 2 x rows x columns x arrays x clock, within rounding."""
        yield from super().contradictions()
        names = ("mxu_count", "mxu_rows", "mxu_columns", "boost_clock_hz")
        count, rows, columns, clock = (_value(self, name) for name in names)
        peak = self.fact("peak_flop_per_s", "bf16", "dense") or self.fact("peak_flop_per_s", "int8", "dense")
        if peak and count and rows and columns and clock:
            arrays = 2 * rows * columns * count * clock
            if not arrays / _ROUNDING <= peak.value <= arrays * _ROUNDING:
                yield f"{peak.label} = {peak.value:g}, but its systolic arrays give {arrays:g}"


class NPUResourceModel(Family):
    """One accelerator of another kind: matrix engines, with memory of their own or SRAM alone; an FPGA card."""

    needs = ("peak_flop_per_s", "sram_bandwidth_bytes_per_s", "memory_bandwidth_bytes_per_s")

    device_class: Literal["npu"] = Field(alias="class")


class KPUResourceModel(Family):
    """One spatial processor of tile engines with local memories."""

    needs = ("tile_engines",)

    device_class: Literal["kpu"] = Field(alias="class")


class DSPResourceModel(Family):
    """One signal processor: vector width, multipliers, clock, memory on the chip."""

    needs = ("peak_flop_per_s",)

    device_class: Literal["dsp"] = Field(alias="class")


class Board(Family):
    """A computer on one board, beside its processor's own record."""

    device_class: Literal["board"] = Field(alias="class")


class NetworkDevice(Family):
    """A network line, an adapter or a switch. Its rate is that of one port, one way."""

    describes = (*Device.describes, "form", "ports")
    needs = ("link_bandwidth_bytes_per_s",)

    device_class: Literal["nic"] = Field(alias="class")
    form: Literal["line", "adapter", "switch"] = "adapter"
    ports: int = Field(default=1, ge=1)

    def contradictions(self) -> Iterator[str]:
        """Also: no more packets than the smallest frames that fit in its rate."""
        yield from super().contradictions()
        packets, rate = _value(self, "max_packets_per_s"), _value(self, "link_bandwidth_bytes_per_s")
        if packets and rate and packets * _SMALLEST_FRAME_BYTES > rate * _ROUNDING:
            yield f"max_packets_per_s = {packets:g} smallest frames are more than {rate:g} B/s"


class Interconnect(Family):
    """A link inside a machine: PCI Express, NVLink, between sockets, CXL, to drives. One way."""

    needs = ("link_bandwidth_bytes_per_s",)

    device_class: Literal["link"] = Field(alias="class")


class MemoryDevice(Family):
    """One memory channel, stack, module or expander."""

    needs = ("memory_bandwidth_bytes_per_s", "read_bandwidth_bytes_per_s")

    device_class: Literal["dram"] = Field(alias="class")


class StorageDevice(Family):
    """One drive."""

    describes = (*Device.describes, "medium")
    needs = ("read_bandwidth_bytes_per_s", "rotation_hz")

    device_class: Literal["ssd", "hdd"] = Field(alias="class")
    medium: Literal["flash", "3D XPoint", "disk"] = "flash"

    def contradictions(self) -> Iterator[str]:
        """Also: random accesses fit in the sequential rate; a disk waits half a revolution."""
        yield from super().contradictions()
        for way in ("read", "write"):
            rate, accesses = _value(self, f"{way}_bandwidth_bytes_per_s"), _value(self, f"{way}_iops")
            if rate and accesses and accesses * _BLOCK_BYTES > rate * _ROUNDING:
                yield f"{way}_iops = {accesses:g} of {_BLOCK_BYTES} B are more than {rate:g} B/s"
        wait_s, turns = _value(self, "rotational_latency_s"), _value(self, "rotation_hz")
        if wait_s and turns and not 0.5 / _ROUNDING <= wait_s * turns <= 0.5 * _ROUNDING:
            yield f"rotational_latency_s = {wait_s:g} is not half a revolution at {turns:g} Hz"


FAMILIES: dict[DeviceClass, type[Family]] = {
    "cpu": CPUResourceModel,
    "gpu": GPUResourceModel,
    "tpu": TPUResourceModel,
    "npu": NPUResourceModel,
    "kpu": KPUResourceModel,
    "dsp": DSPResourceModel,
    "board": Board,
    "nic": NetworkDevice,
    "link": Interconnect,
    "dram": MemoryDevice,
    "ssd": StorageDevice,
    "hdd": StorageDevice,
}


def _value(device: Device, quantity: str) -> float | None:
    """Value of the fact without precision and mode."""
    fact = device.fact(quantity)
    return fact.value if fact else None


def _out_of_order(device: Device, smaller: str, larger: str) -> Iterator[str]:
    low, high = _value(device, smaller), _value(device, larger)
    if low and high and low > high:
        yield f"{smaller} = {low:g} is above {larger} = {high:g}"


def _peaks_out_of_order(device: Device) -> Iterator[str]:
    """Sparse at most twice dense, dense at most boost, base at most boost."""
    peaks: dict[tuple[str | None, str | None], Fact] = {
        (fact.precision, fact.mode): fact for fact in device.facts if fact.quantity == "peak_flop_per_s"
    }
    for (precision, mode), fact in peaks.items():
        dense, boost = peaks.get((precision, "dense")), peaks.get((precision, "boost"))
        if mode == "sparse" and dense and fact.value > 2 * dense.value * _ROUNDING:
            yield f"{fact.label} = {fact.value:g} is more than twice the dense {dense.value:g}"
        if mode in ("dense", "base") and boost and fact.value > boost.value * _ROUNDING:
            yield f"{fact.label} = {fact.value:g} is above {boost.label} = {boost.value:g}"
