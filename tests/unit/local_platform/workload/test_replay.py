"""The replay command against the real local platform."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform import replay
from local_platform.workload import replayer
from local_platform.workload.metering import RefusedError, fetch, open_session
from local_platform.workload.replayer import Replay, Tally, perform
from local_platform.workload.trace import Survey, TraceCall, read_trace, survey

START = datetime(2023, 11, 16, 18, 17, tzinfo=UTC)
Run = Callable[..., Any]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    rows = [f"{START + timedelta(seconds=7 * n):%Y-%m-%d %H:%M:%S},{100 + n},{n}" for n in range(40)]
    path.write_text("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows]) + "\n")
    return path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a thread, as it brings an event loop of its own."""
    monkeypatch.delenv("REVENIUM_BASE_URL", raising=False)
    monkeypatch.delenv("REVENIUM_API_KEY", raising=False)

    async def run(*arguments: str | Path, platform: Any = None) -> int:
        if platform is not None:
            monkeypatch.setenv("REVENIUM_BASE_URL", platform.url)
            monkeypatch.setenv("REVENIUM_API_KEY", platform.api_key)
        parser = argparse.ArgumentParser()
        replay.add_arguments(parser)
        return await asyncio.to_thread(replay.run, parser.parse_args([str(one) for one in arguments]))

    return run


async def log_of(platform: Any) -> list[dict[str, Any]]:
    path = "/profitstream/v2/api/sources/metrics/ai/completions"
    async with open_session(platform.url, platform.api_key) as session:
        page = await fetch(session, path, teamId=platform.team_id, size="100", sort="requestTime,asc")
    rows: list[dict[str, Any]] = page.get("_embedded", {}).get("aICompletionMetricResourceList", [])
    return rows


def times(rows: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(row["requestTime"]) for row in rows]


def whole_traces() -> list[Path]:
    return sorted(Path(os.environ["MONITOR_TRACES_DIR"]).glob("*.csv"))


def prepared(trace: Path, speed: float | None = None, anchor: datetime = START) -> Replay:
    constants = {"model": "gpt-4o", "provider": "OPENAI"}
    return Replay(trace, None, survey(trace), anchor, speed, constants)


async def test_every_call_is_metered_with_its_spacing_and_the_last_one_is_now(
    platform: Any, command: Run, trace: Path
) -> None:
    before = datetime.now(UTC)
    assert await command(trace, platform=platform) == 0
    rows = await log_of(platform)
    assert [(row["inputTokenCount"], row["outputTokenCount"]) for row in rows] == [(100 + n, n) for n in range(40)]
    assert {later - earlier for earlier, later in pairwise(times(rows))} == {timedelta(seconds=7)}
    assert abs(times(rows)[-1] - before) < timedelta(seconds=10)


