from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from local_platform import ids
from local_platform.wire import iso

from .conftest import NOW

if TYPE_CHECKING:
    from .conftest import Client

DAY = timedelta(days=1)
OVER_TIME = [
    "cost-by-provider",
    "cost-by-model",
    "cost-by-api-key",
    "cost-by-organization",
    "cost-by-product",
    "cost-by-agent",
    "cost-by-task",
    "cost-by-team",
    "cost-by-tool",
    "cost-by-tool-provider",
    "tokens-per-minute",
    "token-breakdown-by-type",
    "token-vs-tool-cost",
    "task-completion",
]
IN_ALL = [
    "cost-by-provider-aggregated",
    "cost-by-model-aggregated",
    "cost-by-organization-aggregated",
    "cost-by-product-aggregated",
    "cost-by-user-aggregated",
    "cost-by-department-aggregated",
    "cost-by-task-aggregated",
    "cost-by-vendor",
    "cost-by-tool-aggregated",
    "cost-by-tool-agent",
    "cost-by-tool-provider-aggregated",
    "top-tools-by-call-count",
    "tool-success-rate",
    "tool-latency",
    "response-time-by-vendor",
    "response-time-by-model",
    "avg-time-by-agent",
    "tasks-completed-by-agent",
    "task-completion-aggregated",
    "task-performance-by-agent",
    "revenue-per-customer",
    "revenue-per-product",
    "profit-margin-per-customer",
    "profit-margin-per-product",
    "top-movers",
    "transaction-count-by-team",
    "ai-assistants/team-medians",
]
OPTIONS = [
    "agents",
    "api-keys",
    "customers",
    "model-sources",
    "models",
    "organizations",
    "products",
    "providers",
    "task-types",
    "teams",
    "tool-providers",
    "tools",
    "users",
    "vendors",
]


@pytest.fixture
async def month(client: Client) -> Client:
    """Ten days with calls of two models, two customers and two tools."""
    for day in range(10):
        await client.call(
            day * DAY + timedelta(hours=1),
            provider="OPENAI" if day % 2 else "ANTHROPIC",
            model="gpt-4o" if day % 2 else "claude-sonnet-4-5",
            totalCost=day + 1,
            requestDuration=100 * (day + 1),
            organizationName="Acme" if day < 7 else "Globex",
            productName="Gold",
            agent=f"agent-{day % 3}",
            taskType="chat",
            traceId=f"trace-{day // 4}",
            stopReason="ERROR" if day == 9 else "END",
            subscriber={"email": f"user{day % 2}@example.com"},
        )
    await client.tool("search", costUsd=0.5, agent="agent-0", traceId="trace-0")
    await client.tool("search", costUsd=0.25, agent="agent-1", success=False, durationMs=120)
    return client


@pytest.mark.parametrize("report", [*OVER_TIME, *IN_ALL, *(f"filter-options/{name}" for name in OPTIONS)])
async def test_every_report_has_its_envelope_with_and_without_calls(client: Client, report: str) -> None:
    answer = await client.get(f"analytics/{report}")
    assert answer.status == 200, answer.body
    assert {"id", "label", "resourceType", "created", "updated", "period", "_links"} <= answer.body.keys()
    assert answer.body["period"] == {"start": iso(NOW - 30 * DAY), "end": iso(NOW)}
    assert answer.body["page"].keys() == {"number", "size", "totalElements", "totalPages"}
    await client.call()
    assert len(await client.items(report)) == (await client.get(f"analytics/{report}")).body["page"]["totalElements"]


@pytest.mark.parametrize(
    ("newer", "aggregated", "legacy"),
    [
        ("cost-by-provider", "cost-by-provider-aggregated", "cost-metric-by-provider-over-time"),
        ("cost-by-model", "cost-by-model-aggregated", "total-cost-by-model"),
        ("cost-by-organization", "cost-by-organization-aggregated", "cost-metric-by-organization"),
        ("cost-by-product", "cost-by-product-aggregated", "cost-metric-by-product"),
    ],
)
async def test_a_report_agrees_with_its_aggregate_and_with_its_older_form(
    month: Client, newer: str, aggregated: str, legacy: str
) -> None:
    found = await month.figures(newer)
    assert found == pytest.approx(await month.figures(aggregated))
    assert found == pytest.approx(await month.legacy(legacy))
    assert sum(found.values()) == pytest.approx(55)


async def test_a_metric_names_its_entity_its_aggregate_and_its_value(month: Client) -> None:
    [group, _] = await month.items("cost-by-organization-aggregated", metricType="max")
    [metric] = group["metrics"]
    assert (group["groupName"], metric["label"], metric["metricType"]) == ("Globex", "Globex", "max")
    assert metric["metricResult"] == 10
    assert ids.decode("organization", metric["id"]) is not None


