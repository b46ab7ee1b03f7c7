"""What one call costs: what the client states, else what the prices say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from local_platform.metering import pricing
from local_platform.metering.fields import Fields
from local_platform.metering.overrides import Dimension, Override
from local_platform.wire import to_nano

if TYPE_CHECKING:
    from local_platform.metering.pricing import Rates

_NOTHING = Decimal(0)
_MILLION = Decimal(1_000_000)
_MINUTE = Decimal(60)
_HOUR = Decimal(3600)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a call costs, in whole nanodollars, and whether that could be known."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    total: int
    priced: bool


_FREE = Bill(0, 0, 0, 0, 0, priced=True)


def bill_of(fields: Fields, modality: str, own: Override) -> Bill:
    """Price a call; a cost that the client states is taken as it is.

    Args:
        fields: The checked fields.
        modality: TEXT, IMAGE, AUDIO or VIDEO.
        own: What the team has set for the model itself.
    """
    if fields.get("billingSkipped"):
        return _FREE
    return _text_bill(fields, own) if modality == "TEXT" else _media_bill(fields, modality, own)


def _text_bill(fields: Fields, own: Override) -> Bill:
    listed = _token_costs(fields, own)
    multiplier = fields.get("costMultiplier", 1)
    computed = listed or pricing.Costs()

    def part(name: str, amount: Decimal) -> int:
        stated = fields.get(name)
        return to_nano(amount * multiplier if stated is None else stated)

    parts = (
        part("inputTokenCost", computed.input),
        part("outputTokenCost", computed.output),
        part("cacheReadTokenCost", computed.cache_read),
        part("cacheCreationTokenCost", computed.cache_write),
    )
    stated_total = fields.get("totalCost")
    stated_parts = "inputTokenCost" in fields and "outputTokenCost" in fields
    return Bill(
        *parts,
        total=sum(parts) if stated_total is None else to_nano(stated_total),
        priced=listed is not None or stated_total is not None or stated_parts,
    )


def _token_costs(fields: Fields, own: Override) -> pricing.Costs | None:
    for_an_hour = fields.get("cacheCreation1hTokenCount", 0)
    split = fields.get("cacheCreation5mTokenCount", 0) + for_an_hour
    usage = pricing.Usage(
        input=fields["inputTokenCount"],
        output=fields["outputTokenCount"],
        cache_read=fields.get("cacheReadTokenCount", 0),
        # Some clients send the sum, some its two parts, some all three.
        cache_write=max(fields.get("cacheCreationTokenCount", 0), split),
        cache_write_1h=for_an_hour,
        reasoning=fields.get("reasoningTokenCount", 0),
        total=fields["totalTokenCount"],
    )
    return pricing.costs(
        fields["provider"],
        fields["model"],
        usage,
        fields["requestTime"],
        batch=fields.get("pricingTier") == "BATCH",
        own=own.rates_for(fields.get("operationSubtype")),
    )


def _media_bill(fields: Fields, modality: str, own: Override) -> Bill:
    stated = fields.get("totalCost")
    computed = _by_dimensions(fields, modality, own)
    if computed is None:
        computed = _by_list(fields, modality, own)
    if computed is None and "creditRate" in fields and "creditsConsumed" in fields:
        computed = fields["creditRate"] * fields["creditsConsumed"]
    total = (computed or _NOTHING) * fields.get("costMultiplier", 1) if stated is None else stated
    return Bill(0, 0, 0, 0, to_nano(total), priced=computed is not None or stated is not None)


def _by_dimensions(fields: Fields, modality: str, own: Override) -> Decimal | None:
    """Add up the team's prices for what the call measures; None when none of them fits."""
    unit = fields.get("billingUnit")
    fitting = [
        one
        for one in own.dimensions
        if one.fits(modality, fields.get("operationSubtype")) and (unit is None or one.unit == unit)
    ]
    measured = [(one, quantity) for one in fitting if (quantity := _quantity(fields, one)) is not None]
    return sum((one.price * quantity for one, quantity in measured), _NOTHING) if measured else None


def _quantity(fields: Fields, dimension: Dimension) -> Decimal | None:
    """Return how much of its unit a call used; None when it does not say."""
    if dimension.unit == "PER_TOKEN":
        names = {"INPUT": _INPUT_TOKENS, "OUTPUT": _OUTPUT_TOKENS}.get(dimension.direction, _ALL_TOKENS)
        counts = [fields[name] for name in names if name in fields]
        return Decimal(sum(counts)) if counts else None
    name, divisor = _MEASURES[dimension.unit]
    return Decimal(fields[name]) / divisor if name in fields else None


_INPUT_TOKENS = ("inputTokenCount", "inputAudioTokenCount")
_OUTPUT_TOKENS = ("outputTokenCount", "outputAudioTokenCount")
_ALL_TOKENS = _INPUT_TOKENS + _OUTPUT_TOKENS
_MEASURES: Mapping[str, tuple[str, Decimal]] = {
    "PER_IMAGE": ("actualImageCount", Decimal(1)),
    "PER_SECOND": ("durationSeconds", Decimal(1)),
    "PER_MINUTE": ("durationSeconds", _MINUTE),
    "PER_CHARACTER": ("characterCount", Decimal(1)),
    "CREDITS": ("creditsConsumed", Decimal(1)),
}


def _by_list(fields: Fields, modality: str, own: Override) -> Decimal | None:
    """Add up what the price list knows of the call's measures; None when it knows none."""
    listed: Rates = {**pricing.rates(fields["provider"], fields["model"], fields["requestTime"]), **own.rates}
    parts = [
        pricing.rate(price) * Decimal(fields[name]) / scale
        for name, scale, rates in _LISTED[modality]
        if name in fields and (price := _first_of(listed, rates)) is not None
    ]
    return sum(parts, _NOTHING) if parts else None


def _first_of(listed: Rates, names: tuple[str, ...]) -> pricing.Price | None:
    return next((price for name in names if (price := listed.get(name)) is not None), None)


_TOKENS_IN = ("inputTokenCount", _MILLION, ("input_mtok",))

# What is measured, in which portion it is priced, and by which rates of the list, the most special one first.
_LISTED: Mapping[str, tuple[tuple[str, Decimal, tuple[str, ...]], ...]] = {
    "IMAGE": (_TOKENS_IN, ("outputTokenCount", _MILLION, ("output_image_mtok", "output_mtok"))),
    "VIDEO": (_TOKENS_IN, ("outputTokenCount", _MILLION, ("output_video_mtok", "output_mtok"))),
    "AUDIO": (
        _TOKENS_IN,
        ("outputTokenCount", _MILLION, ("output_mtok",)),
        ("inputAudioTokenCount", _MILLION, ("input_audio_mtok", "input_mtok")),
        ("outputAudioTokenCount", _MILLION, ("output_audio_mtok", "output_mtok")),
        ("durationSeconds", _HOUR, ("audio_hours", "input_audio_hours")),
        ("characterCount", _MILLION, ("input_mchars",)),
    ),
}
