import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.errors import RegistryError
from gauntlet.hardware.references import Reference, format_reference, parse_reference
from gauntlet.hardware.registry import Registry


def test_every_fact_of_the_registry_is_found_by_its_reference():
    registry = Registry.load()
    for device in registry.devices():
        for fact in device.facts:
            assert registry.reference(f"{device.key}:{fact.label}") == fact


names = st.from_regex(r"[a-z0-9_]+", fullmatch=True)


@given(
    st.builds(
        Reference,
        names,
        names,
        st.sampled_from(["bf16", "fp32", None]),
        st.sampled_from(["dense", "boost", None]),
        st.sampled_from(["gpu", "cpu", None]),
    )
)
def test_a_reference_survives_writing_and_reading(reference):
    assert parse_reference(format_reference(reference)) == reference


def test_selectors_come_in_any_order():
    assert parse_reference("h100_sxm5:peak_flop_per_s[ dense , bf16 ]") == parse_reference(
        "h100_sxm5:peak_flop_per_s[bf16,dense]"
    )


@pytest.mark.parametrize(
    "text",
    ["", "h100", "gpu/h100", "toaster/h100:tdp_w", "h100:peak[warm]", "h100:peak[bf16,fp16]", "../h100:tdp_w", "a:b:c"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(RegistryError):
        parse_reference(text)
