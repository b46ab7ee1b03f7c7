"""Products, sources, elements, agents, tools, channels and keys at providers: what is special about each."""

from __future__ import annotations

from typing import Any

Shop = Any


async def test_a_plan_is_complained_about_by_the_path_of_what_is_wrong(shop: Shop) -> None:
    body = await shop.body("product")
    body["plan"] = {**body["plan"], "currency": "XXX", "tiers": [{"name": "a", "upTo": "ten"}]}
    answer = await shop.send("POST", "products", body)
    assert answer.status == 400
    assert {"plan.currency", "plan.tiers[0].upTo"} <= answer.body["details"].keys()


async def test_a_plan_that_an_update_leaves_out_stays_with_the_ids_of_its_tiers(shop: Shop) -> None:
    made = await shop.make("product")
    body = {name: value for name, value in made.items() if name != "plan"}
    after = await shop.send("PUT", f"products/{made['id']}", {**body, "name": "Renamed"})
    assert (after.body["name"], after.body["plan"]) == ("Renamed", made["plan"])
    assert made["plan"]["tiers"][0]["id"]


async def test_a_tier_may_be_written_in_snake_case(shop: Shop) -> None:
    body = await shop.body("product")
    body["plan"] = {**body["plan"], "tiers": [{"name": "all", "up_to": None, "unit_amount": "0.01"}]}
    made = await shop.made("product", body)
    assert made["plan"]["tiers"][0]["unitAmount"] == "0.01"


async def test_a_version_has_three_numbers(shop: Shop) -> None:
    answer = await shop.send("POST", "products", {**await shop.body("product"), "version": "1.0"})
    assert list(answer.body["details"]) == ["version"]


async def test_a_product_says_how_it_is_paid_unless_told_otherwise(shop: Shop) -> None:
    assert (await shop.make("product"))["paymentSource"] == "INVOICE_ONLY_NO_PAYMENT"


async def test_a_source_names_the_products_that_draw_on_it_and_is_held_by_them(shop: Shop) -> None:
    source = await shop.make("source", sourceType="API", syncedWithApiGateway=False)
    product = await shop.make("product", sourceIds=[source["id"]])
    read = await shop.read("source", source["id"])
    assert [one["id"] for one in read["products"]] == [product["id"]]
    assert read["sourceType"] == "API"
    answer = await shop.send("DELETE", f"sources/{source['id']}")
    assert (answer.status, "sourceIds of 1 products" in answer.body["message"]) == (409, True)


async def test_every_team_has_the_elements_of_the_system_from_the_start(shop: Shop) -> None:
    other = (await shop.make("team"))["id"]
    for team in (shop.team_id, other):
        found = await shop.list("metering_element_definition", teamId=team, size=100)
        assert {"totalCost", "inputTokenCount", "model"} <= {one["name"] for one in found}
        assert all(one["isSystem"] for one in found)


async def test_an_element_of_the_system_can_be_described_but_not_renamed_or_deleted(shop: Shop) -> None:
    element = (await shop.list("metering_element_definition"))[0]
    path = f"metering-element-definitions/{element['id']}"
    described = await shop.send("PUT", path, {**element, "description": "Ours", "isSystem": False})
    assert (described.body["description"], described.body["isSystem"]) == ("Ours", True)
    renamed = await shop.send("PUT", path, {**element, "name": "mine", "type": "STRING"})
    assert (renamed.status, renamed.body["details"].keys()) == (400, {"name", "type"})
    deleted = await shop.send("DELETE", path)
    assert (deleted.status, "belongs to the system" in deleted.body["message"]) == (409, True)


async def test_the_bare_path_of_elements_leads_nowhere(shop: Shop) -> None:
    for method in ("GET", "POST"):
        assert (await shop.send(method, "/metering-elements", None, page=0, size=50)).status == 404


async def test_an_agent_keeps_its_key_and_is_called_by_it(shop: Shop) -> None:
    made = await shop.make("agent", telemetryKey="Support-Bot")
    assert (made["label"], made["source"]) == ("Support-Bot", "API")
    answer = await shop.send("PUT", f"agents/{made['id']}", {**made, "telemetryKey": "other"})
    assert (answer.status, list(answer.body["details"])) == (400, ["telemetryKey"])


