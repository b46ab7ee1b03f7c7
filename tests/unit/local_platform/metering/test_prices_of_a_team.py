from __future__ import annotations

from typing import Any

import pytest

MODELS = "sources/ai/models"
LOG = "sources/metrics/ai/completions"
PER_IMAGE = {"modality": "IMAGE", "billingUnit": "PER_IMAGE", "costType": "IMAGE_GENERATION", "unitPrice": 0.04}


async def _model(meter: Any, name: str = "gpt-4o") -> dict[str, Any]:
    answer = await meter.send("GET", f"{MODELS}/name/{name}", provider="OPENAI")
    assert answer.status == 200
    return dict(answer.body)


async def _cost(meter: Any, path: str = LOG) -> tuple[float, bool]:
    [newest] = await meter.items(path, size=1, sort="id,desc")
    return newest["totalCost"], newest["priced"]


async def test_prices_that_a_team_sets_hold_from_then_on(meter: Any) -> None:
    model = await _model(meter)
    await meter.meter("ai/completions")
    listed, _ = await _cost(meter)
    prices = {"inputCostPerToken": 0.001, "outputCostPerToken": 0.01}
    changed = await meter.send("PATCH", f"{MODELS}/{model['id']}", prices)
    assert (changed.status, changed.body["priceOverridden"]) == (200, True)
    await meter.meter("ai/completions")
    assert await _cost(meter) == (2.0, True)
    [_, old] = await meter.items(LOG, sort="id,desc")
    assert old["totalCost"] == listed
    assert (await meter.send("DELETE", f"{MODELS}/{model['id']}")).status == 200
    await meter.meter("ai/completions")
    assert await _cost(meter) == (listed, True)
    assert await _model(meter) == model


async def test_a_model_of_the_teams_own_prices_its_calls(meter: Any) -> None:
    body = {"name": "house-1", "provider": "CUSTOM", "inputCostPerToken": "0.002", "outputCostPerToken": 0}
    made = await meter.made(MODELS, **body)
    assert made["modelType"] == "CUSTOM"
    await meter.meter("ai/completions", model="house-1", provider="custom")
    assert await _cost(meter) == (2.0, True)
    assert [model["id"] for model in await meter.items(MODELS, modelType="CUSTOM")] == [made["id"]]
    assert (await meter.send("POST", MODELS, body)).status == 409
    assert (await meter.send("DELETE", f"{MODELS}/{made['id']}")).status == 200
    assert await meter.items(MODELS, modelType="CUSTOM") == []


async def test_a_price_by_measure_is_added_changed_and_taken_away(meter: Any) -> None:
    model = await _model(meter)
    path = f"{MODELS}/{model['id']}/pricing"
    await meter.meter("ai/images")
    assert await _cost(meter, "sources/metrics/ai/images") == (0, False)
    added = await meter.send("POST", f"{path}/dimensions", PER_IMAGE)
    assert added.status == 201
    await meter.meter("ai/images")
    assert await _cost(meter, "sources/metrics/ai/images") == (0.08, True)
    one = f"{path}/dimensions/{added.body['id']}"
    assert (await meter.send("PUT", one, {**PER_IMAGE, "unitPrice": "0.5"})).status == 200
    await meter.meter("ai/images")
    assert await _cost(meter, "sources/metrics/ai/images") == (1.0, True)
    shown = (await meter.send("GET", path)).body["pricingDimensions"]
    assert [(price["id"], price["unitPrice"]) for price in shown] == [(added.body["id"], 0.5)]
    assert (await meter.send("DELETE", one)).status == 200
    assert (await meter.send("DELETE", one)).status == 404
    await meter.meter("ai/images")
    assert await _cost(meter, "sources/metrics/ai/images") == (0, False)