@pytest.mark.parametrize(
    ("how", "value"),
    [("sum", 55), ("avg", 5.5), ("max", 10), ("min", 1), ("count", 10), ("median", 5.5), ("p50", 5.5), ("p90", 9.1)],
)
async def test_every_aggregate_can_be_asked_for(month: Client, how: str, value: float) -> None:
    assert await month.figures("cost-by-product-aggregated", metricType=how) == {"Gold": pytest.approx(value)}


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"providers": "OPENAI"}, 30),
        ({"models": "gpt-4o", "organizations": "Globex"}, 18),
        ({"agents": "agent-0,agent-1"}, 37),
        ({"users": "user0@example.com"}, 25),
        ({"products": "Silver"}, 0),
        ({"costSources": "CODING_ASSISTANT"}, 0),
    ],
)
async def test_filters_of_any_dimension_narrow_any_report_on_calls(
    month: Client, query: dict[str, str], total: float
) -> None:
    assert sum((await month.figures("cost-by-task-aggregated", **query)).values()) == pytest.approx(total)


async def test_a_filter_value_that_is_sent_twice_counts_once(month: Client) -> None:
    path = "/api/v2/analytics/cost-by-provider-aggregated?providers=OPENAI&providers=OPENAI"
    answer = await month.send("GET", path)
    assert [item["metrics"][0]["metricResult"] for item in answer.body["_embedded"]["items"]] == [30]


async def test_pages_follow_one_another_through_all_items(month: Client) -> None:
    pages = [(await month.get("analytics/cost-by-model", page=str(page), size="13")).body for page in range(4)]
    starts = [item["startTimestamp"] for page in pages for item in page["_embedded"]["items"]]
    assert pages[0]["page"] == {"number": 0, "size": 13, "totalElements": 31, "totalPages": 3}
    assert starts == sorted(set(starts))
    assert len(starts) == 31


async def test_response_times_are_in_seconds(month: Client) -> None:
    assert await month.figures("response-time-by-vendor") == pytest.approx({"OPENAI": 0.6, "ANTHROPIC": 0.5})


async def test_calls_are_counted_by_team_and_completed_ones_by_task(month: Client) -> None:
    assert list((await month.figures("transaction-count-by-team")).values()) == [10]
    assert await month.figures("task-completion-aggregated") == {"chat": 9}


async def test_tools_are_reported_by_their_events(month: Client) -> None:
    assert await month.figures("cost-by-tool") == pytest.approx({"search": 0.75})
    assert await month.figures("top-tools-by-call-count") == {"search": 2}
    assert await month.figures("tool-success-rate") == {"search": 50}
    assert await month.figures("tool-latency") == {"search": 80}
    assert await month.figures("token-vs-tool-cost") == pytest.approx({"Token Cost": 55, "Tool Cost": 0.75})
    [tool] = await month.items("cost-by-tool-agent")
    assert {one["label"]: one["metricResult"] for one in tool["metrics"]} == {"agent-0": 0.5, "agent-1": 0.25}
    breakdown = (await month.get("analytics/agent-tool-breakdown")).body["data"]
    assert [(one["agentName"], one["totalCalls"], one["totalCost"]) for one in breakdown] == [
        ("agent-0", 1, 0.5),
        ("agent-1", 1, 0.25),
    ]


async def test_tokens_are_broken_down_by_type(month: Client) -> None:
    assert await month.figures("token-breakdown-by-type") == {
        "INPUT": 10_000,
        "OUTPUT": 1000,
        "REASONING": 0,
        "CACHED": 0,
    }


async def test_movers_are_compared_with_the_window_before(month: Client) -> None:
    window = {"startDate": iso(NOW - 5 * DAY), "endDate": iso(NOW)}
    movers = await month.items("top-movers", groupBy="customer", **window)
    found = {one["groupName"]: one["metrics"][0] for one in movers}
    # The five newest calls cost 1 to 5, all of Acme; the five before 6 and 7 of Acme, 8 to 10 of Globex.
    assert (found["Acme"]["previousValue"], found["Acme"]["currentValue"], found["Acme"]["trend"]) == (13, 15, "up")
    assert found["Globex"]["trend"] == "eliminated"
    assert [one["groupName"] for one in movers] == ["Globex", "Acme"]


async def test_traces_are_ranked_by_cost_with_the_figures_of_all(month: Client) -> None:
    answer = await month.get("analytics/trace-cost-distribution", threshold="15", size="2")
    assert [(one["transactionId"], one["totalCost"]) for one in answer.body["dataPoints"]] == [
        ("trace-1", 26),
        ("trace-2", 19),
    ]
    second = await month.get("analytics/trace-cost-distribution", page="1", size="2")
    [first_trace] = second.body["dataPoints"]
    assert (first_trace["agentName"], first_trace["totalCalls"], first_trace["distinctTools"]) == ("agent-0", 4, 1)
    summary = answer.body["summary"]
    assert (summary["totalTraces"], summary["tracesAboveThreshold"], summary["p50"]) == (3, 2, 19)
    assert summary["mean"] == pytest.approx(55 / 3)


async def test_options_are_what_there_is_to_filter_by(month: Client) -> None:
    assert await month.items("filter-options/models") == ["claude-sonnet-4-5", "gpt-4o"]
    assert await month.items("filter-options/users") == ["user0@example.com", "user1@example.com"]
    assert [one["label"] for one in await month.items("filter-options/customers")] == ["Acme", "Globex"]


