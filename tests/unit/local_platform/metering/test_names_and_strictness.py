from __future__ import annotations

import json
from typing import Any

import pytest

LOG = "sources/metrics/ai/completions"
CALL = "ai/completions"


def _subscriber(email: str | None = None, identity: str | None = None, **credential: str) -> dict[str, Any]:
    fields = {"email": email, "id": identity, "credential": credential or None}
    return {name: value for name, value in fields.items() if value is not None}


async def test_a_call_registers_whoever_it_names(meter: Any) -> None:
    await meter.meter(
        CALL,
        agent="scout",
        organizationName="Acme",
        productName="Gold",
        subscriber=_subscriber("u@example.com", "u1", name="key-1", value="very-secret"),
    )
    tenant = {"tenantId": meter.platform.tenant_id}
    [organization] = await meter.items("organizations", **tenant)
    [subscriber] = await meter.items("subscribers")
    [credential] = await meter.items("credentials")
    assert [product["name"] for product in await meter.items("products")] == ["Gold"]
    assert [agent["telemetryKey"] for agent in await meter.items("agents")] == ["scout"]
    assert (subscriber["email"], subscriber["subscriberId"]) == ("u@example.com", "u1")
    assert credential["name"] == "key-1"
    assert credential["organization"]["id"] == organization["id"]
    assert credential["subscriber"]["id"] == subscriber["id"]
    everything = [organization, subscriber, credential, *await meter.items(LOG)]
    assert "very-secret" not in json.dumps(everything)


async def test_what_is_registered_is_found_by_id_and_by_name(meter: Any) -> None:
    await meter.meter(CALL, organizationName="Acme", productName="Gold")
    [first] = await meter.items(LOG)
    await meter.meter(CALL, organizationId=first["organization"]["id"], productId=first["product"]["id"])
    await meter.meter(CALL, organizationId="Acme", productId="Gold")
    for call in await meter.items(LOG):
        assert call["organization"]["id"] == first["organization"]["id"]
        assert call["product"]["label"] == "Gold"


async def test_a_credential_is_known_by_the_value_that_it_was_registered_with(meter: Any) -> None:
    credential = await _credential(meter, "Production key", "sk-1")
    await meter.meter(CALL, organizationName="Acme", subscriber=_subscriber(name="alias", value="sk-1"))
    [call] = await meter.items(LOG)
    assert call["subscriberCredential"]["id"] == credential["id"]
    assert call["subscriberCredential"]["label"] == "Production key"


async def test_two_organizations_may_have_credentials_of_one_name(meter: Any) -> None:
    for customer in ("Acme", "Globex"):
        await meter.meter(CALL, organizationName=customer, subscriber=_subscriber("u@example.com", name="key"))
    owners = {credential["organization"]["label"] for credential in await meter.items("credentials")}
    assert owners == {"Acme", "Globex"}


async def test_a_name_is_looked_up_anew_after_its_resource_is_gone(meter: Any) -> None:
    await meter.meter(CALL, productName="Gold")
    [product] = await meter.items("products")
    assert (await meter.send("DELETE", f"products/{product['id']}")).status == 200
    await meter.meter(CALL, productName="Gold")
    [again] = await meter.items("products")
    assert again["id"] != product["id"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"organizationName": "Nobody"}, "CONSUMING_ORG_NOT_FOUND", "organizationName"),
        ({"organizationName": "Acme", "productName": "Lead"}, "PRODUCT_NOT_FOUND", "productName"),
        ({"subscriber": _subscriber("x@example.com")}, "SUBSCRIBER_NOT_FOUND", "subscriber.email"),
        ({"subscriber": _subscriber("u@example.com", "other")}, "SUBSCRIBER_NAME_ID_MISMATCH", "subscriber.id"),
        ({"subscriber": _subscriber(name="unknown")}, "CREDENTIAL_NOT_FOUND", "subscriber.credential"),
        ({"subscriptionId": "sub-9"}, "SUBSCRIPTION_RELATIONSHIP_NOT_FOUND", "subscriptionId"),
        ({}, "REQUIRED_REFERENCE_MISSING", "organizationName"),
    ],
)
async def test_a_strict_tenant_refuses_what_is_not_registered_and_keeps_what_it_refused(
    meter: Any, fields: dict[str, Any], code: str, field: str
) -> None:
    await meter.meter(CALL, organizationName="Acme", subscriber=_subscriber("u@example.com", "u1"))
    await meter.be_strict()
    answer = await meter.meter(CALL, **fields)
    assert answer.status == 400
    assert [(error["code"], error["field"]) for error in answer.body["errors"]] == [(code, field)]
    assert answer.body["errors"][0]["resolution"]
    path = f"tenants/{meter.platform.tenant_id}/ingestion-failures"
    [failure] = await meter.items(path, errorCode=code)
    assert failure["errors"] == answer.body["errors"]
    assert failure["originalPayload"]["model"] == "gpt-4o"
    assert await meter.items(path, errorCode="CREDENTIAL_NOT_FOUND" if code[0] != "C" else "PRODUCT_NOT_FOUND") == []
    assert len(await meter.items(LOG)) == 1


