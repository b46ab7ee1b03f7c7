"""The words that all channels share."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.text import clean, late_note, spell, tidy, truncate

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("abc\u202edcb", "abcdcb"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("half a pair \ud83d", "half a pair"),
        ("\u3164\u2800", ""),
        ("line\u2028separator", "line separator"),
        ("ünïcode 名前 🙂 stays", "ünïcode 名前 🙂 stays"),
    ],
)
def test_text_is_one_visible_line(raw, shown):
    assert clean(raw) == shown


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)
    clean(text).encode()


@given(st.text(), st.integers(1, 40))
def test_truncation_keeps_to_the_limit_and_says_that_it_cut(text, limit):
    short = truncate(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@pytest.mark.parametrize(
    ("noticed", "sent", "words"),
    [
        (0, 0, ""),
        (2, 4, ""),
        (0, 14, "sent 14 minutes late"),
        (40, 41, "noticed 40 minutes after it happened"),
        (300, 480, "noticed 5 hours after it happened, sent 3 hours late"),
        (0, -60, ""),
    ],
)
def test_lateness_is_told_beyond_two_minutes(noticed, sent, words):
    minutes = timedelta(minutes=1)
    assert late_note(NOON, NOON + noticed * minutes, now=NOON + sent * minutes) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(14, "14 minutes"), (90, "90 minutes"), (120, "2 hours"), (47 * 60, "47 hours"), (3 * 1440, "3 days")],
)
def test_durations_are_spelled_in_a_fitting_unit(minutes, words):
    assert spell(timedelta(minutes=minutes)) == words


def test_empty_texts_get_words_and_empty_extras_go(tell):
    told = tidy(tell(title="\u200b", summary=" ", causes=("", "x"), next_step="\n", facts=(("", ""),)))
    assert (told.title, told.summary) == ("(untitled alert)", "No further description.")
    assert (told.causes, told.next_step, told.facts) == (("x",), "", (("-", "-"),))


def test_what_is_left_out_is_counted(tell):
    told = tidy(tell(facts=(("a", "b"),) * 13, causes=("c",) * 9))
    assert told.facts[-1] == ("Not shown", "4 more")
    assert told.causes[-1] == "and 4 more"