async def test_the_summary_states_what_the_log_says(
    platform: Any, command: Run, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(trace, platform=platform)
    dollars = sum(row["totalCost"] for row in await log_of(platform))
    summary = capsys.readouterr().out.splitlines()[-1]
    assert summary.startswith("Metered 40 calls, 4,780 input and 780 output tokens")
    assert f"${dollars:.4f} as the platform priced them" in summary


async def test_calls_carry_what_the_arguments_say(platform: Any, command: Run, trace: Path) -> None:
    names = {"organization": "Kestrel", "product": "Desk", "credential": "web", "task": "chat"}
    arguments = [part for name, value in names.items() for part in (f"--{name}", value)]
    arguments += ["--model", "claude-sonnet-4-5", "--provider", "ANTHROPIC", "--agent", "bot", "--limit", "1"]
    assert await command(trace, *arguments, platform=platform) == 0
    (row,) = await log_of(platform)
    assert (row["model"], row["provider"], row["agent"], row["taskType"]) == (
        *("claude-sonnet-4-5", "ANTHROPIC", "bot"),
        "chat",
    )
    labels = [row[name]["label"] for name in ("organization", "product", "subscriberCredential")]
    assert labels == ["Kestrel", "Desk", "web"]


async def test_the_sample_comes_with_the_package(platform: Any, command: Run) -> None:
    assert await command("--sample", "--limit", "25", platform=platform) == 0
    assert len(await log_of(platform)) == 25


async def test_continuing_an_interrupted_replay_meters_nothing_twice(
    platform: Any, command: Run, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(trace, "--limit", "15", platform=platform)
    anchor = capsys.readouterr().out.split("--resume-at ")[1].split()[0]
    for _ in range(2):
        assert await command(trace, "--resume-at", anchor, platform=platform) == 0
    rows = await log_of(platform)
    assert [row["outputTokenCount"] for row in rows] == list(range(40))


async def test_replaying_at_another_time_meters_anew(platform: Any, command: Run, trace: Path) -> None:
    for anchor in ("2026-11-01T00:00:00Z", "2026-11-01T01:00:00+00:00"):
        await command(trace, "--resume-at", anchor, platform=platform)
    assert len(await log_of(platform)) == 80


async def test_real_time_starts_now(platform: Any, command: Run, trace: Path) -> None:
    before = datetime.now(UTC)
    assert await command(trace, "--speed", "1", "--limit", "1", platform=platform) == 0
    (row,) = await log_of(platform)
    assert before - timedelta(seconds=1) <= times([row])[0] <= datetime.now(UTC)


async def test_a_paced_replay_waits_as_long_as_the_trace_did(unreliable: Any, fast: Any, trace: Path) -> None:
    await perform(prepared(trace, speed=0.5), unreliable.url, "key", Tally(), sleep=fast.sleep)
    assert len(unreliable.taken) == 40
    assert max(fast.slept) == pytest.approx(39 * 7 / 0.5, abs=2)


async def test_nothing_is_lost_while_the_platform_stumbles(unreliable: Any, fast: Any, trace: Path) -> None:
    unreliable.script = [unreliable.answer(429, **{"Retry-After": "3"}), None]
    tally = Tally()
    assert await perform(prepared(trace), unreliable.url, "key", tally, sleep=fast.sleep) is None
    assert tally == Tally(40, 4780, 780)
    assert set(unreliable.attempts.values()) == {3}


async def test_no_more_than_sixteen_calls_are_on_their_way_at_once(unreliable: Any, fast: Any, trace: Path) -> None:
    unreliable.gate.clear()
    work = asyncio.create_task(perform(prepared(trace), unreliable.url, "key", Tally(), sleep=fast.sleep))
    await unreliable.until(lambda: len(unreliable.attempts) == 16)
    assert len(unreliable.attempts) == 16
    unreliable.gate.set()
    await work
    assert len(unreliable.taken) == 40


async def test_the_platforms_limit_beyond_patience_ends_the_replay_with_a_hint(
    unreliable: Any, command: Run, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unreliable.script = [unreliable.answer(429, **{"Retry-After": "900"})]
    assert await command(trace, platform=unreliable) == 69
    error = capsys.readouterr().err
    assert "slower pace" in error
    assert "0 of 40 calls are metered" in error
    assert "--resume-at 20" in error


async def test_a_wrong_key_ends_the_replay_and_is_not_shown(
    platform: Any, command: Run, trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "key"
    secret.write_text("rev_sk_x_wrong\n")
    assert await command(trace, "--api-key-file", secret, platform=platform) == 69
    output = capsys.readouterr()
    assert "Check the API key" in output.err
    assert "rev_sk_x_wrong" not in output.err + output.out


async def test_an_unreachable_platform_ends_the_replay(
    trace: Path, monkeypatch: pytest.MonkeyPatch, command: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replayer, "_PATIENCE", 0.1)
    monkeypatch.setenv("REVENIUM_API_KEY", "rev_sk_t_k")
    assert await command(trace, "--url", "http://127.0.0.1:1") == 69
    assert "Is it running" in capsys.readouterr().err


async def test_a_bad_row_is_reported_before_anything_is_metered(
    platform: Any, command: Run, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with trace.open("a") as file:
        file.write("2023-11-16 19:00:00,nan,1\n")
    assert await command(trace, platform=platform) == 2
    assert "line 42: ContextTokens" in capsys.readouterr().err
    assert await log_of(platform) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "either a trace file or --sample"),
        (["trace.csv", "--sample"], "either a trace file or --sample"),
        (["--sample", "--starts-now"], "calls of the future"),
        (["--sample", "--starts-now", "--speed", "60"], "calls of the future"),
        (["--sample", "--url", "ftp://x"], "must begin with http"),
        (["--sample", "--api-key-file", "/nowhere/key"], "Cannot read the API key"),
    ],
)
async def test_arguments_that_make_no_replay_are_explained(
    arguments: list[str], complaint: str, unreliable: Any, command: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command(*arguments, platform=unreliable) == 2
    assert complaint in capsys.readouterr().err


async def test_an_interrupted_replay_says_how_to_continue(unreliable: Any, trace: Path) -> None:
    unreliable.gate.clear()
    program = (
        "import argparse, sys; from local_platform import replay; parser = argparse.ArgumentParser();"
        "replay.add_arguments(parser); sys.exit(replay.run(parser.parse_args()))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(trace)),
        env=os.environ | {"REVENIUM_BASE_URL": unreliable.url, "REVENIUM_API_KEY": unreliable.api_key},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    await unreliable.until(lambda: len(unreliable.attempts) == 16)
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(20):
        _, errors = await process.communicate()
    unreliable.gate.set()
    assert process.returncode == 130
    assert b"Interrupted after 0 calls" in errors
    assert b"--resume-at 20" in errors
    assert b"Traceback" not in errors


async def test_a_trace_that_changes_underway_ends_the_replay_with_the_line(
    platform: Any, trace: Path, monkeypatch: pytest.MonkeyPatch, command: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    def changing(path: Path, limit: int | None = None) -> Survey:
        found = survey(path, limit)
        with path.open("a") as file:
            file.write("broken\n")
        return found

    monkeypatch.setattr(replay, "survey", changing)
    assert await command(trace, platform=platform) == 2
    assert "line 42: expected 3 values" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["REVENIUM_BASE_URL", "REVENIUM_API_KEY"])
async def test_a_missing_setting_is_named(
    missing: str, command: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVENIUM_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("REVENIUM_API_KEY", "rev_sk_t_k")
    monkeypatch.delenv(missing)
    assert await command("--sample") == 2
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize("bad", [["--speed", "0"], ["--speed", "inf"], ["--limit", "0"], ["--resume-at", "2026-01-01"]])
def test_numbers_and_times_out_of_range_are_refused(bad: list[str]) -> None:
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--sample", *bad])


@settings(max_examples=20)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(1, 10**9))  # noqa: DTZ001 - made aware below
def test_keys_depend_on_the_file_the_row_and_the_time_alone(at: datetime, milliseconds: int) -> None:
    path = Path("unused.csv")

    def key(digest: str, row: int, anchor: datetime) -> str:
        whole = Replay(path, None, Survey(digest, 9, START, START), anchor, None, {})
        return whole.key(TraceCall(row, START, 1, 1))

    anchor = at.replace(tzinfo=UTC)
    other = anchor + timedelta(milliseconds=milliseconds)
    keys = {key("a", 1, anchor), key("a", 2, anchor), key("b", 1, anchor), key("a", 1, other)}
    assert len(keys) == 4
    assert key("a", 1, anchor) in keys


async def test_a_key_that_may_not_read_the_log_leaves_the_cost_open(unreliable: Any, trace: Path) -> None:
    # The unreliable platform has no log at all: reading it is a 404.
    async with open_session(unreliable.url, "key") as session:
        with pytest.raises(RefusedError):
            await fetch(session, "/profitstream/v2/api/users/me")
    assert await perform(prepared(trace), unreliable.url, "key", Tally()) is None


@pytest.mark.slow
@pytest.mark.skipif("MONITOR_TRACES_DIR" not in os.environ, reason="MONITOR_TRACES_DIR names no folder of traces")
async def test_whole_traces_arrive_completely_and_once(platform: Any, command: Run) -> None:
    wanted = 0
    for path in whole_traces():
        wanted += sum(1 for _ in read_trace(path))
        assert await command(path, platform=platform) == 0
    async with open_session(platform.url, platform.api_key) as session:
        status = await fetch(session, "/local/v1/status")
    assert wanted > 0
    assert (status["transactions"], status["unpriced"]) == (wanted, 0)
