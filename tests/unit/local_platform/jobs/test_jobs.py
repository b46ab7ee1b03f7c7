from __future__ import annotations

from typing import Any

import pytest

JOB = {"agenticJobId": "job-1", "name": "Refund", "type": "Support", "environment": "prod", "version": "3"}


async def test_a_job_that_was_made_is_shown_by_its_own_id_and_by_ours(client: Any) -> None:
    made = (await client.post("/jobs", JOB)).body
    assert made["type"] == "support", "as metering keeps types"
    assert made["entityVersion"] == 0
    assert (made["hasOutcome"], made["outcomeUpdateCount"], made["source"]) == (False, 0, "API")
    assert (await client.get("/jobs/job-1")).body == (await client.get(f"/jobs/{made['id']}")).body == made


async def test_making_a_job_twice_is_a_conflict(client: Any) -> None:
    await client.post("/jobs", JOB)
    assert (await client.post("/jobs", JOB)).status == 409


async def test_an_id_with_slashes_and_spaces_names_one_job(client: Any) -> None:
    await client.post("/jobs", {"agenticJobId": "a/b ../c"})
    assert (await client.get("/jobs/a%2Fb%20..%2Fc")).body["agenticJobId"] == "a/b ../c"


async def test_an_unknown_job_is_not_found_on_every_path(client: Any) -> None:
    for path in ("", "/roi", "/transactions", "/outcome/history"):
        assert (await client.get(f"/jobs/none{path}")).status == 404
    assert (await client.post("/jobs/none/outcome", {"executionStatus": "SUCCESS"})).status == 404


async def test_a_patch_changes_what_it_brings_and_counts_as_a_version(client: Any) -> None:
    await client.post("/jobs", JOB)
    changed = (await client.patch("/jobs/job-1", {"name": "Return"})).body
    assert (changed["name"], changed["environment"], changed["entityVersion"]) == ("Return", "prod", 1)


async def test_a_deleted_job_is_gone_and_its_calls_stay(client: Any) -> None:
    await client.meter("job-1")
    assert (await client.send("DELETE", "/v2/api/jobs/job-1")).body["message"] == "Job deleted"
    assert (await client.get("/jobs/job-1")).status == 404
    assert (await client.get("/sources/metrics/ai/completions")).body["page"]["totalElements"] == 1


async def test_a_call_that_names_a_job_makes_it_known_with_what_it_says_of_it(client: Any) -> None:
    await client.meter("job-1")
    await client.meter("job-1", agenticJobName="Refund", agenticJobType="Support", environment="prod")
    await client.meter("job-1", agenticJobName="Other")
    await client.meter(None)
    job = (await client.get("/jobs/job-1")).body
    assert (job["name"], job["type"], job["environment"], job["source"]) == ("Refund", "support", "prod", "TELEMETRY")
    assert await client.jobs() == ["job-1"]


async def test_imported_calls_make_jobs_known_too(client: Any) -> None:
    moment = client.now.isoformat()
    line = (
        '{"model":"m","provider":"P","inputTokenCount":1,"outputTokenCount":1,"totalTokenCount":2,"requestDuration":1,'
        f'"stopReason":"END","requestTime":"{moment}","completionStartTime":"{moment}","responseTime":"{moment}",'
        '"agenticJobId":"old"}'
    )
    url = f"{client.platform.url}/local/v1/import"
    async with client._session.post(url, data=line.encode()) as response:
        assert (await response.json())["accepted"] == 1
    assert await client.jobs() == ["old"]


async def test_the_calls_and_the_return_of_a_job_add_up(client: Any) -> None:
    await client.meter("job-1", transactionId="t1")
    await client.meter("job-1", transactionId="t2", stopReason="ERROR")
    await client.meter("job-2")
    timeline = (await client.get("/jobs/job-1/transactions")).body
    assert timeline["totalCount"] == 2
    assert [(one["transactionId"], one["status"]) for one in timeline["transactions"]] == [
        ("t1", "SUCCESS"),
        ("t2", "FAILED"),
    ]
    assert (await client.get("/jobs/job-1/roi")).body["roi"] is None
    await client.post("/jobs/job-1/outcome", {"executionStatus": "SUCCESS", "outcomeValue": 2.0})
    roi = (await client.get("/jobs/job-1/roi")).body
    assert (roi["transactionCount"], roi["totalTokens"], roi["totalCost"], roi["roi"]) == (2, 2200, 0.5, 3.0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "alp"}, ["alpha"]),
        ({"search": "REFU"}, ["beta"]),
        ({"type": "sales"}, ["gamma"]),
        ({"type": "Sales"}, ["gamma"]),
        ({"environment": "prod"}, ["beta"]),
        ({"executionStatus": "FAILED"}, ["beta"]),
        ({"outcomeType": "CONVERTED"}, ["alpha"]),
        ({"outcomeType": "PENDING"}, ["gamma"]),
        ({"outcomeValueMin": "2.5"}, ["alpha"]),
        ({"outcomeValueMax": "2.5"}, ["beta"]),
        ({"startDate": "2026-03-10T12:30:00Z"}, ["gamma", "beta"]),
        ({"endDate": "2026-03-10T13:00:00Z"}, ["alpha"]),
        ({"sort": "agenticJobId,asc"}, ["alpha", "beta", "gamma"]),
        ({"sort": "outcomeValue,desc"}, ["alpha", "beta", "gamma"]),
        ({"page": "1", "size": "1"}, ["beta"]),
        ({}, ["gamma", "beta", "alpha"]),
    ],
)
async def test_a_listing_filters_sorts_and_pages(client: Any, clock: Any, query: Any, expected: list[str]) -> None:
    for body in (
        {"agenticJobId": "alpha", "type": "support"},
        {"agenticJobId": "beta", "name": "Refund", "environment": "prod"},
        {"agenticJobId": "gamma", "type": "sales"},
    ):
        await client.post("/jobs", body)
        clock.forward(hours=1)
    await client.post(
        "/jobs/alpha/outcome", {"executionStatus": "SUCCESS", "outcomeType": "CONVERTED", "outcomeValue": 10}
    )
    await client.post("/jobs/beta/outcome", {"executionStatus": "FAILED", "outcomeValue": 1.5})
    assert await client.jobs(**query) == expected


@pytest.mark.parametrize(
    "query", [{"sort": "color"}, {"outcomeValueMin": "much"}, {"startDate": "soon"}, {"size": "0"}]
)
async def test_a_question_that_cannot_be_read_is_refused(client: Any, query: Any) -> None:
    assert (await client.get("/jobs", **query)).status == 400


async def test_the_funnel_counts_how_jobs_ended(client: Any) -> None:
    empty = (await client.get("/jobs/conversion-funnel")).body
    assert (empty["totalJobs"], empty["conversionRate"]) == (0, 0)
    for number, kind in enumerate(("CONVERTED", "ESCALATED", "DEFLECTED", "CUSTOM", None)):
        await client.post("/jobs", {"agenticJobId": f"job-{number}", "type": "support"})
        if kind:
            outcome = {"executionStatus": "SUCCESS" if number < 2 else "CANCELLED", "outcomeType": kind}
            await client.post(f"/jobs/job-{number}/outcome", outcome)
    assert (await client.get("/jobs/conversion-funnel", jobType="support")).body == {
        "totalJobs": 5,
        "successfulJobs": 2,
        "convertedJobs": 1,
        "customJobs": 1,
        "deflectedJobs": 1,
        "escalatedJobs": 1,
        "successRate": 0.4,
        "conversionRate": 0.2,
    }
    assert (await client.get("/jobs/conversion-funnel", jobType="sales")).body["totalJobs"] == 0
