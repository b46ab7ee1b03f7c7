from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from local_platform.analytics.catalogue import REPORTS

MODELS = (("OPENAI", "gpt-4o"), ("OPENAI", "gpt-5-mini"), ("ANTHROPIC", "claude-sonnet-4-5"))


@pytest.fixture
async def week(client: Any, completion: Any, clock: Any) -> list[dict[str, Any]]:
    """Eight days of hourly calls, the oldest of them outside a week; returns the log's records."""
    bodies = []
    for hour in range(8 * 24):
        provider, model = MODELS[hour % 3]
        bodies.append(
            completion(
                clock() - timedelta(hours=hour, minutes=30),
                provider=provider,
                model=model,
                inputTokenCount=1000 + 37 * hour,
                requestDuration=100 + hour % 7,
                agent=None if hour % 5 == 0 else f"agent-{hour % 4}",
                organizationName="Acme" if hour % 2 else None,
                productName="Gold",
                subscriber={"credential": {"name": "key-1"}} if hour % 3 else None,
            )
        )
    answer = await client.import_lines([json.dumps(body) for body in bodies])
    assert answer.body["rejected"] == []
    return [record for page in range(2) for record in await client.records(page=page, size=100)]


def _sums(report: list[dict[str, Any]]) -> dict[str, float]:
    """Add a report up the way its clients do."""
    sums: dict[str, float] = defaultdict(float)
    for bucket in report:
        for group in bucket["groups"]:
            sums[group["groupName"]] += sum(metric["metricResult"] for metric in group["metrics"])
    return dict(sums)


def _expected(records: list[dict[str, Any]], clock: Any, days: int, key: Any) -> dict[str, float]:
    since = (clock() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
    sums: dict[str, float] = defaultdict(float)
    for record in records:
        if record["requestTime"] >= since:
            sums[key(record)] += record["totalCost"]
    return dict(sums)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("total-cost-by-provider-over-time", lambda r: r["provider"]),
        ("cost-metric-by-provider-over-time", lambda r: r["provider"]),
        ("total-cost-by-model", lambda r: r["model"]),
        ("cost-metrics-by-agents-over-time", lambda r: r.get("agent", "Unclassified")),
        ("cost-metric-by-organization", lambda r: r.get("organization", {}).get("label", "Unclassified")),
        ("cost-metric-by-product", lambda r: r["product"]["label"]),
        (
            "cost-metrics-by-subscriber-credential",
            lambda r: r.get("subscriberCredential", {}).get("label", "ANONYMOUS-API-KEY"),
        ),
    ],
)
async def test_a_cost_report_adds_up_to_what_the_log_says(
    client: Any, week: list[dict[str, Any]], clock: Any, name: str, key: Any
) -> None:
    report = await client.report(name, period="SEVEN_DAYS")
    assert len(report) == 7
    assert _sums(report) == pytest.approx(_expected(week, clock, 7, key), abs=1e-9)


@pytest.mark.parametrize("name", ["cost-metric-by-provider", "cost-metric-by-model"])
async def test_some_reports_are_one_object_for_the_whole_window(
    client: Any, week: list[dict[str, Any]], clock: Any, name: str
) -> None:
    report = await client.report(name, period="SEVEN_DAYS", group="TOTAL")
    field = "provider" if "provider" in name else "model"
    assert _sums([report]) == pytest.approx(_expected(week, clock, 7, lambda r: r[field]), abs=1e-9)


async def test_a_providers_metric_lists_its_models_and_they_add_up(client: Any, week: Any) -> None:
    for bucket in await client.report("total-cost-by-provider-over-time", period="SEVEN_DAYS"):
        for group in bucket["groups"]:
            [metric] = group["metrics"]
            models = metric["aggregatedModelAIMetrics"]
            assert sum(model["metricResult"] for model in models) == pytest.approx(metric["metricResult"], abs=1e-8)
            assert all(100 <= model["timeResult"] <= 106 for model in models)


@pytest.mark.parametrize("name", sorted(REPORTS))
async def test_every_report_stamps_time_the_way_its_kind_does(client: Any, week: Any, name: str) -> None:
    report = await client.report(name, period="SEVEN_DAYS", group="TOTAL")
    bucket = report[0] if isinstance(report, list) else report
    stamp = bucket["startTimestamp"]
    if name.endswith("-by-model"):
        assert stamp == "2026-03-03T12:00:00.000Z"
    else:
        assert stamp == 1772539200000
    metric = bucket["groups"][0]["metrics"][0]
    assert metric["startTimestamp"] == stamp
    assert metric["metricType"]


