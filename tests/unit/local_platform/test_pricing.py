from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage as ListUsage
from genai_prices import calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.metering.pricing import Usage, costs

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
tokens = st.integers(0, 400_000)


@settings(max_examples=40)
@given(
    st.sampled_from([("OPENAI", "gpt-4o"), ("OPENAI", "gpt-5-mini"), ("GOOGLE", "gemini-2.5-pro")]),
    tokens,
    tokens,
    tokens,
)
def test_where_the_cache_is_inside_the_input_the_price_is_the_librarys(
    model: tuple[str, str], fresh: int, output: int, read: int
) -> None:
    provider, name = model
    ours = costs(provider, name, Usage(fresh + read, output, cache_read=read), AT)
    usage = ListUsage(input_tokens=fresh + read, output_tokens=output, cache_read_tokens=read)
    listed = calc_price(usage, name, provider_id=provider, genai_request_timestamp=AT)
    assert ours is not None
    assert ours.total == listed.total_price


@settings(max_examples=40)
@given(tokens, tokens, tokens, tokens)
def test_where_the_cache_is_beside_the_input_the_price_is_the_librarys_for_the_whole_prompt(
    fresh: int, output: int, read: int, write: int
) -> None:
    ours = costs("ANTHROPIC", "claude-sonnet-4-5", Usage(fresh, output, read, write), AT)
    usage = ListUsage(
        input_tokens=fresh + read + write, output_tokens=output, cache_read_tokens=read, cache_write_tokens=write
    )
    listed = calc_price(usage, "claude-sonnet-4-5", provider_id="anthropic", genai_request_timestamp=AT)
    assert ours is not None
    assert ours.total == listed.total_price


def test_an_hours_cache_write_costs_more_than_a_short_one() -> None:
    short = costs("ANTHROPIC", "claude-sonnet-4-5", Usage(0, 0, cache_write=1000), AT)
    long = costs("ANTHROPIC", "claude-sonnet-4-5", Usage(0, 0, cache_write=1000, cache_write_1h=1000), AT)
    assert short is not None
    assert long is not None
    assert long.total > short.total > 0


def test_a_batch_is_cheaper_where_the_list_knows_a_batch_price() -> None:
    usage = Usage(1000, 1000)
    plain, batch = costs("OPENAI", "gpt-5-mini", usage, AT), costs("OPENAI", "gpt-5-mini", usage, AT, batch=True)
    assert plain is not None
    assert batch is not None
    assert batch.total < plain.total


def test_more_cached_than_input_never_makes_the_input_negative() -> None:
    found = costs("OPENAI", "gpt-4o", Usage(10, 0, cache_read=100), AT)
    assert found is not None
    assert found.input == 0
    assert found.cache_read > 0


@pytest.mark.parametrize(
    ("provider", "model"), [("OPENAI", "no-such-model"), ("OLLAMA", "llama3"), ("CUSTOM", "gpt-4o"), ("", "gpt-4o")]
)
def test_an_unknown_model_or_provider_has_no_price_rather_than_a_guessed_one(provider: str, model: str) -> None:
    assert costs(provider, model, Usage(1000, 1000), AT) is None


def test_no_tokens_cost_nothing() -> None:
    found = costs("OPENAI", "gpt-4o", Usage(0, 0), AT)
    assert found is not None
    assert found.total == Decimal(0)


@pytest.mark.parametrize(
    ("provider", "model", "total", "beside"),
    [
        ("GOOGLE", "gemini-2.5-pro", 1300, True),
        ("GOOGLE", "gemini-2.5-pro", 1100, False),
        ("OPENAI", "gpt-5-mini", 1300, False),
        ("ANTHROPIC", "claude-sonnet-4-5", 1300, False),
    ],
)
def test_reasoning_is_priced_beside_the_output_where_it_is_counted_there(
    provider: str, model: str, total: int, beside: bool
) -> None:
    plain = costs(provider, model, Usage(1000, 100, total=total), AT)
    thinking = costs(provider, model, Usage(1000, 100, reasoning=200, total=total), AT)
    assert plain is not None
    assert thinking is not None
    assert thinking.output == plain.output * (3 if beside else 1)


def test_what_a_team_sets_wins_over_the_list_and_prices_what_is_not_listed() -> None:
    own = {"input_mtok": Decimal(1), "output_mtok": Decimal(0)}
    for provider, model in (("OPENAI", "gpt-4o"), ("CUSTOM", "house-1")):
        found = costs(provider, model, Usage(1_000_000, 1_000_000), AT, own=own)
        assert found is not None
        assert found.total == 1
