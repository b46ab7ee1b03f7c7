"""What holds for the resources of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_platform.checks import Check, ComplaintError
from local_platform.resources.kind import Kind, Owner
from local_platform.resources.mounted import KINDS


class Answer(Protocol):
    status: int
    body: Any


Shop = Any
Clock = Any

MADE = tuple(kind for kind in KINDS if "create" in kind.verbs)
OF_A_TEAM = tuple(kind for kind in MADE if kind.owner is Owner.TEAM)

VALUES: tuple[Any, ...] = (
    *("word", "größer", "1.2.3", "someone@example.com", "2026-01-31T10:15:30Z", "2026-01-31", "slack:one"),
    *(True, False, 0, 1, 12, 0.25, 1e6),
    *([], ["word"], ["someone@example.com"], ["CONSUMER"], ["MANAGING"], ["TRANSACTIONAL"], ["slack:one"]),
    *({}, {"key": "value"}, [{}], [{"contains": "gpt"}], [{"terms": "t", "link": "l", "order": 1}]),
    {"currency": "USD", "elements": [{"name": "calls", "unitPrice": "0.5", "tiers": [{"upTo": 5, "unitPrice": "1"}]}]},
    {"numberOfResends": 1, "resendPeriod": "DAY", "resendPeriodCount": 2},
    {"name": "n", "description": "d", "maxRequests": 1, "timePeriod": 1, "timeUnit": "DAYS"},
)
"""Among these every check finds something to take and something to refuse, the words of a choice aside."""

DEPENDENT = {
    # These mean something only together; the tests of rules go through them.
    "anomaly": {"alertType", "operatorType", "metricType", "triggerAfterPersistsDuration", "minSampleCount", "filters"},
    "cost_control": {"metricType", "warnThreshold", "hardLimit", "filters"},
    "product": {"plan"},
}


def taken(check: Check) -> list[Any]:
    """Return values that a check takes; a choice names its words when it refuses another."""
    words = [
        word for value in VALUES for word in (refusal(check, value) or "").partition("must be one of ")[2].split(", ")
    ]
    candidates = [*VALUES, *words, *([word] for word in words)]
    return [value for value in candidates if value not in ("", [""]) and refusal(check, value) is None]


def refused(check: Check) -> list[Any]:
    """Return values that a check refuses."""
    return [value for value in VALUES if refusal(check, value)]


def refusal(check: Check, value: Any) -> str | None:
    """Return what a check says against a value."""
    try:
        check(_as_read(value))
    except ComplaintError as complaint:
        return str(complaint)
    return None


def _as_read(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def fields_of(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies with any of the fields that a kind does not insist on."""
    fixed = {*kind.required, *kind.unique, *DEPENDENT.get(kind.name, ()), "clientEmailAddress", "label"}
    free = {name: st.sampled_from(taken(check)) for name, check in kind.checks.items() if name not in fixed}
    return st.fixed_dictionaries({}, optional=free)


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


every_kind = pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.name)


@every_kind
@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_was_read_can_be_sent_back_and_changes_nothing_but_the_time(
    shop: Shop, clock: Clock, kind: Kind, data: st.DataObject
) -> None:
    made = await shop.make(kind.name, **data.draw(fields_of(kind)))
    read = await shop.read(kind.name, made["id"])
    clock.forward(hours=1)
    put = await shop.send("PUT", f"{kind.path}/{made['id']}", read)
    assert put.status == 200, put.body
    again = await shop.read(kind.name, made["id"])
    assert without(again, "updated") == without(read, "updated")
    assert again["updated"] > read["updated"]


@every_kind
@given(data=st.data())
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_was_sent_is_what_is_read(shop: Shop, kind: Kind, data: st.DataObject) -> None:
    sent = data.draw(fields_of(kind))
    read = await shop.read(kind.name, (await shop.make(kind.name, **sent))["id"])
    shown = without(sent, *kind.secrets)
    # Inside a field only what the contract knows is kept; addresses are tidied.
    plain = {name: value for name, value in shown.items() if not isinstance(value, dict | list)}
    assert {name: read[name] for name in plain} == plain
    assert shown.keys() <= read.keys()


