"""The benchmark measures what it says it measures."""

from __future__ import annotations

import numpy as np
import pytest

from bench.detectors import contestants, generator, holdout, scorer
from bench.detectors.__main__ import main
from bench.detectors.generator import START, Entity, Event
from detectors.base import Sensitivity
from detectors.reasons import score_of
from detectors.spend import THRESHOLDS

DAYS = 28


def entity(events=(), shifts=()) -> Entity:
    hours = np.arange(DAYS * 24, dtype=float)
    excess = np.zeros(len(hours))
    for event in events:
        excess[(hours >= event.start) & (hours <= event.end)] = 10.0
    stamps = [START] * len(hours)
    return Entity("one", stamps, [1.0] * len(hours), hours, excess, list(events), list(shifts))


def alarms(*hours):
    scores = np.zeros(DAYS * 24)
    scores[list(hours)] = 1.0
    return {"one": scores}


def test_a_seed_always_gives_the_same_series():
    first, again = (generator.make(3, 2, days=21) for _ in range(2))
    assert [one.values for one in first] == [one.values for one in again]
    assert [one.events for one in first] == [one.events for one in again]


def test_other_seeds_give_other_series():
    assert generator.make(3, 1, days=21)[0].values != generator.make(4, 1, days=21)[0].values


def test_an_alarm_within_an_event_finds_it_and_saves_what_comes_after():
    result = scorer.score([entity([Event("spike", 300, 309)])], alarms(302), 0.5)
    assert (result.recall, result.false_per_week, result.delay) == (1.0, 0.0, 2.0)
    assert result.caught == pytest.approx(0.7)
    assert result.by_kind["spike"] == 1.0


def test_a_standing_alarm_counts_again_every_twelve_hours():
    result = scorer.score([entity()], alarms(*range(300, 336)), 0.5)
    assert result.false_per_week == pytest.approx(3 / ((DAYS * 24 - 1 - 168) / 168))


def test_alarms_close_together_are_one_episode():
    result = scorer.score([entity()], alarms(300, 304, 309), 0.5)
    assert result.false_per_week == pytest.approx(1 / ((DAYS * 24 - 1 - 168) / 168))


def test_an_alarm_after_a_lasting_change_is_not_called_false():
    assert scorer.score([entity(shifts=[300.0])], alarms(310), 0.5).false_per_week == 0.0


def test_the_cold_start_is_not_scored():
    assert scorer.score([entity()], alarms(10, 100), 0.5).false_per_week == 0.0


@pytest.fixture(scope="module")
def unseen():
    """Return a few entities of a seed that was never used for tuning."""
    return generator.make(5, 12)


@pytest.fixture(scope="module")
def spend(unseen):
    return contestants.run(unseen, "spend normal")


def test_the_shipped_spend_detector_beats_a_batch_z_score_on_a_seed_it_was_not_tuned_on(unseen, spend):
    ours = scorer.score(unseen, spend.alarms, 0.5)
    batch = scorer.score(unseen, contestants.run(unseen, "batch z 3 sigma").alarms, 0.5)
    assert ours.recall > batch.recall
    assert ours.false_per_week < 0.5 * batch.false_per_week
    assert ours.f1 > 1.5 * batch.f1


def test_replaying_the_shipped_threshold_gives_the_alarms_of_the_detector_itself(spend):
    replayed = spend.decide(score_of(THRESHOLDS[Sensitivity.NORMAL]))
    for name, alarms in spend.alarms.items():
        assert np.array_equal(replayed[name], alarms)


def test_the_rate_of_false_episodes_is_kept_and_nearly_used_up(unseen, spend):
    found = scorer.at_rate(unseen, spend.scores, 1.0, spend.decide)
    assert 0.8 < found.false_per_week <= 1.0


def test_a_kind_held_out_is_scored_where_the_threshold_was_not_chosen(unseen, spend):
    head, *lines = holdout.lines(unseen, spend)
    assert "false/wk" in head
    assert [line.split()[0] for line in lines[:2]] == ["even", "odd"]
    kinds = {event.kind for entity in unseen for event in entity.events}
    assert {line.split()[2] for line in lines[2:]} == kinds


def test_a_short_history_is_scored_from_the_third_day():
    assert scorer.cold_hours(generator.make(1, 1, days=10)[0]) == 48.0
    assert scorer.cold_hours(generator.make(1, 1, days=28)[0]) == 168.0


def test_minutes_are_sixty_times_as_many_rows():
    hours, minutes = (generator.make(1, 1, days=3, grain=grain)[0] for grain in ("hour", "minute"))
    assert len(minutes.values) == pytest.approx(60 * len(hours.values), rel=0.2)


def test_the_command_prints_a_line_for_every_contestant(capsys):
    assert main(["--seeds", "1", "--entities", "1", "--days", "9", "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    for label in contestants.labels():
        assert f"\n{label}" in printed


def test_the_command_prints_only_what_is_asked_for(capsys):
    options = ["--grain", "minute", "--days", "4", "--detectors", "spend normal", "--hold-out"]
    assert main(["--seeds", "1", "--entities", "4", "--jobs", "1", *options]) == 0
    printed = capsys.readouterr().out
    assert "4 days by the minute" in printed
    assert "even entities" in printed
    assert "gaussian" not in printed
