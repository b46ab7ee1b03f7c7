"""What alert rules have beside their verbs."""

from __future__ import annotations

from aiohttp import web

from local_platform.alerting import readings
from local_platform.alerting.decide import UNGROUPED, measured
from local_platform.alerting.evaluation import read
from local_platform.alerting.kinds import RULE
from local_platform.alerting.queries import listed
from local_platform.alerting.rule import rule_of
from local_platform.alerting.usage import figure
from local_platform.alerting.windows import window_of
from local_platform.http.access import require_team
from local_platform.http.paging import paging_of
from local_platform.resources import documents
from local_platform.resources.routes import found, reading, writing
from local_platform.services import json_response
from local_platform.session import Session
from local_platform.wire import iso


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them; clients disagree on how all rules are deleted at once."""
    rules = f"{prefix}/{RULE.path}"
    router.add_delete(rules, clear)
    router.add_delete(f"{rules}/clear", clear)
    router.add_get(f"{rules}/provider-dimensions/api-keys", api_keys)
    router.add_get(f"{rules}/{{id}}/metric", metric)


async def clear(request: web.Request) -> web.Response:
    """Delete every rule of the team."""
    require_team(request)

    def work(session: Session) -> dict[str, object]:
        rules = documents.everything(session, RULE)
        for document in rules:
            documents.remove(session, document)
            RULE.changed(session, document, None)
        return {"message": f"{len(rules)} {RULE.entity} deleted", "resourceType": RULE.type_name, "_links": {}}

    return json_response(await writing(request, work))


async def api_keys(request: web.Request) -> web.Response:
    """List the keys that calls were made with; here those are the credentials that calls name."""
    require_team(request)
    paging = paging_of(request, 50)
    words = request.query.get("query", "").casefold()
    provider = request.query.get("provider", "").casefold()
    wanted = listed(request.query, "apiKeyIds")

    def work(session: Session) -> list[dict[str, object]]:
        pairs = readings.credential_providers(session.connection, session.team)
        return [
            {"id": name, "name": name, "partialKeyHint": None, "provider": at, "active": True}
            for name, at in pairs
            if words in name.casefold() and provider in ("", at.casefold()) and (not wanted or name in wanted)
        ]

    items = await reading(request, work)
    shown = items[paging.offset : paging.offset + paging.size]
    return json_response({"items": shown, "total": len(items)})


async def metric(request: web.Request) -> web.Response:
    """Measure a rule now."""

    def work(session: Session) -> dict[str, object]:
        document = found(session, RULE, request.match_info["id"])
        rule = rule_of(document.fields)
        window = window_of(rule, session.now)
        values = {
            group: figure(measured(rule, one, window))
            for group, one in sorted(read(session.connection, rule, document.team, window).items())
        }
        return {
            "id": document.id,
            "metricType": rule.metric,
            "threshold": rule.threshold,
            "window": {"start": iso(window.start), "endExpected": iso(window.end), "now": iso(window.last)},
            "value": values.get(UNGROUPED),
            "groups": [{"groupValue": name, "value": value} for name, value in values.items() if name != UNGROUPED],
        }

    return json_response(await reading(request, work))