async def test_agents_are_discovered_with_what_they_did_and_cost(shop: Shop) -> None:
    moment = "2026-03-10T11:59:00.000Z"
    call = {
        **{"model": "gpt-4o", "provider": "OPENAI", "agent": "Seen", "stopReason": "END", "requestDuration": 5},
        **{"inputTokenCount": 1000, "outputTokenCount": 100, "totalTokenCount": 1100, "costType": "AI"},
        **dict.fromkeys(("requestTime", "completionStartTime", "responseTime"), moment),
    }
    for _ in range(2):
        assert (await shop.send("POST", "/meter/v2/ai/completions", call)).status == 201
    answer = await shop.send("GET", "agents/discovered", teamId=shop.team_id, period="HOUR")
    (found,) = answer.body["_embedded"]["discoveredAgentResourceList"]
    assert (found["telemetryKey"], found["registered"], found["metricCount"]) == ("Seen", True, 2)
    assert (await shop.read("agent", found["agentId"]))["source"] == "TELEMETRY"
    assert found["totalCost"] > 0
    assert found["firstSeen"] == found["lastSeen"] == moment
    await shop.send("DELETE", f"agents/{found['agentId']}")
    again = await shop.send("GET", "agents/discovered", teamId=shop.team_id, period="HOUR")
    assert again.body["_embedded"]["discoveredAgentResourceList"][0]["registered"] is False
    wrong = await shop.send("GET", "agents/discovered", teamId=shop.team_id, period="EON")
    assert (wrong.status, list(wrong.body["details"])) == (400, ["period"])


async def test_a_tool_is_found_by_the_id_that_its_callers_know(shop: Shop) -> None:
    made = await shop.make("tool", toolId="web/search")
    assert made["enabled"] is True
    found = await shop.send("GET", "tools/by-tool-id/web%2Fsearch", teamId=shop.team_id)
    assert found.body["id"] == made["id"]
    assert (await shop.send("GET", "tools/by-tool-id/other", teamId=shop.team_id)).status == 404


async def test_a_channel_is_connected_by_a_call_of_the_platforms_own(shop: Shop) -> None:
    assert (await shop.send("POST", "configurations/slack", await shop.body("slack_configuration"))).status == 405
    made = await shop.make("slack_configuration", channelName="#alerts")
    read = await shop.send("GET", f"configurations/slack/{made['id']}")
    assert (read.body["channelName"], read.body["teamName"]) == ("alerts", "WS")
    assert [one["id"] for one in await shop.list("slack_configuration")] == [made["id"]]
    rule = await shop.make("anomaly", slackConfigurations=[made["id"]])
    path = f"/local/v1/slack-configurations/{made['id']}"
    assert (await shop.send("DELETE", path)).status == 409
    await shop.send("DELETE", f"sources/ai/anomaly/{rule['id']}")
    assert (await shop.send("DELETE", path)).status == 200
    assert await shop.list("slack_configuration") == []


async def test_a_providers_key_is_shown_to_nobody_and_stays_when_left_out(shop: Shop) -> None:
    made = await shop.make("provider_credential", label=None, name="Main", apiKey="sk-correct-horse")
    assert made["label"] == "Main"
    body = {name: value for name, value in made.items() if name != "apiKey"}
    answer = await shop.send("PUT", f"provider-credentials/{made['id']}", body)
    assert answer.status == 200
    assert (await shop.read("provider_credential", made["id"]))["apiKey"] == "********"


async def test_rules_and_controls_are_changed_in_part_and_say_by_whom(shop: Shop) -> None:
    for kind, path in (("anomaly", "sources/ai/anomaly"), ("cost_control", "ai/cost-controls")):
        made = await shop.make(kind)
        answer = await shop.send("PATCH", f"{path}/{made['id']}", {"enabled": False})
        assert (answer.status, answer.body["enabled"], answer.body["name"]) == (200, False, made["name"])
        assert answer.body["createdBy"] == "owner@example.com"
