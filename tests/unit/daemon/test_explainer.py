"""Alerts explained from a real database: the parts add up, and the words name who and what made the excess."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert
from daemon.clock import to_ms
from daemon.domain import HOUR_MS, Measures, SeriesKey, Transaction
from daemon.explaining.explainer import Explainer, is_due
from daemon.explaining.wording import drivers, facts
from daemon.storage.sqlite import SqliteStore
from daemon.store import PartitionCommit
from daemon.testing import NOON
from detectors.explanation import Driver, Explanation

NOW = to_ms(NOON)
DAY_MS = 24 * HOUR_MS
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("UTC")
ORDINARY_DAYS = 14

Make = Callable[..., Transaction]
MakeAlert = Callable[..., Alert]


class Traffic:
    """A store that is filled call by call."""

    def __init__(self, store: SqliteStore, call: Make) -> None:
        self.store, self._call, self._calls = store, call, list[Transaction]()

    def add(self, at: int, count: int, dollars: float, **given: Any) -> None:
        """Add some calls of one price at a moment."""
        for _ in range(count):
            self._calls.append(self._call(f"row-{len(self._calls)}", at, nanos=round(dollars * 1e9), **given))

    def usual(self, count: int, dollars: float, **given: Any) -> None:
        """Add the same calls at half past eleven of each day before."""
        for day in range(1, ORDINARY_DAYS + 1):
            self.add(NOW - day * DAY_MS - HOUR_MS // 2, count, dollars, **given)

    def now(self, count: int, dollars: float, **given: Any) -> None:
        """Add calls at half past eleven today."""
        self.add(NOW - HOUR_MS // 2, count, dollars, **given)

    async def explained(self, alert: Alert) -> Alert:
        """Store the calls, and explain an alert."""
        await self.store.ingest("log", self._calls, at=NOW, watermark=NOW)
        return await Explainer(self.store, ZONE).explained(alert)


@pytest.fixture
def traffic(store: SqliteStore, call: Make) -> Traffic:
    return Traffic(store, call)


def known(alert: Alert) -> Explanation:
    assert alert.explanation is not None
    return alert.explanation


def by_name(explanation: Explanation, dimension: str) -> Mapping[str, Decimal]:
    return {one.name: one.excess for one in explanation.contributors[dimension]}


async def test_a_leaked_key_is_named_with_its_dollars(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(10, 1.0, agent="robot", api_key="prod", model="big", total_tokens=1000)
    traffic.usual(10, 1.0, agent="helper", api_key="prod", model="big", total_tokens=1000)
    for who, key, count in (("robot", "prod", 10), ("helper", "prod", 10), ("robot", "leaked", 20)):
        traffic.now(count, 1.0, agent=who, api_key=key, model="big", total_tokens=1000)
    told = await traffic.explained(alert("cost/total", observed=40.0, expected=20.0))
    assert told.summary == (
        "All AI usage spent $40.00 within an hour, where $20.00 is usual (2.0 times as much), "
        "mostly API key leaked ($20.00) and agent robot ($20.00), because of 2.0 times as many calls ($20.00)."
    )
    assert told.causes == (
        "API key leaked: $20.00, usually nothing (100 % of the excess)",
        "agent robot: $30.00, usually $10.00 (100 % of the excess)",
        "model big: $40.00, usually $20.00 (100 % of the excess)",
    )
    assert known(told).excess == Decimal(20)
    assert by_name(known(told), "api_key") == {"leaked": Decimal(20), "prod": Decimal(0)}
    assert ("Made by", "calls +20 $20.00") in facts(told, ZONE)
    assert ("Compared with", "the same hour of 10 weekdays since Wed 18 Feb") in facts(told, ZONE)


async def test_the_dimension_of_the_series_itself_says_nothing(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(1, 1.0, agent="robot", model="big")
    traffic.now(5, 1.0, agent="robot", model="big")
    assert set(known(await traffic.explained(alert(observed=5.0, expected=1.0))).contributors) == {"model"}


async def test_longer_calls_at_a_lower_price_are_told_apart(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(10, 1.0, agent="robot", model="big", total_tokens=1000)
    traffic.now(10, 3.0, agent="robot", model="big", total_tokens=4000)
    told = await traffic.explained(alert(observed=30.0, expected=10.0))
    assert drivers(known(told)) == "tokens per call $30.00, price per token -$10.00"
    assert told.summary.endswith("because of more tokens per call, despite lower prices per token.")


async def test_what_calm_days_do_not_bear_out_is_left_unexplained(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(10, 1.0, agent="robot")
    traffic.now(20, 1.0, agent="robot")
    told = await traffic.explained(alert(observed=20.0, expected=6.0))
    assert known(told).unexplained == Decimal(4)
    assert drivers(known(told)) == "calls +10 $10.00, not explained $4.00"
    assert told.summary.endswith("leaving $4.00 unexplained.")


async def test_of_a_drop_is_told_who_stopped(traffic: Traffic, alert: MakeAlert) -> None:
    for agent in ("robot", "helper"):
        traffic.usual(10, 1.0, agent=agent, model="big")
    traffic.now(10, 1.0, agent="helper", model="big")
    told = await traffic.explained(alert("cost/total", observed=10.0, expected=20.0))
    assert told.summary == (
        "All AI usage spent $10.00 within an hour, where $20.00 is usual (50 % less), "
        "mostly agent robot (nothing instead of $10.00), because of fewer calls (-$10.00)."
    )
    assert told.causes[0] == "agent robot: nothing, usually $10.00 (100 % of the shortfall)"


async def test_failures_name_the_model_that_fails(traffic: Traffic, alert: MakeAlert) -> None:
    for model in ("big", "small"):
        traffic.usual(50, 0.1, model=model)
    traffic.now(20, 0.1, model="big", errors=1)
    traffic.now(30, 0.1, model="big")
    traffic.now(50, 0.1, model="small")
    told = await traffic.explained(alert("error_rate/total", observed=0.2, expected=0.0))
    assert told.summary.endswith("mostly model big (40.0 % instead of 0.0 %).")
    assert told.causes == ("model big: 40.0 %, usually 0.0 % (100 % of the rise)",)
    assert known(told).effects == ()
    assert "Made by" not in dict(facts(told, ZONE))


async def test_tokens_are_shared_out_without_dollars(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(10, 0.1, agent="robot", task_type="chat", input_tokens=100)
    traffic.now(10, 0.1, agent="robot", task_type="chat", input_tokens=100)
    traffic.now(1, 0.1, agent="robot", task_type="dump", input_tokens=9000)
    told = await traffic.explained(alert("input_tokens/agent/robot", observed=10_000.0, expected=1000.0))
    assert "mostly task dump (9,000 tokens)" in told.summary


async def test_somebody_new_is_compared_with_having_spent_nothing(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(10, 1.0, agent="helper")
    traffic.now(5, 1.0, agent="robot", api_key="leaked")
    told = await traffic.explained(alert(observed=5.0, expected=0.0))
    assert told.summary.endswith(
        "(nothing is usual here), mostly API key leaked ($5.00), because of more calls ($5.00)."
    )
    assert known(told).baseline.startswith("the same hour of 10 weekdays")


async def test_where_nothing_went_before_only_the_numbers_are_told(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.now(5, 1.0, agent="robot")
    told = await traffic.explained(alert(observed=5.0, expected=1.0))
    assert told.explanation is None
    assert told.summary == "Agent robot spent $5.00 within an hour, where $1.00 is usual (5.0 times as much)."
    assert told.causes == ()
    assert "Compared with" not in dict(facts(told, ZONE))


async def test_hours_of_an_earlier_alert_are_not_taken_for_ordinary(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(10, 1.0, agent="robot")
    traffic.add(NOW - DAY_MS - HOUR_MS // 2, 1000, 1.0, agent="robot")
    traffic.now(20, 1.0, agent="robot")
    epoch, position = (await traffic.store.acquire())[0]
    yesterday = NOON - 24 * HOUR
    earlier = alert(opened=yesterday, resolved_at=yesterday + HOUR)
    await traffic.store.commit([PartitionCommit(0, epoch, position, position + 1, alerts=[earlier])], [])
    told = await traffic.explained(alert(observed=20.0, expected=10.0, window_start=NOON - HOUR))
    assert known(told).usual_calls == 10.0


async def test_an_explained_alert_is_stored_whole(traffic: Traffic, alert: MakeAlert) -> None:
    traffic.usual(3, 0.1, agent="robot", model="big")
    traffic.now(10, 0.1, agent="robot", model="big")
    told = await traffic.explained(alert(observed=1.0, expected=0.3))
    epoch, position = (await traffic.store.acquire())[0]
    await traffic.store.commit([PartitionCommit(0, epoch, position, position + 1, alerts=[told])], [])
    assert await traffic.store.alert(told.id) == told


async def test_words_are_due_when_they_are_told_or_have_grown_by_a_tenth(traffic: Traffic, alert: MakeAlert) -> None:
    fresh = alert(observed=20.0, expected=10.0)
    assert is_due(fresh, told=False)
    traffic.usual(10, 1.0, agent="robot")
    told = await traffic.explained(fresh)
    assert not is_due(told, told=True)
    slightly = replace(told, observed=20.5)
    assert (is_due(slightly, told=False), is_due(slightly, told=True)) == (False, True)
    assert is_due(replace(told, observed=21.0), told=False)


async def test_the_sentence_has_the_figures_of_the_alert_even_where_the_reasons_are_a_little_older(
    traffic: Traffic, alert: MakeAlert
) -> None:
    traffic.usual(10, 1.0, agent="robot")
    traffic.now(20, 1.0, agent="robot")
    known = await traffic.explained(alert(observed=20.0, expected=10.0))
    grown = await Explainer(traffic.store, ZONE).worded(replace(known, observed=20.9), told=False)
    assert grown.explanation == known.explanation
    assert grown.summary.startswith("Agent robot spent $20.90 within an hour, where $10.00 is usual (2.1 times")


# -- whatever the traffic is

names = st.sampled_from(("a", "b", None))
days = st.integers(0, 15)
measures = st.builds(
    Measures,
    calls=st.just(1),
    errors=st.integers(0, 1),
    cost_nanos=st.integers(0, 10**11),
    input_tokens=st.integers(0, 1000),
    total_tokens=st.integers(0, 5000),
    latency_ms=st.integers(0, 60_000),
)
logs = st.lists(st.tuples(days, names, names, measures), max_size=25)
counters = ("cost/total", "cost/agent/a", "calls/total", "tokens/agent/a")
watched = st.sampled_from((*counters, "latency/total", "error_rate/agent/a"))


async def _explained(log: list[Any], call: Make, alert: Alert) -> Explanation | None:
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "monitor.sqlite3")
        await store.open()
        try:
            calls = [
                replace(
                    call(str(row), NOW - day * DAY_MS - HOUR_MS // 2, **{k: v for k, v in names if v}), measures=made
                )
                for row, (day, agent, model, made) in enumerate(log)
                for names in [(("agent", agent), ("model", model))]
            ]
            await store.ingest("log", calls, at=NOW, watermark=NOW)
            return (await Explainer(store, ZONE).explained(alert)).explanation
        finally:
            await store.close()


@settings(max_examples=40, deadline=None)
@given(log=logs, series=watched, expected=st.integers(0, 10_000))
def test_the_split_of_any_traffic_adds_up(
    call: Make, alert: MakeAlert, log: list[Any], series: str, expected: int
) -> None:
    key = SeriesKey.parse(series)
    today = [made for day, agent, _, made in log if day == 0 and key.entity.name in {"", agent}]
    whole = Measures(*(sum(column) for column in zip(*map(_columns, today), strict=True))) if today else Measures()
    observed = whole.value(key.metric)
    told = alert(series, observed=observed or 0.0, expected=expected / 100)
    found = asyncio.run(_explained(log, call, told))
    if found is None:
        return
    assert found.excess == found.observed - found.expected
    if observed is not None:
        assert float(found.observed) == pytest.approx(observed, abs=1e-9)
    if key.metric == "cost":
        assert sum(one.dollars for one in found.effects) + found.unexplained == found.excess
        assert [one.driver for one in found.effects] == list(Driver)
    for rows in found.contributors.values():
        assert sum(one.excess for one in rows) + found.unexplained == found.excess


def _columns(made: Measures) -> tuple[int, ...]:
    return tuple(getattr(made, name) for name in Measures.__slots__)
