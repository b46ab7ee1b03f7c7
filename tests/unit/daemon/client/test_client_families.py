"""What single families do beyond the exchanges: refusing senseless questions, following cursors, sparing requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daemon.client.payloads.jobs import Outcome
from daemon.client.resources.analytics import Aggregate, Choice
from daemon.client.resources.reports import Group, Period, Report, TokenType
from daemon.client.revenium import Revenium
from daemon.errors import ConflictError, ContractError
from daemon.testing import NOON


@pytest.mark.parametrize(
    ("report", "asked", "words"),
    [
        (Report.COST_BY_MODEL, {}, "either a period, or the time between"),
        (Report.COST_BY_MODEL, {"period": Period.HOUR, "start": NOON}, "either a period, or the time between"),
        (Report.CALLS_BY_AGENT, {"period": Period.HOUR, "group": Group.MEAN}, "CALLS_BY_AGENT has no groups"),
        (
            Report.COST_BY_MODEL,
            {"period": Period.HOUR, "token_type": TokenType.INPUT},
            "COST_BY_MODEL counts no tokens",
        ),
    ],
)
async def test_a_senseless_report_is_refused_before_it_is_asked_for(
    stub: Any, revenium: Revenium, report: Report, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        await revenium.reports.read(report, **asked)
    assert stub.asked == []


async def test_a_report_between_two_moments_names_them(stub: Any, revenium: Revenium) -> None:
    stub.will([])
    assert await revenium.reports.read(Report.TOKENS_PER_MINUTE, start=NOON, token_type=TokenType.INPUT) == ()
    assert stub.last.query == [
        ("teamId", "tmA1xQ"),
        ("startDate", "2026-03-04T12:00:00.000Z"),
        ("tokenType", "INPUT"),
    ]


async def test_charges_are_followed_from_cursor_to_cursor_to_the_end(stub: Any, revenium: Revenium) -> None:
    def page(charge: str, cursor: str | None, more: bool) -> dict[str, Any]:
        return {"_embedded": {"periodChargeResourceList": [{"id": charge}]}, "cursor": cursor, "hasMore": more}

    stub.will(page("a", "c1", more=True)).will(page("b", "c2", more=True)).will(page("c", "c3", more=False))
    assert [charge.id async for charge in revenium.billing.charges()] == ["a", "b", "c"]
    assert [dict(asked.query).get("cursor") for asked in stub.asked] == [None, "c1", "c2"]


async def test_a_cursor_that_leads_to_itself_ends_the_walk(stub: Any, revenium: Revenium) -> None:
    stub.will({"cursor": "c1", "hasMore": True})
    assert [charge async for charge in revenium.billing.charges()] == []
    assert len(stub.asked) == 2


@pytest.mark.parametrize("body", [[], "x", None, {"_embedded": 5}])
async def test_charges_that_are_no_page_are_a_breach_of_contract(stub: Any, revenium: Revenium, body: Any) -> None:
    stub.will(body)
    with pytest.raises(ContractError, match="something else than expected"):
        await anext(revenium.billing.charges())


@pytest.mark.parametrize("body", [{}, "x", [1], [{}]])
async def test_what_is_no_list_of_words_is_a_breach_of_contract(stub: Any, revenium: Revenium, body: Any) -> None:
    stub.will(body)
    with pytest.raises(ContractError, match="not a list of words"):
        await revenium.models.providers()


@pytest.mark.parametrize("body", [[], {"_embedded": {"items": 5}}, {"_embedded": {"items": [{"label": None}]}}])
async def test_choices_without_names_are_a_breach_of_contract(stub: Any, revenium: Revenium, body: Any) -> None:
    stub.will(body)
    with pytest.raises(ContractError, match="filter-options/models answered something else"):
        await revenium.analytics.choices(Choice.MODELS, NOON, NOON + timedelta(hours=1))


async def test_there_may_be_no_choices(stub: Any, revenium: Revenium) -> None:
    stub.will({"page": {"totalElements": 0}})
    assert await revenium.analytics.choices(Choice.MODELS, NOON, NOON + timedelta(hours=1)) == ()


async def test_several_entities_are_named_once_each_and_a_single_one_twice(stub: Any, revenium: Revenium) -> None:
    stub.will({"page": {"totalElements": 0}})
    entities = {"agents": ["a", "b"], "users": ["u"]}
    await revenium.analytics.aggregate(Aggregate.COST_BY_USER, NOON, NOON + timedelta(hours=1), entities=entities)
    named = [(name, value) for name, value in stub.last.query if name in entities]
    assert named == [("agents", "a"), ("agents", "b"), ("users", "u"), ("users", "u")]


@pytest.mark.parametrize("body", [5, "x", None, {"message": "no"}])
async def test_what_is_no_list_is_a_breach_of_contract(stub: Any, revenium: Revenium, body: Any) -> None:
    stub.will(body)
    with pytest.raises(ContractError, match="departments answered something else than expected"):
        await revenium.departments.all()


async def test_an_outcome_that_was_reported_already_is_a_conflict(stub: Any, revenium: Revenium) -> None:
    stub.will({"message": "outcome was reported already"}, 409)
    with pytest.raises(ConflictError, match="reported already"):
        await revenium.jobs.report_outcome("j1", Outcome(execution_status="SUCCESS"))
    assert len(stub.asked) == 1


async def test_an_outcomes_history_may_come_as_a_page(stub: Any, revenium: Revenium) -> None:
    stub.will({"_embedded": {"jobOutcomeRevisionResourceList": [{"sequence": 1}]}}).will({"page": {}})
    assert [revision.sequence for revision in await revenium.jobs.history("j1")] == [1]
    assert await revenium.jobs.history("j1") == ()


async def test_a_sessions_only_attribution_may_come_without_a_list(stub: Any, revenium: Revenium) -> None:
    stub.will({"sessionId": "s1"})
    (attribution,) = await revenium.sessions.attributions("s1")
    assert attribution.session_id == "s1"
