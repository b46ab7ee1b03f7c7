from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local_platform.http import spoiling

FAULTS = "/local/v1/faults"
ME = "/profitstream/v2/api/users/me"
TEAMS = "/profitstream/v2/api/teams"


async def test_wrong_types_are_strings_for_numbers_and_objects_for_lists(owner: Any) -> None:
    page = {"tenantId": owner.tenant_id}
    true = (await owner.get(TEAMS, **page)).body
    await owner.put(FAULTS, {"types": True})
    wrong, again = (await owner.get(TEAMS, **page)).body, (await owner.get(TEAMS, **page)).body
    assert wrong == again, "the same question is spoilt in the same way"
    assert wrong["page"]["totalElements"] == "1"
    teams = wrong["_embedded"]["teamResourceList"]
    assert list(teams) == ["0"]
    assert teams["0"]["id"] == true["_embedded"]["teamResourceList"][0]["id"]
    assert teams["0"]["promptCaptureEnabled"] is False


async def test_a_dripping_answer_is_slow_and_whole(owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    true = (await owner.get(ME)).body
    pauses = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(spoiling, "_pause", note)
    await owner.put(FAULTS, {"drip_ms": 5000})
    assert (await owner.get(ME)).body == true
    assert sum(pauses) == pytest.approx(5)
    assert len(pauses) == 10


async def test_an_empty_answer_drips_too(owner: Any) -> None:
    await owner.put(FAULTS, {"drip_ms": 1, "truncate": False, "types": True})
    assert (await owner.get("/v2/api/jobs/types", teamId=owner.team_id)).body == {}


async def test_analytics_are_spoilt_when_they_are_named(owner: Any) -> None:
    await owner.put(FAULTS, {"status": 503, "routes": "analytics"})
    assert (await owner.get("/api/v2/status/connection")).body["code"] == "SERVICE_UNAVAILABLE"
    assert (await owner.get(ME)).status == 200


async def test_a_fault_can_be_limited_to_a_path_and_a_method(owner: Any) -> None:
    await owner.put(FAULTS, {"status": 500, "path": "/v2/api/jobs", "method": "POST"})
    assert (await owner.get(ME)).status == 200
    assert (await owner.get("/v2/api/jobs", teamId=owner.team_id)).status == 200
    assert (await owner.send("POST", "/v2/api/jobs", {"agenticJobId": "j"})).status == 500
    assert (await owner.send("POST", "/profitstream/v2/api/jobs", {"agenticJobId": "j"})).status == 201


async def test_too_many_requests_are_in_the_body_as_in_the_header(owner: Any) -> None:
    await owner.put(FAULTS, {"status": 429, "retry_after": 7})
    refused = await owner.get(ME)
    assert (refused.headers["Retry-After"], refused.body["retryAfterSeconds"]) == ("7", 7)


@pytest.mark.parametrize("fault", [{"path": "v2"}, {"method": "get"}, {"drip_ms": -1}, {"types": "all"}])
async def test_a_limit_that_makes_no_sense_is_refused_by_field(owner: Any, fault: dict[str, Any]) -> None:
    answer = await owner.put(FAULTS, fault)
    assert (answer.status, list(answer.body["details"])) == (400, list(fault))


async def test_a_fault_strikes_as_often_as_it_is_told_whoever_asks_at_once(owner: Any) -> None:
    await owner.put(FAULTS, {"status": 500, "times": 3})
    answers = await asyncio.gather(*(owner.get(ME) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [200] * 7 + [500] * 3
