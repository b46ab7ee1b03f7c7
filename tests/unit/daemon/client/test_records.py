"""Rows of the platform's log become calls in our terms; rows that make no sense are set aside alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from daemon.client.records import CompletionRecord, CostBucket, Page
from daemon.client.revenium import _sort_out
from daemon.clock import to_ms
from daemon.domain import TOTAL, Dimension, Entity, Measures, Transaction
from daemon.testing import NOON

LEAST = {"id": "row-1", "requestTime": "2026-03-04T12:00:00Z"}

FULL = LEAST | {
    "transactionId": "tx-1",
    "provider": "OPENAI",
    "model": "gpt-5",
    "agent": "research-agent",
    "taskType": "summarize",
    "subscriberEmail": "ann@example.com",
    "organization": {"id": "org1", "label": "Acme", "_links": {"self": {"href": "https://x/"}}},
    "product": {"id": "pr1", "name": "Gold"},
    "subscriberCredential": {"id": "cred1", "label": "production key"},
    "totalCost": 0.0123456789,
    "inputTokenCount": 1200,
    "outputTokenCount": 300,
    "totalTokenCount": 1600,
    "requestDuration": 850,
    "stopReason": "END",
    "temperature": 0.7,
    "traceId": "trace-1",
}


def read(**changes: Any) -> Transaction:
    return CompletionRecord.model_validate(LEAST | changes).transaction()


def test_a_full_row_becomes_a_call_with_every_dimension_and_measure() -> None:
    assert CompletionRecord.model_validate(FULL).transaction() == Transaction(
        row_id="row-1",
        transaction_id="tx-1",
        at=to_ms(NOON),
        entities=(
            TOTAL,
            Entity(Dimension.PROVIDER, "OPENAI"),
            Entity(Dimension.MODEL, "gpt-5"),
            Entity(Dimension.AGENT, "research-agent"),
            Entity(Dimension.API_KEY, "production key"),
            Entity(Dimension.CUSTOMER, "Acme"),
            Entity(Dimension.PRODUCT, "Gold"),
            Entity(Dimension.USER, "ann@example.com"),
            Entity(Dimension.TASK_TYPE, "summarize"),
        ),
        measures=Measures(
            calls=1, cost_nanos=12_345_679, input_tokens=1200, output_tokens=300, total_tokens=1600, latency_ms=850
        ),
    )


def test_the_barest_row_is_a_call_of_the_total_alone() -> None:
    assert read() == Transaction("row-1", "row-1", to_ms(NOON), (TOTAL,), Measures(calls=1))


def test_a_name_is_the_label_before_the_name_before_the_id() -> None:
    def customer(**reference: str) -> str:
        return read(organization=reference).entities[1].name

    assert customer(id="o", name="n", label="l") == "l"
    assert customer(id="o", name="n") == "n"
    assert customer(id="o") == "o"
    assert read(organization={}).entities == (TOTAL,)


@pytest.mark.parametrize("empty", [None, ""])
def test_a_dimension_without_a_name_is_left_out(empty: str | None) -> None:
    assert read(agent=empty, model=empty).entities == (TOTAL,)


def test_an_emoji_cut_in_half_does_not_cost_the_call() -> None:
    call = read(agent="bot \ud83d", organization={"label": "\ude00"})
    assert [entity.name for entity in call.entities] == ["", "bot ?", "?"]


def test_tokens_that_are_not_summed_are_summed_here() -> None:
    assert read(inputTokenCount=3, outputTokenCount=4).measures.total_tokens == 7
    assert read(inputTokenCount=3, outputTokenCount=4, totalTokenCount=0).measures.total_tokens == 0


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({}, 0),
        ({"stopReason": "END"}, 0),
        ({"stopReason": "ERROR"}, 1),
        ({"errorReason": "timeout"}, 1),
        ({"errorReason": ""}, 0),
    ],
)
def test_a_call_failed_if_it_stopped_in_error_or_gives_a_reason(changes: dict[str, str], errors: int) -> None:
    assert read(**changes).measures.errors == errors


@pytest.mark.parametrize(
    "text", ["2026-03-04T12:00:00Z", "2026-03-04T12:00:00", "2026-03-04T13:00:00+01:00", "2026-03-04T12:00:00.000+0000"]
)
def test_times_are_utc_unless_they_say_otherwise(text: str) -> None:
    assert read(requestTime=text).at == to_ms(datetime(2026, 3, 4, 12, tzinfo=UTC))


def test_a_cost_in_quotes_is_a_cost_and_a_credit_is_negative() -> None:
    assert read(totalCost="0.000000001").measures.cost_nanos == 1
    assert read(totalCost=-2).measures.cost_nanos == -2_000_000_000


@given(st.decimals(0, 1000, places=9))
def test_costs_are_exact_to_the_nano_dollar_through_json(cost: Decimal) -> None:
    row = json.loads(json.dumps(LEAST | {"totalCost": float(cost)}))
    assert CompletionRecord.model_validate(row).transaction().measures.cost_nanos == cost * 10**9


BAD = [
    ({"totalCost": "abc"}, "totalCost"),
    ({"totalCost": float("nan")}, "totalCost"),
    ({"totalCost": "Infinity"}, "totalCost"),
    ({"totalCost": 1e18}, "at most 1000000 dollars"),
    ({"totalCost": True}, "totalCost"),
    ({"totalCost": {}}, "totalCost"),
    ({"inputTokenCount": -1}, "inputTokenCount"),
    ({"outputTokenCount": 1.5}, "outputTokenCount"),
    ({"totalTokenCount": 10**13}, "totalTokenCount"),
    ({"requestDuration": "fast"}, "requestDuration"),
    ({"requestTime": None}, "requestTime"),
    ({"requestTime": "yesterday"}, "requestTime"),
    ({"organization": "Acme"}, "organization"),
    ({"agent": 5}, "agent"),
    ({"id": "\ud800"}, "id"),
    ({"id": ""}, "id"),
    ({"id": 17}, "id"),
]


@pytest.mark.parametrize(("changes", "reason"), BAD)
def test_a_row_that_makes_no_sense_is_set_aside_and_its_neighbours_are_kept(
    changes: dict[str, Any], reason: str
) -> None:
    before, after = LEAST | {"id": "before"}, LEAST | {"id": "after"}
    good, bad = _sort_out([before, LEAST | changes, after])
    assert [transaction.row_id for transaction in good] == ["before", "after"]
    (rejected,) = bad
    assert reason in rejected.reason
    assert json.loads(rejected.record)["requestTime"] == (LEAST | changes)["requestTime"]


def test_a_row_without_a_time_says_what_it_lacks() -> None:
    _, (rejected,) = _sort_out([{"id": "row-1"}])
    assert (rejected.row_id, rejected.reason) == ("row-1", "requestTime: Field required")


@pytest.mark.parametrize("row", [None, 5, "row", [], [LEAST], True])
def test_a_row_that_is_no_object_is_set_aside(row: Any) -> None:
    good, bad = _sort_out([row, LEAST])
    assert len(good) == 1
    assert bad[0].row_id.startswith("unnamed:")


@pytest.mark.parametrize("identity", [None, "", 17, {"a": 1}, "\ud800", "row\0"])
def test_a_row_whose_id_cannot_be_stored_is_named_by_its_content(identity: object) -> None:
    first, again, other = (
        _sort_out([{"id": identity, "requestTime": None, "agent": agent}])[1][0].row_id for agent in ("a", "a", "b")
    )
    assert first.startswith("unnamed:")
    assert first == again != other
    assert first.isascii()


def test_what_is_kept_of_a_row_that_was_set_aside_is_bounded() -> None:
    _, (rejected,) = _sort_out([{"id": "row-1", "agent": "x" * 100_000}])
    assert len(rejected.record) == 4000


# -- pages


def test_the_rows_of_a_page_are_found_under_any_name() -> None:
    page = Page.model_validate({"_embedded": {"aICompletionMetricResourceList": [1, 2]}, "page": {"totalElements": 2}})
    assert (page.items, page.page.total_elements) == ([1, 2], 2)


def test_an_empty_page_has_no_rows() -> None:
    assert Page.model_validate({"page": {"totalElements": 0}}).items == []
    assert Page.model_validate({"_embedded": {}, "page": {"totalElements": 0}}).items == []


@pytest.mark.parametrize(
    "body", [{}, {"message": "maintenance"}, {"page": {}}, {"page": {"totalElements": -1}}, {"_embedded": []}, [], None]
)
def test_an_answer_that_does_not_say_how_much_there_is_is_no_page(body: object) -> None:
    with pytest.raises(ValidationError):
        Page.model_validate(body)


def test_a_bucket_costs_what_its_groups_cost_together() -> None:
    groups = [{"groupName": name, "metrics": [{"metricResult": 1.25}, {"metricResult": 2}]} for name in "ab"]
    bucket = CostBucket.model_validate({"startTimestamp": 1, "endTimestamp": 2, "groups": groups})
    assert bucket.dollars == 6.5
    assert CostBucket.model_validate({"startTimestamp": 1, "endTimestamp": 2}).dollars == 0
