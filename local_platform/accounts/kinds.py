"""Tenants, teams and users as resources."""

from __future__ import annotations

from typing import Any

from local_platform import ids
from local_platform.checks import anything, choice, email, flag, items, text, whole
from local_platform.resources.kind import Document, Fields, Kind, Owner, Reference
from local_platform.resources.rendering import metadata
from local_platform.session import Session

CURRENCIES = "USD EUR CAD GBP JPY CNY MXN COP ARS ZMW AUD ZWG"
PLAN_PERIODS = "DAY MONTH YEAR TEST_MINUTE TEST_MINUTE_WITH_SYNTHETIC_METERING NONE"

_NAME = text(255)
_FREE = text(4096)

CONTACT = {
    **dict.fromkeys(
        ("address1", "address2", "billingPhoneNumber", "city", "country", "phoneNumber", "postalCode", "state"), _NAME
    ),
    **dict.fromkeys(("billingEmail", "emailAddress"), _NAME),
    **dict.fromkeys(("logo", "metadata", "remittanceInstructions", "url"), text(100_000)),
    **dict.fromkeys(("elementDefinitionAutoDiscoveryEnabled", "sourceAutoDiscoveryEnabled"), flag),
    "currency": choice(CURRENCIES),
    "domainAliases": items(_NAME),
    "externalId": _NAME,
}
"""What teams and organizations say of themselves alike."""


def _members(session: Session, document: Document) -> dict[str, Any]:
    """Count a team's users."""
    (count,) = session.connection.execute(
        "SELECT count(*) FROM document WHERE kind = 'user' AND tenant = ?"
        " AND EXISTS (SELECT 1 FROM json_each(document.json, '$.teamIds') WHERE value = ?)",
        (session.tenant, document.id),
    ).fetchone()
    return {"userCount": count}


def _described(session: Session, document: Document) -> dict[str, Any]:
    return {
        "primaryUser": document.number == session.user,
        "defaultTeamId": document.fields.get("defaultTeamId"),
        "tenantId": ids.encode("tenant", document.tenant),
        "tenant": metadata(session, "tenant", document.tenant),
    }


def _in_a_team(body: Fields) -> Fields:
    """A user who is in no team is in the one that the body names."""
    if not body.get("teamIds") and not body.get("teams") and body.get("teamId"):
        body["teamIds"] = [body["teamId"]]
    return body


TENANT = Kind(
    name="tenant",
    path="tenants",
    collection="tenantResourceList",
    entity="Tenant",
    owner=Owner.TENANT,
    verbs=frozenset({"read"}),
    checks={
        "name": _NAME,
        "description": _FREE,
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
        "name": _NAME,
        "promptCaptureEnabled": flag,
        "invoiceHoldingPeriod": choice(PLAN_PERIODS),
        "invoiceHoldingPeriodCount": whole(1000),
        "types": items(choice("MANAGING")),
    },
    defaults={"currency": "USD", "types": ["MANAGING"], "promptCaptureEnabled": False},
    references=(Reference("parentId", "parent", "team"),),
    derive=_members,
)

USER = Kind(
    name="user",
    path="users",
    collection="userResourceList",
    entity="User",
    owner=Owner.TENANT,
    listed_by=Owner.TEAM,
    title="email",
    required=("email", "roles"),
    searched=("email", "firstName", "lastName"),
    checks={
        "email": email,
        "firstName": _NAME,
        "lastName": _NAME,
        "roles": items(_NAME),
        "phoneNumber": _NAME,
        "canViewPromptData": flag,
        "persona": choice("cxo_finance product_leaders platform_engineering"),
        "homepagePreference": choice(
            "PRODUCTS CUSTOMERS INVOICES REVENUE_DASHBOARD PRODUCT_ANALYTICS HISTORICAL_USAGE API_ANALYTICS "
            "ANALYTICS_LOGS PRODUCT_LOGS SYSTEM_LOGS SUBSCRIPTIONS"
        ),
        "redirectUrl": anything,
        "subscriberId": _NAME,
    },
    defaults={"canViewPromptData": False},
    references=(
        Reference("teamIds", "teams", "team", many=True),
        Reference("defaultTeamId", None, "team"),
    ),
    prepare=_in_a_team,
    key=lambda fields: str(fields["email"]).casefold(),
    derive=_described,
)
