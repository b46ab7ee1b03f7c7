"""`revenium-monitor feedback` as people use it: through the daemon's unix socket, and through no port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from daemon import paths, web
from daemon.cli import main
from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.operations import Operations

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

ROBOT = SeriesKey.parse("cost/agent/robot")
TOKEN = "secret-token"


@dataclass
class Desk:
    """A daemon that answers on its socket and a port, and a terminal beside it."""

    engine: Engine
    url: str
    capsys: pytest.CaptureFixture[str]

    @property
    def alert(self) -> str:
        alert = self.engine.states[ROBOT].alert
        assert alert is not None
        return alert.id

    async def type(self, *words: str) -> tuple[int, str, str]:
        """Run the command; returns its exit code, what it printed and what it complained of."""
        code = await asyncio.to_thread(main, ["feedback", *words])
        printed = self.capsys.readouterr()
        return code, printed.out, printed.err

    async def say(self, kind: str, *more: str) -> dict[str, Any]:
        """Say something about the open alert of robot; returns the answer."""
        code, out, _ = await self.type("give", kind, self.alert, "--by", "ann", "--json", *more)
        assert code == 0
        answer: dict[str, Any] = json.loads(out)
        return answer


@pytest.fixture
async def desk(
    plant: Plant,
    soon: Callable[[Awaitable[Any]], Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> AsyncIterator[Desk]:
    monkeypatch.setenv("MONITOR_DATA_DIR", str(plant.data))
    engine = plant.engine()
    await engine.poll()
    await plant.spike(engine)
    listener = web.listen_tcp("127.0.0.1", 0)
    with web.unix_socket(paths.socket_path(plant.data)) as unix:
        server = web.Server(web.build_app(Operations(engine), TOKEN, "127.0.0.1", ()), [listener, unix])
        running = asyncio.create_task(server.run())
        await soon(server.started())
        yield Desk(engine, f"http://127.0.0.1:{listener.getsockname()[1]}/feedback", capsys)
        server.stop()
        await soon(running)


async def test_what_is_said_is_noted_and_told_in_words(desk: Desk) -> None:
    alert = desk.alert
    code, out, err = await desk.type("give", "expected", alert, "--by", "ann", "--note", "launch")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "noted, from the next poll on; 3 series: cost/agent/robot, cost/model/big, cost/total"
    assert lines[1].endswith("  cost/agent/robot above the usual is expected from now on, says ann: launch")
    assert lines[2].startswith("  the level since ")
    assert lines[3] == "  the same holds for what its message speaks for: cost/model/big, cost/total"
    assert lines[4] == f"  ends alert {alert}"
    assert len(lines) == 7


async def test_a_preview_notes_nothing(desk: Desk) -> None:
    code, out, _ = await desk.type("give", "noise", desk.alert, "--scope", "cost/*", "--preview")
    assert code == 0
    assert out.startswith("would be noted, from the next poll on; 4 series: ")
    assert (await desk.type("list"))[1] == "nothing was said\n"


async def test_what_was_said_is_listed_taken_back_and_listed_only_if_asked_for(desk: Desk) -> None:
    identity = (await desk.say("real", "--scope", "entity"))["lesson"]["id"]
    _, listed, _ = await desk.type("list", "cost/agent/robot")
    assert listed.startswith(f"{identity}  */agent/robot above the usual is a real anomaly, says ann\n  hours from ")
    code, out, _ = await desk.type("undo", identity, "--by", "bob")
    assert (code, out.splitlines()[0]) == (0, "taken back, from the next poll on; 1 series: cost/agent/robot")
    assert (await desk.type("list"))[1] == "nothing was said\n"
    assert "(taken back by bob)" in (await desk.type("list", "--all"))[1]


async def test_hours_without_an_alert_are_named_on_the_clock_of_the_terminal(desk: Desk) -> None:
    times = ("--start", "2026-03-04 08:00+00:00", "--end", "2026-03-04 10:00+00:00")
    code, out, _ = await desk.type("give", "expected_once", "--series", str(ROBOT), *times, "--below", "--json")
    lesson = json.loads(out)["lesson"]
    assert (code, lesson["side"], lesson["start"], lesson["end"]) == (
        0, "below", "2026-03-04T08:00:00Z", "2026-03-04T10:00:00Z",
    )  # fmt: skip


async def test_refusals_come_through_in_words(desk: Desk) -> None:
    code, out, err = await desk.type("give", "nois", desk.alert)
    assert (code, out) == (1, "")
    assert "did you mean noise" in err
    code, _, err = await desk.type("undo", "no/such", "--by", "bob")
    assert (code, "there is no feedback 'no/such'" in err) == (1, True)
    code, _, err = await desk.type("give", "noise", desk.alert, "--by", "")
    assert (code, "actor" in err) == (1, True)


def test_a_time_that_is_none_is_refused_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["feedback", "give", "real", "--series", "cost/total", "--start", "yesterday"])
    assert "write it like '2026-03-04 14:00'" in capsys.readouterr().err


def test_without_a_daemon_the_command_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONITOR_DATA_DIR", str(tmp_path))
    assert main(["feedback", "list"]) == 1
    assert "start it with 'revenium-monitor run'" in capsys.readouterr().err


async def test_the_port_takes_no_feedback_even_with_the_token(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for method in ("GET", "POST"):
            async with session.request(method, desk.url) as response:
                assert response.status == 403
        async with session.delete(f"{desk.url}/1") as response:
            assert response.status == 403
