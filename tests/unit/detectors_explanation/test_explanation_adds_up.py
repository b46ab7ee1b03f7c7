"""Whatever was used, the parts add up to the excess to the last digit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.explanation import Driver, Ratio, Usage, explain, explain_amount, explain_ratio

DIMENSIONS = ("provider", "model", "agent")

names = st.sampled_from(("a", "b", "c", None))
dollars = st.decimals(0, 10_000, places=9)
nanos = st.integers(0, 10**13)
usages = st.builds(Usage, st.integers(0, 1000), st.integers(0, 100_000), nanos)
cells = st.dictionaries(st.tuples(names, names, names), usages, max_size=12)
shares = st.fractions(Fraction(1, 100), 3, max_denominator=100)
quick = settings(max_examples=80, deadline=None)


@quick
@given(cells, cells, shares, st.none() | dollars, st.none() | dollars, st.integers(0, 4))
def test_the_parts_add_up_to_the_excess(episode, baseline, share, observed, expected, top):
    told = {"share": share, "observed": observed, "expected": expected, "top": top}
    result = explain(episode, baseline, dimensions=DIMENSIONS, **told)
    assert result.excess == result.observed - result.expected
    assert sum(one.dollars for one in result.effects) + result.unexplained == result.excess
    for rows in result.contributors.values():
        assert sum(one.excess for one in rows) + result.unexplained == result.excess
        assert sum(one.observed for one in rows) == Decimal(sum(one.nanos for one in episode.values())).scaleb(-9)
        assert len(rows) <= top + 1


amounts = st.dictionaries(st.tuples(names, names, names), st.integers(0, 10**9), max_size=12)


@quick
@given(amounts, amounts, shares, st.none() | dollars, st.integers(0, 4))
def test_the_parts_of_any_other_amount_add_up(episode, baseline, share, expected, top):
    result = explain_amount(episode, baseline, dimensions=DIMENSIONS, share=share, expected=expected, top=top)
    assert result.excess == result.observed - result.expected
    for rows in result.contributors.values():
        assert sum(one.excess for one in rows) + result.unexplained == result.excess
        assert sum(one.observed for one in rows) == sum(episode.values())


ratios = st.builds(Ratio, st.integers(0, 10**6), st.integers(0, 1000)).filter(lambda one: one.calls or not one.part)
ratio_cells = st.dictionaries(st.tuples(names, names, names), ratios, max_size=12)


@quick
@given(ratio_cells, ratio_cells, st.sampled_from((1, 10**9)), st.none() | dollars, st.integers(0, 4))
def test_the_parts_of_a_move_add_up(episode, baseline, unit, expected, top):
    result = explain_ratio(episode, baseline, dimensions=DIMENSIONS, unit=unit, expected=expected, top=top)
    assert result.excess == result.observed - result.expected
    for rows in result.contributors.values():
        assert sum(one.excess for one in rows) + result.unexplained == result.excess
        assert len(rows) <= top + 1


@quick
@given(cells)
def test_the_same_as_ever_needs_no_explanation(baseline):
    ordinary = explain(baseline, baseline, dimensions=DIMENSIONS)
    assert not any(one.dollars for one in ordinary.effects)
    assert ordinary.excess == ordinary.unexplained == 0


@quick
@given(cells, st.integers(2, 50))
def test_more_of_the_same_is_more_calls_and_nothing_else(baseline, times):
    made = {labels: one for labels, one in baseline.items() if one.calls}
    episode = {labels: scaled(one, times) for labels, one in made.items()}
    result = explain(episode, made, dimensions=DIMENSIONS)
    effects = {one.driver: one.dollars for one in result.effects}
    assert effects.pop(Driver.CALLS) == result.excess
    assert set(effects.values()) == {Decimal(0)}


def scaled(usage: Usage, times: int) -> Usage:
    return Usage(usage.calls * times, usage.tokens * times, usage.nanos * times)


@quick
@given(cells, cells, st.randoms())
def test_the_order_of_the_cells_does_not_matter(episode, baseline, shuffler):
    def mixed(given):
        pairs = list(given.items())
        shuffler.shuffle(pairs)
        return dict(pairs)

    straight = explain(episode, baseline, dimensions=DIMENSIONS)
    assert explain(mixed(episode), mixed(baseline), dimensions=DIMENSIONS) == straight
