from __future__ import annotations

from typing import Any

import pytest
from genai_prices import Usage, calc_price

MODELS = "/profitstream/v2/api/sources/ai/models"


async def _models(client: Any, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(MODELS, **query)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body.get("_embedded", {}).get("aIModelResourceList", [])
    return found


async def test_a_model_shows_what_a_token_costs(client: Any, clock: Any) -> None:
    [model] = await _models(client, query="gpt-4o", provider="OPENAI", exactMatch="true")
    listed = calc_price(
        Usage(input_tokens=1000, output_tokens=1000), "gpt-4o", provider_id="openai", genai_request_timestamp=clock()
    )
    assert model["inputCostPerToken"] * 1000 == pytest.approx(float(listed.input_price))
    assert model["outputCostPerToken"] * 1000 == pytest.approx(float(listed.output_price))
    assert 0 < model["cacheReadCostPerInputToken"] < model["inputCostPerToken"]
    assert model["supportsPromptCaching"] is True
    assert model["teamId"] == client.platform.team_id


async def test_the_query_finds_part_of_a_name(client: Any) -> None:
    names = [model["name"] for model in await _models(client, query="SONNET-4", provider="anthropic", size=100)]
    assert names
    assert all("sonnet-4" in name for name in names)


async def test_embeddings_are_told_from_chat(client: Any) -> None:
    models = await _models(client, provider="OPENAI", mode="embedding")
    assert models
    assert all("embed" in model["name"] for model in models)


async def test_no_model_is_custom(client: Any) -> None:
    assert await _models(client, modelType="CUSTOM") == []


async def test_a_metered_model_without_a_price_joins_the_list(client: Any, completion: Any) -> None:
    await client.meter(completion(provider="OLLAMA", model="house-blend"))
    [model] = await _models(client, query="house-blend")
    assert (model["provider"], model["inputCostPerToken"]) == ("OLLAMA", 0)
    providers = (await client.get(f"{MODELS}/providers")).body
    assert {"OLLAMA", "OPENAI", "ANTHROPIC", "GOOGLE", "AMAZON"} <= set(providers)
    assert providers == sorted(providers)