async def test_names_and_ids_of_different_resources_do_not_pass(meter: Any) -> None:
    await meter.meter(CALL, organizationName="Acme", productName="Gold")
    await meter.meter(CALL, organizationName="Globex", productName="Silver")
    calls = await meter.items(LOG, sort="id,asc")
    await meter.be_strict()
    mixed = {
        "organizationName": "Acme",
        "organizationId": calls[1]["organization"]["id"],
        "productName": "Gold",
        "productId": calls[1]["product"]["id"],
    }
    answer = await meter.meter(CALL, **mixed)
    codes = [error["code"] for error in answer.body["errors"]]
    assert codes == ["CONSUMING_ORG_NAME_ID_MISMATCH", "PRODUCT_NAME_ID_MISMATCH"]


async def test_a_strict_tenant_takes_what_is_registered_and_a_lenient_one_everything(meter: Any) -> None:
    await meter.be_strict()
    assert (await meter.meter(CALL, organizationName="Acme")).status == 400
    await meter.made("organizations", name="Acme")
    assert (await meter.meter(CALL, organizationName="Acme")).status == 201
    await meter.be_strict(False)
    assert (await meter.meter(CALL, organizationName="Globex")).status == 201


async def test_strictness_is_for_tools_and_events_too(meter: Any) -> None:
    await meter.be_strict()
    tool = await meter.meter("tool/events", toolId="t", durationMs=1, success=True, organizationName="Nobody")
    event = await meter.meter("events", payload={"a": 1}, organizationName="Nobody")
    assert [answer.body["errors"][0]["code"] for answer in (tool, event)] == ["CONSUMING_ORG_NOT_FOUND"] * 2


async def test_refused_bodies_are_kept_without_prompts_and_secrets(meter: Any) -> None:
    await meter.be_strict()
    await meter.meter(CALL, systemPrompt="whisper", subscriber=_subscriber(name="k", value="very-secret"))
    kept = json.dumps(await meter.items(f"tenants/{meter.platform.tenant_id}/ingestion-failures"))
    assert "very-secret" not in kept
    assert "whisper" not in kept
    assert '"name": "k"' in kept


@pytest.mark.parametrize("query", [{"errorCode": "BAD_LUCK"}, {"sort": "colour"}])
async def test_a_question_for_failures_that_cannot_be_read_is_refused(meter: Any, query: dict[str, str]) -> None:
    path = f"tenants/{meter.platform.tenant_id}/ingestion-failures"
    assert (await meter.send("GET", path, **query)).status == 400


async def _credential(meter: Any, name: str, external: str) -> dict[str, Any]:
    organization = await meter.made("organizations", name="Acme")
    subscriber = await meter.made("subscribers", email="u@example.com", organizationIds=[organization["id"]])
    made: dict[str, Any] = await meter.made(
        "credentials",
        name=name,
        externalId=external,
        organizationId=organization["id"],
        subscriberId=subscriber["id"],
    )
    return made
