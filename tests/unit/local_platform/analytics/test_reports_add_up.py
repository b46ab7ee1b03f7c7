"""Every report against adding up by hand, whatever was copied into columns before."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_platform.analytics.catalogue import GROUPS, REPORTS, TOKEN_TYPES, Cut
from local_platform.analytics.periods import PERIODS, Bucket, explicit, rolling
from local_platform.analytics.reports import Question, answer
from local_platform.wire import from_ms, parse_moment

from .conftest import NOW, TEAM, Ledger, open_ledger

Call = dict[str, Any]
Figures = dict[tuple[int, str], float]

CALLS = st.fixed_dictionaries(
    {
        "before": st.timedeltas(timedelta(0), timedelta(days=45)),
        "provider": st.sampled_from(["OPENAI", "ANTHROPIC", ""]),
        "model": st.sampled_from(["gpt-4o", "claude"]),
        "agent": st.sampled_from([None, "a", "b"]),
        "organization_id": st.sampled_from([None, 1, 2]),
        "organization": st.sampled_from([None, "Acme"]),
        "product_id": st.sampled_from([None, 1]),
        "credential": st.sampled_from([None, "key-1", "key-2"]),
        "total_cost": st.integers(0, 10**13),
        "duration_ms": st.integers(0, 10**6),
        "total_tokens": st.integers(0, 10**6),
        "input_tokens": st.integers(0, 10**6),
        "output_tokens": st.integers(0, 300),
        "reasoning_tokens": st.integers(0, 1),
        "cached_tokens": st.just(0),
    }
)
# Batches of calls: after each, what there is is copied, or not.
HISTORIES = st.lists(st.tuples(st.lists(CALLS, max_size=8), st.booleans()), max_size=4)
WINDOWS = st.one_of(
    st.sampled_from(PERIODS).map(lambda period: rolling(period, NOW)),
    st.tuples(
        st.timedeltas(timedelta(minutes=1), timedelta(days=40)), st.timedeltas(timedelta(0), timedelta(days=3))
    ).map(lambda pair: explicit(NOW - pair[0] - pair[1], NOW - pair[1])),
)
EXPECTED: dict[str, Callable[[list[int]], float]] = {
    "TOTAL": sum,
    "MEAN": statistics.mean,
    "MEDIAN": statistics.median,
    "MAXIMUM": max,
    "MINIMUM": min,
}
NAMES = {("organization", 1): "Acme", ("organization", 2): "Globex", ("product", 1): "Gold"}


@pytest.mark.parametrize("name", REPORTS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    group=st.sampled_from(list(GROUPS)),
    history=HISTORIES,
    window=WINDOWS,
    token_type=st.sampled_from(list(TOKEN_TYPES)),
)
def test_a_report_is_what_adding_up_the_calls_gives(
    small_batches: None,
    name: str,
    group: str,
    history: list[tuple[list[Call], bool]],
    window: list[Bucket],
    token_type: str,
) -> None:
    report = REPORTS[name]
    buckets = window if report.over_time else [Bucket(window[0].start, window[-1].end)]
    measure = TOKEN_TYPES[token_type] if report.per_minute else report.measure
    question = Question(report, buckets, measure, group, {}, TEAM)
    with closing(open_ledger()) as connection:
        ledger = Ledger(connection)
        for (kind, number), label in NAMES.items():
            ledger.name(kind, number, label)
        for calls, folded in history:
            for call in calls:
                ledger.call(**call)
            if folded:
                ledger.fold()
        found = _figures(answer(connection, question), buckets)
    everything = [call for calls, _ in history for call in calls]
    assert found == pytest.approx(_by_hand(everything, question, buckets), rel=1e-12, abs=1e-9)


def _figures(answered: Any, buckets: list[Bucket]) -> Figures:
    """Read a report; groups of one name are told apart by nothing, so their results are added up."""
    figures: Figures = defaultdict(float)
    for bucket in answered if isinstance(answered, list) else [answered]:
        start = bucket["startTimestamp"]
        moment = parse_moment(start) if isinstance(start, str) else from_ms(start)
        position = [one.start.replace(microsecond=0) for one in buckets].index(moment.replace(microsecond=0))
        for group in bucket["groups"]:
            [metric] = group["metrics"]
            figures[position, group["groupName"]] += metric["metricResult"]
    return dict(figures)


def _by_hand(calls: Iterable[Call], question: Question, buckets: list[Bucket]) -> Figures:
    column, worth = question.measure.value
    values: dict[tuple[int, object], list[int]] = defaultdict(list)
    for call in calls:
        position = _position(NOW - call["before"], buckets)
        if position is not None:
            values[position, _entity(call, question.report.cut)].append(call[column] if column else 1)
    figures: Figures = defaultdict(float)
    for (position, entity), held in values.items():
        minutes = buckets[position].minutes if question.report.per_minute else 1
        figures[position, _shown(entity, question.report.cut)] += EXPECTED[question.group](held) * worth / minutes
    return dict(figures)


def _position(moment: datetime, buckets: list[Bucket]) -> int | None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return next((index for index, one in enumerate(buckets) if _floor(one.start) <= moment < _floor(one.end)), None)


def _floor(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _entity(call: Call, cut: Cut) -> object:
    key = cut.dimension.key
    number = call.get(f"{key}_id")
    return call.get(key) if number is None else number


def _shown(entity: object, cut: Cut) -> str:
    if isinstance(entity, int):
        return NAMES[cut.dimension.kind, entity]
    return cut.dimension.unknown if entity is None else str(entity)
