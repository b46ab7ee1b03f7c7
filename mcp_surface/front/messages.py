"""JSON-RPC messages as far as a pump must understand them, and the HTTP headers that go with each."""

from __future__ import annotations

import base64
import json
from typing import Any

Message = dict[str, Any]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INTERNAL_ERROR = -32603

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
"""Marks a message of the stateless protocol; older clients shake hands once instead."""

NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Which parameter a method's Mcp-Name header repeats."""


class MessageError(ValueError):
    """A line is no message; `code` is the JSON-RPC code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def parse(line: bytes) -> Message:
    """Read one line.

    Raises:
        MessageError: It is not one JSON-RPC message.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MessageError(PARSE_ERROR, f"not JSON: {error}") from error
    if not isinstance(message, dict) or not isinstance(message.get("id", ""), (str, int)):
        raise MessageError(INVALID_REQUEST, "send one JSON-RPC object per line, with a string or number as id")
    return message


def is_request(message: Message) -> bool:
    """Whether the message must be answered."""
    return "id" in message and "method" in message


def repeatable(message: Message | None) -> bool:
    """Whether sending a message twice does no harm: everything but tools only looks."""
    return message is None or message.get("method") != "tools/call"


def parameters(message: Message) -> Message:
    """Return the parameters, empty if there are none."""
    given = message.get("params")
    return given if isinstance(given, dict) else {}


def failure(identity: str | int | None, text: str, code: int = INTERNAL_ERROR) -> Message:
    """Return an error response."""
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": text}}


def modern_version(message: Message) -> str | None:
    """Return the protocol version that a message of the stateless protocol names."""
    meta = parameters(message).get("_meta")
    version = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def routing_headers(message: Message, version: str) -> dict[str, str]:
    """Return the headers that repeat parts of a message of the stateless protocol."""
    method = str(message.get("method", ""))
    headers = {"MCP-Protocol-Version": header_safe(version), "Mcp-Method": header_safe(method)}
    if method in NAMED:
        headers["Mcp-Name"] = header_safe(str(parameters(message).get(NAMED[method], "")))
    return headers


def header_safe(text: str) -> str:
    """Return a form that fits into a header: anything but plain printable ASCII travels in base64."""
    if text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("=?base64?"):
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="
