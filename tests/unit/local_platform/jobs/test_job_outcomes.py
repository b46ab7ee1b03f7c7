from __future__ import annotations

from typing import Any

import pytest

OUTCOME = {
    "executionStatus": "SUCCESS",
    "outcomeType": "CONVERTED",
    "outcomeValue": 12.5,
    "outcomeReason": "sold",
    "metadata": '{"a": 1}',
    "reportedBy": "agent",
}


async def _job(client: Any, **fields: Any) -> None:
    assert (await client.post("/jobs", {"agenticJobId": "j", **fields})).status == 201


async def test_a_report_is_shown_on_the_job_as_it_was_sent(client: Any) -> None:
    await _job(client)
    job = (await client.post("/jobs/j/outcome", OUTCOME)).body
    assert (job["executionStatus"], job["outcomeType"], job["outcomeValue"]) == ("SUCCESS", "CONVERTED", 12.5)
    assert (job["outcomeCurrency"], job["outcomeMetadata"], job["hasOutcome"]) == ("USD", '{"a": 1}', True)
    assert (job["outcomeReportedAt"], job["entityVersion"]) == ("2026-03-10T12:00:00.000Z", 1)
    assert (await client.get("/jobs/j")).body == job


async def test_a_report_that_comes_late_keeps_its_own_moment(client: Any) -> None:
    await _job(client)
    late = {"executionStatus": "SUCCESS", "outcomeReportedAt": "2026-03-01T08:00:00+01:00"}
    assert (await client.post("/jobs/j/outcome", late)).body["outcomeReportedAt"] == "2026-03-01T07:00:00.000Z"


async def test_a_second_report_is_told_to_amend_instead(client: Any) -> None:
    await _job(client)
    await client.post("/jobs/j/outcome", OUTCOME)
    answer = await client.post("/jobs/j/outcome", OUTCOME)
    assert answer.status == 409
    assert "PATCH" in answer.body["details"]["guidance"]
    assert answer.body["details"]["reportedAt"] == "2026-03-10T12:00:00.000Z"
    assert answer.body["details"]["updateCount"] == "0"


async def test_an_amendment_changes_what_it_brings_and_history_keeps_both(client: Any, clock: Any) -> None:
    await _job(client)
    await client.post("/jobs/j/outcome", OUTCOME)
    clock.forward(minutes=1)
    amended = (await client.patch("/jobs/j/outcome", {"outcomeValue": 20, "reason": "refund"})).body
    assert (amended["outcomeValue"], amended["outcomeType"], amended["outcomeUpdateCount"]) == (20, "CONVERTED", 1)
    assert amended["outcomeUpdatedAt"] == "2026-03-10T12:01:00.000Z"
    first, second = (await client.get("/jobs/j/outcome/history")).body
    assert (first["sequence"], first["outcomeValue"], first["reportedBy"], first["reason"]) == (0, 12.5, "agent", None)
    assert (second["sequence"], second["outcomeValue"], second["reason"]) == (1, 20, "refund")


async def test_who_amends_what_another_has_changed_is_told_the_present_version(client: Any) -> None:
    await _job(client)
    version = (await client.post("/jobs/j/outcome", OUTCOME)).body["entityVersion"]
    await client.patch("/jobs/j/outcome", {"outcomeValue": 1, "expectedEntityVersion": version})
    late = await client.patch("/jobs/j/outcome", {"outcomeValue": 2, "expectedEntityVersion": version})
    assert late.status == 409
    assert f"current version is {version + 1}" in late.body["message"]
    assert (await client.get("/jobs/j")).body["outcomeValue"] == 1


async def test_an_amendment_before_any_report_finds_nothing(client: Any) -> None:
    await _job(client)
    assert (await client.patch("/jobs/j/outcome", {"outcomeValue": 1})).status == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "executionStatus"),
        ({"executionStatus": "DONE"}, "executionStatus"),
        ({"executionStatus": "SUCCESS", "outcomeType": "WON"}, "outcomeType"),
        ({"executionStatus": "SUCCESS", "outcomeValue": "lots"}, "outcomeValue"),
        ({"executionStatus": "SUCCESS", "outcomeCurrency": "BTC"}, "outcomeCurrency"),
        ({"executionStatus": "SUCCESS", "metrics": [{"value": 1}]}, "metrics"),
    ],
)
async def test_a_report_that_makes_no_sense_is_refused_by_field(client: Any, body: Any, field: str) -> None:
    await _job(client)
    answer = await client.post("/jobs/j/outcome", body)
    assert (answer.status, list(answer.body["details"])) == (400, [field])
    assert (await client.get("/jobs/j")).body["hasOutcome"] is False


