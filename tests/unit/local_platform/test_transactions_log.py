from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_platform import ids


async def _import(client: Any, bodies: list[dict[str, Any]]) -> None:
    answer = await client.import_lines([json.dumps(body) for body in bodies])
    assert answer.body["rejected"] == []


@pytest.fixture
async def ten(client: Any, completion: Any, clock: Any) -> None:
    """Ten calls, one a minute; the last one is the newest."""
    await _import(
        client,
        [
            completion(
                clock() - timedelta(minutes=10 - number),
                transactionId=f"tx-{number}",
                agent=f"agent-{number % 2}",
                inputTokenCount=100 * number,
                stopReason="ERROR" if number == 3 else "END",
                organizationName="Acme" if number < 5 else "Globex",
                productName="Gold",
                traceId=f"trace-{number % 3}",
                traceName="nightly" if number == 7 else None,
                responseQualityScore=number / 10,
            )
            for number in range(10)
        ],
    )


async def test_the_newest_call_comes_first_unless_asked_otherwise(client: Any, ten: None) -> None:
    assert [r["transactionId"] for r in await client.records(size=3)] == ["tx-9", "tx-8", "tx-7"]
    assert [r["transactionId"] for r in await client.records(size=2, sort="timestamp,asc")] == ["tx-0", "tx-1"]


async def test_ten_are_a_page_unless_a_size_is_asked_for(client: Any, ten: None, completion: Any) -> None:
    await client.meter(completion())
    answer = await client.log()
    assert answer.body["page"] == {"size": 10, "totalElements": 11, "totalPages": 2, "number": 0}


async def test_a_size_above_the_maximum_is_cut_to_it(client: Any) -> None:
    assert (await client.log(size=5000)).body["page"]["size"] == 100


async def test_an_empty_page_has_no_embedded(client: Any, ten: None) -> None:
    answer = await client.log(page=7)
    assert "_embedded" not in answer.body
    assert answer.body["page"]["totalElements"] == 10


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"transactionId": "tx-4"}, {4}),
        ({"transactionIds": "tx-1,tx-2"}, {1, 2}),
        ({"agent": "agent-1"}, {1, 3, 5, 7, 9}),
        ({"stopReason": "ERROR"}, {3}),
        ({"organizationName": "Acme"}, {0, 1, 2, 3, 4}),
        ({"traceId": "trace-0", "agent": "agent-1"}, {3, 9}),
        ({"traceName": "nightly"}, {7}),
        ({"provider": "OPENAI", "model": "gpt-4o", "inputTokenCountMin": 700}, {7, 8, 9}),
        ({"inputTokenCountMin": 200, "inputTokenCountMax": 300}, {2, 3}),
        ({"responseQualityScoreMax": 0.2}, {0, 1, 2}),
        ({"startDate": "2026-03-10T11:58:00Z"}, {8, 9}),
        ({"endDate": "2026-03-10T11:52:00Z"}, {0, 1}),
        ({"startDate": "2026-03-10T12:53:00+01:00", "endDate": "2026-03-10T11:55:00Z"}, {3, 4}),
        ({"startDate": "2026-03-11"}, set()),
        ({"environment": "prod"}, set()),
        ({"somethingElse": "x", "includeCodingAssistants": "true"}, set(range(10))),
    ],
)
async def test_filters_pick_rows(client: Any, ten: None, query: dict[str, Any], expected: set[int]) -> None:
    records = await client.records(size=100, **query)
    assert {int(record["transactionId"].removeprefix("tx-")) for record in records} == expected


async def test_a_product_is_filtered_by_the_id_that_its_records_show(client: Any, ten: None) -> None:
    product = (await client.records(size=1))[0]["product"]["id"]
    assert len(await client.records(productId=product)) == 10
    assert await client.records(productId=ids.encode("product", 99)) == []


async def test_a_cost_range_is_exact_at_its_edges(client: Any, completion: Any) -> None:
    await client.meter(completion(totalCost=0.3))
    assert len(await client.records(totalCostMin=0.3, totalCostMax=0.3)) == 1
    assert await client.records(totalCostMin=0.300000001) == []


@pytest.mark.parametrize(
    "query",
    [
        {"page": "x"},
        {"page": "-1"},
        {"size": "0"},
        {"size": "ten"},
        {"sort": "colour,asc"},
        {"sort": "requestTime,up"},
        {"startDate": "last week"},
        {"startDate": "2026-03-10T12:00:00"},
        {"totalCostMin": "much"},
        {"totalCostMin": "NaN"},
        {"totalCostMax": "-1"},
        {"agent": ""},
        {"traceId": "x" * 256},
        {"transactionIds": ","},
    ],
)
async def test_a_query_that_cannot_be_read_is_refused(client: Any, query: dict[str, str]) -> None:
    answer = await client.log(**query)
    assert answer.status == 400
    assert "'" in json.dumps(answer.body) or answer.body["details"]


async def test_a_record_is_found_by_its_rows_id(client: Any, ten: None) -> None:
    [record] = await client.records(transactionId="tx-6")
    path = record["_links"]["self"]["href"].removeprefix(client.platform.url)
    answer = await client.get(path)
    assert answer.body == record


async def test_a_row_that_is_not_there_is_not_found_and_what_is_no_id_is_refused(client: Any, ten: None) -> None:
    from local_platform import ids

    base = "/profitstream/v2/api/sources/metrics/ai/completions"
    missing = await client.get(f"{base}/{ids.encode('completion', 999)}")
    assert missing.status == 404
    nonsense = await client.get(f"{base}/tx-6")
    assert (nonsense.status, nonsense.body["message"]) == (400, "Failed to decode hashed Id: [tx-6]")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 7),
    sort=st.sampled_from(["requestTime,DESC", "timestamp,asc", "totalCost,desc", "created,asc", "id,desc"]),
)
async def test_walking_the_pages_meets_every_row_once_although_rows_tie(
    client: Any, completion: Any, clock: Any, size: int, sort: str
) -> None:
    if not (await client.status())["transactions"]:
        await _import(
            client, [completion(clock() - timedelta(minutes=n // 4), transactionId=f"tx-{n}") for n in range(20)]
        )
    seen: list[str] = []
    for page in range(20 // size + 1):
        seen += [record["id"] for record in await client.records(page=page, size=size, sort=sort)]
    assert len(seen) == len(set(seen)) == 20
