"""The company's ordinary usage: the same for everybody, and of a plausible size."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.workload.calls import Body
from local_platform.workload.company import HALDEN, PULSE, Agent
from local_platform.workload.generator import generate

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
moments = st.integers(0, 48 * 3_600_000_000).map(lambda us: MONDAY + timedelta(microseconds=us))


def dollars(call: Body) -> Decimal:
    usage = Usage(
        input_tokens=call["inputTokenCount"],
        output_tokens=call["outputTokenCount"],
        cache_read_tokens=call["cacheReadTokenCount"],
    )
    priced = calc_price(usage, model_ref=call["model"], provider_id=call["provider"])
    return priced.total_price


def local_time(call: Body) -> datetime:
    return datetime.fromisoformat(call["requestTime"]).astimezone(HALDEN.zone)


@pytest.fixture(scope="module")
def four_weeks() -> list[Body]:
    return list(generate(HALDEN, 7, MONDAY, MONDAY + timedelta(days=28)))


@settings(max_examples=25, deadline=None)
@given(st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_an_interval_holds_the_same_calls_however_it_is_cut(cut: list[datetime]) -> None:
    a, b, c = cut
    whole = list(generate(HALDEN, 7, a, c))
    assert whole == [*generate(HALDEN, 7, a, b), *generate(HALDEN, 7, b, c)]


def test_a_seed_makes_the_same_calls_every_time_and_another_seed_makes_others() -> None:
    end = MONDAY + timedelta(hours=20)
    first = list(generate(HALDEN, 7, MONDAY, end))
    assert first
    assert first == list(generate(HALDEN, 7, MONDAY, end))
    assert first != list(generate(HALDEN, 8, MONDAY, end))


def test_calls_come_in_time_order_within_the_interval(four_weeks: list[Body]) -> None:
    times = [call["requestTime"] for call in four_weeks]
    assert times == sorted(times)
    assert times[0] >= "2026-09-07T00:00:00.000Z"
    assert times[-1] < "2026-10-05T00:00:00.000Z"


def test_no_two_calls_share_an_id(four_weeks: list[Body]) -> None:
    assert len({call["transactionId"] for call in four_weeks}) == len(four_weeks)


def test_a_weekday_holds_about_800_calls_and_a_weekend_day_about_300(
    four_weeks: list[Body],
) -> None:
    by_day = Counter(local_time(call).date() for call in four_weeks)
    whole = sorted(by_day)[1:-1]
    weekdays = [by_day[day] for day in whole if day.weekday() < 5]
    weekends = [by_day[day] for day in whole if day.weekday() >= 5]
    assert 700 < sum(weekdays) / len(weekdays) < 900
    assert 230 < sum(weekends) / len(weekends) < 350


def test_every_weekday_costs_between_30_and_80_dollars(four_weeks: list[Body]) -> None:
    by_day: defaultdict[object, Decimal] = defaultdict(Decimal)
    for call in four_weeks:
        if local_time(call).weekday() < 5:
            by_day[local_time(call).date()] += dollars(call)
    whole = [by_day[day] for day in sorted(by_day, key=str)][1:-1]
    assert min(whole) > 30
    assert max(whole) < 80


def test_an_hour_at_noon_resembles_the_others(four_weeks: list[Body]) -> None:
    noons: defaultdict[object, Decimal] = defaultdict(Decimal)
    for call in four_weeks:
        if local_time(call).hour == 12 and local_time(call).weekday() < 5:
            noons[local_time(call).date()] += dollars(call)
    ordered = sorted(noons.values())
    assert ordered[-2] / ordered[1] < Decimal("1.6")


def test_nights_are_quiet_but_for_the_night_batch(four_weeks: list[Body]) -> None:
    night = Counter(call["agent"] for call in four_weeks if local_time(call).hour in {2, 3})
    office = Counter(call["agent"] for call in four_weeks if local_time(call).hour in {11, 12})
    assert night["nightly-report"] > 500
    assert office["nightly-report"] == 0
    assert night["research-agent"] < office["research-agent"] / 30


def test_one_call_in_a_hundred_fails_and_most_failures_are_tried_again(
    four_weeks: list[Body],
) -> None:
    failed = [call for call in four_weeks if call["stopReason"] == "ERROR"]
    assert 0.006 < len(failed) / len(four_weeks) < 0.014
    assert all(call["errorReason"] and call["outputTokenCount"] == 0 for call in failed)
    traces = {call["traceId"] for call in failed}
    retries = [call for call in four_weeks if call["retryNumber"]]
    assert len(failed) / 2 < len(retries) < len(failed)
    assert all(call["traceId"] in traces for call in retries)


def test_token_counts_add_up_and_cached_tokens_lie_inside_the_prompt(
    four_weeks: list[Body],
) -> None:
    for call in four_weeks:
        assert call["totalTokenCount"] == call["inputTokenCount"] + call["outputTokenCount"]
        assert 0 <= call["cacheReadTokenCount"] <= call["inputTokenCount"]
    assert {call["agent"] for call in four_weeks if call["cacheReadTokenCount"]} == {
        "support-chat",
        "coding-assistant",
        "nightly-report",
    }


def test_streamed_and_whole_answers_both_occur(four_weeks: list[Body]) -> None:
    assert {call["isStreamed"] for call in four_weeks} == {True, False}


@pytest.mark.parametrize("agent", [*HALDEN.agents, PULSE], ids=lambda agent: agent.name)
def test_the_price_library_knows_every_model_under_the_providers_name(agent: Agent) -> None:
    usage = Usage(input_tokens=1000, output_tokens=1000)
    priced = calc_price(usage, model_ref=agent.model, provider_id=agent.provider)
    assert priced.total_price > 0


def test_everybody_has_an_address_that_reaches_nobody(four_weeks: list[Body]) -> None:
    assert all(call["subscriber"]["email"].endswith("@example.com") for call in four_weeks)


def test_made_up_calls_say_that_they_are(four_weeks: list[Body]) -> None:
    assert {call["environment"] for call in four_weeks} == {"demo"}


def test_the_clock_going_back_gives_no_hour_twice() -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)  # Berlin falls back on the 25th at 01:00 UTC
    calls = list(generate(HALDEN, 7, start, start + timedelta(hours=26)))
    assert len({call["transactionId"] for call in calls}) == len(calls)
    assert len({call["requestTime"][:13] for call in calls}) > 20


def test_the_company_names_the_agents_it_has_when_asked_for_another() -> None:
    with pytest.raises(KeyError, match="research-agent"):
        HALDEN.agent("nobody")


def test_usage_grows_slowly_and_without_end_to_the_company() -> None:
    agent = HALDEN.agent("research-agent")
    noons = [datetime(year, 9, 2, 10, tzinfo=UTC) for year in (2026, 2027)]
    first, second = (HALDEN.pace(agent, noon) for noon in noons)
    assert 1.1 < second / first < 1.3
    assert HALDEN.pace(agent, datetime(2040, 9, 5, 10, tzinfo=UTC)) < 1.2 * second
