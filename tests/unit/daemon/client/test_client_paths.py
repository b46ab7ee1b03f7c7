"""Ids are copied from anywhere: none may lead to another resource than the one it was given to."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.client.resources.teams import Setting
from daemon.client.revenium import Revenium
from daemon.client.wire import segment
from daemon.errors import ContractError

ROOT = "/profitstream/v2/api"

NASTY = [
    "../users/x",
    "a/b",
    "%2e%2e",
    "%2e%2e%2fusers",
    "..%2fusers%2fx",
    "..;/users",
    "x?y=z",
    "x#y",
    "x&teamId=other",
    "a\\..\\b",
    "//evil.example/x",
    "http://evil.example/",
    "x\r\nHost: evil",
    "x\0y",
    "~",
    ".x",
    "x.",
    "é",
    "😀",
    " x ",
    "*",
    "x;y",
    "@",
    ":",
]
REFUSED = ["", ".", "..", "...", "\ud800", "x\udfff"]

CALLS = {
    "get": (lambda r, i: r.products.get(i), f"{ROOT}/products/", ""),
    "delete": (lambda r, i: r.rules.delete(i), f"{ROOT}/sources/ai/anomaly/", ""),
    "by name": (lambda r, i: r.models.by_name(i), f"{ROOT}/sources/ai/models/name/", ""),
    "outcome": (lambda r, i: r.jobs.roi(i), f"{ROOT}/jobs/", "/roi"),
    "budget": (lambda r, i: r.budgets.progress(i), f"{ROOT}/ai/alerts/", "/budget/progress"),
    "settings": (
        lambda r, i: r.teams.settings(i, Setting.PR_HEALTH_DIGEST),
        f"{ROOT}/teams/",
        "/settings/pr-health/digest",
    ),
    "insights": (lambda r, i: r.insights.run(i), "/api/v2/insights/runs/", ""),
}


def _assert_one_segment(path: str, value: str, before: str, after: str) -> None:
    assert path.startswith(before)
    assert path.endswith(after)
    inner = path[len(before) : len(path) - len(after)]
    assert "/" not in inner
    assert inner not in {"", ".", ".."}
    assert unquote(inner) == value


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("call", CALLS)
async def test_an_id_stays_one_segment_wherever_it_is_used(
    stub: Any, revenium: Revenium, call: str, value: str
) -> None:
    stub.will({"id": "x"})
    act, before, after = CALLS[call]
    await act(revenium, value)  # type: ignore[no-untyped-call]  # a table of calls
    _assert_one_segment(stub.last.path, value, before, after)
    assert {name for name, _ in stub.last.query} <= {"teamId"}


@pytest.mark.parametrize("value", REFUSED)
@pytest.mark.parametrize("call", CALLS)
async def test_an_id_that_no_escaping_makes_safe_never_reaches_the_platform(
    stub: Any, revenium: Revenium, call: str, value: str
) -> None:
    with pytest.raises(ContractError, match="copy the id from a listing"):
        await CALLS[call][0](revenium, value)  # type: ignore[no-untyped-call]  # a table of calls
    assert stub.asked == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.sampled_from("./\\%?#&;:@ ae2f\r\n\0é") | st.characters(), max_size=12))
async def test_any_text_at_all_stays_one_segment_or_is_refused(stub: Any, revenium: Revenium, value: str) -> None:
    stub.will({"id": "x"})
    try:
        await revenium.products.get(value)
    except ContractError:
        assert not value.strip(".") or not _has_utf8(value)
    else:
        _assert_one_segment(stub.last.path, value, f"{ROOT}/products/", "")


def _has_utf8(value: str) -> bool:
    try:
        return bool(value.encode())
    except UnicodeEncodeError:
        return False


def test_an_ordinary_id_is_written_as_it_is() -> None:
    assert segment("jR2kmLs") == "jR2kmLs"
