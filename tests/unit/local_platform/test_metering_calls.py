from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

import pytest


async def test_a_metered_call_is_receipted_and_at_once_in_the_log(client: Any, completion: Any) -> None:
    answer = await client.meter(completion(transactionId="tx-9"))
    assert answer.status == 201
    assert answer.body["label"] == "tx-9"
    assert answer.body["resourceType"] == "metering"
    assert answer.body["signature"]
    [record] = await client.records()
    assert record["id"] == answer.body["id"]
    assert record["transactionId"] == record["spanId"] == "tx-9"


async def test_every_field_of_the_contract_comes_back(client: Any, completion: Any) -> None:
    sent = {
        "agentVersion": "1.2",
        "taskType": "summary",
        "traceId": "trace-1",
        "traceType": "nightly-run",
        "ticketId": "T-1",
        "operationType": "CHAT",
        "operationSubtype": "chat",
        "environment": "prod",
        "region": "eu",
        "retryNumber": 2,
        "modelSource": "AZURE_OPENAI",
        "modelHost": "azure",
        "systemFingerprint": "fp",
        "temperature": 0.7,
        "middlewareSource": "PYTHON",
        "agenticJobId": "j1",
        "squadRole": "lead",
        "skillName": "s",
        "promptId": "p",
        "promptLength": 12,
        "inputMessages": "[]",
        "errorReason": "none",
        "errorCode": 0,
        "responseQualityScore": 0.93,
        "reasoningTokenCount": 5,
        "cacheCreation5mTokenCount": 1,
        "cacheCreation1hTokenCount": 2,
        "timeToFirstToken": 120,
        "mediationLatency": 3,
        "subscriptionId": "sub",
        "actualServiceTier": "default",
        "effort": "high",
        "speed": "fast",
        "entrypoint": "cli",
        "codingAssistantAccountUuid": "c0ffee",
    }
    await client.meter(completion(**sent))
    [record] = await client.records()
    assert {name: record[name] for name in sent} == sent
    assert record["hasPromptData"] is True


async def test_names_come_back_as_references_and_the_credentials_value_never(client: Any, completion: Any) -> None:
    subscriber = {"id": "u1", "email": "u@example.com", "credential": {"name": "key-1", "value": "very-secret"}}
    await client.meter(completion(organizationName="Acme", productName="Gold", subscriber=subscriber))
    [record] = await client.records()
    assert record["organization"]["label"] == "Acme"
    assert record["product"]["label"] == "Gold"
    assert record["subscriberCredential"]["label"] == "key-1"
    assert record["subscriberEmail"] == "u@example.com"
    assert record["subscriberId"] == "u1"
    assert not {"organizationName", "productName", "subscriber"} & record.keys()
    assert "very-secret" not in json.dumps(record)


async def test_the_older_id_fields_hold_names_too(client: Any, completion: Any) -> None:
    await client.meter(completion(organizationId="Acme", productId="Gold", credentialAlias="key-1"))
    [record] = await client.records()
    labels = [record[name]["label"] for name in ("organization", "product", "subscriberCredential")]
    assert labels == ["Acme", "Gold", "key-1"]


async def test_a_call_is_priced_by_the_price_list(client: Any, completion: Any) -> None:
    await client.meter(completion(inputTokenCount=1_000_000, outputTokenCount=0))
    [record] = await client.records()
    assert record["priced"] is True
    assert record["totalCost"] == record["inputTokenCost"] > 0


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({"totalCost": 0.123456789}, 0.123456789),
        ({"inputTokenCost": 0.5, "outputTokenCost": 0.25}, 0.75),
        ({"totalCost": 3, "billingSkipped": True}, 0),
        ({"model": "unheard-of", "totalCost": 0.2}, 0.2),
    ],
)
async def test_what_the_client_says_about_cost_wins(
    client: Any, completion: Any, fields: dict[str, Any], total: float
) -> None:
    await client.meter(completion(**fields))
    [record] = await client.records()
    assert record["totalCost"] == total
    assert record["priced"] is True


async def test_a_multiplier_scales_what_the_price_list_says(client: Any, completion: Any) -> None:
    await client.meter(completion(transactionId="plain"))
    await client.meter(completion(transactionId="double", costMultiplier=2))
    double, plain = await client.records()
    assert double["totalCost"] == pytest.approx(2 * plain["totalCost"])


async def test_an_unknown_model_is_kept_at_no_cost_and_counted_as_unpriced(client: Any, completion: Any) -> None:
    await client.meter(completion(model="unheard-of"))
    [record] = await client.records()
    assert record["totalCost"] == 0
    assert record["priced"] is False
    assert (await client.status())["unpriced"] == 1


async def test_the_same_idempotency_key_gets_the_same_answer_and_one_row(client: Any, completion: Any) -> None:
    first = await client.meter(completion(transactionId="a"), key="k-1")
    again = await client.meter(completion(transactionId="b"), key="k-1")
    assert again.body == first.body
    assert (await client.status())["transactions"] == 1


