"""Registry values of a device that the paper names with another capacity. Capacities: the makers' data sheets."""

import pytest

from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Anchor, TextBlock
from gauntlet.specs.devices import other_capacities
from gauntlet.specs.quantities import Exact, Variable
from tests.agents import small_paper

PM9A3, P4510, A100 = "ssd/samsung_pm9a3_7_68tb", "ssd/intel_p4510_8tb", "gpu/a100_sxm_80gb"


def remarks(text: str, device: str, quantity: str = "read_bandwidth_bytes_per_s"):
    place = Anchor(page=1, box=(0.0, 0.0, 10.0, 10.0))
    block = TextBlock(id="b1", kind="paragraph", text=text, anchor=place, words=(0, 0))
    paper = small_paper.paper().model_copy(update={"blocks": (block,)})
    variables = [
        Variable(
            id=name, meaning=name, unit="B/s", value=Exact(value=1.0), role="hardware", source="registry",
            registry=f"{device}:{quantity}",
        )
        for name in ("read", "other")
    ]  # fmt: skip
    return list(other_capacities(variables, paper, Registry.load()))


@pytest.mark.parametrize(
    ("text", "device", "capacity", "own"),
    [
        ("Each server has a 3.84 TB PM9A3.", PM9A3, "3.84 TB", "7.68 TB"),
        ("We run on a Samsung PM9A3 NVMe SSD (3.84 TB).", PM9A3, "3.84 TB", "7.68 TB"),
        ("an Intel SSD DC P4510, and later two P4510 4 TB drives", P4510, "4 TB", "8 TB"),
        ("a 4-TB Intel P4510", P4510, "4-TB", "8 TB"),
        ("eight A100 GPUs (40 GB each)", A100, "40 GB", "80GB"),
    ],
)
def test_another_capacity_is_named_with_the_registrys_device(text, device, capacity, own):
    (remark,) = remarks(text, device)
    assert remark.remark
    assert remark.where == "variables read, other"
    assert f"names {capacity};" in remark.message
    assert own in remark.message


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("a 7.68 TB PM9A3", PM9A3),
        ("a 3.84 TB PM9A3 for the log and a 7.68 TB PM9A3 for data", PM9A3),
        ("a Samsung PM9A3", PM9A3),
        ("128 GB of DRAM and a PM9A3", PM9A3),
        ("we fill 500 GB of the PM9A3", PM9A3),
        ("PM9A3. 64 GB are free", PM9A3),
        ("the PM9A3 reads 6.5 GB/s", PM9A3),
        ("a 1.92 TB PM983", PM9A3),
        ("an A100 with 40 GB", PM9A3),
    ],
)
def test_the_same_capacity_or_none_is_no_remark(text, device):
    assert remarks(text, device) == []
