"""The detect command: scored files in, scored files out, and clear words when it cannot."""

from __future__ import annotations

import argparse
import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.commands import detect
from detectors import registry
from detectors.reasons import score_of

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


@pytest.fixture
def detect_piped():
    def run(*inputs):
        parser = argparse.ArgumentParser()
        detect.add_arguments(parser)
        return detect.run(parser.parse_args(inputs))

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
    assert "400 rows of 5m" in capsys.readouterr().err


def test_the_grain_can_be_told(folder, detect_run, capsys):
    assert detect_run(folder("a.csv", series(10)), grain="5m") == 0
    assert "rows of 5m" in capsys.readouterr().err


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


def test_other_columns_are_handed_on_behind_the_score(folder, detect_run, tmp_path):
    lines = ["note,timestamp,value,Score,team", "x,2026-01-05,5,old, a ", "y,2026-01-06,6,old,b"]
    assert detect_run(folder("a.csv", lines)) == 0
    rows = scored(tmp_path / "out" / "a.csv")
    assert list(rows[0]) == [*detect.SCORED, "note", "Score", "team"]
    assert [(row["note"], row["team"]) for row in rows] == [("x", " a "), ("y", "b")]


def test_a_scored_file_can_be_scored_again(folder, detect_run, tmp_path):
    assert detect_run(folder("a.csv", series(100))) == 0
    assert detect_run(tmp_path / "out" / "a.csv", output=tmp_path / "again") == 0
    assert scored(tmp_path / "again" / "a.csv") == scored(tmp_path / "out" / "a.csv")


def test_parameters_reach_the_detector(folder, detect_run, tmp_path, capsys):
    assert detect_run(folder("a.csv", series(100)), parameter="warm_up=48") == 0
    assert "too little history: 48" in capsys.readouterr().err


def test_files_can_be_scored_at_the_same_time(folder, detect_run, tmp_path, capsys):
    files = [folder(f"{name}.csv", series(100, spike_at=90)) for name in "abc"]
    assert detect_run(*files, output=tmp_path / "one") == 0
    alone = capsys.readouterr().err.replace("/one/", "/two/")
    assert detect_run(*files, output=tmp_path / "two", jobs="2") == 0
    assert capsys.readouterr().err == alone
    for name in "abc":
        assert scored(tmp_path / "two" / f"{name}.csv") == scored(tmp_path / "one" / f"{name}.csv")


def test_a_bad_file_among_others_is_named_by_its_process(folder, detect_run, capsys):
    files = [folder("a.csv", series(20)), folder("b.csv", [*series(5), "never,1"])]
    assert detect_run(*files, jobs="2") == 2
    assert "b.csv:7: the timestamp is 'never'" in capsys.readouterr().err


def test_a_pipe_is_scored_from_end_to_end(detect_piped, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(series(100, spike_at=90)) + "\n"))
    assert detect_piped("-") == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == ",".join(detect.SCORED)
    assert [line.split(",")[3] for line in said.out.splitlines()[1:]].index("true") == 90
    assert said.err.startswith("- -> -: 100 rows of 1h; anomalous: ")
    assert said.err.endswith("too little history: 72\n")


@pytest.mark.parametrize("bytes_between", [b"\n", b"\r\n", b"\r"])
def test_a_pipe_may_begin_with_a_mark_and_end_its_lines_as_it_likes(detect_piped, capsys, monkeypatch, bytes_between):
    text = b"\xef\xbb\xbf" + bytes_between.join(line.encode() for line in series(3))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text), encoding="ascii"))
    assert detect_piped("-") == 0
    assert "3 rows of 1h" in capsys.readouterr().err


def test_a_few_late_rows_do_not_hide_the_grain(folder, detect_run, capsys):
    lines = series(40)
    lines.insert(20, lines.pop(5))
    assert detect_run(folder("a.csv", lines)) == 0
    assert "40 rows of 1h" in capsys.readouterr().err


def test_a_missing_file_is_named_in_words(detect_run, tmp_path, capsys):
    assert detect_run(tmp_path / "gone.csv") == 2
    assert f"{tmp_path}/gone.csv: No such file or directory" in capsys.readouterr().err


def test_several_inputs_need_a_directory(detect_piped, capsys):
    assert detect_piped("a.csv", "b.csv") == 2
    assert "--output" in capsys.readouterr().err


def test_larger_evidence_never_gives_an_equal_score(folder, detect_run, tmp_path):
    usual = series(200)
    sizes = [10.0**exponent * step for exponent in range(2, 14) for step in (1, 2, 5)]
    files = [folder(f"{number}.csv", [*usual, f"2026-01-13 08:00:00,{size}"]) for number, size in enumerate(sizes)]
    assert detect_run(*files) == 0
    scores = [float(scored(tmp_path / "out" / file.name)[-1]["score"]) for file in files]
    assert all(lower < higher < 1.0 for lower, higher in pairwise(scores))


@given(
    evidence=st.floats(1e-9, 1e15),
    more=st.floats(1e-9, 1e3),
)
def test_a_score_tells_evidence_apart_as_finely_as_numbers_near_one_can(evidence, more):
    # Near 1 numbers lie 1.1e-16 apart, which in evidence is its square times as much.
    larger = evidence * (1.0 + max(more, 4e-16 * (1.0 + evidence)))
    assert 0.0 < score_of(evidence) < score_of(larger) < 1.0


def test_a_byte_order_mark_is_no_obstacle(folder, detect_run):
    assert detect_run(folder("a.csv", ["\ufefftimestamp,value", "2026-01-05,1"])) == 0


@pytest.mark.parametrize("name", registry.names())
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
    "empty": ([""], "a.csv: there is no header"),
    "semicolons": (["timestamp;value", "2026-01-05;1"], "columns are separated by commas"),
    "shuffled": (
        ["timestamp,value", *(f"2026-01-{5 + n * 7 % 20:02},1" for n in range(20))],
        "a.csv: the rows are not in order of time",
    ),
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
        ({"parameter": "rate"}, "like rate=0.01"),
        ({"parameter": "rte=1"}, "did you mean 'rate'"),
        ({"parameter": "rate=7"}, "must lie between"),
        ({"jobs": "0"}, "must be 1 or more"),
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
