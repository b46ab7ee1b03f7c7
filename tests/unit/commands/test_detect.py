"""The detect command: scored files in, scored files out, and clear words when it cannot."""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime, timedelta

import pytest

from daemon.commands import detect

START = datetime(2026, 1, 5, tzinfo=UTC)


def series(count=24 * 14, step=timedelta(hours=1), spike_at=None):
    lines = ["timestamp,value"]
    for i in range(count):
        at = START + i * step
        value = 90.0 if i == spike_at else 10.0 + i * 7919 % 101 / 50
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},{value}")
    return lines


@pytest.fixture
def folder(tmp_path):
    def write(name, lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def detect_run(tmp_path):
    def run(*inputs, output=None, **options):
        parser = argparse.ArgumentParser()
        detect.add_arguments(parser)
        words = [str(one) for one in inputs]
        for name, value in options.items():
            words += [f"--{name}", value]
        return detect.run(parser.parse_args([*words, "--output", str(output or tmp_path / "out")]))

    return run


def scored(path):
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_row_in_is_one_scored_row_out(folder, detect_run, tmp_path):
    lines = series(spike_at=300)
    assert detect_run(folder("a.csv", lines)) == 0
    rows = scored(tmp_path / "out" / "a.csv")
    assert [f"{row['timestamp']},{row['value']}" for row in rows] == lines[1:]
    assert list(rows[0]) == list(detect.SCORED)
    assert next(i for i, row in enumerate(rows) if row["is_anomaly"] == "true") == 300
    assert rows[300]["reason"] == "above the usual level for this hour"
    assert float(rows[300]["high"]) < 90.0


def test_every_file_starts_with_a_fresh_detector(folder, detect_run, tmp_path):
    lines = series(100)
    assert detect_run(folder("a.csv", lines), folder("b.csv", lines)) == 0
    assert scored(tmp_path / "out" / "a.csv") == scored(tmp_path / "out" / "b.csv")


def test_late_and_repeated_rows_are_scored_in_place(folder, detect_run, tmp_path):
    lines = series(200)
    lines.insert(150, f"{lines[100].split(',')[0]},500")
    lines.insert(180, lines[179])
    assert detect_run(folder("a.csv", lines)) == 0
    rows = scored(tmp_path / "out" / "a.csv")
    assert len(rows) == 202
    assert rows[149]["is_anomaly"] == "true"


def test_the_grain_is_found_from_the_first_rows(folder, detect_run, capsys):
    assert detect_run(folder("a.csv", series(400, timedelta(minutes=5)))) == 0
    assert "400 rows of 0:05:00" in capsys.readouterr().err


def test_the_grain_can_be_told(folder, detect_run, capsys):
    assert detect_run(folder("a.csv", series(10)), grain="5m") == 0
    assert "rows of 0:05:00" in capsys.readouterr().err


def test_the_zone_shapes_the_week(folder, detect_run, tmp_path):
    lines = ["timestamp,value"]
    for i in range(24 * 21):
        at = START + timedelta(hours=i)
        in_tokyo = at + timedelta(hours=9)
        lines.append(f"{at.isoformat()},{10 if in_tokyo.weekday() < 5 else 1}")
    file = folder("a.csv", lines)
    assert detect_run(file, output=tmp_path / "tokyo", timezone="Asia/Tokyo") == 0
    assert detect_run(file, output=tmp_path / "utc") == 0
    surprise = {
        name: sum(abs(float(row["value"]) - float(row["expected"])) for row in rows[-168:])
        for name in ("tokyo", "utc")
        if (rows := scored(tmp_path / name / "a.csv"))
    }
    assert surprise["tokyo"] < 0.95 * surprise["utc"]


def test_columns_may_be_more_and_in_any_order(folder, detect_run, tmp_path):
    lines = ["Value, Timestamp ,note", "5,2026-01-05T00:00:00Z,x", "", "6,2026-01-05T01:00:00+00:00,y"]
    assert detect_run(folder("a.csv", lines)) == 0
    assert [row["value"] for row in scored(tmp_path / "out" / "a.csv")] == ["5", "6"]


def test_a_byte_order_mark_is_no_obstacle(folder, detect_run):
    assert detect_run(folder("a.csv", ["\ufefftimestamp,value", "2026-01-05,1"])) == 0


@pytest.mark.parametrize("name", ["level", "sad"])
def test_another_detector_can_be_chosen(folder, detect_run, name):
    assert detect_run(folder("a.csv", series(50)), detector=name, sensitivity="aggressive") == 0


BAD_FILES = {
    "no column": (["time,value", "2026-01-05,1"], "no column 'timestamp'"),
    "bad number": ([*series(5), "2026-01-05 05:00:00,ten"], "a.csv:7: the value is 'ten'"),
    "not a number": ([*series(5), "2026-01-05 05:00:00,nan"], "a.csv:7: the value of the window"),
    "bad stamp": ([*series(5), "yesterday,1"], "a.csv:7: the timestamp is 'yesterday'"),
    "before time": (["timestamp,value", "0001-01-01T00:00:00+10:00,1"], "a.csv:2: the timestamp"),
    "short row": ([*series(5), "2026-01-05 05:00:00"], "a.csv:7: 1 fields"),
    "only a header": (["timestamp,value"], "no rows"),
    "empty": ([""], "no column"),
}


@pytest.mark.parametrize(("lines", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_named_with_its_line_and_leaves_nothing(folder, detect_run, tmp_path, capsys, lines, message):
    assert detect_run(folder("a.csv", lines)) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.glob("out/*")) + list(tmp_path.glob("out/.*")) == []


def test_a_failed_run_leaves_an_earlier_result_alone(folder, detect_run, tmp_path):
    assert detect_run(folder("a.csv", series(10))) == 0
    before = (tmp_path / "out" / "a.csv").read_text()
    assert detect_run(folder("a.csv", [*series(5), "never,1"])) == 2
    assert (tmp_path / "out" / "a.csv").read_text() == before


def test_a_file_that_is_not_text_is_refused(tmp_path, detect_run, capsys):
    (tmp_path / "a.csv").write_bytes(b"timestamp,value\n\xff\xfe\x00,1\n")
    assert detect_run(tmp_path / "a.csv") == 2
    assert "a.csv:" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path, detect_run, capsys):
    assert detect_run(tmp_path / "gone.csv") == 2
    assert "gone.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detector": "spnd"}, "did you mean 'spend'"),
        ({"grain": "often"}, "like 5m, 1h or 1d"),
        ({"timezone": "Berlin"}, "no time zone 'Berlin'"),
    ],
)
def test_a_bad_option_is_answered_with_what_is_allowed(folder, detect_run, capsys, options, message):
    assert detect_run(folder("a.csv", series(5)), **options) == 2
    assert message in capsys.readouterr().err


def test_an_input_is_never_overwritten(folder, detect_run, tmp_path, capsys):
    file = folder("a.csv", series(5))
    assert detect_run(file, output=tmp_path) == 2
    assert "would overwrite an input" in capsys.readouterr().err


def test_two_inputs_of_one_name_are_refused(folder, detect_run, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    files = [folder("a.csv", series(5)), folder("other/a.csv", series(5))]
    assert detect_run(*files) == 2
    assert "two inputs are called a.csv" in capsys.readouterr().err
