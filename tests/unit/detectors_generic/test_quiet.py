"""After evidence only clearly stronger evidence gets through."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.novelty.quiet import HOLD, MARGIN, Quiet


def after(*evidence: float) -> Quiet:
    quiet = Quiet()
    for one in evidence:
        quiet.learn(one)
    return quiet


def test_an_echo_is_held_back_and_something_clearly_stronger_is_not():
    quiet = after(6.0)
    assert quiet.holds_back(6.0 + MARGIN)
    assert not quiet.holds_back(6.01 + MARGIN)


def test_the_peak_stands_for_a_while_and_then_fades():
    assert after(6.0, *[0.0] * HOLD).holds_back(6.9)
    assert not after(6.0, *[0.0] * 100).holds_back(6.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 50), max_size=80), st.floats(0, 50))
def test_what_gets_through_once_is_held_back_right_after(history, evidence):
    quiet = after(*history)
    quiet.learn(evidence)
    assert quiet.holds_back(evidence)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 50), max_size=80))
def test_what_was_saved_goes_on_alike(history):
    quiet, other = after(*history), Quiet()
    other.restore(quiet.state())
    for evidence in (3.0, 0.0, 60.0):
        quiet.learn(evidence)
        other.learn(evidence)
    assert other.state() == quiet.state()
