"""Every route of the application, asked with a key that should get nothing from it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local_platform import app, ids, server
from local_platform.resources.mounted import KINDS

MARK = "Zebra"
"""In every text that the first tenant has, so that it shows wherever something leaks."""


@pytest.fixture
def routes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every method and path template of the application, filled in when the platform starts."""
    found: list[tuple[str, str]] = []

    def build(services: Any) -> web.Application:
        built = app.build_app(services)
        found.extend(
            (route.method, route.resource.canonical)
            for route in built.router.routes()
            if route.method != "HEAD" and route.resource is not None
        )
        return built

    monkeypatch.setattr(server, "build_app", build)
    return found


@pytest.fixture
async def platform(routes: list[tuple[str, str]], data_dir: Path, clock: Any) -> AsyncIterator[Any]:
    async with server.running_platform(data_dir, clock=clock) as running:
        assert len(routes) > 150, "the application is there"
        yield running


def _rows(platform: Any, tenant: int, team: int) -> dict[str, list[Any]]:
    """Return whatever the database holds of a tenant, apart from its logs."""
    connection = sqlite3.connect(platform.data / "platform.sqlite3")
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    held = {}
    for table in tables:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if table == "system_log" or not columns & {"tenant", "team"}:
            continue
        own = " OR ".join(
            f"{column} = {number}" for column, number in (("tenant", tenant), ("team", team)) if column in columns
        )
        query = f"SELECT * FROM {table} WHERE {own} ORDER BY 1, 2"  # noqa: S608 - names from the schema, and numbers
        held[table] = connection.execute(query).fetchall()
    connection.close()
    return held


async def _furnish(owner: Any, call: dict[str, Any]) -> list[str]:
    """Give the first tenant some of everything, and return the ids and keys of it."""
    team = {"teamId": owner.team_id}
    names = {"organizationName": f"{MARK} Inc", "productName": f"{MARK} Pro", "agent": f"{MARK}-bot", "traceId": MARK}
    body = {
        **call,
        **names,
        "transactionId": f"{MARK}-tx",
        "agenticJobId": MARK,
        "subscriber": {"email": f"{MARK}@a.io"},
    }
    assert (await owner.send("POST", "/meter/v2/ai/completions", body)).status == 201
    metric = {"name": MARK, "alertType": "THRESHOLD", "metricType": "TOTAL_COST", "operatorType": "GREATER_THAN"}
    made = [
        await owner.send("POST", "/v2/api/tools", {"name": MARK, "toolId": MARK, "toolType": "CUSTOM", **team}, **team),
        await owner.send("POST", "/meter/v2/tool/events", {"toolId": MARK, "durationMs": 1, "success": True}, **team),
        await owner.send("POST", "/v2/api/reports/chart-definitions", {"label": MARK, "type": MARK, **team}, **team),
        await owner.send(
            "POST",
            "/v2/api/sources/ai/anomaly",
            {**metric, "threshold": 1, "periodDuration": "ONE_HOUR", "enabled": True, **team},
        ),
        await owner.send("POST", "/v2/api/jobs", {"agenticJobId": f"{MARK}-2"}, **team),
        await owner.send("POST", "/v2/api/sessions/s/attribution", {"ticketId": MARK}, **team),
        await owner.send("POST", "/local/v1/keys", {"name": MARK, "scope": "read"}),
        await owner.send(
            "POST",
            "/local/v1/incidents",
            {
                "id": MARK,
                "kind": "k",
                "entity": MARK,
                "dimension": "d",
                "start": "2026-01-01T00:00:00Z",
                "summary": MARK,
            },
        ),
    ]
    assert [answer.text for answer in made if answer.status >= 400] == []
    found = [MARK, f"{MARK}-2", owner.team_id, owner.tenant_id]
    found += [answer.body["id"] for answer in made if isinstance(answer.body, dict) and "id" in answer.body]
    lists = [kind.path for kind in KINDS if kind.verbs & {"list"}]
    for path in (*lists, "sources/metrics/ai/completions", "sources/metrics/tool/events"):
        listed = await owner.get(f"/v2/api/{path}", teamId=owner.team_id, tenantId=owner.tenant_id)
        assert listed.status == 200, listed.text
        found += [items[0]["id"] for items in listed.body.get("_embedded", {}).values()]
    return list(dict.fromkeys(found))


def _filled(template: str, word: str) -> str:
    path = ""
    for part in template.split("/")[1:]:
        path += "/" + (word if part.startswith("{") else part)
    return path


