"""The client's side of the contract: it sends each request as written down, and loses nothing of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from inspect import isasyncgenfunction, iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

from daemon.client.collection import Collection, Listing, Page
from daemon.client.identity import Told
from daemon.client.payloads import agents, alerting, catalog, customers, guardrails, identity, jobs, metering, models
from daemon.client.payloads.analytics import Feedback, InsightsRequest
from daemon.client.payloads.base import Payload
from daemon.client.resources.analytics import Aggregate, Choice, Series
from daemon.client.resources.reports import Group, Period, Report
from daemon.client.resources.teams import Setting, TeamSettings
from daemon.client.revenium import Revenium
from daemon.client.transport import Transport
from daemon.client.wire import decode

PAYLOADS = Path(__file__).parent / "payloads"
KEY = "rev_sk_i594saR_contract"
TOLD = Told("mGEI8s2", "i594saR", "ibQktb2")
DAY = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ELEVEN = datetime(2026, 3, 10, 11, tzinfo=UTC)
OURS = frozenset({"teamId", "tenantId", "ownerId"})

Call = Callable[[Revenium], Any]
Account = Callable[..., AbstractAsyncContextManager[tuple[Revenium, Any]]]


def load(name: str) -> dict[str, Any]:
    exchange: dict[str, Any] = decode((PAYLOADS / f"{name}.json").read_bytes())
    return exchange


def sent(name: str) -> Any:
    return load(name)["request"].get("body")


def draft(name: str, model: type[Payload], without: frozenset[str] = frozenset()) -> Any:
    return model.model_validate({key: value for key, value in sent(name).items() if key not in without})


async def every(items: AsyncIterator[Any]) -> tuple[Any, ...]:
    return tuple([item async for item in items])


# -- the operations: how a caller asks for each exchange

FAMILIES: dict[str, tuple[Callable[[Revenium], Any], type[Payload] | None, dict[str, Any]]] = {
    "products": (lambda r: r.products, catalog.Product, {}),
    "sources": (lambda r: r.sources, catalog.Source, {"query": "Gate"}),
    "elements": (lambda r: r.elements, catalog.Element, {"type": "NUMBER"}),
    "charts": (lambda r: r.charts, catalog.Chart, {}),
    "customers": (lambda r: r.customers, customers.Customer, {"query": "Ac"}),
    "subscribers": (lambda r: r.subscribers, customers.Subscriber, {}),
    "subscriptions": (lambda r: r.subscriptions, customers.Subscription, {}),
    "credentials": (lambda r: r.credentials, customers.Credential, {}),
    "provider_credentials": (lambda r: r.provider_credentials, customers.ProviderCredential, {}),
    "users": (lambda r: r.users, identity.User, {}),
    "teams": (lambda r: r.teams, identity.Team, {}),
    "rules": (lambda r: r.rules, alerting.Rule, {"type": "TOTAL_COST"}),
    "agents": (lambda r: r.agents, agents.Agent, {}),
    "tools": (lambda r: r.tools, agents.Tool, {"name": "Sea"}),
    "cost_controls": (lambda r: r.cost_controls, guardrails.CostControl, {}),
    "jobs": (lambda r: r.jobs, jobs.Job, {"sort": "created,DESC", "type": "claims"}),
    "models": (lambda r: r.models, None, {"provider": "OPENAI", "exact_match": False}),
    "squads": (lambda r: r.squads, None, {}),
    "slack": (lambda r: r.slack, None, {}),
    "alerts": (
        lambda r: r.alerts,
        None,
        {"start": datetime(2026, 3, 3, 12, tzinfo=UTC), "end": NOON, "resolved": False},
    ),
    "enforcement_events": (lambda r: r.enforcement_events, None, {"level": "HARD", "mode": "ALL"}),
    "log-calls": (
        lambda r: r.log.calls,
        None,
        {
            "start_date": ELEVEN,
            "total_cost_min": Decimal("0.001"),
            "transaction_ids": ("chatcmpl-1", "chatcmpl-2"),
            "include_coding_assistants": True,
        },
    ),
    "log-tools": (lambda r: r.log.tools, None, {"tool_type": "REST_API"}),
    **{
        f"log-{kind}": (lambda r, kind=kind: getattr(r.log, kind), None, {"start_date": ELEVEN})
        for kind in ("all", "audio", "images", "video", "traces", "apis")
    },
    "system-log-internal": (lambda r: r.system_log.internal, None, {"sort": "created,desc"}),
    "system-log-external": (lambda r: r.system_log.external, None, {"sort": "created,desc"}),
    "billing-invoices": (lambda r: r.billing.invoices, None, {"pay_states": "UNPAID"}),
    "billing-refunds": (lambda r: r.billing.refunds, None, {"minimum": Decimal("1.5")}),
    "billing-skills": (lambda r: r.billing.skills, None, {"period": Period.SEVEN_DAYS}),
}


def _verbs(name: str) -> dict[str, Call]:
    """Return the calls of the verbs that a family has exchanges of."""
    family, model, filters = FAMILIES[name]
    calls: dict[str, Call] = {"list": lambda r: every(family(r).list(**filters))}
    if (PAYLOADS / name / "get.json").exists():
        item = load(f"{name}/get")["request"]["path"].rsplit("/", 1)[-1]
        calls["get"] = lambda r: family(r).get(item)
        calls["delete"] = lambda r: family(r).delete(item)
        if model is not None:
            calls["create"] = lambda r: family(r).create(draft(f"{name}/create", model, OURS))
            calls["replace"] = lambda r: family(r).replace(item, draft(f"{name}/replace", model, OURS))
            calls["update"] = lambda r: family(r).update(item, model.model_validate(_changes(name)))
    return {f"{name}/{verb}": call for verb, call in calls.items() if (PAYLOADS / name / f"{verb}.json").exists()}


def _changes(name: str) -> dict[str, Any]:
    """Return what an update changes: what was not read before, but for the flat ids that writing adds."""
    before, after = load(f"{name}/get")["body"], sent(f"{name}/update")
    known = {f"{key}Id" for key in before} | {f"{key.removesuffix('s')}Ids" for key in before} | OURS
    return {key: value for key, value in after.items() if before.get(key) != value and key not in known}


def _report(report: Report) -> Call:
    query = load(f"reports/{report.path.rsplit('/', 1)[-1]}")["request"]["query"]
    group = Group.TOTAL if report.grouped else None
    entities = [query[report.entities]]
    return lambda r: r.reports.read(report, period=Period.SEVEN_DAYS, group=group, entities=entities)


def _settings(group: Setting) -> dict[str, Call]:
    name = group.replace("/", "-")
    calls: dict[str, Call] = {f"teams/settings-{name}": lambda r: r.teams.settings("tm3ZxC", group)}
    if group != "coding-assistant-filter":
        change = f"teams/change-settings-{name}"
        calls[change] = lambda r: r.teams.change_settings("tm3ZxC", group, draft(change, TeamSettings))
    return calls


CALLS: dict[str, Call] = {
    **{key: call for name in FAMILIES for key, call in _verbs(name).items()},
    **{f"reports/{report.path.rsplit('/', 1)[-1]}": _report(report) for report in Report},
    **{key: call for group in Setting for key, call in _settings(group).items()},
    "reports/connections": lambda r: r.reports.connections(),
    "customers/tags": lambda r: r.customers.tags("or9QwE"),
    "customers/children": lambda r: r.customers.children("or9QwE"),
    "subscribers/by-email": lambda r: r.subscribers.by_email("ann@acme.example"),
    "users/by-email": lambda r: r.users.by_email("bo@example.com"),
    "users/me": lambda r: r.users.me(),
    "users/current": lambda r: r.users.current(),
    "subscriptions/billed": lambda r: r.subscriptions.billed("sb6YuI"),
    "subscriptions/quota": lambda r: r.subscriptions.quota("sb6YuI"),
    "credentials/of-customer": lambda r: r.credentials.of_customer("or9QwE").page(),
    "teams/tags": lambda r: r.teams.tags("tm3ZxC"),
    "teams/domains": lambda r: r.teams.domains("tm3ZxC"),
    "teams/add-domain": lambda r: r.teams.add_domain("tm3ZxC", "acme.example"),
    "teams/remove-domain": lambda r: r.teams.remove_domain("tm3ZxC", "acme.example"),
    "departments/all": lambda r: r.departments.all(),
    "departments/create": lambda r: r.departments.create(draft("departments/create", identity.Department)),
    "departments/assign": lambda r: r.departments.assign("bo@example.com", 13),
    "departments/unassign": lambda r: r.departments.unassign("bo@example.com"),
    "departments/remove-person": lambda r: r.departments.remove_person(77),
    "departments/remove-person-by-email": lambda r: r.departments.remove_person_by_email("bo@example.com"),
    "tenant/strict-ingestion": lambda r: r.tenant.strict_ingestion(True, allow_ticket_jobs=True),
    "tenant/attribution-detail-text": lambda r: r.tenant.attribution_detail_text(False),
    "tenant/usage-billing": lambda r: r.tenant.usage_billing(True),
    "tenant/ingestion-failures": lambda r: r.tenant.ingestion_failures(error_code="PRODUCT_NOT_FOUND"),
    "rules/switch": lambda r: r.rules.switch("jR2kmLs", on=False),
    "rules/delete-all": lambda r: r.rules.delete_all(),
    "rules/metric": lambda r: r.rules.metric("jR2kmLs"),
    "rules/provider-keys": lambda r: r.rules.provider_keys(provider="OPENAI"),
    "budgets/portfolio": lambda r: r.budgets.portfolio(trend=True, group_limit=5),
    "budgets/progress": lambda r: r.budgets.progress("jR2kmLs", now=NOON, trend=True),
    "budgets/progress-of": lambda r: r.budgets.progress_of(["jR2kmLs", "zzzzzz"]),
    "budgets/reset": lambda r: r.budgets.reset("jR2kmLs"),
    "models/providers": lambda r: r.models.providers(model_type="GLOBAL"),
    "models/search": lambda r: r.models.search("4o"),
    "models/by-name": lambda r: r.models.by_name("gpt-4o"),
    "models/reprice": lambda r: r.models.reprice("md4RtY", draft("models/reprice", models.Model, OURS)),
    "models/delete": lambda r: r.models.delete("md4RtY"),
    "models/pricing": lambda r: r.models.pricing("md4RtY"),
    "models/add-dimension": lambda r: r.models.add_dimension(
        "md4RtY", draft("models/add-dimension", models.PricingDimension)
    ),
    "models/replace-dimension": lambda r: r.models.replace_dimension(
        "md4RtY", "pd1", draft("models/replace-dimension", models.PricingDimension)
    ),
    "models/delete-dimension": lambda r: r.models.delete_dimension("md4RtY", "pd1"),
    "agents/discovered": lambda r: r.agents.discovered(Period.SEVEN_DAYS),
    "tools/by-tool-id": lambda r: r.tools.by_tool_id("web-search"),
    "squads/timeline": lambda r: r.squads.timeline("sq1WeR"),
    "squads/entities": lambda r: r.squads.entities(),
    "squads/executions": lambda r: r.squads.executions("se1"),
    "cost_controls/filter-values": lambda r: r.cost_controls.filter_values("DEPARTMENT"),
    "cost_controls/preview-group": lambda r: r.cost_controls.preview_group(12),
    "enforcement_rules/read": lambda r: r.enforcement_rules.read(include="advisory"),
    "enforcement_rules/roster": lambda r: r.enforcement_rules.roster("cc2LkJ", band="BLOCKED"),
    "enforcement_events/summary": lambda r: r.enforcement_events.summary(since=datetime(2026, 3, 10, tzinfo=UTC)),
    "enforcement_events/history": lambda r: r.enforcement_events.history(bucket="HOUR", zone="UTC"),
    "enforcement_events/affected": lambda r: r.enforcement_events.affected(affected_search="u1"),
    "jobs/calls": lambda r: r.jobs.calls("claim-17"),
    "jobs/roi": lambda r: r.jobs.roi("claim-17"),
    "jobs/report-outcome": lambda r: r.jobs.report_outcome("claim-17", draft("jobs/report-outcome", jobs.Outcome)),
    "jobs/amend-outcome": lambda r: r.jobs.amend_outcome("claim-17", draft("jobs/amend-outcome", jobs.Outcome)),
    "jobs/add-metrics": lambda r: r.jobs.add_metrics(
        "claim-17", [jobs.OutcomeMetric.model_validate(metric) for metric in sent("jobs/add-metrics")]
    ),
    "jobs/history": lambda r: r.jobs.history("claim-17"),
    "jobs/types": lambda r: r.jobs.types(),
    "jobs/funnel": lambda r: r.jobs.funnel(job_type="claims"),
    "jobs/economics": lambda r: r.jobs.economics("claims"),
    "jobs/set-economics": lambda r: r.jobs.set_economics("claims", draft("jobs/set-economics", jobs.Economics)),
    "jobs/baselines": lambda r: r.jobs.baselines("claims"),
    "jobs/add-baseline": lambda r: r.jobs.add_baseline("claims", draft("jobs/add-baseline", jobs.Baseline)),
    "jobs/add-facts": lambda r: r.jobs.add_facts(
        "claims", [jobs.Fact.model_validate(fact) for fact in sent("jobs/add-facts")]
    ),
    "sessions/attributions": lambda r: r.sessions.attributions("ses-1"),
    "sessions/attribute": lambda r: r.sessions.attribute("ses-1", draft("sessions/attribute", jobs.Attribution)),
    "analytics/series": lambda r: r.analytics.series(
        Series.COST_BY_PROVIDER, *DAY, entities={"providers": ["OPENAI"]}, metricType="sum"
    ),
    "analytics/aggregate": lambda r: r.analytics.aggregate(Aggregate.TOP_MOVERS, *DAY, groupBy="model"),
    "analytics/choices": lambda r: r.analytics.choices(Choice.PROVIDERS, *DAY),
    "analytics/agent-tools": lambda r: r.analytics.agent_tools(*DAY),
    "analytics/trace-costs": lambda r: r.analytics.trace_costs(*DAY, threshold=Decimal("0.5")),
    "analytics/roi": lambda r: r.analytics.roi(*DAY),
    "analytics/assistant-medians": lambda r: r.analytics.assistant_medians(*DAY),
    "analytics/status": lambda r: r.analytics.status(),
    "insights/investigators": lambda r: r.insights.investigators(),
    "insights/runs": lambda r: r.insights.runs(cursor="c1"),
    "insights/start": lambda r: r.insights.start(draft("insights/start", InsightsRequest)),
    "insights/run": lambda r: r.insights.run("run-1", slim=True),
    "insights/feedback": lambda r: r.insights.feedback("run-1"),
    "insights/give-feedback": lambda r: r.insights.give_feedback(draft("insights/give-feedback", Feedback)),
    "metering/completion": lambda r: r.metering.completion(
        draft("metering/completion", metering.Completion, frozenset({"costType"}))
    ),
    "metering/image": lambda r: r.metering.image(draft("metering/image", metering.Image)),
    "metering/audio": lambda r: r.metering.audio(draft("metering/audio", metering.Audio)),
    "metering/video": lambda r: r.metering.video(draft("metering/video", metering.Video)),
    "metering/tool": lambda r: r.metering.tool(draft("metering/tool", metering.ToolUse)),
    "metering/event": lambda r: r.metering.event(draft("metering/event", metering.Event)),
    "metering/api-request": lambda r: r.metering.api_request(draft("metering/api-request", metering.ApiRequest)),
    "metering/api-response": lambda r: r.metering.api_response(draft("metering/api-response", metering.ApiResponse)),
    "billing-invoices/unpaid": lambda r: r.billing.invoices.unpaid(),
    "billing-skills/over": lambda r: r.billing.skills.over("sk1", Period.SEVEN_DAYS),
    "billing/charges": lambda r: every(r.billing.charges(invoice_id="in2BvC")),
    "billing/seats": lambda r: r.billing.seats(date(2026, 3, 1), date(2026, 3, 10)),
    "billing/coverage": lambda r: r.billing.coverage("7d", provider="openai"),
    "billing/pull-requests": lambda r: r.billing.pull_requests(
        "vcs-pr-health/trend", "github", date(2026, 3, 1), date(2026, 3, 10), granularity="week"
    ),
    "billing/assistants": lambda r: r.billing.assistants(),
}

# -- comparing


def plain(result: Any) -> Any:
    """Return a result in the form of the JSON that it was read from."""
    if isinstance(result, Payload):
        return canonical(result.body())
    if isinstance(result, Page):
        return [plain(item) for item in result.items]
    if isinstance(result, tuple):
        return [plain(item) for item in result]
    return canonical(result)


def answered(body: Any) -> Any:
    """Return an answer without the page, report or list around it."""
    if isinstance(body, dict) and "_embedded" in body:
        (rows,) = body["_embedded"].values()
        return canonical(rows)
    return canonical(body)


def canonical(value: Any) -> Any:
    """Return JSON with each moment and each number in one form."""
    if isinstance(value, dict):
        return {key: _moment_of(each) if key.endswith("Timestamp") else canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, float):
        return Decimal(repr(value))
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _moment_of(value: Any) -> Any:
    return datetime.fromtimestamp(value / 1000, UTC) if isinstance(value, int) else canonical(value)


# -- the tests

EXAMPLES = sorted(
    str(path.relative_to(PAYLOADS).with_suffix(""))
    for path in PAYLOADS.glob("*/*.json")
    if path.parent.name != "errors"
)


def test_every_example_has_a_call_and_every_call_an_example() -> None:
    assert sorted(CALLS) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_client_sends_the_request_as_written_down_and_keeps_the_whole_answer(
    account: Account, name: str
) -> None:
    exchange = load(name)
    before = PAYLOADS / name.rsplit("/", 1)[0] / "get.json"
    reads = [load(f"{before.parent.name}/get")] if before.exists() else []
    async with account(*reads, exchange) as (revenium, stub):
        result = await CALLS[name](revenium)
    assert stub.last == exchange["request"]
    if name == "analytics/choices":
        assert result == ("OPENAI", "ANTHROPIC")
    elif name == "budgets/progress-of":
        assert plain(result) == answered(exchange["body"]["items"])
    elif name.startswith("reports/") and isinstance(exchange["body"], dict) and isinstance(result, tuple):
        assert plain(result) == [answered(exchange["body"])]
    elif result is not None:
        assert plain(result) == answered(exchange["body"])


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("metering/")])
async def test_every_metered_call_carries_a_key_against_counting_it_twice(account: Account, name: str) -> None:
    async with account(load(name)) as (revenium, stub):
        await CALLS[name](revenium)
    assert len(stub.headers["idempotency-key"]) == 36


def _operations() -> set[str]:
    """Return the code of every operation that hangs on an account, by its full name."""
    found: set[str] = set()
    waiting: list[Any] = [Revenium(Transport("http://127.0.0.1:1", KEY, timeout=1), TOLD)]
    while waiting:
        for name, part in vars(waiting.pop()).items():
            if name.startswith("_") or not type(part).__module__.startswith("daemon.client"):
                continue
            waiting.append(part)
            found |= {
                f"{type(part).__name__}.{method}"
                for method in dir(part)
                if not method.startswith("_")
                and (iscoroutinefunction(getattr(part, method)) or isasyncgenfunction(getattr(part, method)))
                and method not in dir(Collection)
            }
    return found


def test_there_is_an_example_of_every_operation() -> None:
    called = {name for call in CALLS.values() for name in call.__code__.co_names}
    operations = _operations()
    assert "Jobs.amend_outcome" in operations, "the search finds what hangs on an account"
    assert {operation for operation in operations if operation.split(".")[1] not in called | {"read"}} == set()
    assert {name for name in dir(Listing) if not name.startswith("_")} == {"get", "list", "page"}
