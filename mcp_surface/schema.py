"""JSON schemas in as few bytes as possible: an assistant reads all of them before its first question."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

SHAPE = frozenset({"type", "properties", "items", "additionalProperties", "enum", "const", "anyOf", "$ref", "$defs"})
"""What a result's schema is reduced to: names and types."""

NAMED = frozenset({"properties", "$defs"})
"""Keywords whose value maps names to schemas; a property may well be called "title"."""


def input_schema(schema: Schema) -> Schema:
    """Return the schema of a tool's arguments: flat, closed, and without null, which nobody needs to send."""
    properties = {name: _argument(part) for name, part in schema.get("properties", {}).items()}
    required = {"required": schema["required"]} if "required" in schema else {}
    return {"type": "object", "properties": properties, **required, "additionalProperties": False}


def output_schema(schema: Schema) -> Schema:
    """Return the shape of a tool's result."""
    return _simpler({key: _part(key, value) for key, value in schema.items() if key in SHAPE})


def _argument(schema: Schema) -> Schema:
    match schema:
        case {"anyOf": [dict() as given, {"type": "null"}], **rest}:
            schema = {**given, **{str(key): value for key, value in rest.items()}}
        case _:
            pass
    return {key: value for key, value in schema.items() if key != "title" and value is not None}


def _part(key: str, value: Any) -> Any:
    if key in NAMED:
        return {name: output_schema(part) for name, part in value.items()}
    if isinstance(value, dict):
        return output_schema(value)
    return [output_schema(one) for one in value] if key == "anyOf" else value


def _simpler(schema: Schema) -> Schema:
    """Shorten "or null", and leave out the type that the allowed values show already.

    Any number may be null: a band can be open on one side, and JSON has no infinity.
    """
    match schema:
        case {"type": "number"}:
            return {"type": ["number", "null"]}
        case {"anyOf": [{"enum": values}, {"type": "null"}]}:
            return {"enum": [*values, None]}
        case {"anyOf": [{"type": ["number", "null"]}, {"type": "null"}]}:
            return {"type": ["number", "null"]}
        case {"anyOf": [{"type": str(kind)} as plain, {"type": "null"}]} if len(plain) == 1:
            return {"type": [kind, "null"]}
        case {"enum": values}:
            return {"enum": values}
        case _:
            return schema
