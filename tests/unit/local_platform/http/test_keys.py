from __future__ import annotations

import sqlite3
from typing import Any

import pytest

KEYS = "/local/v1/keys"
ME = "/profitstream/v2/api/users/me"
METER = "/meter/v2/ai/completions"


async def test_a_new_key_is_shown_once_and_never_again(owner: Any) -> None:
    made = await owner.send("POST", KEYS, {"name": "ci", "scope": "read"})
    assert made.status == 201
    assert made.body["key"].startswith(f"rev_rk_{owner.tenant_id}_")
    listed = await owner.get(KEYS)
    assert [one["name"] for one in listed.body] == ["the data directory's", "ci"]
    assert made.body["key"] not in listed.text
    assert owner.key not in listed.text


@pytest.mark.parametrize(
    ("scope", "reads", "writes", "meters", "makes_keys"),
    [
        ("account", 200, 201, 201, 201),
        ("write", 200, 201, 201, 403),
        ("read", 200, 403, 403, 403),
        ("metering", 403, 403, 201, 403),
    ],
)
async def test_a_scope_decides_what_a_key_does(
    with_key: Any, call: Any, scope: str, reads: int, writes: int, meters: int, makes_keys: int
) -> None:
    client = await with_key(scope=scope)
    answers = [
        await client.get(ME),
        await client.send("POST", "/v2/api/jobs", {"agenticJobId": "j"}),
        await client.send("POST", METER, call),
        await client.send("POST", KEYS, {}),
    ]
    assert [answer.status for answer in answers] == [reads, writes, meters, makes_keys]
    assert all("scope" in answer.body["message"] for answer in answers if answer.status == 403)


async def test_a_meterer_may_ask_for_the_rules_that_it_has_to_enforce(with_key: Any) -> None:
    client = await with_key(scope="metering")
    answer = await client.get(f"/v2/api/ai/enforcement-rules/{client.team_id}")
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("state", ["suspended", "expired"])
async def test_a_key_that_is_not_accepted_says_why_and_can_be_accepted_again(
    owner: Any, with_key: Any, state: str
) -> None:
    client = await with_key(scope="read")
    key = (await owner.get(KEYS)).body[-1]["id"]
    assert (await owner.send("PATCH", f"{KEYS}/{key}", {"state": state})).body["state"] == state
    refused = await client.get(ME)
    assert (refused.status, state in refused.body["message"]) == (403, True)
    assert (await client.get("/api/v2/status/connection")).body["code"] == "FORBIDDEN"
    await owner.send("PATCH", f"{KEYS}/{key}", {"state": "active"})
    assert (await client.get(ME)).status == 200


async def test_a_revoked_key_is_as_unknown_as_one_that_never_was(owner: Any, with_key: Any) -> None:
    client = await with_key()
    key = (await owner.get(KEYS)).body[-1]["id"]
    assert (await owner.send("DELETE", f"{KEYS}/{key}")).status == 200
    refused = await client.get(ME)
    assert (refused.status, "message" in refused.body) == (403, False)
    assert (await owner.send("DELETE", f"{KEYS}/{key}")).status == 404


async def test_nobody_locks_himself_out(owner: Any) -> None:
    key = (await owner.get(KEYS)).body[0]["id"]
    assert (await owner.send("DELETE", f"{KEYS}/{key}")).status == 409
    assert (await owner.send("PATCH", f"{KEYS}/{key}", {"state": "expired"})).status == 409


async def test_the_number_of_a_revoked_key_is_not_given_again(owner: Any, with_key: Any) -> None:
    await with_key()
    revoked = (await owner.get(KEYS)).body[-1]["id"]
    await owner.send("DELETE", f"{KEYS}/{revoked}")
    await with_key()
    assert (await owner.get(KEYS)).body[-1]["id"] != revoked


async def test_a_further_tenant_has_a_user_and_a_team_of_its_own(owner: Any, with_key: Any) -> None:
    other = await with_key(tenant="Other", scope="account")
    assert (other.tenant_id != owner.tenant_id, other.team_id != owner.team_id) == (True, True)
    user = (await other.get(ME)).body
    assert (user["tenant"]["label"], user["teamIds"]) == ("Other", [other.team_id])


async def test_only_the_platforms_first_tenant_makes_tenants_and_switches_what_concerns_all(with_key: Any) -> None:
    other = await with_key(tenant="new", scope="account")
    for method, path, body in (
        ("POST", KEYS, {"tenant": "new"}),
        ("PUT", "/local/v1/faults", {"status": 500}),
        ("PUT", "/local/v1/rate-limit", {"requests_per_minute": 1}),
    ):
        answer = await other.send(method, path, body)
        assert (answer.status, answer.body["message"].startswith("Access Denied")) == (403, True)


async def test_a_key_of_another_team_meters_to_that_team(owner: Any, with_key: Any, call: Any) -> None:
    team = await owner.send("POST", "/v2/api/teams", {"name": "Second"}, tenantId=owner.tenant_id)
    second = await with_key(teamId=team.body["id"])
    await second.send("POST", METER, call)
    log = "/v2/api/sources/metrics/ai/completions"
    assert (await owner.get(log, teamId=owner.team_id)).body["page"]["totalElements"] == 0
    assert (await owner.get(log, teamId=second.team_id)).body["page"]["totalElements"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "root"}, "scope"),
        ({"colour": "red"}, "colour"),
        ({"tenant": "new", "teamId": "x"}, "teamId"),
        ([], "error"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused_by_field(owner: Any, body: Any, field: str) -> None:
    answer = await owner.send("POST", KEYS, body)
    assert (answer.status, list(answer.body["details"])) == (400, [field])


async def test_a_foreign_team_gets_no_key(owner: Any, with_key: Any) -> None:
    other = await with_key(tenant="new")
    answer = await owner.send("POST", KEYS, {"teamId": other.team_id})
    assert (answer.status, answer.body["message"]) == (403, "Access Denied")


async def test_a_foreign_key_is_neither_listed_nor_revoked(owner: Any, with_key: Any) -> None:
    other = await with_key(tenant="new", scope="account")
    mine = (await owner.get(KEYS)).body[0]["id"]
    assert [one["tenantId"] for one in (await other.get(KEYS)).body] == [other.tenant_id]
    assert (await other.send("DELETE", f"{KEYS}/{mine}")).status == 404
    assert (await other.send("PATCH", f"{KEYS}/{mine}", {"state": "expired"})).status == 404
    assert (await owner.get(ME)).status == 200


async def test_keys_lie_in_the_database_as_hashes_only(owner: Any, platform: Any, with_key: Any) -> None:
    client = await with_key(name="ci")
    connection = sqlite3.connect(platform.data / "platform.sqlite3")
    dump = "\n".join(connection.iterdump())
    connection.close()
    for key in (owner.key, client.key):
        assert key not in dump
        assert key.rpartition("_")[2] not in dump
