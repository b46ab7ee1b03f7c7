"""Who spent the excess and what made it, in figures that can be worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from detectors.base import DetectorError
from detectors.explanation import Driver, Ratio, Usage, explain, explain_ratio, reasons

DIMENSIONS = ("model", "agent")
SMALL, BIG = ("small", "writer"), ("big", "researcher")


def usage(calls: int, dollars: str, tokens: int | None = None) -> Usage:
    return Usage(calls, 1000 * calls if tokens is None else tokens, int(Decimal(dollars) * 10**9))


ORDINARY = {SMALL: usage(100, "1"), BIG: usage(100, "10")}


def told(episode, baseline=None, **choice):
    return explain(episode, ORDINARY if baseline is None else baseline, dimensions=DIMENSIONS, **choice)


def effects(explanation):
    return {one.driver: one.dollars for one in explanation.effects if one.dollars}


def rows(explanation, dimension):
    return [(one.name, one.observed, one.usual, one.excess) for one in explanation.contributors[dimension]]


def test_ten_times_the_calls_of_one_agent_are_more_calls():
    result = told({**ORDINARY, BIG: usage(1000, "100")})
    assert effects(result) == {Driver.CALLS: Decimal(90)}
    assert (result.calls, result.usual_calls) == (1100, 200.0)
    assert reasons(result) == (
        "mostly model big ($90.00) and agent researcher ($90.00), because of 5.5 times as many calls ($90.00)"
    )


def test_calls_that_moved_to_another_model_are_a_dearer_mix():
    # 50 calls move from one cent to ten cents.
    result = told({SMALL: usage(50, "0.5"), BIG: usage(150, "15")})
    assert effects(result) == {Driver.MIX: Decimal("4.5")}
    assert "because of a dearer mix of models ($4.50)" in reasons(result)


def test_growth_beside_a_move_is_valued_where_it_grew():
    # 40 calls less on the small model, 100 more on the big one: 60 at ten cents are growth.
    result = told({SMALL: usage(60, "0.6"), BIG: usage(200, "20")})
    assert effects(result) == {Driver.CALLS: Decimal(6), Driver.MIX: Decimal("3.6")}


def test_longer_calls_and_dearer_tokens_are_told_apart():
    # Twice the tokens make 10 more; 24 instead of 20 for them is the price.
    result = told({**ORDINARY, BIG: usage(100, "24", tokens=200_000)})
    assert effects(result) == {Driver.TOKENS: Decimal(10), Driver.PRICE: Decimal(4)}


def test_a_new_model_brings_its_own_cost():
    result = told({**ORDINARY, ("huge", "researcher"): usage(10, "40")})
    assert effects(result) == {Driver.CALLS: Decimal(40)}


def test_calls_without_tokens_differ_by_price_alone():
    images = {SMALL: usage(10, "1", tokens=0)}
    result = told({SMALL: usage(10, "3", tokens=0)}, images)
    assert effects(result) == {Driver.PRICE: Decimal(2)}


def test_where_nothing_was_before_everything_is_more_calls():
    result = told({BIG: usage(5, "2")}, {})
    assert effects(result) == {Driver.CALLS: Decimal(2)}
    assert reasons(result) == ("mostly model big ($2.00) and agent researcher ($2.00), because of more calls ($2.00)")


def test_dollars_that_no_call_brought_are_price():
    assert effects(told({**ORDINARY, ("small", None): usage(0, "3")})) == {Driver.PRICE: Decimal(3)}


def test_silence_is_fewer_calls():
    result = told({})
    assert effects(result) == {Driver.CALLS: Decimal(-11)}
    assert reasons(result) == "because of fewer calls (-$11.00)"


def test_nothing_unusual_needs_no_reason():
    assert reasons(told(ORDINARY)) == ""


def test_a_share_of_the_baseline_is_what_is_ordinary():
    result = told({BIG: usage(10, "1"), SMALL: usage(10, "5")}, share=Fraction(1, 10))
    assert (result.observed, result.expected, result.excess) == (Decimal(6), Decimal("1.1"), Decimal("4.9"))


def test_values_are_ranked_by_their_move_and_the_rest_is_put_together():
    episode = {("m", name): usage(1, dollars) for name, dollars in (("a", "9"), ("b", "7"), ("c", "1"), ("d", "2"))}
    result = told(episode, {("m", "a"): usage(1, "1"), ("m", "e"): usage(1, "5")}, top=2)
    assert rows(result, "agent") == [
        ("a", Decimal(9), Decimal(1), Decimal(8)),
        ("b", Decimal(7), Decimal(0), Decimal(7)),
        ("(3 others)", Decimal(3), Decimal(5), Decimal(-2)),
    ]


def test_calls_that_name_nobody_are_one_row_and_never_blamed():
    result = told({("big", None): usage(10, "9"), ("big", ""): usage(1, "1")}, {})
    assert rows(result, "agent") == [("(not named)", Decimal(10), Decimal(0), Decimal(10))]
    assert "not named" not in reasons(result)


def test_an_only_value_is_not_blamed_for_carrying_all():
    only = {("big", name): usage(100, "10") for name in "ab"}
    result = told({**only, ("big", "a"): usage(300, "30")}, only)
    assert "mostly agent a ($20.00), because" in reasons(result)


def test_what_the_baseline_does_not_expect_is_left_unexplained_and_named():
    result = told({**ORDINARY, BIG: usage(200, "20")}, expected=Decimal(6))
    assert (result.excess, result.unexplained) == (Decimal(15), Decimal(5))
    assert effects(result) == {Driver.CALLS: Decimal(10)}
    assert reasons(result).endswith(", leaving $5.00 unexplained")


def test_prices_belong_to_provider_and_model_where_both_are_known():
    # One model name at two providers: the calls moved to the dearer of them.
    cheap, dear = ("x", "m"), ("y", "m")
    before = {cheap: usage(100, "1"), dear: usage(100, "5")}
    after = {cheap: usage(0, "0"), dear: usage(200, "10")}
    result = explain(after, before, dimensions=("provider", "model"))
    assert effects(result) == {Driver.MIX: Decimal(4)}


def test_a_cell_without_a_label_for_each_dimension_is_refused():
    with pytest.raises(DetectorError, match="one label for each of model, agent"):
        told({("big",): usage(1, "1")})


@pytest.mark.parametrize("share", [0, -1])
def test_a_share_that_is_no_share_is_refused(share):
    with pytest.raises(DetectorError, match="must be positive"):
        told({}, share=Fraction(share))


# -- ratios


def failures(*rates):
    """Cells of one agent by model: failures among calls."""
    return {(model, "agent"): Ratio(part, calls) for model, part, calls in rates}


def moved(episode, baseline):
    result = explain_ratio(episode, baseline, dimensions=DIMENSIONS)
    return result, {one.name: (one.observed, one.usual, one.excess) for one in result.contributors["model"]}


def test_the_model_that_fails_moved_the_rate():
    result, models = moved(
        failures(("big", 40, 100), ("small", 2, 100)), failures(("big", 20, 1000), ("small", 20, 1000))
    )
    assert (result.observed, result.expected, result.excess) == (Decimal("0.21"), Decimal("0.02"), Decimal("0.19"))
    assert models == {
        "big": (Decimal("0.4"), Decimal("0.02"), Decimal("0.19")),
        "small": (Decimal("0.02"), Decimal("0.02"), Decimal(0)),
    }
    assert reasons(result, lambda one: f"{one.observed:.1f} of its calls") == "mostly model big (0.4 of its calls)"


def test_a_slow_model_that_makes_more_of_the_calls_moved_the_mean_though_it_is_as_slow_as_ever():
    result, models = moved(failures(("big", 900, 90), ("small", 10, 10)), failures(("big", 500, 50), ("small", 50, 50)))
    assert result.excess == Decimal("3.6")
    assert models == {
        "big": (Decimal(10), Decimal(10), Decimal("1.8")),
        "small": (Decimal(1), Decimal(1), Decimal("1.8")),
    }


def test_of_no_calls_there_is_no_rate_of_their_own():
    _, models = moved(failures(("big", 1, 10)), failures(("small", 1, 100)))
    assert models["small"][0] is None
    assert models["big"][1] is None


def test_what_held_against_an_excess_is_named_without_amounts_that_exceed_it():
    # Ten times the calls would have made 90 more; half the tokens each took 50 of them back.
    result = told({**ORDINARY, BIG: usage(1000, "50", tokens=500_000)})
    assert effects(result) == {Driver.CALLS: Decimal(90), Driver.TOKENS: Decimal(-50)}
    assert reasons(result).endswith("because of 5.5 times as many calls, despite fewer tokens per call")


def test_of_a_drop_is_said_what_held_against_it():
    # Half the calls make 5 less; each costs half as much again.
    result = told({SMALL: usage(100, "1"), BIG: usage(50, "7.5")})
    assert effects(result) == {Driver.CALLS: Decimal(-5), Driver.PRICE: Decimal("2.5")}
    assert reasons(result).endswith("because of fewer calls, despite higher prices per token")