@every_kind
async def test_a_change_of_some_fields_leaves_the_others(shop: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    before = await shop.read(kind.name, made["id"])
    patched = await shop.send("PATCH", f"{kind.path}/{made['id']}", {})
    assert patched.status == 200, patched.body
    assert await shop.read(kind.name, made["id"]) == before


@every_kind
async def test_a_resource_is_listed_until_it_is_deleted(shop: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    assert made["id"] in [one["id"] for one in await shop.list(kind.name, size=100)]
    receipt = await shop.send("DELETE", f"{kind.path}/{made['id']}")
    assert receipt.status == 200, receipt.body
    assert receipt.body.keys() == {"id", "message", "resourceType", "created", "updated", "_links"}
    assert made["id"] not in [one["id"] for one in await shop.list(kind.name, size=100)]
    for method, body in (("GET", None), ("PUT", {}), ("PATCH", {}), ("DELETE", None)):
        answer = await shop.send(method, f"{kind.path}/{made['id']}", body)
        assert (answer.status, answer.body["message"]) == (404, f"Couldn't find {kind.entity} with ID: {made['id']}")


@every_kind
async def test_the_envelope_is_complete(shop: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    assert {"id", "label", "resourceType", "created", "updated", "_links"} <= made.keys()
    assert made["resourceType"] == kind.type_name
    # Ids are opaque: nothing about one looks like a number.
    assert not made["id"].isdecimal()
    assert len(made["id"]) == 7
    owner = "team" if kind.owner is Owner.TEAM else "tenant"
    assert made[owner]["id"] == made[f"{owner}Id"]
    href = made["_links"]["self"]["href"]
    assert href == f"{shop.platform.url}/profitstream/v2/api/{kind.path}/{made['id']}"


@every_kind
async def test_a_body_without_anything_is_told_what_is_missing(shop: Shop, kind: Kind) -> None:
    answer = await shop.send("POST", kind.path, {})
    assert (answer.status, answer.body["error"]) == (400, "Bad Request")
    assert answer.body["message"] == "Validation failed for one or more fields"
    assert answer.body["details"] == dict.fromkeys(kind.required, "must not be null or blank")


@every_kind
async def test_null_blank_and_unknown_fields_are_never_refused(shop: Shop, kind: Kind) -> None:
    names = kind.checks.keys() - {*kind.required, *kind.unique}
    blank = {name: "" if index % 2 else None for index, name in enumerate(sorted(names))}
    references = {one.field: "" for one in kind.references if one.field not in kind.required and not one.many}
    body = {**blank, **references, **await shop.body(kind.name), "neverHeardOf": {"a": [1]}}
    assert "neverHeardOf" not in await shop.made(kind.name, body)


@every_kind
async def test_each_field_refuses_what_it_cannot_hold_by_name(shop: Shop, kind: Kind) -> None:
    body = await shop.body(kind.name)
    wrong = {name: values[-1] for name, check in kind.checks.items() if (values := refused(check))}
    answer = await shop.send("POST", kind.path, {**body, **wrong})
    assert answer.status == 400
    assert answer.body["details"].keys() >= kind.prepare(dict(wrong)).keys() & wrong.keys()
    assert all(answer.body["details"].values())


@every_kind
async def test_each_reference_must_name_something_that_exists(shop: Shop, kind: Kind) -> None:
    body = await shop.body(kind.name)
    for reference in kind.references:
        for wrong, complaint in (("jR2kmLs!", "Failed to decode hashed Id: [jR2kmLs!]"), (17, "must be an id")):
            sent = {**body, reference.field: [wrong] if reference.many else wrong}
            answer = await shop.send("POST", kind.path, sent)
            assert (answer.status, answer.body["details"]) == (400, {reference.field: complaint})


@every_kind
async def test_what_is_no_object_and_what_is_no_id_is_refused(shop: Shop, kind: Kind) -> None:
    for body in ([], "text", 3, None):
        assert (await shop.send("POST", kind.path, body)).status == 400
    for identity in ("x", "1", "jR2kmLs!", "0000000", "a b"):
        answer = await shop.send("GET", f"{kind.path}/{identity}")
        assert (answer.status, answer.body["message"]) == (400, f"Failed to decode hashed Id: [{identity}]")


@every_kind
async def test_another_tenant_sees_and_changes_nothing(shop: Shop, stranger: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    before = await shop.read(kind.name, made["id"])
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await stranger.send(method, f"{kind.path}/{made['id']}", None if method == "GET" else before)
        assert answer.status in (403, 404), (method, answer.body)
    assert made["id"] not in [one["id"] for one in await stranger.list(kind.name, size=100)]
    assert (await stranger.send("GET", kind.path, **shop.owner(kind))).status == 403
    assert await shop.read(kind.name, made["id"]) == before


@every_kind
async def test_another_tenants_resources_cannot_be_named(shop: Shop, stranger: Shop, kind: Kind) -> None:
    body = await shop.body(kind.name)
    for reference in kind.references:
        theirs = (await stranger.make(reference.kind))["id"]
        sent = {**body, reference.field: [theirs] if reference.many else theirs}
        answer = await shop.send("POST", kind.path, sent)
        assert (answer.status, list(answer.body["details"])) == (400, [reference.field])


@pytest.mark.parametrize("kind", OF_A_TEAM, ids=lambda kind: kind.name)
async def test_a_team_does_not_see_what_another_team_has(shop: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    other = (await shop.make("team"))["id"]
    assert made["id"] not in [one["id"] for one in await shop.list(kind.name, teamId=other)]
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await shop.send(method, f"{kind.path}/{made['id']}", None if method == "GET" else made, teamId=other)
        assert (answer.status, answer.body["message"]) == (403, "Access Denied")


@pytest.mark.parametrize("kind", OF_A_TEAM, ids=lambda kind: kind.name)
async def test_a_resource_stays_in_its_team(shop: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    other = (await shop.make("team"))["id"]
    answer = await shop.send("PUT", f"{kind.path}/{made['id']}", {**made, "teamId": other})
    assert (answer.status, list(answer.body["details"])) == (400, ["teamId"])


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind.unique], ids=lambda kind: kind.name)
async def test_what_must_be_unique_is_refused_a_second_time_in_whatever_case(shop: Shop, kind: Kind) -> None:
    body = await shop.body(kind.name)
    await shop.made(kind.name, body)
    last = kind.unique[-1]
    answer = await shop.send("POST", kind.path, {**body, last: body[last].upper()})
    assert answer.status == 409
    assert f"{last} '{body[last].upper()}'" in answer.body["message"]


@every_kind
async def test_what_others_need_is_not_deleted(shop: Shop, kind: Kind) -> None:
    made = await shop.make(kind.name)
    for reference in kind.references:
        if reference.holds and reference.field in kind.required:
            named = made[reference.field]
            target = next(one for one in KINDS if one.name == reference.kind)
            answer = await shop.send("DELETE", f"{target.path}/{named}")
            assert (answer.status, answer.body["error"]) == (409, "Conflict")
            assert await shop.read(reference.kind, named)
