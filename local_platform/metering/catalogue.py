"""The models there are: those of the price list, those that a team has made or priced itself, and those metered besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from local_platform import ids
from local_platform.metering.overrides import RATES, SUPPORTS, key_of
from local_platform.metering.pricing import price_list
from local_platform.resources.kind import Document
from local_platform.wire import iso_ms

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
        own: What the team has set itself.
    """

    provider: str
    name: str
    prices: tuple[tuple[str, Decimal], ...] = ()
    own: Document | None = None

    @property
    def id(self) -> str:
        """The id on the wire, the same for every team."""
        return ids.of_name("model", self.key)

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return key_of(self.provider, self.name)

    @property
    def custom(self) -> bool:
        """Whether the team has made it."""
        return self.own is not None and bool(self.own.fields["custom"])

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the team has set itself."""
        return {} if self.own is None else self.own.fields

    @property
    def mode(self) -> str:
        """What it does; the price list does not say, so the name decides."""
        known = self.fields.get("mode")
        return str(known) if known else "embedding" if "embed" in self.name.lower() else "chat"


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which models are asked for; None and blank ask for all."""

    query: str = ""
    provider: str = ""
    mode: str = ""
    exact: bool = False
    custom: bool | None = None

    def takes(self, model: Model) -> bool:
        """Tell whether a model is asked for."""
        name, query = model.name.lower(), self.query.lower()
        found = name == query if self.exact and query else query in name
        return (
            found
            and self.provider.upper() in ("", model.provider.upper())
            and self.mode.lower() in ("", model.mode)
            and self.custom in (None, model.custom)
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a team's models besides the price list.

    Attributes:
        metered: Provider and name of what was metered.
        own: What the team has set itself.
    """

    metered: Iterable[tuple[str, str]] = ()
    own: Iterable[Document] = field(default_factory=tuple)


def models(known: Known, today: datetime) -> list[Model]:
    """Return the models in order of provider and name."""
    listed = _listed(today.replace(hour=0, minute=0, second=0, microsecond=0))
    found = {model.key: model for model in listed}
    for provider, name in known.metered:
        found.setdefault(key_of(provider, name), Model(provider, name))
    for document in known.own:
        provider, name = document.fields["provider"], document.fields["name"]
        model = found.get(key_of(provider, name), Model(provider, name))
        found[model.key] = replace(model, own=document)
    return sorted(found.values(), key=lambda model: (model.provider, model.name))


def rendered(model: Model, team: Mapping[str, object]) -> dict[str, object]:
    """Return a model as it is on the wire."""
    prices = dict(model.prices)
    own = model.fields
    overridden = [name for name in RATES if name in own]
    return {
        "id": model.id,
        "label": model.name,
        "resourceType": "ai_model_metadata",
        "name": model.name,
        "provider": model.provider,
        "mode": model.mode,
        "modelType": "CUSTOM" if model.custom else "GLOBAL",
        "inputCostPerToken": Decimal(0),
        "outputCostPerToken": Decimal(0),
        **prices,
        **{name: own[name] for name in overridden},
        "supportsPromptCaching": "cacheReadCostPerInputToken" in prices,
        **{name: own[name] for name in SUPPORTS if name in own},
        "priceOverridden": bool(overridden) and not model.custom,
        "priceOverrideReason": own.get("priceOverrideReason"),
        "pricingDimensions": own.get("pricingDimensions", []),
        "teamId": team["id"],
        "team": team,
        "created": None if model.own is None else iso_ms(model.own.created_ms),
        "updated": None if model.own is None else iso_ms(model.own.updated_ms),
        "_links": {},
    }


@lru_cache(maxsize=2)
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
    found = ((name, rates.get(rate)) for name, rate in RATES.items())
    return tuple(
        (name, (price if isinstance(price, Decimal) else price.base) / _MILLION)
        for name, price in found
        if price is not None
    )
