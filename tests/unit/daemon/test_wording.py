"""What people read: amounts, the sentence, the facts, and the message around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from daemon.alerts import Alert
from daemon.domain import Metric
from daemon.explaining import message, wording
from daemon.testing import NOON
from detectors import words
from detectors.decision.episodes import Reason
from notifiers.base import Kind, Severity

MakeAlert = Callable[..., Alert]
UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "$0.00"),
        (-0.0, "$0.00"),
        (0.00000001, "less than $0.0001"),
        (0.0001, "$0.0001"),
        (0.0042, "$0.0042"),
        (0.01, "$0.01"),
        (1.005, "$1.00"),
        (12.5, "$12.50"),
        (1234567.891, "$1,234,567.89"),
        (-3.5, "-$3.50"),
        (-0.0042, "-$0.0042"),
    ],
)
def test_money_is_written_as_people_write_it(value: float, text: str) -> None:
    assert words.dollars(value) == text


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        (Metric.COST, 2.5, "$2.50"),
        (Metric.COST_PER_CALL, 0.002, "$0.0020"),
        (Metric.ERROR_RATE, 0.0312, "3.1 %"),
        (Metric.LATENCY, 1234.6, "1,235 ms"),
        (Metric.CALLS, 1000.0, "1,000 calls"),
        (Metric.TOKENS, 12000.0, "12,000 tokens"),
        (Metric.INPUT_TOKENS, 0.0, "0 tokens"),
        (Metric.OUTPUT_TOKENS, 7.0, "7 tokens"),
    ],
)
def test_every_metric_has_its_unit(metric: Metric, value: float, text: str) -> None:
    assert wording.amount(metric, value) == text


@pytest.mark.parametrize(
    ("series", "title"),
    [
        ("cost/total", "AI spend above normal: all AI usage"),
        ("cost/agent/robot", "AI spend above normal: agent robot"),
        ("error_rate/provider/openai", "Error rate above normal: provider openai"),
        ("latency/model/small", "Latency above normal: model small"),
        ("output_tokens/api_key/prod", "Output tokens above normal: API key prod"),
    ],
)
def test_the_title_says_what_and_where(alert: MakeAlert, series: str, title: str) -> None:
    assert wording.title(alert(series)) == title


@pytest.mark.parametrize(
    ("series", "observed", "expected", "sentence"),
    [
        (
            "cost/agent/robot",
            100.0,
            10.0,
            "Agent robot spent $100.00 within an hour, where $10.00 is usual (10.0 times as much).",
        ),
        ("cost/total", 2.0, 8.0, "All AI usage spent $2.00 within an hour, where $8.00 is usual (75 % less)."),
        (
            "cost/user/ann",
            30.0,
            0.0,
            "User ann spent $30.00 within an hour, where $0.00 is usual (nothing is usual here).",
        ),
        (
            "cost/user/ann",
            30.0,
            0.00001,
            "User ann spent $30.00 within an hour, where less than $0.0001 is usual (more than 1,000 times as much).",
        ),
        (
            "error_rate/provider/openai",
            0.3,
            0.02,
            "Provider openai had an error rate of 30.0 % within an hour, where 2.0 % is usual (15.0 times as much).",
        ),
        (
            "calls/task_type/chat",
            5000.0,
            1000.0,
            "Task chat had 5,000 calls within an hour, where 1,000 calls is usual (5.0 times as much).",
        ),
    ],
)
def test_the_sentence_without_contributors(
    alert: MakeAlert, series: str, observed: float, expected: float, sentence: str
) -> None:
    assert wording.sentence(alert(series, observed=observed, expected=expected)) == sentence


def test_a_drop_is_a_shortfall(alert: MakeAlert) -> None:
    drop = alert(observed=2.0, expected=10.0)
    assert wording.title(drop) == "AI spend below normal: agent robot"
    assert ("Shortfall", "$8.00") in wording.facts(drop, UTC_ZONE)


def test_an_ordinary_range_does_not_reach_below_nothing(alert: MakeAlert) -> None:
    rate = alert("error_rate/total", observed=0.5, expected=0.003, low=-0.205, high=0.216)
    assert ("Ordinary range", "0.0 % to 21.6 %") in wording.facts(rate, UTC_ZONE)


def test_an_episode_of_hours_says_what_it_cost_so_far(alert: MakeAlert) -> None:
    assert ("Excess so far", "$400.00") in wording.facts(alert(total_excess=400.0), UTC_ZONE)
    assert ("Shortfall so far", "$20.00") in wording.facts(
        alert(observed=2.0, expected=10.0, total_excess=-20.0), UTC_ZONE
    )
    brief = wording.facts(alert(total_excess=90.0), UTC_ZONE)
    rate = wording.facts(alert("error_rate/total", total_excess=400.0), UTC_ZONE)
    assert not any("so far" in label for label, _ in (*brief, *rate))


def test_facts_hold_the_numbers_and_the_owners_time(alert: MakeAlert) -> None:
    assert wording.facts(alert(), ZoneInfo("Europe/Berlin")) == (
        ("In the worst hour", "$100.00"),
        ("Usual", "$10.00"),
        ("Excess", "$90.00"),
        ("Ordinary range", "$5.00 to $20.00"),
        ("Since", "Wed 04 Mar 13:00 CET"),
        ("Series", "cost/agent/robot"),
    )


@pytest.mark.parametrize(
    ("series", "observed", "expected", "severity"),
    [
        ("cost/total", 99.0, 10.0, Severity.WARNING),
        ("cost/total", 100.0, 10.0, Severity.CRITICAL),
        ("cost/total", 1100.0, 1000.0, Severity.CRITICAL),
        ("cost/total", 0.0, 1000.0, Severity.WARNING),
        ("cost/total", 50.0, 0.0, Severity.WARNING),
        ("error_rate/total", 0.9, 0.05, Severity.CRITICAL),
    ],
)
def test_tenfold_or_a_hundred_dollars_is_critical(
    alert: MakeAlert, series: str, observed: float, expected: float, severity: Severity
) -> None:
    assert message.severity(alert(series, observed=observed, expected=expected)) is severity


def test_hostile_names_pass_as_plain_text_and_stay_whole(alert: MakeAlert) -> None:
    name = "<!channel> *bold* </b>\u202e/x?y=1&z"
    hostile = alert(f"cost/agent/{name}")
    note = message.notification(hostile, Kind.FIRING, "slack", now=NOON, zone=UTC_ZONE, demo=False)
    assert note.title == f"AI spend above normal: agent {name}"
    assert wording.sentence(hostile).startswith(f"Agent {name} spent $100.00")
    assert ("Series", f"cost/agent/{name}") in note.facts


def test_delivery_ids_are_stable_and_differ_by_turn_and_channel(alert: MakeAlert) -> None:
    told = alert(sequence=1)

    def identity(of: Alert, channel: str, minutes: int = 0) -> str:
        now = NOON + timedelta(minutes=minutes)
        return message.notification(of, Kind.FIRING, channel, now=now, zone=UTC_ZONE, demo=False).delivery_id

    assert identity(told, "slack") == identity(told, "slack", minutes=5) == f"{told.id}-1-slack"
    assert len({identity(told, "slack"), identity(told, "email"), identity(replace(told, sequence=2), "slack")}) == 3


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.BACK_TO_NORMAL, "Back to normal after 42 minutes. Robot spent."),
        (Reason.SWITCHED_OFF, "Ended after 42 minutes: watching this series was switched off. Robot spent."),
        (Reason.NOTHING_TO_JUDGE, "Ended after 42 minutes: too few calls to go on judging. Robot spent."),
    ],
)
def test_the_end_says_why_and_only_calm_is_called_normal(alert: MakeAlert, reason: Reason, words: str) -> None:
    over = alert(summary="Robot spent.", resolved_at=NOON + timedelta(minutes=42), ended_by=reason)
    note = message.notification(over, Kind.RESOLVED, "slack", now=NOON, zone=UTC_ZONE, demo=False)
    assert note.summary == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.4, "less than a minute"), (1, "1 minute"), (119, "119 minutes"), (26 * 60, "26 hours"), (72 * 60, "3 days")],
)
def test_how_long_it_lasted_is_said_in_a_handy_unit(alert: MakeAlert, minutes: float, words: str) -> None:
    over = alert(resolved_at=NOON + timedelta(minutes=minutes), ended_by=Reason.BACK_TO_NORMAL)
    note = message.notification(over, Kind.RESOLVED, "slack", now=NOON, zone=UTC_ZONE, demo=False)
    assert note.summary.startswith(f"Back to normal after {words}. ")


def test_what_a_person_said_is_repeated_at_the_end(alert: MakeAlert) -> None:
    said = {"ended_by": Reason.FEEDBACK, "feedback": "expected from now on, says ann: launch"}
    over = alert(summary="Robot spent.", resolved_at=NOON + timedelta(minutes=42), **said)
    note = message.notification(over, Kind.RESOLVED, "slack", now=NOON, zone=UTC_ZONE, demo=False)
    assert note.summary == "Ended after 42 minutes: expected from now on, says ann: launch. Robot spent."


def test_an_update_and_the_end_say_so(alert: MakeAlert) -> None:
    told = alert(summary="Robot spent $100.00.", sequence=2, causes=("model big: $90.00 (90 %)",))
    over = replace(told, resolved_at=NOON + timedelta(minutes=42))

    update = message.notification(told, Kind.UPDATE, "slack", now=NOON, zone=UTC_ZONE, demo=True)
    assert update.summary == "Still going on, and it has grown. Robot spent $100.00."
    assert update.severity is Severity.CRITICAL
    assert f"explain alert {told.id}" in update.next_step
    assert update.demo

    back = message.notification(told, Kind.UPDATE, "slack", now=NOON, zone=UTC_ZONE, demo=True, is_back=True)
    assert back.summary == "Back after it had ended, and it has grown. Robot spent $100.00."

    end = message.notification(over, Kind.RESOLVED, "slack", now=NOON, zone=UTC_ZONE, demo=False)
    assert end.summary == "Back to normal after 42 minutes. Robot spent $100.00."
    assert (end.severity, end.next_step, end.causes) == (Severity.INFO, "", told.causes)
    assert end.event_time == over.resolved_at