@pytest.mark.parametrize(
    ("what", "unit", "price", "fields", "expected"),
    [
        ("audio", "PER_MINUTE", 0.6, {"durationSeconds": 90}, 0.9),
        ("audio", "PER_SECOND", 0.01, {"durationSeconds": 90}, 0.9),
        ("audio", "PER_CHARACTER", 0.001, {"characterCount": 250}, 0.25),
        ("audio", "PER_TOKEN", 0.01, {"inputAudioTokenCount": 10, "outputAudioTokenCount": 5}, 0.15),
        ("video", "CREDITS", 0.5, {"creditsConsumed": 3}, 1.5),
        ("video", "PER_SECOND", 0.5, {"durationSeconds": 8, "billingUnit": "PER_SECOND"}, 4.0),
    ],
)
async def test_media_are_priced_by_what_they_measure(
    meter: Any, what: str, unit: str, price: float, fields: dict[str, Any], expected: float
) -> None:
    model = await _model(meter)
    dimension = {"modality": what.upper(), "billingUnit": unit, "costType": "CREDITS", "unitPrice": price}
    await meter.send("POST", f"{MODELS}/{model['id']}/pricing/dimensions", dimension)
    await meter.meter(f"ai/{what}", **fields)
    assert await _cost(meter, f"sources/metrics/ai/{what}") == (expected, True)


@pytest.mark.parametrize(
    ("what", "fields", "expected"),
    [
        ("images", {"totalCost": 0.25}, (0.25, True)),
        ("images", {"billingSkipped": True}, (0, True)),
        ("video", {"creditsConsumed": 4, "creditRate": 0.25}, (1.0, True)),
        ("video", {"durationSeconds": 8}, (0, False)),
        ("audio", {"model": "tts-1", "characterCount": 1_000_000}, (15.0, True)),
        ("audio", {"model": "whisper-large-v3", "provider": "GROQ", "durationSeconds": 3600}, (0.111, True)),
    ],
)
async def test_media_without_a_price_of_the_teams_cost_what_is_stated_or_listed(
    meter: Any, what: str, fields: dict[str, Any], expected: tuple[float, bool]
) -> None:
    await meter.meter(f"ai/{what}", **fields)
    assert await _cost(meter, f"sources/metrics/ai/{what}") == expected


async def test_a_price_for_one_operation_holds_for_that_alone(meter: Any) -> None:
    model = await _model(meter)
    path = f"{MODELS}/{model['id']}/pricing/dimensions"
    text = {"modality": "TEXT", "billingUnit": "PER_TOKEN", "operationSubtype": "bulk"}
    for cost_type in ("TEXT_TOKEN_INPUT", "TEXT_TOKEN_OUTPUT"):
        await meter.send("POST", path, {**text, "costType": cost_type, "unitPrice": 0.001})
    await meter.meter("ai/completions")
    listed, _ = await _cost(meter)
    assert listed < 1
    await meter.meter("ai/completions", operationSubtype="bulk")
    assert await _cost(meter) == (1.1, True)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"name": "x"}, 400),
        ("PATCH", "/{id}", {"inputCostPerToken": -1}, 400),
        ("PATCH", "/{id}", [], 400),
        ("POST", "/{id}/pricing/dimensions", {"modality": "SMELL"}, 400),
        ("PUT", "/{id}/pricing/dimensions/none", PER_IMAGE, 404),
        ("DELETE", "/{id}", None, 409),
        ("GET", "/nonsense", None, 400),
        ("GET", "/name/no-such-model", None, 404),
        ("GET", "?modelType=OTHER", None, 400),
    ],
)
async def test_what_cannot_be_done_is_refused(meter: Any, method: str, path: str, body: object, status: int) -> None:
    model = await _model(meter)
    assert (await meter.send(method, MODELS + path.format(id=model["id"]), body)).status == status


async def test_one_team_does_not_set_anothers_prices(meter: Any) -> None:
    other = await meter.made("teams", name="Other")
    model = await _model(meter)
    await meter.send("PATCH", f"{MODELS}/{model['id']}", {"inputCostPerToken": 1, "outputCostPerToken": 1})
    answer = await meter.send("GET", f"{MODELS}/{model['id']}", teamId=other["id"])
    assert (answer.status, answer.body["priceOverridden"]) == (200, False)
