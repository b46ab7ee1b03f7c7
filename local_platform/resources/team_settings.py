"""A team's settings, group by group, and the domains whose people may join it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from aiohttp import web

from local_platform.accounts.kinds import SETTINGS, TEAM
from local_platform.checks import Check, choice, email, flag, items, text, whole
from local_platform.http.errors import invalid
from local_platform.resources import documents
from local_platform.resources.bodies import checked
from local_platform.resources.fields import NAME, each
from local_platform.resources.routes import opened, reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session

_LARGEST_BODY = 1 << 16
_DAYS = whole(3650)
_DOMAINS = "verified-domains"
_DOMAIN = text(255, r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class _Group:
    """Settings that are read and replaced together.

    Attributes:
        checks: What each may hold; a group without any is only read.
        required: Those that must be sent.
        defaults: Those that are not sent.
        derived: What follows from the others, or from nothing.
    """

    checks: Mapping[str, Check]
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    derived: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


_GROUPS = {
    "marketplaces": _Group(
        {"internalMarketplaceNames": items(NAME)}, ("internalMarketplaceNames",), {"internalMarketplaceNames": []}
    ),
    "pr-health": _Group(
        {
            **each("agingDays rottingDays", _DAYS),
            **each("automationPatterns excludedRepos", items(NAME)),
            "assistedOnly": flag,
            "cutoffDate": text(10, r"\d{4}-\d\d-\d\d"),
        },
        ("agingDays", "rottingDays"),
        {"agingDays": 7, "rottingDays": 14, "assistedOnly": False, "automationPatterns": [], "excludedRepos": []},
        {"builtInAutomationPatterns": []},
    ),
    "pr-health/digest": _Group(
        {
            **each("enabled rottingAlertEnabled", flag),
            "dayOfWeek": choice("MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY"),
            "hourOfDay": whole(23),
            "timezone": NAME,
            "emailAddresses": items(email),
            "slackConfigurationIds": items(NAME),
            "rottingDays": _DAYS,
        },
        (),
        {
            "enabled": False,
            "dayOfWeek": "MONDAY",
            "hourOfDay": 9,
            "timezone": "UTC",
            "emailAddresses": [],
            "slackConfigurationIds": [],
            "rottingAlertEnabled": False,
            "rottingDays": 14,
        },
        {"slackChannels": [], **dict.fromkeys(("lastSentAt", "nextSendAt", "lastAlertAt", "nextAlertAt"))},
    ),
    "coding-assistant-filter": _Group(
        {},
        derived={
            "apiRateProviders": [],
            "confirmedProviders": [],
            "classificationSource": "tenant_default",
            "confidence": "high",
            "needsReview": False,
        },
    ),
    "attribution-identity-policy": _Group(
        {"policy": choice("VERIFIED_DOMAIN_ONLY ALLOW_SELF_ASSERTED_UNVERIFIED")},
        ("policy",),
        {"policy": "VERIFIED_DOMAIN_ONLY"},
    ),
}


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount every group."""
    settings = f"{prefix}/teams/{{id}}/settings"
    for name, group in _GROUPS.items():
        router.add_get(f"{settings}/{name}", _showing(name, group))
        if group.checks:
            router.add_put(f"{settings}/{name}", _replacing(name, group))
    router.add_get(f"{settings}/prompts", prompts)
    router.add_put(f"{settings}/prompts", switch_prompts)
    router.add_get(f"{settings}/{_DOMAINS}", domains)
    router.add_put(f"{settings}/{_DOMAINS}", add_domain)
    router.add_delete(f"{settings}/{_DOMAINS}", remove_domain)


async def prompts(request: web.Request) -> web.Response:
    """Tell whether prompts are kept."""

    def work(session: Session) -> object:
        _, team = opened(session, TEAM, request.match_info["id"])
        return {"promptCaptureEnabled": team.fields["promptCaptureEnabled"]}

    return json_response(await reading(request, work))


async def switch_prompts(request: web.Request) -> web.Response:
    """Keep prompts, or no longer."""
    body = await read_json(request, _LARGEST_BODY)
    change = checked(body, {"promptCaptureEnabled": flag}, ("promptCaptureEnabled",))

    def work(session: Session) -> object:
        _, team = opened(session, TEAM, request.match_info["id"])
        documents.amend(session, team, change)
        return change

    return json_response(await writing(request, work))


async def domains(request: web.Request) -> web.Response:
    """List the domains."""
    return json_response(await reading(request, lambda session: _stored(_in_team(session, request), _DOMAINS, [])))


async def add_domain(request: web.Request) -> web.Response:
    """Let the people of a domain join."""
    body = await read_json(request, _LARGEST_BODY)
    checks = {"domain": _DOMAIN, "joinPolicy": choice("REQUEST OFF")}
    added = {"joinPolicy": "REQUEST", **checked(body, checks, ("domain",)), "source": "ADMIN"}
    added["domain"] = added["domain"].lower()
    await _change_domains(request, added["domain"], [added])
    return json_response(added)


async def remove_domain(request: web.Request) -> web.Response:
    """No longer let the people of a domain join."""
    domain = request.query.get("domain", "").lower()
    if not domain:
        raise invalid({"domain": "must not be null or blank"})
    await _change_domains(request, domain, [])
    return json_response({})


async def _change_domains(request: web.Request, domain: str, added: list[dict[str, Any]]) -> None:
    """Put what is known of a domain anew."""

    def work(session: Session) -> None:
        session = _in_team(session, request)
        others = [one for one in _stored(session, _DOMAINS, []) if one["domain"] != domain]
        _store(session, _DOMAINS, [*others, *added])

    await writing(request, work)


def _showing(name: str, group: _Group) -> Callable[[web.Request], Any]:
    async def show(request: web.Request) -> web.Response:
        def work(session: Session) -> object:
            return {**group.defaults, **_stored(_in_team(session, request), name, {}), **group.derived}

        return json_response(await reading(request, work))

    return show


def _replacing(name: str, group: _Group) -> Callable[[web.Request], Any]:
    async def replace(request: web.Request) -> web.Response:
        fields = checked(await read_json(request, _LARGEST_BODY), group.checks, group.required)

        def work(session: Session) -> object:
            _store(_in_team(session, request), name, fields)
            return {**group.defaults, **fields, **group.derived}

        return json_response(await writing(request, work))

    return replace


def _in_team(session: Session, request: web.Request) -> Session:
    """Return the session as one of the team in the path."""
    _, team = opened(session, TEAM, request.match_info["id"])
    return Session(session.connection, session.tenant, team.number, session.user, session.now)


def _stored(session: Session, name: str, otherwise: Any) -> Any:
    kept = documents.find(session, SETTINGS.name, session.team)
    return kept.fields.get(name, otherwise) if kept else otherwise


def _store(session: Session, name: str, value: object) -> None:
    kept = documents.find(session, SETTINGS.name, session.team)
    if kept is None:
        documents.insert(session, SETTINGS, {name: value}, number=session.team)
    else:
        documents.amend(session, kept, {name: value})