@pytest.mark.parametrize("name", sorted(REPORTS))
async def test_a_report_of_nothing_is_empty_in_its_own_form(client: Any, name: str) -> None:
    report = await client.report(name, period="HOUR", group="MEDIAN")
    assert report == [] if isinstance(report, list) else report["groups"] == []


async def test_the_groups_are_the_usual_aggregates(client: Any, completion: Any, clock: Any) -> None:
    for cost in (1, 2, 6, 7):
        await client.meter(completion(clock() - timedelta(minutes=1), totalCost=cost, agent="a"))
    found = {}
    for group in ("TOTAL", "MEAN", "MEDIAN", "MAXIMUM", "MINIMUM"):
        report = await client.report("cost-metrics-by-agents-over-time", period="HOUR", group=group)
        found[group] = _sums(report)["a"]
    assert found == {"TOTAL": 16, "MEAN": 4, "MEDIAN": 4, "MAXIMUM": 7, "MINIMUM": 1}


async def test_calls_durations_and_tokens_are_reported_too(client: Any, completion: Any, clock: Any) -> None:
    at = clock() - timedelta(minutes=1)
    for duration in (100, 300):
        await client.meter(completion(at, agent="a", requestDuration=duration, reasoningTokenCount=10))
    assert _sums(await client.report("call-count-metrics-by-agents", period="HOUR")) == {"a": 2}
    assert _sums(await client.report("performance-metrics-by-agents", period="HOUR")) == {"a": 200}
    assert _sums(await client.report("performance-metric-by-model", period="HOUR")) == {"gpt-4o": 200}
    # 2200 tokens within a bucket of five minutes.
    assert _sums(await client.report("tokens-per-minute-by-provider", period="HOUR")) == {"OPENAI": 440}
    reasoning = await client.report("tokens-per-minute-by-provider", period="HOUR", tokenType="REASONING")
    assert _sums(reasoning) == {"OPENAI": 4}


async def test_entities_are_picked_by_name_or_by_id(client: Any, week: Any) -> None:
    name = "cost-metric-by-organization"
    everything = await client.report(name, period="SEVEN_DAYS")
    acme = next(g["metrics"][0] for b in everything for g in b["groups"] if g["groupName"] == "Acme")
    by_name = await client.report(name, period="SEVEN_DAYS", organizations="Acme,Globex")
    by_id = await client.report(name, period="SEVEN_DAYS", organizations=acme["organizationId"])
    assert _sums(by_name) == _sums(by_id) == {"Acme": _sums(everything)["Acme"]}


async def test_a_models_report_can_be_kept_to_one_provider(client: Any, week: Any) -> None:
    report = await client.report("total-cost-by-model", period="SEVEN_DAYS", provider="ANTHROPIC")
    assert set(_sums(report)) == {"claude-sonnet-4-5"}


async def test_chosen_dates_win_over_a_period_and_end_before_the_end(client: Any, completion: Any, clock: Any) -> None:
    start, end = clock() - timedelta(hours=2), clock() - timedelta(hours=1)
    for at in (start, end):
        await client.meter(completion(at, totalCost=1, agent="a"))
    dates = {"startDate": start.isoformat(), "endDate": end.isoformat(), "period": "SEVEN_DAYS"}
    report = await client.report("cost-metrics-by-agents-over-time", **dates)
    assert len(report) == 12
    assert _sums(report) == {"a": 1}


@pytest.mark.parametrize(
    "query",
    [
        {"period": "FORTNIGHT"},
        {"group": "MODE"},
        {"endDate": "2026-03-10T00:00:00Z"},
        {"startDate": "2026-03-10T00:00:00Z", "endDate": "2026-03-09T00:00:00Z"},
        {"startDate": "1000-01-01"},
        {"startDate": "soon"},
        {"startDate": "9999-12-31T23:00:00Z", "endDate": "9999-12-31T23:59:00Z"},
    ],
)
async def test_a_report_that_cannot_be_cut_is_refused(client: Any, query: dict[str, str]) -> None:
    answer = await client.get("/v2/api/sources/metrics/ai/total-cost-by-model", **query)
    assert answer.status == 400


async def test_connected_means_that_something_was_metered(client: Any, completion: Any) -> None:
    before = await client.report("data-connected/sources")
    assert before["sdkMetering"] == {"connected": False, "lastReceived": None}
    await client.meter(completion())
    after = await client.report("data-connected/sources")
    assert after["sdkMetering"] == {"connected": True, "lastReceived": "2026-03-10T12:00:00.000Z"}
    assert (await client.report("data-connected"))["connected"] is True
