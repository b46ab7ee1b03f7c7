"""The embedded platform's side of the contract.

Each file in `payloads/` is one exchange: a request and the answer that clients of the platform rely on, in the shapes
of its public clients. The platform must give exactly these answers; whoever reads them elsewhere may rely on the files.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local_platform.server import Platform, running_platform

PAYLOADS = Path(__file__).parent / "payloads"
KEY = "rev_sk_i594saR_contract"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _load(name: str) -> dict[str, Any]:
    exchange: dict[str, Any] = json.loads((PAYLOADS / name).read_text())
    return exchange


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform that holds what `metering.json` sends and nothing else."""
    async with running_platform(tmp_path, api_key=KEY, clock=lambda: NOW) as running:
        yield running


async def _exchange(platform: Platform, exchange: dict[str, Any]) -> tuple[int, Any]:
    request = exchange["request"]
    headers = {"x-api-key": KEY, **request.get("headers", {})}
    async with (
        aiohttp.ClientSession(platform.url, headers=headers) as session,
        session.request(
            request["method"], request["path"], params=request.get("query"), json=request.get("body")
        ) as response,
    ):
        text = await response.text()
    return response.status, json.loads(text.replace(platform.url, "http://platform"))


@pytest.mark.parametrize("name", sorted(path.name for path in PAYLOADS.glob("*.json")))
async def test_the_platform_answers_exactly_as_written_down(platform: Platform, name: str) -> None:
    if name != "metering.json":
        assert (await _exchange(platform, _load("metering.json")))[0] == 201
    exchange = _load(name)
    assert await _exchange(platform, exchange) == (exchange["status"], exchange["body"])
