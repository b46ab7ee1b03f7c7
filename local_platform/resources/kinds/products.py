"""Products: what is sold, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from local_platform.billing.plan_check import plan_complaints
from local_platform.billing.plan_wire import uniform
from local_platform.checks import amount, choice, flag, items, mapping, number, text, whole
from local_platform.resources.fields import FREE, NAME, PLAN_PERIODS, each, record
from local_platform.resources.kind import Document, Fields, Kind, Reference
from local_platform.session import Session

_MOST = 1_000_000_000
_PAGES = "descriptionAsHTML pricingDescriptionAsHTML shortDescriptionAsHTML"


def _with_uniform_plan(body: Fields) -> Fields:
    if body.get("plan"):
        body["plan"] = uniform(body["plan"])
    return body


def _check_plan(_session: Session, fields: Fields, _before: Document | None) -> Mapping[str, str]:
    return plan_complaints(fields["plan"])


PRODUCT = Kind(
    name="product",
    path="products",
    collection="productResourceList",
    entity="Product",
    required=("name", "version", "plan", "ownerId"),
    checks={
        **each("name code externalId externalLabel portalId portalLabel paymentConfigurationId", NAME),
        **each("apimConfigurationId apimGroupId environmentId sourceConfigurationId", NAME),
        **each(f"description pricingDescription shortDescription comingSoonText {_PAGES} logo logoByteArray", FREE),
        **each("published preview comingSoon syncedToGateway notifyClientOnInvoice", flag),
        **each("notifyClientTrialAboutToExpire subscriptionAllowMidPeriodCancellation", flag),
        **each("tags notificationAddressesOnInvoice", items(NAME)),
        "version": text(64, r"\d+\.\d+\.\d+"),
        "plan": mapping,
        "audienceRestriction": choice("USER ORGANIZATION"),
        "displayPriority": amount,
        "meteringModels": items(choice("TRANSACTIONAL RESOURCE")),
        "paymentSource": choice("EXTERNAL_PAYMENT_NOTIFICATION PAYMENT_VIA_PAYMENT_PROVIDER INVOICE_ONLY_NO_PAYMENT"),
        "tierQuotaNotificationThreshold": number(Decimal(1)),
        "invoiceManagement": record(
            {**each("numberOfResends resendPeriodCount", whole(_MOST)), "resendPeriod": choice(PLAN_PERIODS)},
            required=("numberOfResends", "resendPeriod", "resendPeriodCount"),
        ),
        "performanceDefinition": record(
            {
                **each("name description", NAME),
                **each("maxRequests timePeriod", whole(_MOST)),
                "timeUnit": choice("MILLISECONDS SECONDS MINUTES HOURS DAYS WEEKS MONTHS YEARS"),
            },
            required=("name", "description", "maxRequests", "timePeriod", "timeUnit"),
        ),
        "terms": items(record({"terms": FREE, "link": FREE, "order": whole(_MOST)}, ("terms", "link", "order"))),
    },
    defaults={
        **dict.fromkeys(("published", "preview", "comingSoon", "notifyClientOnInvoice"), False),
        "notifyClientTrialAboutToExpire": False,
        "paymentSource": "INVOICE_ONLY_NO_PAYMENT",
        "notificationAddressesOnInvoice": [],
        "sourceIds": [],
        "tags": [],
        "terms": [],
    },
    references=(
        Reference("ownerId", "owner", "user", holds=True),
        Reference("sourceIds", "sources", "source", many=True, holds=True),
    ),
    searched=("name", "description", "externalId"),
    # Clients leave these out of what they send back.
    kept=frozenset({"plan", *_PAGES.split()}),
    prepare=_with_uniform_plan,
    validate=_check_plan,
)
