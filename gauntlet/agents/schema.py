"""The strict subset of JSON Schema that endpoints accept, from a pydantic model of the answer."""

from typing import Any

from pydantic import BaseModel

_ALLOWED = frozenset({
    "$defs", "$ref", "additionalProperties", "anyOf", "description", "enum", "exclusiveMaximum",
    "exclusiveMinimum", "format", "items", "maximum", "maxItems", "minimum", "minItems", "multipleOf", "pattern",
    "properties", "required", "type",
})  # fmt: skip


def strict_schema(wire: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of `wire` with every object closed and every property required.

    Raises TypeError for a model that the subset cannot say (open dictionaries, fixed tuples, discriminated unions):
    that is a mistake in our own wire types.
    """
    schema: dict[str, Any] = _strict(wire.model_json_schema(), wire.__name__)
    return schema


def _strict(node: Any, where: str) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:  # the subset wants a reference to stand alone
        return {"$ref": node["$ref"]}
    kept = {key: value for key, value in node.items() if key not in ("title", "default", "maxLength", "minLength")}
    if set(kept) - _ALLOWED or (kept.get("type") == "object" and "properties" not in kept):
        raise TypeError(f"{where}: {sorted(set(kept) - _ALLOWED) or 'open object'} has no strict form")
    for group in ("properties", "$defs"):
        if group in kept:
            kept[group] = {name: _strict(value, f"{where}.{name}") for name, value in kept[group].items()}
    if "properties" in kept:
        kept["required"] = list(kept["properties"])
        kept["additionalProperties"] = False
    if "items" in kept:
        kept["items"] = _strict(kept["items"], f"{where}[]")
    if "anyOf" in kept:
        kept["anyOf"] = [_strict(option, where) for option in kept["anyOf"]]
    return kept
