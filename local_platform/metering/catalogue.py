"""The models there are: those of the price list, and those that were metered without a price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from local_platform import ids
from local_platform.metering.pricing import price_list

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

_MILLION = Decimal(1_000_000)

# Where the platform's name for a provider is not the price list's in capitals.
_PROVIDER_NAMES = {"aws": "AMAZON", "x-ai": "XAI"}


@dataclass(frozen=True, slots=True)
class Model:
    """A model and the dollars of one token of each kind.

    Attributes:
        provider: The platform's name of the provider.
        name: The model's name as it is metered.
        prices: The wire's price fields; empty for a model without a price.
    """

    provider: str
    name: str
    prices: tuple[tuple[str, Decimal], ...] = ()

    @property
    def mode(self) -> str:
        """What it does; the price list does not say, so the name decides."""
        return "embedding" if "embed" in self.name.lower() else "chat"


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which models are asked for; None and blank ask for all."""

    query: str = ""
    provider: str = ""
    mode: str = ""
    exact: bool = False

    def takes(self, model: Model) -> bool:
        """Tell whether a model is asked for."""
        name, query = model.name.lower(), self.query.lower()
        found = name == query if self.exact and query else query in name
        return found and self.provider.upper() in ("", model.provider.upper()) and self.mode.lower() in ("", model.mode)


def models(metered: Iterable[tuple[str, str]], today: datetime) -> list[Model]:
    """Return the models in order of provider and name."""
    listed = _listed(today.replace(hour=0, minute=0, second=0, microsecond=0))
    known = {(model.provider.upper(), model.name) for model in listed}
    extra = [Model(provider, name) for provider, name in metered if (provider.upper(), name) not in known]
    return sorted([*listed, *extra], key=lambda model: (model.provider, model.name))


def rendered(model: Model, team: dict[str, object]) -> dict[str, object]:
    """Return a model as it is on the wire."""
    prices = dict(model.prices)
    return {
        "id": ids.of_name("model", f"{model.provider}/{model.name}"),
        "label": model.name,
        "resourceType": "ai_model_metadata",
        "name": model.name,
        "provider": model.provider,
        "mode": model.mode,
        "inputCostPerToken": Decimal(0),
        "outputCostPerToken": Decimal(0),
        **prices,
        "supportsPromptCaching": "cacheReadCostPerInputToken" in prices,
        "priceOverridden": False,
        "pricingDimensions": [],
        "teamId": team["id"],
        "team": team,
        "_links": {},
    }


_FIELDS = {
    "inputCostPerToken": "input_mtok",
    "outputCostPerToken": "output_mtok",
    "cacheReadCostPerInputToken": "cache_read_mtok",
    "cacheCreationCostPerInputToken": "cache_write_mtok",
    "cacheCreation1hrCostPerInputToken": "cache_write_1h_mtok",
}


@cache
def _listed(day: datetime) -> tuple[Model, ...]:
    return tuple(
        Model(
            _PROVIDER_NAMES.get(provider.id, provider.id.upper()),
            model.id,
            _prices(vars(model.get_prices(day))),
        )
        for provider in price_list().providers
        for model in provider.models
    )


def _prices(rates: dict[str, Decimal | TieredPrices | None]) -> tuple[tuple[str, Decimal], ...]:
    """Return what a token costs; of prices that rise with the prompt, the one for short prompts."""
    found = ((field, rates.get(rate)) for field, rate in _FIELDS.items())
    return tuple(
        (field, (price if isinstance(price, Decimal) else price.base) / _MILLION)
        for field, price in found
        if price is not None
    )
