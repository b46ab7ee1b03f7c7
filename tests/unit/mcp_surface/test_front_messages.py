"""What the pump understands of a message, and what it says over HTTP about it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_surface.front.messages import MessageError, header_safe, modern_version, parse, routing_headers

MODERN = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}


@pytest.mark.parametrize("line", [b"{", b"\xff\xfe", b'{"id": 1} {"id": 2}', b"[" * 100_000])
def test_what_is_not_json_is_a_parse_error(line: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        parse(line)
    assert caught.value.code == -32700


@pytest.mark.parametrize("line", [b"[]", b"7", b'{"id": [1]}', b'{"id": null, "method": "ping"}', b'{"id": {}}'])
def test_json_that_is_no_single_message_is_an_invalid_request(line: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        parse(line)
    assert caught.value.code == -32600


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_name_fits_into_a_header_and_can_be_read_back(name: str) -> None:
    header = header_safe(name)
    assert header.isascii()
    assert header.isprintable()
    if header != name:
        assert base64.b64decode(header.removeprefix("=?base64?").removesuffix("?=")).decode() == name


def test_a_stateless_message_repeats_version_method_and_name_in_headers() -> None:
    message = {"method": "resources/read", "params": {"uri": "monitor://alerts/é", **MODERN}}
    assert modern_version(message) == "2026-07-28"
    assert routing_headers(message, "2026-07-28") == {
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "resources/read",
        "Mcp-Name": "=?base64?bW9uaXRvcjovL2FsZXJ0cy/DqQ==?=",
    }


@pytest.mark.parametrize("params", [None, [], {"_meta": 3}, {"_meta": {}}])
def test_a_message_without_a_version_belongs_to_a_session(params: object) -> None:
    assert modern_version({"method": "ping", "params": params}) is None
