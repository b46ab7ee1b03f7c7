"""What a team keeps for itself: stored charts, and its own keys at providers."""

from __future__ import annotations

from local_platform.checks import anything
from local_platform.resources.fields import FREE, NAME, each, secret
from local_platform.resources.kind import Fields, Kind


def _either_name(body: Fields) -> Fields:
    """Take the label for the name, and the other way round: clients send either."""
    if either := body.get("label") or body.get("name"):
        body = {"name": either, **body, "label": either}
    return body


CHART = Kind(
    name="chart_definition",
    path="reports/chart-definitions",
    collection="chartDefinitionResourceList",
    entity="ChartDefinition",
    title="label",
    required=("label",),
    checks={**each("name label type", NAME), "description": FREE, "definition": anything},
    searched=("label", "description"),
    filters={"type": "type"},
    prepare=_either_name,
)

PROVIDER_CREDENTIAL = Kind(
    name="provider_credential",
    path="provider-credentials",
    collection="providerCredentialResourceList",
    entity="ProviderCredential",
    title="label",
    required=("label", "provider", "apiKey"),
    checks={**each("name label provider credentialType", NAME), "description": FREE, "apiKey": secret},
    defaults={"credentialType": "API_KEY"},
    searched=("label", "provider", "description"),
    filters={"provider": "provider"},
    kept=frozenset({"apiKey"}),
    secrets=frozenset({"apiKey"}),
    prepare=_either_name,
)
