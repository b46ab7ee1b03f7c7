from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import aiohttp
import pytest

from local_platform import ids
from local_platform.metering import store

ME = "/profitstream/v2/api/users/me"
LOG = "/profitstream/v2/api/sources/metrics/ai/completions"


@pytest.mark.parametrize("key", ["wrong", "", "rev_sk_x_y", "schlüssel"])
@pytest.mark.parametrize("path", [ME, "/local/v1/status", "/no/such/path"])
async def test_a_wrong_key_is_forbidden_everywhere_and_told_nothing_more(platform: Any, key: str, path: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(platform.url + path, headers={"x-api-key": key}) as response,
    ):
        body = await response.json()
    assert response.status == 403
    assert body == {"timestamp": "2026-03-10T12:00:00.000Z", "status": 403, "error": "Forbidden", "path": path}


async def test_no_key_is_forbidden_not_unauthorized(platform: Any) -> None:
    async with aiohttp.ClientSession() as session, session.get(platform.url + ME) as response:
        assert response.status == 403


async def test_the_user_leads_to_team_and_tenant(client: Any, platform: Any) -> None:
    user = (await client.send("GET", ME)).body
    assert user["teams"][0]["id"] == user["teamIds"][0] == platform.team_id
    assert user["tenant"]["id"] == user["tenantId"] == platform.tenant_id
    assert "@" in user["email"]
    assert (await client.get("/v2/api/users/current")).body == {**user, "_links": ANY}


async def test_the_tenant_read_from_the_key_leads_to_the_team(client: Any, platform: Any) -> None:
    tenant = platform.api_key.split("_")[2]
    answer = await client.send("GET", "/v2/api/teams", params={"tenantId": tenant})
    [team] = answer.body["_embedded"]["teamResourceList"]
    assert team["id"] == platform.team_id


async def test_an_undecodable_team_is_refused_in_the_platforms_words(client: Any) -> None:
    for text in ("nonsense", ""):
        answer = await client.get(LOG, teamId=text)
        assert (answer.status, answer.body["message"]) == (400, f"Failed to decode hashed Id: [{text}]")


async def test_a_missing_team_is_named(client: Any) -> None:
    answer = await client.send("GET", LOG)
    assert answer.status == 400
    assert "'teamId'" in answer.body["message"]


async def test_another_tenants_team_is_denied(client: Any) -> None:
    answer = await client.get(LOG, teamId=ids.encode("team", 8))
    assert (answer.status, answer.body["message"]) == (403, "Access Denied")
    answer = await client.send("GET", "/v2/api/teams", params={"tenantId": ids.encode("tenant", 8)})
    assert answer.status == 403


async def test_an_unknown_path_is_not_found_in_json(client: Any) -> None:
    answer = await client.get("/metering-elements")
    assert (answer.status, answer.body["error"], answer.body["path"]) == (404, "Not Found", "/metering-elements")


async def test_a_wrong_method_says_which_are_right(client: Any) -> None:
    answer = await client.send("DELETE", "/meter/v2/ai/completions")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_a_failure_inside_shows_neither_the_trace_nor_the_key(
    client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(connection: object, team: int) -> None:
        raise ValueError("the innards")

    monkeypatch.setattr(store, "totals", fail)
    answer = await client.send("GET", "/local/v1/status")
    assert answer.status == 500
    assert "innards" not in str(answer.body)
    assert "innards" in caplog.text
    assert client.platform.api_key not in str(answer.body) + caplog.text


def test_a_platform_does_not_show_its_key_when_printed(platform: Any) -> None:
    assert platform.api_key not in repr(platform)
