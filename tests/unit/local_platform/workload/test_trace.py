"""Traces are read row by row, and a bad row is named."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_platform.workload.trace import TraceError, read_trace, survey

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
GOOD = "2023-11-16 18:17:03.9799600,4808,10\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trace.csv"
    path.write_bytes(text.encode())
    return path


def test_rows_become_calls_in_utc(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + GOOD + "2023-11-16T19:17:04+01:00,7,0\n")
    first, second = read_trace(path)
    assert first.at == datetime(2023, 11, 16, 18, 17, 3, 979960, tzinfo=UTC)
    assert (first.row, first.prompt, first.answer) == (0, 4808, 10)
    assert second.at == datetime(2023, 11, 16, 18, 17, 4, tzinfo=UTC)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_byte_order_marks_and_column_order_do_not_matter(tmp_path: Path, ending: str) -> None:
    text = "\ufeffGeneratedTokens,TIMESTAMP,ContextTokens\n10,2023-11-16 18:17:03,4808"
    (call,) = read_trace(written(tmp_path, text.replace("\n", ending)))
    assert (call.prompt, call.answer) == (4808, 10)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("2023-11-16 18:17:03,NaN,10", "ContextTokens must be a whole number of tokens up to 20,000,000, not 'NaN'"),
        ("2023-11-16 18:17:03,4808,-1", "GeneratedTokens must be a whole number of tokens up to 20,000,000, not '-1'"),
        ("2023-11-16 18:17:03,1.5,1", "ContextTokens"),
        ("2023-11-16 18:17:03,1_0,1", "ContextTokens"),
        ("2023-11-16 18:17:03,\u0663,1", "ContextTokens"),
        ("2023-11-16 18:17:03,,1", "ContextTokens"),
        ("2023-11-16 18:17:03,1,20000001", "GeneratedTokens"),
        ("2023-11-16 18:17:03,1," + "9" * 5000, "GeneratedTokens"),
        ("noon,1,1", "TIMESTAMP must read like"),
        ("2023-11-16 18:17:03,1", "expected 3 values, found 2"),
        ("2023-11-16 18:17:03,1,2,3", "expected 3 values, found 4"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, bad: str, complaint: str) -> None:
    path = written(tmp_path, HEADER + GOOD + GOOD + bad + "\n" + GOOD)
    with pytest.raises(TraceError, match=r"trace\.csv, line 4: ") as error:
        survey(path)
    assert complaint in str(error.value)


@pytest.mark.parametrize("header", ["", "a,b,c\n", "TIMESTAMP,ContextTokens\n", GOOD])
def test_wrong_columns_are_reported_with_the_right_ones(tmp_path: Path, header: str) -> None:
    with pytest.raises(TraceError, match="line 1: expected the columns TIMESTAMP, ContextTokens, GeneratedTokens"):
        survey(written(tmp_path, header))


def test_a_trace_without_calls_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="holds no calls"):
        survey(written(tmp_path, HEADER))


def test_what_is_no_text_or_no_file_is_an_error(tmp_path: Path) -> None:
    binary = tmp_path / "binary.csv"
    binary.write_bytes(HEADER.encode() + b"\xff\xfe\x00")
    for path in (binary, tmp_path / "absent.csv", tmp_path):
        with pytest.raises(TraceError, match="Cannot read"):
            survey(path)


def test_empty_lines_are_passed_over_but_counted(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "\n" + GOOD + "\n\n")
    assert survey(path).calls == 1
    with pytest.raises(TraceError, match="line 6: "):
        survey(written(tmp_path, path.read_text() + "broken\n"))


def test_a_bad_row_beyond_the_limit_does_not_matter(tmp_path: Path) -> None:
    assert survey(written(tmp_path, HEADER + GOOD + "broken\n"), limit=1).calls == 1


def test_reading_stops_where_the_reader_stops(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + GOOD + "broken\n")
    assert len(list(islice(read_trace(path), 1))) == 1


def test_the_digest_tells_files_apart_but_not_limits(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + GOOD + GOOD)
    whole, part = survey(path), survey(path, limit=1)
    assert whole.digest == part.digest
    assert survey(written(tmp_path, HEADER + GOOD)).digest != whole.digest


@given(st.permutations(range(5)))
def test_first_and_last_are_the_earliest_and_latest_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    rows = "".join(f"2023-11-16 18:17:0{second},1,1\n" for second in order)
    found = survey(written(tmp_path_factory.mktemp("trace"), HEADER + rows))
    assert (found.first.second, found.last.second) == (0, 4)


def test_the_built_in_sample_is_sound() -> None:
    with as_file(files("local_platform") / "samples" / "azure_llm_2023.csv") as path:
        found = survey(path)
    assert found.calls == 2000
    assert found.first == datetime(2023, 11, 16, 18, 15, 46, 680590, tzinfo=UTC)
    assert found.last > found.first
