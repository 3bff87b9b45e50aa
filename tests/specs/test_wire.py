"""Wire models keep to the strict profile of structured outputs; a planted violation is caught."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ConfigDict

from gauntlet.agents.schema import strict_schema
from gauntlet.costs.wire import WireCostModel
from gauntlet.specs.wire import WireSpec, WireSpecPatch

FORBIDDEN = {
    "default", "oneOf", "discriminator", "allOf", "not", "if", "prefixItems", "uniqueItems", "patternProperties",
    "propertyNames", "const",
}  # fmt: skip


def illegal(schema: object, path: str = "#") -> Iterator[str]:
    """Places in a JSON schema that the strict profile refuses."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from illegal(item, f"{path}/{index}")
    if not isinstance(schema, dict):
        return
    for key in schema.keys() & FORBIDDEN:
        yield f"{path}: {key}"
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{path}: open object"
        if set(schema.get("required", [])) != set(schema.get("properties", {})):
            yield f"{path}: optional property"
    for key, value in schema.items():
        if key == "properties" and isinstance(value, dict):
            for name, member in value.items():
                yield from illegal(member, f"{path}/{name}")
        else:
            yield from illegal(value, f"{path}/{key}")


@pytest.mark.parametrize("wire", [WireSpec, WireSpecPatch, WireCostModel])
def test_wire_schema_is_strict(wire):
    schema = strict_schema(wire)
    assert list(illegal(schema)) == []
    assert schema["type"] == "object"


def test_planted_violations_are_caught():
    class Loose(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int = 1
        b: dict[str, int]
        c: tuple[int, int]

    found = " ".join(illegal(Loose.model_json_schema()))
    for word in ("default", "open object", "prefixItems", "optional property"):
        assert word in found