async def test_a_metric_is_taken_when_its_type_declares_it_and_corrected_with_a_reason(client: Any) -> None:
    await _job(client, type="support")
    metric = {"key": "minutes", "value": 4}
    undeclared = await client.post("/jobs/j/outcome/metrics", [metric])
    assert (undeclared.status, "economics" in undeclared.body["details"]["key"]) == (400, True)
    await client.put("/jobs/types/support/economics", {"metrics": [{"key": "minutes"}, {"key": "quality_rate"}]})
    assert await client.post("/jobs/j/outcome/metrics", [metric]) == (201, None)
    assert (await client.post("/jobs/j/outcome/metrics", [metric])).body["details"].keys() == {"reason"}
    assert (await client.post("/jobs/j/outcome/metrics", [{**metric, "reason": "recount"}])).status == 201
    assert (await client.post("/jobs/j/outcome/metrics", [{"key": "quality_rate", "value": 2}])).status == 400


async def test_metrics_are_recorded_all_or_none(client: Any) -> None:
    await _job(client, type="support")
    await client.put("/jobs/types/support/economics", {"metrics": [{"key": "minutes"}]})
    both = [{"key": "minutes", "value": 1}, {"key": "unknown", "value": 1}]
    assert (await client.post("/jobs/j/outcome/metrics", both)).status == 400
    assert (await client.post("/jobs/j/outcome/metrics", both[:1])).status == 201


async def test_the_types_are_those_of_jobs_and_contracts(client: Any) -> None:
    await client.meter("a", agenticJobType="Support")
    await client.put("/jobs/types/sales/economics", {"unitLabel": "deal"})
    assert (await client.get("/jobs/types")).body == ["sales", "support"]
    assert (await client.get("/jobs/types/support/economics")).body["metrics"] == []
    assert (await client.get("/jobs/types/none/economics")).status == 404


async def test_the_present_baseline_is_the_newest_that_is_in_force(client: Any) -> None:
    path = "/jobs/types/support"
    for body in (
        {"hourlyRate": 40, "effectiveFrom": "2026-01-01T00:00:00Z"},
        {"hourlyRate": 50, "effectiveFrom": "2026-03-01T00:00:00Z"},
        {"hourlyRate": 60, "effectiveFrom": "2027-01-01T00:00:00Z"},
    ):
        assert (await client.post(f"{path}/baselines", body)).status == 201
    assert [one["version"] for one in (await client.get(f"{path}/baselines")).body] == [3, 2, 1]
    assert (await client.get(f"{path}/economics")).body["currentBaseline"]["hourlyRate"] == 50


async def test_a_fact_needs_a_declared_metric_and_a_period_that_runs_forward(client: Any) -> None:
    path = "/jobs/types/support"
    await client.put(f"{path}/economics", {"metrics": [{"key": "csat", "resolution": "PERIOD"}, {"key": "minutes"}]})
    fact = {"key": "csat", "value": 4.5, "periodStart": "2026-02-01T00:00:00Z", "periodEnd": "2026-03-01T00:00:00Z"}
    assert await client.post(f"{path}/facts", [fact]) == (201, None)
    assert (await client.post(f"{path}/facts", [{**fact, "key": "minutes"}])).status == 400
    assert (await client.post(f"{path}/facts", [{**fact, "periodEnd": fact["periodStart"]}])).status == 400
    assert (await client.post(f"{path}/facts", fact)).status == 400


async def test_a_session_keeps_what_it_was_attributed_to(client: Any, clock: Any) -> None:
    path = "/sessions/s-1/attribution"
    assert (await client.get(path)).body == []
    splits = [{"ticketId": "T-1", "ticketTitle": "Pay", "weight": 0.75}, {"ticketId": "T-2", "weight": 0.25}]
    assert (await client.post(path, {"ticketId": "T-0", "reason": "guess"})).status == 201
    clock.forward(minutes=1)
    await client.post(path, {"splits": splits, "source": "codex"})
    newest, oldest = (await client.get(path)).body
    assert (newest["sessionId"], newest["splits"], newest["source"]) == ("s-1", splits, "codex")
    assert (oldest["ticketId"], oldest["reason"], oldest["detailTextSuppressed"]) == ("T-0", "guess", False)


async def test_a_tenant_that_wants_no_detail_texts_sees_none(client: Any) -> None:
    path = "/sessions/s-1/attribution"
    await client.post(path, {"ticketId": "T", "ticketTitle": "secret plan", "reason": "why"})
    await client.patch(
        f"/tenants/{client.platform.tenant_id}/attribution-detail-text", {"attributionDetailTextEnabled": False}
    )
    [shown] = (await client.get(path)).body
    assert (shown["ticketId"], shown["detailTextSuppressed"]) == ("T", True)
    assert "ticketTitle" not in shown
    assert "reason" not in shown


@pytest.mark.parametrize("splits", [[{"ticketId": "T"}], [{"ticketId": "T", "weight": 0}], "T"])
async def test_splits_without_weight_are_refused(client: Any, splits: Any) -> None:
    answer = await client.post("/sessions/s/attribution", {"splits": splits})
    assert (answer.status, list(answer.body["details"])) == (400, ["splits"])
