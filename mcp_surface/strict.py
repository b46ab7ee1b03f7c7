"""A tool that refuses unknown arguments and says in plain words what went wrong."""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Callable, Coroutine
from types import MethodType
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import ValidationError
from typing_extensions import override

from daemon.errors import MonitorError
from daemon.operations import Operations
from mcp_surface.answers import clean
from mcp_surface.schema import input_schema, output_schema

STRUCTURED_SINCE = "2025-06-18"
"""Protocol version from which on clients understand structured results; versions compare as text."""


class StrictTool(Tool):
    """Adds to the package's tool: unknown arguments are refused, and expected failures keep their words."""

    @override
    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool.

        Raises:
            ToolError: The call cannot be carried out; the text says what to change.
        """
        self._refuse_unknown(arguments)
        try:
            result = await super().run(arguments, context, convert_result)
        except ToolError as error:
            raise _in_plain_words(error) from error.__cause__
        if (context.protocol_version or STRUCTURED_SINCE) < STRUCTURED_SINCE:
            return _spelled_out(result)
        return result

    def _refuse_unknown(self, arguments: dict[str, Any]) -> None:
        known = list(self.parameters["properties"])
        for name in arguments:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                takes = f"It takes {', '.join(known)}." if known else "It takes none."
                raise ToolError(f"{self.name} has no argument {clean(name[:60])!r}{hint} {takes}")


def bind(
    function: Callable[..., Coroutine[Any, Any, CallToolResult]],
    operations: Operations,
    *,
    title: str,
    hints: ToolAnnotations,
) -> Tool:
    """Return the tool made of a function whose first parameter is the operations."""
    tool = StrictTool.from_function(
        MethodType(function, operations),
        title=title,
        description=" ".join(inspect.cleandoc(function.__doc__ or "").split()),
        annotations=hints,
    )
    tool.parameters = input_schema(tool.parameters)
    metadata = tool.fn_metadata
    if metadata.output_schema is not None:
        metadata.output_schema = output_schema(metadata.output_schema)
        # Results are made from validated models; checking their JSON against the model again finds nothing.
        metadata.output_model = None
    return tool


def _in_plain_words(error: ToolError) -> ToolError:
    match error, error.__cause__:
        case _, MonitorError() as cause:
            return ToolError(clean(str(cause)))
        case UnexpectedToolError(), _:
            return error
        case _, ValidationError() as cause:
            return ToolError("; ".join(_complaint(one) for one in cause.errors(include_url=False)))
        case _:
            return error


def _complaint(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{name} is required"
    return f"{name}: {error['msg'].removeprefix('Input ')}, not {clean(repr(error['input'])[:60])}"


def _spelled_out(result: CallToolResult) -> CallToolResult:
    """Put the data into the text, for clients that would otherwise see the summary alone."""
    data = TextContent(type="text", text=json.dumps(result.structured_content))
    return result.model_copy(update={"content": [*result.content, data]})
