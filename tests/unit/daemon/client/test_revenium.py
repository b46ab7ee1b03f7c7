"""Operations on an account: whose it is, every row of its log exactly once, its cost report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

from daemon.client.collection import PAGE_SIZE
from daemon.client.identity import Identity
from daemon.client.revenium import LogPage, Revenium
from daemon.client.transport import Transport
from daemon.client.wire import Json, stamp
from daemon.errors import ContractError
from daemon.testing import NOON

START, END = NOON - timedelta(hours=1), NOON


class Log:
    """Stands for the transport: pages through its rows, to which `between` may add after each page."""

    def __init__(self, rows: int, between: Callable[[Log], None] = lambda _: None) -> None:
        self.rows: list[dict[str, Any]] = []
        self.asked: list[Mapping[str, str]] = []
        self._between = between
        self.add(rows)

    def add(self, number: int) -> None:
        first = len(self.rows)
        self.rows += [{"id": f"row-{n}", "requestTime": stamp(START)} for n in range(first, first + number)]

    async def get(self, path: str, params: Mapping[str, str]) -> Json:
        assert path == "/sources/metrics/ai/completions"
        self.asked.append(params)
        first = int(params["page"]) * int(params["size"])
        rows = self.rows[first : first + int(params["size"])]
        body = {"_embedded": {"rows": rows}} if rows else {}
        answer = body | {"page": {"totalElements": len(self.rows)}}
        self._between(self)
        return answer


class Scripted:
    """Stands for the transport: answers everything with one body."""

    def __init__(self, body: Json) -> None:
        self.body = body
        self.asked: list[tuple[str, Mapping[str, str] | None]] = []

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        self.asked.append((path, params))
        return self.body


def account(transport: Log | Scripted) -> Revenium:
    return Revenium(cast(Transport, transport))


async def pages(log: Log) -> list[LogPage]:
    return [page async for page in account(log).log_pages("team", START, END)]


def ids(found: list[LogPage]) -> list[str]:
    return [transaction.row_id for page in found for transaction in page.transactions]


# -- paging


@pytest.mark.parametrize("rows", [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 250])
async def test_paging_reads_every_row_exactly_once_and_stops(rows: int) -> None:
    log = Log(rows)
    assert ids(await pages(log)) == [f"row-{n}" for n in range(rows)]
    assert len(log.asked) == rows // PAGE_SIZE + 1, "a full last page is followed by one look at an empty one"


async def test_rows_added_at_the_end_meanwhile_are_read_exactly_once() -> None:
    additions = iter([30, 0, 120, 50])
    log = Log(170, lambda log: log.add(next(additions, 0)))
    found = ids(await pages(log))
    assert found == [f"row-{n}" for n in range(len(found))]
    assert len(found) >= 200, "what was there when its page was read"


async def test_a_row_that_slips_in_further_up_repeats_others_and_skips_none() -> None:
    def slip_in(log: Log) -> None:
        if len(log.asked) == 1:
            log.rows.insert(0, {"id": "late", "requestTime": stamp(START)})

    log = Log(250, slip_in)
    assert set(ids(await pages(log))) >= {f"row-{n}" for n in range(250)}


async def test_bad_rows_do_not_end_the_page_nor_the_paging() -> None:
    log = Log(250)
    for number in (3, 99, 100, 249):
        log.rows[number]["totalCost"] = "abc"
    found = await pages(log)
    assert sum(len(page.transactions) for page in found) == 246
    assert [bad.row_id for page in found for bad in page.rejected] == ["row-3", "row-99", "row-100", "row-249"]


async def test_a_platform_that_promises_more_than_it_has_does_not_keep_us_for_ever() -> None:
    log = Log(0)
    body = {"_embedded": {"rows": []}, "page": {"totalElements": 1000}}
    transport = Scripted(body)
    assert len([page async for page in account(transport).log_pages("team", START, END)]) == 1
    assert log.asked == []


async def test_the_log_is_asked_for_oldest_first_and_in_the_platforms_form_of_time() -> None:
    log = Log(0)
    await pages(log)
    assert log.asked == [
        {
            "teamId": "team",
            "startDate": "2026-03-04T11:00:00.000Z",
            "endDate": "2026-03-04T12:00:00.000Z",
            "page": "0",
            "size": "100",
            "sort": "requestTime,asc",
            "includeCodingAssistants": "true",
        }
    ]


async def test_a_page_tells_how_many_rows_there_are_over_all_pages() -> None:
    page = await account(Log(250)).log_page("team", START, END, 0, 1)
    assert (len(page.transactions), page.total) == (1, 250)


async def test_an_answer_that_is_no_page_names_the_field_and_not_the_content() -> None:
    with pytest.raises(ContractError, match=r"transactions log answered something else than expected: page") as caught:
        await account(Scripted({"secret": "hunter2"})).log_page("team", START, END, 0)
    assert "hunter2" not in str(caught.value)


def test_times_are_written_to_the_millisecond() -> None:
    assert stamp(NOON + timedelta(microseconds=7_999)) == "2026-03-04T12:00:00.007Z"


# -- whose account this is


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (
            {"id": "u", "email": "a@x.org", "tenant": {"id": "ten"}, "teams": [{"id": "t1"}, {"id": "t2"}]},
            Identity("t1", "ten", "u", "a@x.org"),
        ),
        (
            {"id": "u", "label": "a@x.org", "tenantId": "ten", "defaultTeamId": "t9", "roles": ["X"]},
            Identity("t9", "ten", "u", "a@x.org"),
        ),
        ({"id": "u", "label": "Ann", "tenantId": "ten", "defaultTeamId": "t9"}, Identity("t9", "ten", "u", None)),
    ],
)
async def test_the_account_is_known_from_either_form_of_the_answer(body: Json, identity: Identity) -> None:
    assert await account(Scripted(body)).identity() == identity


@pytest.mark.parametrize("body", [{"id": "u"}, {"id": "u", "tenantId": "ten"}, {"id": "u", "defaultTeamId": "t"}])
async def test_an_account_without_team_or_tenant_says_which_settings_help(body: Json) -> None:
    with pytest.raises(ContractError, match="set REVENIUM_TEAM_ID and REVENIUM_TENANT_ID"):
        await account(Scripted(body)).identity()


@pytest.mark.parametrize("body", [None, [], {}, {"id": 5}, {"id": "u", "teams": "t"}])
async def test_an_answer_that_is_no_account_is_a_breach_of_contract(body: Json) -> None:
    with pytest.raises(ContractError, match="users/me answered something else"):
        await account(Scripted(body)).identity()


# -- the cost report


async def test_the_cost_report_comes_as_buckets() -> None:
    body = [{"startTimestamp": 0, "endTimestamp": 3_600_000, "groups": [{"metrics": [{"metricResult": 1.5}]}]}]
    transport = Scripted(body)
    (bucket,) = await account(transport).cost_by_hour("team")
    assert (bucket.start, bucket.end, bucket.dollars) == (0, 3_600_000, 1.5)
    assert transport.asked[0][1] == {"teamId": "team", "period": "TWENTY_FOUR_HOURS"}


@pytest.mark.parametrize("body", [{}, {"message": "no"}, [5], [{"startTimestamp": "noon"}]])
async def test_an_answer_that_is_no_cost_report_is_a_breach_of_contract(body: Json) -> None:
    with pytest.raises(ContractError, match="the cost report"):
        await account(Scripted(body)).cost_by_hour("team")