async def test_what_customers_bring_in_is_what_their_subscriptions_are_billed(month: Client) -> None:
    team = month.platform.team_id
    [acme, _] = await month.items("filter-options/organizations")
    [product] = await month.items("filter-options/products")
    stored = await month.send("GET", f"/v2/api/products/{product['id']}", teamId=team)
    plan = {**stored.body["plan"], "charge": 100}
    changed = await month.send("PUT", f"/v2/api/products/{product['id']}", {**stored.body, "plan": plan}, teamId=team)
    assert changed.status == 200, changed.body
    subscription = {
        "name": "Acme Gold",
        "productId": product["id"],
        "organizationId": acme["id"],
        "ownerId": stored.body["ownerId"] if "ownerId" in stored.body else stored.body["owner"]["id"],
        "teamId": team,
        "subscriberEmail": "user0@example.com",
        "start": iso(NOW - 3 * DAY),
    }
    made = await month.send("POST", "/v2/api/subscriptions", subscription, teamId=team)
    assert made.status == 201, made.body
    assert await month.figures("revenue-per-customer") == {"Acme": 100}
    assert await month.figures("revenue-per-product") == {"Gold": 100}
    assert await month.legacy("revenue-metric-by-organization") == {"Acme": 100}
    assert await month.legacy("revenue-metric-by-product", products="Silver") == {}
    assert await month.legacy("percentage-revenue-metric-by-product") == {"Gold": 100}
    # Acme's calls cost 1 to 7.
    assert await month.figures("profit-margin-per-customer") == {"Acme": 72}


@pytest.mark.parametrize(
    "query",
    [
        {"metricType": "mode"},
        {"size": "101"},
        {"page": "-1"},
        {"startDate": "soon"},
        {"startDate": "2026-03-01", "endDate": "2026-02-01"},
    ],
)
async def test_a_parameter_that_cannot_be_used_is_explained(client: Client, query: dict[str, str]) -> None:
    answer = await client.get("analytics/cost-by-model", **query)
    assert (answer.status, answer.form, answer.body["code"]) == (400, "application/problem+json", "VALIDATION_ERROR")
    assert answer.body["errors"][0]["path"][0] in query


async def test_a_team_is_refused_by_name_of_the_reason(client: Client) -> None:
    unreadable = await client.get("analytics/cost-by-model", teamId="nonsense")
    assert (unreadable.status, unreadable.body["code"]) == (400, "INVALID_TEAM_ID")
    foreign = await client.get("analytics/cost-by-model", teamId=ids.encode("team", 4711))
    assert (foreign.status, foreign.body["code"]) == (403, "TEAM_NOT_IN_MEMBERSHIP")


async def test_a_run_of_insights_ends_at_once_without_findings(client: Client) -> None:
    period = {"periodStart": iso(NOW - DAY), "periodEnd": iso(NOW)}
    made = await client.post("insights/runs", period)
    assert (made.status, made.body["status"]) == (201, "completed")
    run = (await client.get(f"insights/runs/{made.body['runId']}")).body
    assert (run["findings"], run["recommendations"]) == ([], [])
    assert {name: run[name] for name in period} == period
    slim = (await client.get(f"insights/runs/{made.body['runId']}", slim="true")).body
    assert (await client.get("insights/runs")).body == {"data": [slim], "next_cursor": None}
    assert (await client.get("insights/investigators")).body == []


@pytest.mark.parametrize("body", [{}, [], {"periodStart": "2026-03-02", "periodEnd": "2026-03-01"}])
async def test_a_run_without_a_period_is_refused(client: Client, body: object) -> None:
    assert (await client.post("insights/runs", body)).body["code"] == "VALIDATION_ERROR"


async def test_what_is_not_there_cannot_be_given_feedback(client: Client) -> None:
    assert (await client.get("insights/runs/unknown")).status == 404
    assert (await client.post("insights/feedback", {"runId": "x"})).status == 404


async def test_the_connection_tells_when_the_last_call_came(client: Client) -> None:
    assert (await client.get("status/connection")).body == {"completion_logs": {"last_date_received": None}}
    await client.call(timedelta(0))
    assert (await client.get("status/connection")).body["completion_logs"]["last_date_received"] == iso(NOW)


async def test_jobs_are_summed_up_by_type(client: Client) -> None:
    await client.call(agenticJobId="job-1", agenticJobType="support", totalCost=2)
    await client.tool("search", costUsd=0.5, agenticJobId="job-1")
    team = client.platform.team_id
    outcome = {"executionStatus": "SUCCESS", "outcomeType": "CONVERTED", "outcomeValue": 10, "outcomeCurrency": "USD"}
    reported = await client.send("POST", "/v2/api/jobs/job-1/outcome", outcome, teamId=team)
    assert reported.status < 300, reported.body
    answer = (await client.get("analytics/jobs/roi-summary")).body
    [support] = answer["byJobType"]
    assert (support["jobType"], support["totalJobs"], support["conversions"]) == ("support", 1, 1)
    assert (support["tokenCost"], support["externalToolCost"], support["totalCost"]) == (2, 0.5, 2.5)
    assert answer["summary"]["overallROI"] == 3
