"""Results as an assistant gets them: data in structured fields, and one line of text beside it."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel

LONGEST_TEXT = 2000  # characters of one field


def answer(result: BaseModel, text: str) -> CallToolResult:
    """Return a tool's result."""
    line = " ".join(clean(text).split())
    return CallToolResult(content=[TextContent(type="text", text=line)], structured_content=structured(result))


def structured(result: BaseModel) -> dict[str, Any]:
    """Return a result as JSON data: without invisible characters, and with null for what is not finite."""
    return {name: _cleaned(value) for name, value in result.model_dump(mode="json").items()}


def clean(text: str) -> str:
    """Replace invisible characters and cap the length.

    Names come from whoever meters calls and could hide instructions from the person who reads along. The
    replacement is a question mark because a name with one still works as a pattern that matches the series.
    """
    visible = "".join("?" if _is_hidden(character) else character for character in text)
    return visible if len(visible) <= LONGEST_TEXT else visible[: LONGEST_TEXT - 3] + "..."


def plural(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 or noun.endswith("series") else f"{number} {noun}s"


def _is_hidden(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"}


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case float() if not math.isfinite(value):
            return None
        case list():
            return [_cleaned(item) for item in value]
        case dict():
            return {name: _cleaned(item) for name, item in value.items()}
        case _:
            return value