async def test_a_foreign_key_neither_sees_nor_changes_anything(
    platform: Any, owner: Any, with_key: Any, call: Any, routes: list[tuple[str, str]]
) -> None:
    names = await _furnish(owner, call)
    stranger = await with_key(tenant="new", scope="account")
    tenant, team = ids.decode("tenant", owner.tenant_id) or 0, ids.decode("team", owner.team_id) or 0
    before = _rows(platform, tenant, team)
    assert MARK in json.dumps(before, default=repr)
    seen = []
    for method, template in routes:
        for word in names if "{" in template else names[:1]:
            for query in ({}, {"teamId": owner.team_id}, {"tenantId": owner.tenant_id}):
                body = None if method == "GET" else {"name": "mine now", "teamId": owner.team_id}
                answer = await stranger.send(method, _filled(template, word), body, **query)
                # An error may repeat what the stranger has sent himself.
                told = answer.text.replace(word, "") if answer.status >= 400 else answer.text
                if MARK in told or answer.status >= 500:
                    seen.append((method, template, query, answer.status, answer.text[:200]))
    assert seen == []
    assert _rows(platform, tenant, team) == before


@pytest.mark.parametrize("scope", ["read", "metering"])
async def test_a_narrow_key_changes_nothing_whatever_the_route(
    platform: Any, owner: Any, with_key: Any, call: Any, routes: list[tuple[str, str]], scope: str
) -> None:
    names = await _furnish(owner, call)
    narrow = await with_key(scope=scope)
    tenant, team = ids.decode("tenant", owner.tenant_id) or 0, ids.decode("team", owner.team_id) or 0
    before = _rows(platform, tenant, team)
    for method, template in routes:
        meters = template.startswith("/meter/") or template.endswith(("/ai/completions", "/import"))
        if (scope, method) == ("metering", "GET") and "/ai/enforcement-rules/" in template:
            continue
        if method == "GET" and scope == "read" and not template.startswith("/local/v1/keys"):
            continue
        if method == "POST" and scope == "metering" and meters:
            continue
        answer = await narrow.send(method, _filled(template, names[0]), None if method == "GET" else {})
        assert answer.status == 403, (method, template, answer.text)
        # Paths under /api/v2 have errors of their own form; both say why.
        assert "scope" in answer.body["message"], (method, template)
    assert _rows(platform, tenant, team) == before


@pytest.mark.parametrize(
    "path",
    [
        "/profitstream/v2/api/../../../local/v1/keys",
        "/profitstream/v2/api/%2e%2e/%2e%2e/local/v1/keys",
        "/v2/api/jobs/..%2f..%2flocal%2fv1%2fkeys",
        "/meter/v2/..%2f..%2fprofitstream/v2/api/users/me",
        "/meter/../profitstream/v2/api/users/me",
        "//profitstream/v2/api/users/me",
        "/profitstream/v2/api//users/me",
        "/profitstream/v2/api/users/me/",
        "/profitstream/v2/api/users/me%00",
        "/profitstream/v2/api/users/%6d%65%2f",
        "/v2/api/products/..",
        "/v2/api/products/%2e%2e",
        "/v2/api/products/..%5c..%5cusers",
        "/profitstream/v2/api/users/me;x=1",
    ],
)
async def test_dots_and_slashes_in_a_path_reach_nothing_else(owner: Any, path: str) -> None:
    host, _, port = owner.url.removeprefix("http://").partition(":")
    status, text = await _raw(host, int(port), path, owner.key)
    assert status in (400, 404), text
    assert "@" not in text, "no user is shown"
    assert "hint" not in text, "no key is listed"


@pytest.mark.parametrize(
    "path",
    ["/v2/api/jobs/x%2Fai%2Fcompletions", "/v2/api/products/x%2Fai%2Fenforcement-rules%2Fy", "/meter/v2/x%2F..%2F"],
)
async def test_a_path_that_only_looks_like_metering_is_none(owner: Any, with_key: Any, path: str) -> None:
    narrow = await with_key(scope="metering")
    host, _, port = owner.url.removeprefix("http://").partition(":")
    status, text = await _raw(host, int(port), path, narrow.key)
    assert (status, "scope" in text) == (403, True)


async def _raw(host: str, port: int, path: str, key: str) -> tuple[int, str]:
    """Ask without a client that tidies the path up first."""

    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nx-api-key: {key}\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


async def test_more_query_than_anybody_needs_is_refused(owner: Any) -> None:
    answer = await owner.get("/v2/api/users/me", q="x" * 9000)
    assert (answer.status, answer.body["error"]) == (414, "Request-URI Too Long")


async def test_a_page_is_never_longer_than_a_hundred(owner: Any) -> None:
    answer = await owner.get("/v2/api/products", teamId=owner.team_id, size="5000")
    assert answer.body["page"]["size"] == 100


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_body_that_does_not_say_its_size_is_cut_off_all_the_same(owner: Any, compressed: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 16)

    options: dict[str, Any] = (
        {"data": BytesIO(b" " * (40 << 16)), "compress": "gzip"} if compressed else {"data": pieces()}
    )
    url = f"{owner.url}/v2/api/products"
    async with (
        aiohttp.ClientSession(headers={"x-api-key": owner.key}) as session,
        session.post(url, **options) as response,
    ):
        assert response.status == 413
        assert (await response.json())["error"] == "Request Entity Too Large"


async def test_a_body_that_is_not_compressed_as_it_says_is_refused(owner: Any) -> None:
    headers = {"x-api-key": owner.key, "Content-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{owner.url}/v2/api/products", data=b"plain") as response,
    ):
        assert response.status == 400
