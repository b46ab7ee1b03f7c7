from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.http.paging import Paging
from local_platform.metering import hours, store
from local_platform.metering.completion import Arrival, complete, named_in
from local_platform.metering.fields import checked
from local_platform.metering.names import Referred
from local_platform.metering.pages import Pages, Visit
from local_platform.metering.question import LogQuery, Span
from local_platform.storage import schema
from local_platform.wire import loads, to_ms

LOG = "sources/metrics/ai/completions"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
orders = st.sampled_from(
    [
        (("request_ms", "DESC"), ("id", "DESC")),
        (("request_ms", "ASC"), ("id", "ASC")),
        (("total_cost", "DESC"), ("id", "DESC")),
        (("id", "ASC"),),
    ]
)
minutes = st.lists(st.integers(-200, 200), max_size=25)


class Log:
    """The log of one team in memory."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        schema.migrate(self.connection)
        self.pages = Pages()

    def add(self, offsets: list[int]) -> None:
        """Meter a call for each offset in minutes from now."""
        store.meter(self.connection, [self._call(offset) for offset in offsets])

    def page(self, query: LogQuery, number: int, size: int, reader: str = "r", at: datetime = NOW) -> list[int]:
        found = self.pages.read(self.connection, query, Paging(number, size), Visit(reader, at))
        return [call.row for call in found.rows]

    def total(self, query: LogQuery) -> int:
        return self.pages.read(self.connection, query, Paging(0, 1), Visit("t", NOW)).total

    def _call(self, offset: int) -> Any:
        at = (NOW + timedelta(minutes=offset)).isoformat()
        body = {
            **{"model": "m", "provider": "P", "inputTokenCount": 1, "outputTokenCount": 1, "totalTokenCount": 2},
            **{"requestTime": at, "completionStartTime": at, "responseTime": at, "requestDuration": 1},
            **{"stopReason": "END", "totalCost": abs(offset) % 7, "agent": f"a{offset % 2}"},
        }
        fields = checked(loads(json.dumps(body).encode()))
        return complete(fields, named_in(fields), Referred(), Arrival(1, NOW))


@settings(max_examples=40, deadline=None)
@given(minutes, minutes, orders, st.integers(1, 7), st.booleans())
def test_a_walk_meets_every_row_that_was_there_exactly_once_while_others_are_added(
    before: list[int], during: list[int], order: tuple[tuple[str, str], ...], size: int, filtered: bool
) -> None:
    log = Log()
    try:
        log.add(before)
        query = LogQuery(Span(1, "TEXT"), (("agent = ?", ("a0",)),) if filtered else (), order)
        wanted = {row for row, minute in enumerate(before, start=1) if not filtered or minute % 2 == 0}
        met: list[int] = []
        for number in range(len(before) + len(during) + 1):
            met += log.page(query, number, size)
            log.add(during[number : number + 1])
        assert len(met) == len(set(met))
        assert wanted <= set(met)
    finally:
        log.connection.close()


@settings(max_examples=40, deadline=None)
@given(
    minutes,
    st.none() | st.integers(-250, 250),
    st.none() | st.integers(-250, 250),
    st.booleans(),
    st.integers(0, 6),
    st.integers(1, 5),
)
def test_a_jump_finds_the_page_that_counting_from_the_top_would(
    offsets: list[int], start: int | None, end: int | None, newest_first: bool, number: int, size: int
) -> None:
    log = Log()
    try:
        log.add(offsets)
        limits = [None if one is None else to_ms(NOW + timedelta(minutes=one)) for one in (start, end)]
        span = Span(1, None, *limits)
        inside = [
            (minute, row)
            for row, minute in enumerate(offsets, start=1)
            if (start is None or minute >= start) and (end is None or minute < end)
        ]
        inside.sort(reverse=newest_first)
        way = "DESC" if newest_first else "ASC"
        query = LogQuery(span, (), (("request_ms", way), ("id", way)))
        assert log.page(query, number, size) == [row for _, row in inside][number * size :][:size]
        assert hours.count(log.connection, span) == len(inside)
    finally:
        log.connection.close()


def test_a_total_that_is_remembered_counts_what_came_since() -> None:
    log = Log()
    query = LogQuery(Span(1), (("agent = ?", ("a0",)),), (("id", "ASC"),))
    totals = []
    for _ in range(3):
        log.add([0, 1, 2])
        totals.append(log.total(query))
    log.connection.close()
    assert totals == [2, 4, 6]


def test_who_comes_back_after_a_while_gets_the_log_as_it_is_then() -> None:
    log = Log()
    query = LogQuery(Span(1), (), (("request_ms", "DESC"), ("id", "DESC")))
    log.add([0, 1, 2, 3])
    log.page(query, 0, 2)
    log.add([4, 5])
    soon = log.page(query, 1, 2)
    later = log.page(query, 1, 2, reader="other", at=NOW + timedelta(hours=1))
    log.connection.close()
    assert (soon, later) == ([2, 1], [4, 3])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("TX-1", {"tx-1"}),
        ("anthropic", {"tx-2"}),
        ("Scout", {"tx-1"}),
        ("acme", {"tx-1"}),
        ("u@example", {"tx-2"}),
        ("x%1", set()),
        ("_", set()),
        ("tx", {"tx-1", "tx-2"}),
    ],
)
async def test_free_text_is_looked_for_in_whatever_tells_calls_apart(
    meter: Any, query: str, expected: set[str]
) -> None:
    await meter.meter("ai/completions", transactionId="tx-1", agent="scout", organizationName="Acme")
    await meter.meter(
        "ai/completions", transactionId="tx-2", provider="ANTHROPIC", subscriber={"email": "u@example.com"}
    )
    assert {call["transactionId"] for call in await meter.items(LOG, query=query)} == expected


async def test_a_renamed_organization_is_shown_and_found_by_its_present_name(meter: Any) -> None:
    await meter.meter("ai/completions", organizationName="Acme")
    assert len(await meter.items(LOG, organizationName="Acme")) == 1
    [organization] = await meter.items("organizations", tenantId=meter.platform.tenant_id)
    await meter.send("PUT", f"organizations/{organization['id']}", {**organization, "name": "Globex"})
    [call] = await meter.items(LOG, organizationName="Globex")
    assert call["organization"]["label"] == "Globex"
    assert len(await meter.items(LOG, query="globex")) == 1
    assert await meter.items(LOG, organizationName="Acme") == []


async def test_each_modality_has_a_log_of_its_own_and_all_have_one_together(meter: Any) -> None:
    for what in ("completions", "images", "audio", "video"):
        await meter.meter(f"ai/{what}", transactionId=what)
    for what in ("completions", "images", "audio", "video"):
        assert [call["transactionId"] for call in await meter.items(f"sources/metrics/ai/{what}")] == [what]
    assert len(await meter.items("sources/metrics/ai")) == 4


async def test_calls_of_one_trace_are_added_up(meter: Any) -> None:
    for cost, trace in ((0.25, "t-1"), (0.5, "t-1"), (1, "t-2"), (9, None)):
        await meter.meter("ai/completions", traceId=trace, totalCost=cost, requestDuration=600)
        meter.clock.forward(seconds=1)
    traces = await meter.items("sources/metrics/ai/traces")
    assert [(one["traceId"], one["transactionCount"], one["totalCost"]) for one in traces] == [
        ("t-2", 1, 1),
        ("t-1", 2, 0.75),
    ]
    assert traces[1]["duration"] == 1600
