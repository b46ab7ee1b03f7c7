"""What a call costs, by the maintained price list of genai-prices.

The library's own calculation takes over a hundred microseconds a call; here its prices are looked up
once per model and the arithmetic is done on them directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

    Price = Decimal | TieredPrices

_MILLION = Decimal(1_000_000)
_NOTHING = Decimal(0)

# These providers report the prompt with the cached part inside it, so that part is taken out before
# the input is priced; the others report it beside the input.
_CACHE_INSIDE_INPUT = frozenset({"openai", "groq", "x-ai", "azure", "google"})


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one call.

    Attributes:
        input: As the client counted them, with or without the cached part by provider.
        output: Reasoning included.
        cache_read: Read from a prompt cache.
        cache_write: Written to a prompt cache, for whatever time.
        cache_write_1h: The part of `cache_write` that is kept for an hour.
    """

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """The dollars of one call, by part."""

    input: Decimal = _NOTHING
    output: Decimal = _NOTHING
    cache_read: Decimal = _NOTHING
    cache_write: Decimal = _NOTHING

    @property
    def total(self) -> Decimal:
        """All parts together."""
        return self.input + self.output + self.cache_read + self.cache_write


def warm() -> None:
    """Load the price list, which takes a moment, before the first call needs it."""
    price_list()


def price_list() -> DataSnapshot:
    """Return the price list that ships with the library."""
    # The data is a module of 30,000 lines: loaded late, so that the server listens at once.
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot()


def costs(provider: str, model: str, usage: Usage, at: datetime, *, batch: bool = False) -> Costs | None:
    """Price a call at the rates of its time; None when the model is unknown."""
    found = _find(provider, model)
    if found is None:
        return None
    cache_inside_input, info = found
    rates = info.get_prices(at, {"processing": "batch"} if batch else None)
    return _charge(rates, usage, cache_inside_input=cache_inside_input)


def _charge(rates: ModelPrice, usage: Usage, *, cache_inside_input: bool) -> Costs | None:
    """Apply a model's rates; what has no rate of its own costs what plain input does."""
    priced = vars(rates)
    plain = priced.get("input_mtok")
    output = priced.get("output_mtok")
    if plain is None and output is None:
        return None
    cached = usage.cache_read
    prompt = usage.input if cache_inside_input else usage.input + cached + usage.cache_write
    fresh = max(0, usage.input - cached) if cache_inside_input else usage.input
    read = priced.get("cache_read_mtok") or plain
    write = priced.get("cache_write_mtok") or plain
    write_1h = priced.get("cache_write_1h_mtok") or write
    kept_1h = min(usage.cache_write_1h, usage.cache_write)
    return Costs(
        input=_amount(plain, fresh, prompt),
        output=_amount(output, usage.output, prompt),
        cache_read=_amount(read, cached, prompt),
        cache_write=_amount(write, usage.cache_write - kept_1h, prompt) + _amount(write_1h, kept_1h, prompt),
    )


def _amount(price: Price | None, tokens: int, prompt: int) -> Decimal:
    if price is None or not tokens:
        return _NOTHING
    return _rate(price, prompt) * tokens / _MILLION


def _rate(price: Price, prompt: int) -> Decimal:
    """Return the rate for a prompt of this length: a long prompt moves every token to its tier."""
    if isinstance(price, Decimal):
        return price
    rate = price.base
    for tier in price.tiers:
        if prompt > tier.start:
            rate = tier.price
    return rate


# Bounded, because clients choose the names.
@lru_cache(maxsize=4096)
def _find(provider: str, model: str) -> tuple[bool, ModelInfo] | None:
    try:
        listed, info = price_list().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    return listed.id in _CACHE_INSIDE_INPUT, info
