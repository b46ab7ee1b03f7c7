"""Moments, money and unknown fields on their way in and out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from daemon.client.payloads.alerting import FiredAlert, Rule
from daemon.client.payloads.analytics import Bucket
from daemon.client.payloads.catalog import Plan, Product, Source, Tier
from daemon.client.payloads.log import LoggedCall
from daemon.client.payloads.metering import ToolUse
from daemon.client.payloads.models import Model
from daemon.client.wire import UNREADABLE, camel, decode, encode, parameters
from daemon.testing import NOON


@pytest.mark.parametrize(
    ("text", "value"), [(b"0.1", Decimal("0.1")), (b"1e-9", Decimal("1e-9")), (b"3", 3), (b"12.50", Decimal("12.50"))]
)
def test_fractions_are_read_exactly(text: bytes, value: Any) -> None:
    assert decode(text) == value
    assert type(decode(text)) is type(value)


@pytest.mark.parametrize(
    "text", [b"1e999999999999999999999", b"1e999999999", b"1e-999999999", b"1" * 5000, b"{", b"\xff"]
)
def test_numbers_without_bounds_and_what_is_no_json_are_refused(text: bytes) -> None:
    with pytest.raises(UNREADABLE):
        decode(text)


def test_a_query_is_written_in_the_platforms_forms_and_leaves_out_what_is_none() -> None:
    query = {
        "a": True,
        "b": False,
        "c": None,
        "d": ("x", "y"),
        "e": (),
        "f": NOON,
        "g": date(2026, 3, 4),
        "h": Decimal("0.10"),
        "i": 3,
        "j": "é\ud800",
    }
    assert parameters(query) == [
        ("a", "true"),
        ("b", "false"),
        ("d", "x"),
        ("d", "y"),
        ("f", "2026-03-04T12:00:00.000Z"),
        ("g", "2026-03-04"),
        ("h", "0.10"),
        ("i", "3"),
        ("j", "é?"),
    ]


def test_bodies_are_written_with_plain_numbers_and_moments_in_utc() -> None:
    berlin = datetime(2026, 3, 4, 13, tzinfo=timezone(timedelta(hours=1)))
    use = ToolUse(tool_id="t", duration_ms=5, success=True, timestamp=berlin, cost_usd=Decimal("0.005"))
    assert encode(use.body()) == (
        '{"toolId": "t", "durationMs": 5, "success": true, "timestamp": "2026-03-04T12:00:00.000Z", "costUsd": 0.005}'
    )
    assert encode({"day": date(2026, 3, 4)}) == '{"day": "2026-03-04"}'
    with pytest.raises(TypeError, match="object has no form in JSON"):
        encode({"x": object()})


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-04T12:00:00Z",
        "2026-03-04T12:00:00.000Z",
        "2026-03-04T12:00:00",
        "2026-03-04T13:00:00+01:00",
        1772625600000,
    ],
)
def test_a_moment_is_read_in_either_form_as_aware_utc(written: Any) -> None:
    moment = FiredAlert.model_validate({"triggeredTimestamp": written}).triggered_timestamp
    assert moment == NOON
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("written", ["soon", 10**30, True, [], {}])
def test_what_is_no_moment_is_refused_without_being_shown(written: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Bucket.model_validate({"startTimestamp": written})
    assert "soon" not in str(caught.value)
    assert "input_value" not in str(caught.value)


def test_money_is_exact_whether_written_as_a_number_or_as_text() -> None:
    body = decode(b'{"tiers": [{"unitAmount": 0.1}, {"unitAmount": "0.1"}, {"unitAmount": 1}], "charge": 19.99}')
    plan = Plan.model_validate(body)
    assert [tier.unit_amount for tier in plan.tiers] == [Decimal("0.1"), Decimal("0.1"), Decimal(1)]
    assert plan.charge == Decimal("19.99")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "abc", [], True])
def test_what_is_no_money_is_refused(amount: Any) -> None:
    with pytest.raises(ValidationError):
        Tier.model_validate({"flatAmount": amount})


def test_an_unknown_field_is_kept_and_sent_back_but_not_shown() -> None:
    product = Product.model_validate({"id": "p", "novelty": {"a": [1]}, "_links": {}, "plan": {"novelty": 1}})
    assert product.body() == {"id": "p", "novelty": {"a": [1]}, "_links": {}, "plan": {"novelty": 1}}
    assert repr(product) == "Product(id='p', plan=Plan())"


def test_what_was_not_set_is_not_sent_and_what_was_cleared_is() -> None:
    assert Rule(name="r", trigger_after_persists_duration=None).body() == {
        "name": "r",
        "triggerAfterPersistsDuration": None,
    }


def test_a_list_may_be_null() -> None:
    assert Rule.model_validate({"filters": None, "slackConfigurations": None}).filters == ()


def test_the_platforms_spelling_is_met() -> None:
    assert camel("cache_creation_1hr_cost_per_input_token") == "cacheCreation1hrCostPerInputToken"
    assert Model.model_validate({"cacheCreation1hrCostPerInputToken": 1}).cache_creation_1hr_cost_per_input_token == 1
    assert Source.model_validate({"logoURL": "x"}).logo_url == "x"


@settings(max_examples=60, deadline=None)
@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is given beside
def test_a_moment_goes_out_and_comes_back_to_the_millisecond(moment: datetime) -> None:
    call = LoggedCall(request_time=moment)
    back = LoggedCall.model_validate(decode(encode(call.body()).encode())).request_time
    assert back is not None
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