async def test_the_same_key_at_the_same_time_still_makes_one_row(client: Any, completion: Any) -> None:
    answers = await asyncio.gather(*(client.meter(completion(), key="k-1") for _ in range(12)))
    assert len({answer.body["id"] for answer in answers}) == 1
    assert (await client.status())["transactions"] == 1


async def test_a_transaction_id_may_repeat_because_providers_reuse_theirs_on_retries(
    client: Any, completion: Any
) -> None:
    await client.meter(completion())
    await client.meter(completion())
    assert len(await client.records(transactionId="tx-1")) == 2


async def test_a_call_without_transaction_id_gets_one(client: Any, completion: Any) -> None:
    answer = await client.meter(completion(transactionId=None))
    assert answer.body["label"].startswith("tx_")


async def test_the_management_path_meters_too(client: Any, completion: Any) -> None:
    answer = await client.send("POST", "/profitstream/v2/api/ai/completions", json=completion())
    assert answer.status == 201


async def test_unknown_and_blank_fields_are_no_reason_to_refuse(client: Any, completion: Any) -> None:
    answer = await client.meter(completion(operationType="", traceType="", id="x", priced=False, news={"a": 1}))
    assert answer.status == 201
    [record] = await client.records()
    assert record["priced"] is True
    assert "news" not in record


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model": None}, "model"),
        ({"provider": ""}, "provider"),
        ({"inputTokenCount": -1}, "inputTokenCount"),
        ({"inputTokenCount": 1.5}, "inputTokenCount"),
        ({"inputTokenCount": True}, "inputTokenCount"),
        ({"inputTokenCount": "12"}, "inputTokenCount"),
        ({"outputTokenCount": 10**30}, "outputTokenCount"),
        ({"requestTime": "yesterday"}, "requestTime"),
        ({"requestTime": "2026-03-10T12:00:00"}, "requestTime"),
        ({"requestTime": 1741608000000}, "requestTime"),
        ({"stopReason": "FELL_OVER"}, "stopReason"),
        ({"stopReason": {"a": 1}}, "stopReason"),
        ({"isStreamed": "yes"}, "isStreamed"),
        ({"totalCost": -0.01}, "totalCost"),
        ({"temperature": 9}, "temperature"),
        ({"traceType": "no blanks"}, "traceType"),
        ({"agentVersion": "v" * 65}, "agentVersion"),
        ({"agent": "\ud800"}, "agent"),
        ({"subscriber": "u1"}, "subscriber"),
        ({"subscriber": {"credential": "k"}}, "subscriber.credential"),
        ({"subscriber": {"credential": {"name": 5}}}, "subscriber.credential.name"),
    ],
)
async def test_a_field_that_may_not_be_so_is_named(
    client: Any, completion: Any, fields: dict[str, Any], field: str
) -> None:
    answer = await client.meter(completion(**fields))
    assert answer.status == 400
    assert list(answer.body["details"]) == [field]
    assert (await client.status())["transactions"] == 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"a": NaN}', '{"a": 1e99999999999999999999}', "[" * 100_000, "\xff"]
)
async def test_a_body_that_is_no_object_is_refused_not_a_failure(client: Any, text: str) -> None:
    answer = await client.send("POST", "/meter/v2/ai/completions", data=text.encode("latin-1"))
    assert answer.status == 400


async def test_a_number_too_large_to_compute_with_is_refused(client: Any, completion: Any) -> None:
    text = json.dumps(completion()).replace('"inputTokenCount": 1000', '"inputTokenCount": 1e999999')
    answer = await client.send("POST", "/meter/v2/ai/completions", data=text)
    assert (answer.status, list(answer.body["details"])) == (400, ["inputTokenCount"])


async def test_a_body_over_a_mebibyte_is_too_large(client: Any, completion: Any) -> None:
    answer = await client.meter(completion(systemPrompt="x" * (1 << 20)))
    assert answer.status == 413
    assert answer.body["error"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase


async def test_an_import_takes_good_lines_and_names_bad_ones(client: Any, completion: Any) -> None:
    lines = [json.dumps(completion(transactionId="a")), "", "{oops", json.dumps(completion(model=None))]
    answer = await client.import_lines(lines)
    assert answer.body["accepted"] == 1
    assert [rejected["line"] for rejected in answer.body["rejected"]] == [3, 4]
    assert "model" in answer.body["rejected"][1]["message"]
    assert [record["transactionId"] for record in await client.records()] == ["a"]


async def test_imported_and_metered_calls_are_priced_alike(client: Any, completion: Any) -> None:
    await client.import_lines([json.dumps(completion())])
    await client.meter(completion())
    first, second = await client.records()
    assert first["totalCost"] == second["totalCost"] > 0


async def test_status_tells_the_span_of_what_was_metered(client: Any, completion: Any, clock: Any) -> None:
    assert await client.status() == {
        "transactions": 0,
        "unpriced": 0,
        "first": None,
        "last": None,
        "uptime_seconds": 0.0,
    }
    await client.meter(completion())
    clock.forward(minutes=5)
    await client.meter(completion(clock()))
    status = await client.status()
    assert status["first"] == "2026-03-10T12:00:00.000Z"
    assert status["last"] == "2026-03-10T12:05:00.000Z"
    assert status["uptime_seconds"] == 300
