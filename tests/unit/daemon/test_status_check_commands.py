"""`status` asks the running daemon, `check` tries what the daemon will need; both say what to mend."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from daemon import paths
from daemon.commands import check, status
from daemon.errors import ConfigError, Exit, MonitorError
from daemon.operations import Status
from daemon.operations.results import ChannelStatus
from daemon.testing import NOON

Answer = Callable[[web.Request], Any]
Printed = Callable[[], str]

FINE = Status(
    state="ok",
    platform="https://api.revenium.ai",
    embedded=False,
    team_id="team-1",
    started_at=NOON,
    last_poll_at=NOON,
    polls=7,
    transactions=1200,
    rejected=1,
    series=12,
    open_alerts=2,
    channels=[ChannelStatus(name="slack", pending=1, delivered=5, dead=2, paused_for="auth")],
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MONITOR_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    return lambda: capsys.readouterr().out


@asynccontextmanager
async def _answering(answer: Answer, *, socket: Path | None = None) -> AsyncIterator[str]:
    """Serve one answer to everything, on a unix socket or a free port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.UnixSite(runner, str(socket)) if socket else web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = runner.addresses[0]
        yield "" if socket else f"http://{address[0]}:{address[1]}"
    finally:
        await runner.cleanup()


async def _daemon(_: web.Request) -> web.Response:
    return web.Response(text=FINE.model_dump_json(), content_type="application/json")


async def _status(*, as_json: bool = False) -> int:
    return await asyncio.to_thread(status.run, argparse.Namespace(json=as_json))


# -- status


async def test_where_no_daemon_runs_it_says_how_to_start_one(data: Path, printed: Printed) -> None:
    assert await _status() == Exit.UNAVAILABLE
    assert printed() == f"not running: no daemon answers in {data}; start it with 'revenium-monitor run'\n"


async def test_a_socket_that_a_crash_left_behind_is_no_daemon(data: Path) -> None:
    async with _answering(_daemon, socket=paths.socket_path(data)):
        pass
    paths.socket_path(data).touch()
    assert await status.fetch(data) is None


async def test_a_directory_with_a_path_too_long_for_a_socket_holds_no_daemon(data: Path) -> None:
    assert await status.fetch(data / ("long" * 30)) is None


async def test_the_status_is_printed_for_people(data: Path, printed: Printed) -> None:
    async with _answering(_daemon, socket=paths.socket_path(data)):
        assert await _status() == Exit.OK
    assert printed() == (
        "state        ok\n"
        "platform     https://api.revenium.ai (team team-1)\n"
        "last poll    2026-03-04 12:00:00 UTC, 7 since the start\n"
        "recorded     1200 calls since the start, 1 set aside\n"
        "watching     12 series, 2 open alerts\n"
        "slack        5 delivered, 1 on their way, 2 set aside, held back: auth\n"
    )


async def test_the_status_is_printed_for_programs(data: Path, printed: Printed) -> None:
    async with _answering(_daemon, socket=paths.socket_path(data)):
        assert await _status(as_json=True) == Exit.OK
    assert Status.model_validate_json(printed()) == FINE


@pytest.mark.parametrize("state", ["failing", "starting"])
async def test_a_daemon_that_does_not_poll_gives_another_exit_code_and_its_problem(
    data: Path, printed: Printed, state: str
) -> None:
    told = FINE.model_copy(update={"state": state, "problem": "no answer; check the network", "last_poll_at": None})

    async def failing(_: web.Request) -> web.Response:
        return web.Response(text=told.model_dump_json())

    async with _answering(failing, socket=paths.socket_path(data)):
        assert await _status() == Exit.FAILED
    words = printed()
    assert "problem      no answer; check the network\n" in words
    assert "last poll    none yet" in words


