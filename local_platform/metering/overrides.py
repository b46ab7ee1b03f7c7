"""Prices that a team sets itself: for models of the list, and for models of its own.

A price holds for calls metered from then on; what was metered before keeps the cost that it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from local_platform.checks import ComplaintError, amount, choice, flag, items, mapping, text
from local_platform.resources import documents
from local_platform.resources.fields import NAME
from local_platform.resources.kind import Document, Kind
from local_platform.session import Session

_MILLION = Decimal(1_000_000)

RATES: Mapping[str, str] = {
    "inputCostPerToken": "input_mtok",
    "outputCostPerToken": "output_mtok",
    "cacheReadCostPerInputToken": "cache_read_mtok",
    "cacheCreationCostPerInputToken": "cache_write_mtok",
    "cacheCreation1hrCostPerInputToken": "cache_write_1h_mtok",
}
"""The price list's names of the wire's price fields."""

_RATES_OF_DIMENSIONS = {
    "TEXT_TOKEN_INPUT": "input_mtok",
    "TEXT_TOKEN_OUTPUT": "output_mtok",
    "TEXT_TOKEN_CACHE_READ": "cache_read_mtok",
    "TEXT_TOKEN_CACHE_CREATION": "cache_write_mtok",
}

SUPPORTS = (
    *("supportFunctionCalling", "supportsParallelFunctionCalling", "supportsPromptCaching", "supportsResponseSchema"),
    *("supportsSystemMessages", "supportsToolChoice", "supportsVision", "supportsWebSearch"),
)


def key_of(provider: str, name: str) -> str:
    """Return what tells one model from all others."""
    return f"{provider.upper()}/{name}"


def _price(value: Any) -> Decimal:
    """A price from 0, as a number or, as some clients send it, as text."""
    found = amount(value)
    if found < 0:
        raise ComplaintError("must be greater than or equal to 0")
    return found


MODEL_OVERRIDE = Kind(
    name="model_override",
    path="",
    collection="aIModelResourceList",
    entity="AI model",
    required=("name", "provider"),
    checks={
        "name": NAME,
        "provider": NAME,
        "mode": NAME,
        "custom": flag,
        "priceOverrideReason": text(4096),
        "pricingDimensions": items(mapping, 100),
        **dict.fromkeys(RATES, _price),
        **dict.fromkeys(SUPPORTS, flag),
    },
    defaults={"pricingDimensions": [], "custom": False},
    verbs=frozenset(),
    unique=("provider", "name"),
)
"""What a team says of a model; the routes of models stand in front of it."""

DIMENSION: Mapping[str, Any] = {
    "attributes": text(4096),
    "billingUnit": choice("PER_TOKEN PER_IMAGE PER_SECOND PER_MINUTE PER_CHARACTER CREDITS"),
    "costType": choice(
        "AI TEXT_TOKEN_INPUT TEXT_TOKEN_OUTPUT TEXT_TOKEN_CACHE_CREATION TEXT_TOKEN_CACHE_READ IMAGE_GENERATION "
        "AUDIO_TRANSCRIPTION AUDIO_GENERATION VIDEO_GENERATION CREDITS"
    ),
    "direction": choice("INPUT OUTPUT BIDIRECTIONAL"),
    "modality": choice("TEXT IMAGE AUDIO VIDEO"),
    "operationSubtype": NAME,
    "tenantCreditRate": _price,
    "unitPrice": _price,
}
DIMENSION_REQUIRED = ("modality", "billingUnit", "costType", "unitPrice")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One price of a model by a measure of its own."""

    modality: str
    unit: str
    cost_type: str
    price: Decimal
    direction: str = "BIDIRECTIONAL"
    subtype: str | None = None

    def fits(self, modality: str, subtype: str | None) -> bool:
        """Tell whether calls of this modality and operation are priced by it."""
        return self.modality == modality and self.subtype in (None, subtype)


@dataclass(frozen=True, slots=True)
class Override:
    """A team's prices of one model.

    Attributes:
        rates: Dollars per million tokens, by the price list's names.
        dimensions: Prices by other measures, or for some operations only.
    """

    rates: Mapping[str, Decimal] = field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = ()

    def rates_for(self, subtype: str | None) -> Mapping[str, Decimal]:
        """Return the rates of a text call of this operation."""
        if not self.dimensions:
            return self.rates
        return {
            **self.rates,
            **{
                _RATES_OF_DIMENSIONS[one.cost_type]: one.price * _MILLION
                for one in self.dimensions
                if one.fits("TEXT", subtype) and one.unit == "PER_TOKEN" and one.cost_type in _RATES_OF_DIMENSIONS
            },
        }


Overrides = Mapping[str, Override]
"""A team's prices, by the key of the model."""

NO_OVERRIDE = Override()


def load(session: Session) -> Overrides:
    """Read what the session's team has set."""
    return {
        key_of(document.fields["provider"], document.fields["name"]): _override(document)
        for document in documents.everything(session, MODEL_OVERRIDE)
    }


def _override(document: Document) -> Override:
    fields = document.fields
    return Override(
        rates={rate: Decimal(fields[name]) * _MILLION for name, rate in RATES.items() if name in fields},
        dimensions=tuple(_dimension(one) for one in fields["pricingDimensions"]),
    )


def _dimension(fields: Mapping[str, Any]) -> Dimension:
    by_credit = fields["billingUnit"] == "CREDITS" and "tenantCreditRate" in fields
    return Dimension(
        modality=fields["modality"],
        unit=fields["billingUnit"],
        cost_type=fields["costType"],
        price=Decimal(fields["tenantCreditRate"] if by_credit else fields["unitPrice"]),
        direction=fields.get("direction", "BIDIRECTIONAL"),
        subtype=fields.get("operationSubtype"),
    )
