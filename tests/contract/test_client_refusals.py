"""The client's side of the contract: what refusals become, and what the daemon reads from the exact exchanges."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daemon.client.identity import UNTOLD, Identity
from daemon.client.payloads.catalog import Product
from daemon.client.resources.reports import Period, Report
from daemon.client.revenium import Revenium
from daemon.client.wire import decode
from daemon.errors import (
    AuthError,
    ConflictError,
    NotFoundError,
    PlatformError,
    RateLimitedError,
    TransientError,
    ValidationFailedError,
)

PAYLOADS = Path(__file__).parent / "payloads"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ELEVEN = datetime(2026, 3, 10, 11, tzinfo=UTC)
NAMELESS = Product(version="1.0.0")

Account = Callable[..., AbstractAsyncContextManager[tuple[Revenium, Any]]]


def load(name: str) -> dict[str, Any]:
    exchange: dict[str, Any] = decode((PAYLOADS / f"{name}.json").read_bytes())
    return exchange


ERRORS: dict[str, tuple[type[PlatformError], str]] = {
    "undecodable-id": (ValidationFailedError, r"Failed to decode hashed Id: \[pr7LmN\]\); copy the id from a listing"),
    "fields": (ValidationFailedError, r"name: must not be blank"),
    "codes": (ValidationFailedError, r"productName: PRODUCT_NOT_FOUND: no such product \(create it first\)"),
    "enum": (ValidationFailedError, r"value \[DECADE\]\); use one of the values that the field allows"),
    "forbidden": (AuthError, r"\(403: Forbidden\); check REVENIUM_API_KEY"),
    "foreign-team": (AuthError, r"Access Denied\); the key belongs to another team; check REVENIUM_TEAM_ID"),
    "missing": (NotFoundError, r"Couldn't find Product with ID: pr7LmN\); check the id"),
    "conflict": (ConflictError, r"the version is outdated\); read it again"),
    "rate-limited": (RateLimitedError, r"asks to wait 600 s"),
    "broken": (TransientError, r"failed \(500: Internal Server Error\); try again later"),
    "app-unauthorized": (AuthError, r"401: UNAUTHORIZED: bad token\); check REVENIUM_API_KEY"),
    "app-membership": (AuthError, r"TEAM_NOT_IN_MEMBERSHIP: not your team\); the key belongs to another team"),
    "app-problem": (ValidationFailedError, r"query.period: not allowed \(one of HOUR, DAY\)"),
}


def test_every_refusal_is_known() -> None:
    assert sorted(ERRORS) == sorted(path.stem for path in (PAYLOADS / "errors").glob("*.json"))


@pytest.mark.parametrize("name", sorted(ERRORS))
async def test_each_refusal_has_its_kind_and_says_what_to_do(account: Account, name: str) -> None:
    exchange = load(f"errors/{name}")
    kind, words = ERRORS[name]
    async with account(exchange) as (revenium, stub):
        with pytest.raises(kind, match=words):
            await _refused(revenium, exchange["request"])
    assert stub.last == exchange["request"]


async def _refused(revenium: Revenium, request: dict[str, Any]) -> None:
    if request["path"].startswith("/api/v2"):
        await revenium.analytics.status()
    elif request["method"] == "POST":
        await revenium.products.create(NAMELESS)
    else:
        await revenium.products.get("pr7LmN")


async def test_the_refused_fields_can_be_read_one_by_one(account: Account) -> None:
    async with account(load("errors/fields")) as (revenium, _):
        with pytest.raises(ValidationFailedError) as caught:
            await revenium.products.create(NAMELESS)
    assert caught.value.fields == {"name": "must not be blank"}


# -- what the daemon reads, from the exact exchanges


async def test_the_account_is_read_from_the_exact_answer(account: Account) -> None:
    async with account(load("users-me"), told=UNTOLD) as (revenium, _):
        found = await revenium.identity()
    assert found == Identity("mGEI8s2", "i594saR", "ibQktb2", "owner@example.com")


async def test_the_log_is_read_from_the_exact_answer_to_the_nanodollar(account: Account) -> None:
    async with account(load("log")) as (revenium, _):
        page = await revenium.log_page("mGEI8s2", ELEVEN, NOON, 0)
    (call,) = page.transactions
    assert (page.total, page.rejected) == (1, ())
    assert (call.row_id, call.measures.cost_nanos, call.measures.total_tokens) == ("HFI2toN", 5_750_000, 1500)


async def test_the_empty_log_is_read_from_the_exact_answer(account: Account) -> None:
    async with account(load("log-empty")) as (revenium, _):
        assert (await revenium.log_page("mGEI8s2", ELEVEN, NOON, 0)).total == 0


async def test_the_cost_report_is_read_from_the_exact_answer(account: Account) -> None:
    async with account(load("cost-by-provider-over-time")) as (revenium, _):
        buckets = await revenium.cost_by_hour("mGEI8s2")
        report = await revenium.reports.read(Report.COST_BY_PROVIDER_TOTAL, period=Period.HOUR)
    assert [bucket.dollars for bucket in buckets] == [0, 0.00575]
    assert [group.total for bucket in report for group in bucket.groups] == [Decimal("0.00575")]
