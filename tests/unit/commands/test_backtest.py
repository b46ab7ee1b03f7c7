"""The backtest command on files: a table for people, JSON for programs, and clear words when it cannot."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta

import pytest

from daemon.commands import backtest
from daemon.errors import MonitorError

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def recorded(tmp_path):
    def write(name, spikes, count=24 * 21):
        path = tmp_path / name
        hours = (START + n * timedelta(hours=1) for n in range(count))
        values = (10.0 + n * 7919 % 101 / 50 + spikes.get(n, 0.0) for n in range(count))
        lines = [f"{at:%Y-%m-%d %H:%M:%S},{value}" for at, value in zip(hours, values, strict=True)]
        path.write_text("\n".join(["timestamp,value", *lines]) + "\n", encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def answer(capsys):
    def run(*words):
        parser = argparse.ArgumentParser()
        backtest.add_arguments(parser)
        assert backtest.run(parser.parse_args([str(word) for word in words])) == 0
        return capsys.readouterr().out

    return run


def test_todays_settings_come_first_and_then_the_candidates(recorded, answer):
    lines = answer("--csv", recorded("a.csv", {400: 190.0}), "--min-impact", 20, 500).splitlines()
    names = [line.split("  ")[0] for line in lines if line.startswith(("today", "min_impact"))]
    assert names == ["today's settings", "min_impact=20", "min_impact=500", "min_impact=500 would not have told:"]
    assert any("2026-01-21 16:00  a" in line for line in lines)


def test_without_candidates_the_sensitivities_are_compared(recorded, answer):
    found = json.loads(answer("--csv", recorded("a.csv", {400: 190.0}), "--json"))
    assert [one["name"] for one in found["candidates"]] == ["conservative", "normal", "aggressive"]


def test_candidates_are_every_combination(recorded, answer):
    options = ("--detector", "spend", "level", "--sensitivity", "normal", "aggressive", "--parameter", "warm_up=100")
    found = json.loads(answer("--csv", recorded("a.csv", {}), *options, "--json"))
    assert [one["name"] for one in found["candidates"]] == [
        "spend, normal, warm_up=100",
        "spend, aggressive, warm_up=100",
        "level, normal, warm_up=100",
        "level, aggressive, warm_up=100",
    ]


def test_the_last_days_alone_can_be_judged(recorded, answer):
    path = recorded("a.csv", {300: 190.0, 490: 190.0})
    found = json.loads(answer("--csv", path, "--days", 2, "--min-impact", 50, "--json"))
    assert [one["opened_at"] for one in found["candidates"][0]["episodes"]] == ["2026-01-25T10:00:00Z"]
    assert found["today"]["windows"] == 48


def test_labels_show_what_was_found_and_what_would_be_repeated(recorded, answer, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "series,start,end,kind\n"
        "a,2026-01-21 16:00,2026-01-21T17:00:00+00:00,real\n"
        "a,2026-01-17 12:00,2026-01-17 13:00,noise\n"
    )
    path = recorded("a.csv", {300: 190.0, 400: 190.0})
    text = answer("--csv", path, "--labels", labels)
    assert "real found" in text
    assert "1 of 1" in text
    assert "[real]" in text
    assert "[noise]" in text
    found = json.loads(answer("--csv", path, "--labels", labels, "--json"))
    assert (found["today"]["labels"]["recall"], found["today"]["labels"]["precision"]) == (1.0, 0.5)


def test_labels_of_other_series_are_named(recorded, tmp_path, capsys):
    labels = tmp_path / "labels.csv"
    labels.write_text("series,start,end,kind\nelsewhere,2026-01-21,2026-01-22,real\n")
    parser = argparse.ArgumentParser()
    backtest.add_arguments(parser)
    backtest.run(parser.parse_args(["--csv", str(recorded("a.csv", {})), "--labels", str(labels)]))
    assert f"{labels}: labels of series that are not compared are left out: elsewhere" in capsys.readouterr().err


def test_a_suggestion_begins_with_its_sentence(recorded, answer):
    spikes = dict.fromkeys(range(150, 500, 50), 40.0) | {475: 400.0}
    path = recorded("a.csv", spikes)
    sentence = answer("--csv", path, "--suggest", "--budget", 0.5).splitlines()[0]
    assert "within the budget of 0.5" in sentence
    found = json.loads(answer("--csv", path, "--suggest", "--budget", 0.5, "--json"))
    assert (found["is_met"], found["sentence"]) == (True, sentence)
    assert found["choice"]["unwanted_per_series_week"] <= 0.5
    assert len(found["tried"]) >= 6


def test_long_work_reports_its_progress(recorded, answer, monkeypatch, capsys):
    monkeypatch.setattr(backtest, "REPORT_EVERY", 0.0)
    parser = argparse.ArgumentParser()
    backtest.add_arguments(parser)
    backtest.run(parser.parse_args(["--csv", recorded("a.csv", {}, 1500)]))
    assert "4,500 of 4,500 windows" in capsys.readouterr().err


BAD = {
    "both": (["cost/*", "--csv", "a.csv"], "not both"),
    "no days": (["--csv", "a.csv", "--days", "0"], "between 1 and 365"),
    "negative": (["--csv", "a.csv", "--min-impact", "-5"], "must not be negative"),
    "budget": (["--csv", "a.csv", "--suggest", "--budget", "-1"], "--budget is -1"),
    "missing": (["--csv", "gone.csv"], "^gone.csv: No such file"),
    "shuffled": (["--csv", "shuffled.csv"], "shuffled.csv: the rows are not in order"),
    "value": (["--csv", "value.csv"], "value.csv:2: the value is 'nan'"),
    "twice": (["--csv", "a.csv", "other/a.csv"], "two files are called a"),
    "detector": (["--csv", "a.csv", "--detector", "spnd"], "did you mean 'spend'"),
    "parameter": (["--csv", "a.csv", "--parameter", "rate"], "like rate=0.01"),
    "range": (["--csv", "a.csv", "--parameter", "rate=7"], "must lie between"),
    "zone": (["--csv", "a.csv", "--timezone", "Berlin"], "no time zone 'Berlin'"),
    "kind": (["--csv", "a.csv", "--labels", "kind.csv"], "kind.csv:2: the kind is 'bogus'; it must be one of real"),
    "backwards": (["--csv", "a.csv", "--labels", "backwards.csv"], "backwards.csv:2: the end"),
    "moment": (["--csv", "a.csv", "--labels", "moment.csv"], "moment.csv:2: the time is 'noon'"),
    "header": (["--csv", "a.csv", "--labels", "header.csv"], "the header lacks end, kind"),
    "short": (["--csv", "short.csv", "--suggest"], "more days"),
}


@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_is_answered_with_what_to_change(recorded, tmp_path, monkeypatch, answer, words, message):
    monkeypatch.chdir(tmp_path)
    recorded("a.csv", {})
    recorded("short.csv", {}, 30)
    header = "series,start,end,kind"
    (tmp_path / "kind.csv").write_text(f"{header}\na,2026-01-05,2026-01-06,bogus\n")
    (tmp_path / "backwards.csv").write_text(f"{header}\na,2026-01-06,2026-01-05,real\n")
    (tmp_path / "moment.csv").write_text(f"{header}\na,noon,2026-01-05,real\n")
    (tmp_path / "header.csv").write_text("series,start\n")
    days = [f"2026-01-{5 + n * 7 % 20:02},1" for n in range(20)]
    (tmp_path / "shuffled.csv").write_text("\n".join(["timestamp,value", *days]))
    (tmp_path / "value.csv").write_text("timestamp,value\n2026-01-05,nan\n")
    (tmp_path / "other").mkdir()
    recorded("other/a.csv", {})
    with pytest.raises(MonitorError, match=message) as refused:
        answer(*words)
    assert refused.value.exit_code == 2