@pytest.mark.parametrize("body", ["", "<html>", '{"state": "dancing"}'])
async def test_another_program_on_the_socket_is_told_apart(data: Path, body: str) -> None:
    async def other(_: web.Request) -> web.Response:
        return web.Response(text=body)

    async with _answering(other, socket=paths.socket_path(data)):
        with pytest.raises(MonitorError, match="is not a daemon of this version; restart it"):
            await status.fetch(data)


# -- check


@pytest.fixture
def account(data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Point the settings at an account."""

    def point(url: str) -> None:
        monkeypatch.setenv("REVENIUM_API_KEY", "rev_mk_secret")
        monkeypatch.setenv("REVENIUM_BASE_URL", url)

    return point


async def _check() -> int:
    return await asyncio.to_thread(check.run, argparse.Namespace())


async def test_without_an_account_everything_holds(data: Path, printed: Printed) -> None:
    assert await _check() == Exit.OK
    assert printed() == (
        "ok    settings   valid\n"
        f"ok    data       {data} can be written\n"
        "ok    platform   embedded; set REVENIUM_API_KEY to watch a Revenium account\n"
        "ok    channels   console, inbox; 'revenium-monitor status' shows what was delivered\n"
        "ok    daemon     not running\n"
    )


async def test_a_key_that_the_platform_knows_holds(account: Callable[[str], None], printed: Printed) -> None:
    async def me(request: web.Request) -> web.Response:
        assert request.headers["x-api-key"] == "rev_mk_secret"
        return web.json_response({"id": "u", "teams": [{"id": "team-1"}], "tenant": {"id": "tenant-1"}})

    async with _answering(me) as url:
        account(url)
        assert await _check() == Exit.OK
    assert f"ok    platform   {url} knows the key: team team-1, tenant tenant-1\n" in printed()


@pytest.mark.parametrize(
    ("code", "words"),
    [(401, "check REVENIUM_API_KEY"), (404, "check the id and the base URL"), (500, "the platform failed")],
)
async def test_a_platform_that_refuses_fails_with_what_to_mend_and_without_the_key(
    account: Callable[[str], None], printed: Printed, code: int, words: str
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"message": "no"}, status=code)

    async with _answering(refuse) as url:
        account(url)
        assert await _check() == Exit.FAILED
    told = printed()
    (line,) = [line for line in told.splitlines() if line.startswith("FAIL")]
    assert line.startswith("FAIL  platform")
    assert words in line
    assert "rev_mk_secret" not in told


async def test_a_platform_that_is_not_there_fails(account: Callable[[str], None], printed: Printed) -> None:
    async with _answering(_daemon) as url:
        pass
    account(url)
    assert await _check() == Exit.FAILED
    assert "cannot be reached" in printed()


async def test_a_data_directory_that_cannot_be_written_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MONITOR_DATA_DIR", str(tmp_path / "file"))
    assert await _check() == Exit.FAILED
    assert f"FAIL  data       MONITOR_DATA_DIR = {tmp_path / 'file'}: File exists; choose another" in printed()


async def test_a_channel_that_cannot_be_made_fails(
    data: Path, monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    monkeypatch.setenv("MONITOR_SLACK_WEBHOOK_URL", "http://hooks.example.org/secret")
    assert await _check() == Exit.FAILED
    told = printed()
    assert "FAIL  channels   MONITOR_SLACK_WEBHOOK_URL: " in told
    assert "secret" not in told


async def test_a_running_daemon_is_seen(data: Path, printed: Printed) -> None:
    async with _answering(_daemon, socket=paths.socket_path(data)):
        assert await _check() == Exit.OK
    assert "ok    daemon     running, ok\n" in printed()


async def test_wrong_settings_stop_both_commands(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_HTTP_PORT", "many")
    for command in (_check, _status):
        with pytest.raises(ConfigError, match="MONITOR_HTTP_PORT"):
            await command()


def test_status_can_be_asked_for_json() -> None:
    parser = argparse.ArgumentParser()
    status.add_arguments(parser)
    check.add_arguments(parser)
    assert parser.parse_args(["--json"]).json is True
    assert parser.parse_args([]).json is False
