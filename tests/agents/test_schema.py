"""The strict subset of JSON Schema, checked by a walk of our own and by the real validator."""

from typing import Annotated, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field

from gauntlet.agents.schema import strict_schema
from gauntlet.costs.wire import WireCostModel
from gauntlet.specs.wire import WireSpec, WireSpecPatch
from tests.agents.scripted import Guess

# OpenAI's structured-outputs guide, "supported schemas": these keywords make the API answer 400.
ILLEGAL = {"default", "oneOf", "discriminator", "prefixItems", "uniqueItems", "allOf", "not", "if", "patternProperties"}


def nodes(schema):
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            members = value.values() if key in ("properties", "$defs") else [value]
            for member in members:
                yield from nodes(member)
    elif isinstance(schema, list):
        for member in schema:
            yield from nodes(member)


@pytest.mark.parametrize("wire", [Guess, WireSpec, WireSpecPatch, WireCostModel])
def test_no_illegal_keyword_and_every_object_closed_and_required(wire):
    schema = strict_schema(wire)
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = 0
    for node in nodes(schema):
        assert not ILLEGAL & set(node)
        if node.get("type") == "object":
            objects += 1
            assert node["additionalProperties"] is False
            assert set(node["required"]) == set(node["properties"])
    assert objects >= 1


def test_the_schema_accepts_what_the_model_accepts():
    validator = jsonschema.Draft202012Validator(strict_schema(Guess))
    assert validator.is_valid({"value": 1.0, "words": "x"})
    assert not validator.is_valid({"value": 1.0})
    assert not validator.is_valid({"value": 1.0, "words": "x", "more": 1})


class Open(BaseModel):
    settings: dict[str, float]


class Fixed(BaseModel):
    pair: tuple[int, str]


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Tagged(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize("wire", [Open, Fixed, Tagged])
def test_what_the_subset_cannot_say_is_a_mistake_of_ours(wire):
    with pytest.raises(TypeError, match=wire.__name__):
        strict_schema(wire)
