"""Tenants, teams and users as resources."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from local_platform import ids
from local_platform.checks import anything, choice, email, flag, items, whole
from local_platform.resources import documents
from local_platform.resources.fields import CURRENCIES, FREE, NAME, PLAN_PERIODS, each
from local_platform.resources.kind import Document, Fields, Kind, Owner, Reference
from local_platform.resources.kinds.sources import provide_elements
from local_platform.resources.rendering import metadata
from local_platform.session import Session

CONTACT = {
    **each("address1 address2 billingPhoneNumber city country phoneNumber postalCode state", NAME),
    **each("billingEmail emailAddress externalId", NAME),
    **each("logo metadata remittanceInstructions url", FREE),
    **each("elementDefinitionAutoDiscoveryEnabled sourceAutoDiscoveryEnabled", flag),
    "currency": choice(CURRENCIES),
    "domainAliases": items(NAME),
}
"""What teams and organizations say of themselves alike."""


_OWNED = """
SELECT count(*) FROM document
WHERE team = ? AND kind != ? AND coalesce(json_extract(json, '$.isSystem'), 0) = 0
"""


def _team_is_used(session: Session, document: Document) -> str | None:
    """Object to deleting a team that a key stands for, or that owns something."""
    if _count(session, "SELECT count(*) FROM api_key WHERE team = ?", document.number):
        return "an API key stands for it"
    if _count(session, "SELECT count(*) FROM completion WHERE team = ?", document.number):
        return "it has metered calls"
    owned = _count(session, _OWNED, document.number, SETTINGS.name)
    return f"it owns {owned} resources; delete those first" if owned else None


def _user_is_used(session: Session, document: Document) -> str | None:
    used = _count(session, "SELECT count(*) FROM api_key WHERE user = ?", document.number)
    return "an API key stands for it" if used else None


def _count(session: Session, query: str, *values: object) -> int:
    (count,) = session.connection.execute(query, values).fetchone()
    return int(count)


def _members(session: Session, document: Document) -> dict[str, Any]:
    return {"userCount": len(documents.referring(session, "user", "teamIds", document.id))}


def _provide(session: Session, before: Document | None, after: Document | None) -> None:
    """Give a new team what every team has; what is left of a deleted one goes with it."""
    if after is None and before is not None:
        session.connection.execute("DELETE FROM document WHERE team = ?", (before.number,))
    elif before is None and after is not None:
        provide_elements(replace(session, team=after.number))


def _described(session: Session, document: Document) -> dict[str, Any]:
    return {
        "primaryUser": document.number == session.user,
        "defaultTeamId": document.fields.get("defaultTeamId"),
        "tenantId": ids.encode("tenant", document.tenant),
        "tenant": metadata(session, "tenant", document.tenant),
    }


def _in_a_team(session: Session, fields: Fields, _before: Document | None) -> None:
    """A user who is in no team is in the one that the request names."""
    if not fields.get("teamIds"):
        fields["teamIds"] = [ids.encode("team", session.team)]


TENANT = Kind(
    name="tenant",
    path="tenants",
    collection="tenantResourceList",
    entity="Tenant",
    owner=Owner.TENANT,
    verbs=frozenset({"read"}),
    checks={
        "name": NAME,
        "description": FREE,
        **dict.fromkeys(
            (
                "strictIngestionMode",
                "strictIngestionAllowTicketJobs",
                "attributionDetailTextEnabled",
                "usageBillingEnabled",
                "aiDataIngested",
            ),
            flag,
        ),
    },
    defaults={"description": "", "strictIngestionMode": False, "usageBillingEnabled": True},
)

TEAM = Kind(
    name="team",
    path="teams",
    collection="teamResourceList",
    entity="Team",
    owner=Owner.TENANT,
    checks={
        **CONTACT,
        **each("name description", NAME),
        "promptCaptureEnabled": flag,
        "invoiceHoldingPeriod": choice(PLAN_PERIODS),
        "invoiceHoldingPeriodCount": whole(1000),
        "types": items(choice("MANAGING")),
    },
    defaults={"currency": "USD", "types": ["MANAGING"], "promptCaptureEnabled": False},
    references=(Reference("parentId", "parent", "team", holds=True),),
    kept=frozenset({"metadata", "promptCaptureEnabled"}),
    objection=_team_is_used,
    derive=_members,
    changed=_provide,
)

SETTINGS = Kind(name="team_settings", path="", collection="", entity="TeamSettings", checks={})
"""A team's settings; mounted group by group."""

USER = Kind(
    name="user",
    path="users",
    collection="userResourceList",
    entity="User",
    owner=Owner.TENANT,
    listed_by=Owner.TEAM,
    title="email",
    required=("email", "roles"),
    unique=("email",),
    searched=("email", "firstName", "lastName"),
    filters={"teamId": "teamIds", "teamIds": "teamIds"},
    checks={
        "email": email,
        "firstName": NAME,
        "lastName": NAME,
        "roles": items(NAME),
        "phoneNumber": NAME,
        "canViewPromptData": flag,
        "persona": choice("cxo_finance product_leaders platform_engineering"),
        "homepagePreference": choice(
            "PRODUCTS CUSTOMERS INVOICES REVENUE_DASHBOARD PRODUCT_ANALYTICS HISTORICAL_USAGE API_ANALYTICS "
            "ANALYTICS_LOGS PRODUCT_LOGS SYSTEM_LOGS SUBSCRIPTIONS"
        ),
        "redirectUrl": anything,
        "subscriberId": NAME,
    },
    defaults={"canViewPromptData": False},
    references=(
        Reference("teamIds", "teams", "team", many=True),
        Reference("defaultTeamId", None, "team"),
    ),
    settle=_in_a_team,
    objection=_user_is_used,
    derive=_described,
)
