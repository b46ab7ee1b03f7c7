"""The data directory: private, held by one daemon at a time, with a token that is made once."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from daemon import paths
from daemon.directory import held, http_token
from daemon.errors import AlreadyRunningError, DataDirectoryError

BOUND = 10.0

HOLD = """
import os, sys
from pathlib import Path
from daemon.directory import held
with held(Path(sys.argv[1])):
    print(os.getpid(), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "new" / "state"


def test_the_directory_is_made_for_the_owner_alone(directory: Path) -> None:
    with held(directory) as made:
        assert made == directory
        assert directory.stat().st_mode & 0o777 == 0o700
        assert paths.lock_path(directory).stat().st_mode & 0o777 == 0o600


async def test_a_second_holder_is_refused_with_the_firsts_process_until_that_ends(directory: Path) -> None:
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(directory), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdout
    pid = (await asyncio.wait_for(first.stdout.readline(), BOUND)).decode().strip()
    with (
        pytest.raises(AlreadyRunningError, match=rf"process {pid}\) works in {re.escape(str(directory))}"),
        held(directory),
    ):
        pass
    await asyncio.wait_for(first.communicate(b"\n"), BOUND)
    with held(directory):
        assert paths.lock_path(directory).read_text() == f"{os.getpid()}\n"


async def test_the_lock_ends_with_a_holder_that_is_killed(directory: Path) -> None:
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(directory), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdout
    await asyncio.wait_for(first.stdout.readline(), BOUND)
    first.kill()
    await asyncio.wait_for(first.communicate(), BOUND)
    with held(directory):
        pass


def test_the_lock_is_given_back_when_the_holder_fails(directory: Path) -> None:
    with pytest.raises(KeyError), held(directory):
        raise KeyError
    with held(directory):
        pass


def test_a_shorter_process_id_leaves_nothing_of_a_longer_one(directory: Path) -> None:
    directory.mkdir(parents=True)
    paths.lock_path(directory).write_text("99999999999999\n")
    with held(directory):
        assert paths.lock_path(directory).read_text() == f"{os.getpid()}\n"


def test_a_directory_that_cannot_be_made_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for impossible in (Path("/proc/monitor"), tmp_path / "file" / "state", tmp_path / "file"):
        with (
            pytest.raises(DataDirectoryError, match=re.escape(f"MONITOR_DATA_DIR = {impossible}: ")),
            held(impossible),
        ):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_directory_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataDirectoryError, match="Permission denied; choose a directory"), held(tmp_path / "state"):
        pass


def test_the_token_is_made_once_for_the_owner_alone_and_reused(tmp_path: Path) -> None:
    token = http_token(tmp_path)
    assert len(token) >= 43, "256 bits"
    assert paths.token_path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert http_token(tmp_path) == token
    assert [entry.name for entry in tmp_path.iterdir()] == ["http_token"]


def test_every_directory_has_a_token_of_its_own(tmp_path: Path) -> None:
    tokens = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        tokens.add(http_token(tmp_path / name))
    assert len(tokens) == 2


def test_a_token_file_that_a_crash_left_unfinished_is_made_anew(tmp_path: Path) -> None:
    paths.token_path(tmp_path).write_text("")
    paths.token_path(tmp_path).with_suffix(".new").write_text("half a tok")
    token = http_token(tmp_path)
    assert len(token) >= 43
    assert http_token(tmp_path) == token


def test_a_token_that_cannot_be_kept_or_read_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match=re.escape(str(tmp_path / "missing" / "http_token"))):
        http_token(tmp_path / "missing")
    paths.token_path(tmp_path).write_bytes(b"\xff")
    with pytest.raises(DataDirectoryError, match="delete the file and start again"):
        http_token(tmp_path)
