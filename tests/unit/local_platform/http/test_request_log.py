from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from local_platform.http import journal
from local_platform.logs import store
from local_platform.server import running_platform

REQUESTS = "/local/v1/requests"
LOG = "/profitstream/v2/api/logs/system"


async def test_the_last_requests_are_shown_without_what_they_held(owner: Any, with_key: Any) -> None:
    reader = await with_key(scope="read", name="reader")
    await reader.get("/v2/api/users/email/somebody@example.com", teamId=owner.team_id, token="hush")
    await reader.get("/no/such/hidden-path")
    listed = await owner.get(REQUESTS)
    lost, by_email, _made = listed.body[:3]
    assert (by_email["path"], by_email["status"]) == ("/v2/api/users/email/{email}", 404)
    assert (by_email["method"], by_email["key"], by_email["teamId"]) == (
        "GET",
        reader.key[:7] + "..." + reader.key[-4:],
        owner.team_id,
    )
    assert (lost["path"], lost["status"]) == (None, 404)
    for secret in ("somebody@example.com", "hush", "hidden-path", reader.key, owner.key):
        assert secret not in listed.text


async def test_the_oldest_requests_are_forgotten(owner: Any, clock: Any) -> None:
    kept = journal.Journal(clock)._recent.maxlen
    assert kept == journal.REMEMBERED
    for _ in range(3):
        await owner.get("/v2/api/users/me")
    assert [one["path"] for one in (await owner.get(REQUESTS)).body] == ["/v2/api/users/me"] * 3


async def test_a_tenant_sees_its_own_requests_and_the_operator_all(owner: Any, with_key: Any) -> None:
    other = await with_key(tenant="new", scope="account")
    await owner.get("/v2/api/users/me")
    wrong = type(other)(other.url, other._session, "nonsense", other.team_id, other.tenant_id)
    assert (await wrong.get("/v2/api/users/me")).status == 403
    await other.get("/v2/api/teams", tenantId=other.tenant_id)
    assert [one["path"] for one in (await other.get(REQUESTS)).body] == ["/v2/api/teams"]
    seen = (await owner.get(REQUESTS)).body
    assert [one["key"] for one in seen if one["status"] == 403] == [None]
    assert "/v2/api/teams" in [one["path"] for one in seen]


async def test_changes_of_resources_are_in_the_internal_log(owner: Any) -> None:
    job = await owner.send("POST", "/v2/api/agents", {"telemetryKey": "bot", "displayName": "Bot"})
    await owner.send("DELETE", f"/v2/api/agents/{job.body['id']}", teamId=owner.team_id)
    page = (await owner.get(f"{LOG}/internal", teamId=owner.team_id, sort="created,desc", size="2")).body
    lines = page["_embedded"]["systemLogResourceList"]
    assert [line["operation"] for line in lines] == ["AGENT_DELETED", "AGENT_CREATED"]
    assert {(line["status"], line["created"]) for line in lines} == {("SUCCESS", "2026-03-10T12:00:00.000Z")}
    assert job.body["id"] in lines[0]["details"]


async def test_requests_are_in_the_external_log_by_their_outcome(owner: Any) -> None:
    await owner.get("/v2/api/users/me")
    await owner.get("/no/such/path")
    page = (await owner.get(f"{LOG}/external", teamId=owner.team_id)).body
    lines = page["_embedded"]["systemLogResourceList"]
    assert [(line["operation"], line["status"]) for line in lines] == [
        ("GET (no such path)", "FAILURE"),
        ("GET /v2/api/users/me", "SUCCESS"),
    ]
    assert lines[1]["details"].startswith("200 in ")
    oldest_first = await owner.get(f"{LOG}/external", teamId=owner.team_id, sort="created,asc")
    assert oldest_first.body["_embedded"]["systemLogResourceList"][0]["id"] == lines[1]["id"]


async def test_calls_that_were_taken_do_not_wash_the_log_away(owner: Any, call: Any) -> None:
    assert (await owner.send("POST", "/meter/v2/ai/completions", call)).status == 201
    assert (await owner.send("POST", "/meter/v2/ai/completions", {})).status == 400
    page = (await owner.get(f"{LOG}/external", teamId=owner.team_id)).body
    assert [line["status"] for line in page["_embedded"]["systemLogResourceList"]] == ["FAILURE"]


async def test_the_log_is_kept_over_a_restart(tmp_path: Path) -> None:
    for expected in (0, 2):
        async with (
            running_platform(tmp_path) as platform,
            aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session,
        ):
            url = f"{platform.url}{LOG}/external"
            async with session.get(url, params={"teamId": platform.team_id}) as response:
                assert (await response.json())["page"]["totalElements"] == expected
            async with session.get(f"{platform.url}/v2/api/users/me") as response:
                assert response.status == 200


async def test_each_log_keeps_its_newest_entries(owner: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "KEPT", 50)
    await asyncio.gather(*(owner.get("/v2/api/users/me") for _ in range(300)))
    page = (await owner.get(f"{LOG}/external", teamId=owner.team_id)).body
    assert 50 <= page["page"]["totalElements"] <= 150


async def test_a_log_is_its_teams_and_needs_its_name(owner: Any, with_key: Any) -> None:
    other = await with_key(tenant="new", scope="account")
    await owner.get("/v2/api/users/me")
    assert (await other.get(f"{LOG}/external", teamId=owner.team_id)).status == 403
    assert (await other.get(f"{LOG}/external")).status == 400
    assert (await other.get(f"{LOG}/internal", teamId=other.team_id, sort="colour,asc")).status == 400
