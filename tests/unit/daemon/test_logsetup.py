"""Log lines: stamped for people, with priorities for the journal, without the chatter of libraries."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest

from daemon.logsetup import NOISY, configure

QUIETED = (*NOISY, "apscheduler")


@pytest.fixture(autouse=True)
def _root_logger_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in QUIETED}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def stream() -> StringIO:
    return StringIO()


def test_a_line_has_time_level_and_origin(stream: StringIO) -> None:
    configure("INFO", stream)
    logging.getLogger("daemon.engine").warning("polling fails: %s", "no route")
    assert re.fullmatch(r"\d\d:\d\d:\d\d WARNING daemon\.engine: polling fails: no route\n", stream.getvalue())


def test_the_journal_gets_a_priority_before_every_line(stream: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    configure("DEBUG", stream)
    log = logging.getLogger("daemon")
    log.debug("d")
    log.info("i")
    log.warning("w\nsecond line")
    log.error("e")
    log.critical("c")
    assert stream.getvalue().splitlines() == [
        "<7>daemon: d", "<6>daemon: i", "<4>daemon: w", "<4>second line", "<3>daemon: e", "<2>daemon: c",
    ]  # fmt: skip


def test_a_traceback_in_the_journal_has_a_priority_on_every_line(
    stream: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    configure("INFO", stream)
    try:
        int("missing")
    except ValueError:
        logging.getLogger("daemon").exception("broke")
    lines = stream.getvalue().splitlines()
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)


def test_what_is_below_the_level_is_not_written(stream: StringIO) -> None:
    configure("WARNING", stream)
    logging.getLogger("daemon").info("hidden")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", NOISY)
def test_libraries_speak_from_warning_on_whatever_our_own_level(stream: StringIO, name: str) -> None:
    configure("DEBUG", stream)
    logging.getLogger(name).info("chatter")
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("trouble")
    assert "trouble" in stream.getvalue()
    configure("ERROR", stream)
    assert not logging.getLogger(name).isEnabledFor(logging.WARNING)


def test_configuring_again_replaces_what_was_there(stream: StringIO) -> None:
    second = StringIO()
    configure("INFO", stream)
    configure("INFO", second)
    logging.getLogger("daemon").info("once")
    assert stream.getvalue() == ""
    assert second.getvalue().count("once") == 1
