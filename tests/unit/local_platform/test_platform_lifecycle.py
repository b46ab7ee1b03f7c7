from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local_platform.http.listening import ListenError
from local_platform.server import running_platform
from local_platform.storage.datadir import DataDirError

_COMMAND = """
import argparse, sys
from local_platform import command
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args()))
"""


@contextmanager
def _started(*flags: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


async def test_the_first_line_tells_how_to_reach_a_platform_that_answers(tmp_path: Path) -> None:
    with _started("--data", str(tmp_path / "d")) as process:
        said = _first_line(process)
        assert set(said) == {"url", "api_key", "team_id", "tenant_id", "data"}
        assert said["data"] == str(tmp_path / "d")
        headers = {"x-api-key": said["api_key"]}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{said['url']}/v2/api/users/me") as response,
        ):
            assert (await response.json())["teamIds"] == [said["team_id"]]


async def test_the_encrypted_address_and_its_certificate_are_in_the_first_line(tmp_path: Path) -> None:
    with _started("--data", str(tmp_path), "--tls-port", "0", "--rate-limit", "1") as process:
        said = _first_line(process)
        trusting = ssl.create_default_context(cafile=said["tls_certificate"])
        statuses = []
        async with aiohttp.ClientSession(headers={"x-api-key": said["api_key"]}) as session:
            for _ in range(2):
                async with session.get(f"{said['tls_url']}/v2/api/users/me", ssl=trusting) as response:
                    statuses.append(response.status)
    assert statuses == [200, 429]


def test_a_certificate_that_cannot_be_used_ends_the_command_with_a_reason(tmp_path: Path) -> None:
    with _started("--data", str(tmp_path), "--tls-port", "0", "--tls-cert", str(tmp_path / "none.pem")) as process:
        assert process.wait(timeout=10) == 78
        assert process.stderr is not None
        assert "check --tls-cert and --tls-key" in process.stderr.read()


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "end of input"])
def test_it_stops_cleanly_and_keeps_its_key(tmp_path: Path, end: str) -> None:
    flags = ("--data", str(tmp_path), "--exit-with-parent")
    with _started(*flags) as process:
        said = _first_line(process)
        if end == "end of input":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(15 if end == "SIGTERM" else 2)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    with _started(*flags) as again:
        assert _first_line(again)["api_key"] == said["api_key"]


def test_a_second_platform_on_the_same_data_names_the_first(tmp_path: Path) -> None:
    with _started("--data", str(tmp_path)) as first:
        _first_line(first)
        with _started("--data", str(tmp_path)) as second:
            assert second.wait(timeout=10) == 78
            assert second.stderr is not None
            assert f"pid {first.pid}" in second.stderr.read()


async def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    async with running_platform(tmp_path / "a") as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(ListenError, match=rf"port {port} .* is in use; choose another with --port"):
            async with running_platform(tmp_path / "b", port=port):
                pass


async def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirError, match="choose another directory"):
        async with running_platform(tmp_path / "file"):
            pass


async def test_a_file_that_is_no_database_is_refused_and_the_lock_given_back(tmp_path: Path) -> None:
    (tmp_path / "platform.sqlite3").write_text("not a database, but long enough to be looked at" * 20)
    for _ in range(2):
        with pytest.raises(DataDirError, match="cannot open"):
            async with running_platform(tmp_path):
                pass


async def test_what_was_metered_is_there_after_a_restart(tmp_path: Path, completion: Any) -> None:
    for expected in (1, 2):
        async with (
            running_platform(tmp_path) as platform,
            aiohttp.ClientSession(platform.url, headers={"x-api-key": platform.api_key}) as session,
        ):
            async with session.post("/meter/v2/ai/completions", json=completion()) as response:
                assert response.status == 201
            async with session.get("/local/v1/status") as response:
                assert (await response.json())["transactions"] == expected


async def test_an_acknowledged_call_survives_a_kill(tmp_path: Path, completion: Any) -> None:
    with _started("--data", str(tmp_path)) as process:
        said = _first_line(process)
        async with aiohttp.ClientSession(said["url"], headers={"x-api-key": said["api_key"]}) as session:
            for _ in range(5):
                async with session.post("/meter/v2/ai/completions", json=completion()) as response:
                    assert response.status == 201
            os.kill(process.pid, 9)
            process.wait(timeout=10)
    async with (
        running_platform(tmp_path) as platform,
        aiohttp.ClientSession(platform.url, headers={"x-api-key": platform.api_key}) as session,
        session.get("/local/v1/status") as response,
    ):
        assert (await response.json())["transactions"] == 5


@pytest.mark.parametrize(
    "flags", [("--port", "70000"), ("--traffic", "0"), ("--seed-history", "-1"), ("--rate-limit", "0")]
)
def test_a_flag_out_of_range_is_a_usage_error(flags: tuple[str, ...]) -> None:
    with _started(*flags) as process:
        assert process.wait(timeout=10) == 2
