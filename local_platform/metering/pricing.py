"""What tokens cost, by the maintained price list of genai-prices and by what a team has set itself.

The library's own calculation takes over a hundred microseconds a call; here its prices are looked up
once per model and the arithmetic is done on them directly.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, TieredPrices

    Price = Decimal | TieredPrices
    Rates = Mapping[str, Price | None]

_MILLION = Decimal(1_000_000)
_NOTHING = Decimal(0)
_NO_RATES: Rates = {}

# These providers report the prompt with the cached part inside it, so that part is taken out before
# the input is priced; the others report it beside the input.
_CACHE_INSIDE_INPUT = frozenset({"openai", "groq", "x-ai", "xai", "azure", "google"})

# These count what a model thinks beside what it answers; with everybody else it is inside the output.
_REASONING_BESIDE_OUTPUT = frozenset({"google", "gemini", "x-ai", "xai", "perplexity"})


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one call.

    Attributes:
        input: As the client counted them, with or without the cached part by provider.
        output: With or without the reasoning by provider and total.
        cache_read: Read from a prompt cache.
        cache_write: Written to a prompt cache, for whatever time.
        cache_write_1h: The part of `cache_write` that is kept for an hour.
        reasoning: What the model thought before it answered.
        total: What the client counts altogether; tells whether reasoning is counted beside the output.
    """

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    total: int = 0


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


@cache
def warm() -> None:
    """Load the price list, which takes a moment, before the first call needs it."""
    price_list()
    # It stays for good: looking through it for garbage again and again costs a tenth of the calls that can be metered.
    gc.collect()
    gc.freeze()


def price_list() -> DataSnapshot:
    """Return the price list that ships with the library."""
    # The data is a module of 30,000 lines: loaded late, so that the server listens at once.
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot()


def rates(provider: str, model: str, at: datetime, *, batch: bool = False) -> Rates:
    """Return a model's rates at a time, by the list's names for them; empty when the list has none."""
    found = _find(provider, model)
    if found is None:
        return _NO_RATES
    return vars(found[1].get_prices(at, {"processing": "batch"} if batch else None))


def costs(
    provider: str, model: str, usage: Usage, at: datetime, *, batch: bool = False, own: Rates = _NO_RATES
) -> Costs | None:
    """Price a call at the rates of its time; None when there are none.

    Args:
        provider: Who runs the model.
        model: Its name.
        usage: The call's tokens.
        at: When it was made.
        batch: Whether it was part of a batch.
        own: Rates that the team has set itself; they win over the list's.
    """
    listed = rates(provider, model, at, batch=batch)
    return _charge({**listed, **own} if own else listed, usage, _counting(provider, model))


def _charge(rates: Rates, usage: Usage, counting: _Counting) -> Costs | None:
    """Apply a model's rates; what has no rate of its own costs what plain input does."""
    plain = rates.get("input_mtok")
    output = rates.get("output_mtok")
    if plain is None and output is None:
        return None
    cached = usage.cache_read
    prompt = usage.input if counting.cache_inside else usage.input + cached + usage.cache_write
    fresh = max(0, usage.input - cached) if counting.cache_inside else usage.input
    read = _first(rates.get("cache_read_mtok"), plain)
    write = _first(rates.get("cache_write_mtok"), plain)
    write_1h = _first(rates.get("cache_write_1h_mtok"), write)
    kept_1h = min(usage.cache_write_1h, usage.cache_write)
    thought = usage.reasoning if counting.reasoning_beside and _counted_beside(usage) else 0
    return Costs(
        input=amount(plain, fresh, prompt),
        output=amount(output, usage.output, prompt)
        + amount(_first(rates.get("output_reasoning_mtok"), output), thought, prompt),
        cache_read=amount(read, cached, prompt),
        cache_write=amount(write, usage.cache_write - kept_1h, prompt) + amount(write_1h, kept_1h, prompt),
    )


def amount(price: Price | None, tokens: int, prompt: int = 0) -> Decimal:
    """Return what tokens cost at a price per million."""
    if price is None or not tokens:
        return _NOTHING
    return rate(price, prompt) * tokens / _MILLION


def rate(price: Price, prompt: int = 0) -> Decimal:
    """Return the rate for a prompt of this length: a long prompt moves every token to its tier."""
    if isinstance(price, Decimal):
        return price
    found = price.base
    for tier in price.tiers:
        if prompt > tier.start:
            found = tier.price
    return found


def _counted_beside(usage: Usage) -> bool:
    """Tell whether the client's total has room for the reasoning beside the output."""
    return usage.total >= usage.input + usage.output + usage.reasoning


def _first(price: Price | None, otherwise: Price | None) -> Price | None:
    """Return a rate or its substitute; a rate of zero is a rate."""
    return otherwise if price is None else price


@dataclass(frozen=True, slots=True)
class _Counting:
    """How a provider counts."""

    cache_inside: bool
    reasoning_beside: bool


# Bounded, like the next, because clients choose the names.
@lru_cache(maxsize=4096)
def _counting(provider: str, model: str) -> _Counting:
    found = _find(provider, model)
    name = provider.lower() if found is None else found[0]
    return _Counting(name in _CACHE_INSIDE_INPUT, name in _REASONING_BESIDE_OUTPUT)


@lru_cache(maxsize=4096)
def _find(provider: str, model: str) -> tuple[str, ModelInfo] | None:
    try:
        listed, info = price_list().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    return listed.id, info
